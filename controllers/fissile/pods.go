/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package fissile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// observePods finds out whether pods of any run are running, and what keeps those of
// the active run from running.
func (r *Reconciler) observePods(ctx context.Context, o *observation) error {
	var list corev1.PodList
	if err := r.Client.List(ctx, &list, client.InNamespace(o.EJ.Namespace), client.MatchingFields{index.UID: string(o.EJ.UID)}); err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return !o.owns(&pod) })
	o.PodsRunning = slices.ContainsFunc(pods, func(pod corev1.Pod) bool { return !runpods.Ended(&pod) })
	o.Ending = runpods.Ending(o.LastJob(), pods, ptr.Deref(o.EJ.Spec.FailedJobsHistoryLimit, 1) > 0)
	if job := o.ActiveJob(); job != nil {
		o.PodsPending, o.BlockedBy = r.pods.Pending(ctx, job, o.EJ.Status.LastRun.StartTime.Time, pods)
	}
	return nil
}

// owns reports whether a pod with the ExtendedJob's label belongs to a run. Its
// controller must be a Job of the ExtendedJob, or have the name of one that is gone.
// Without a controller, the name that the pod was generated from decides. A copy that
// somebody made of a pod belongs to no run.
func (o *observation) owns(pod *corev1.Pod) bool {
	controller := metav1.GetControllerOf(pod)
	if controller == nil {
		return generatedForRun(o.EJ, pod)
	}
	number, ours := runjob.RunOfJobName(o.EJ, controller.Name)
	if !ours || controller.Kind != "Job" {
		return false
	}
	job := o.Jobs[number]
	return job == nil || job.UID == controller.UID
}

// generatedForRun reports whether the name of a pod was generated from that of a Job
// of the ExtendedJob. The pods of an Indexed Job have their index in between, and
// then a long name is cut.
func generatedForRun(ej metav1.Object, pod *corev1.Pod) bool {
	name, generated := strings.CutSuffix(pod.GenerateName, "-")
	if !generated {
		return false
	}
	if _, ours := runjob.RunOfJobName(ej, name); ours {
		return true
	}
	name = name[:max(0, strings.LastIndexByte(name, '-'))]
	job := pod.Labels[batchv1.JobNameLabel]
	_, ours := runjob.RunOfJobName(ej, job)
	return ours && name != "" && strings.HasPrefix(job, name)
}
