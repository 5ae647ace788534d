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

package outputs

import (
	"context"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// podOfOutcome returns the pod whose output counts: the one that succeeded, or the
// last one that failed. The cache may lag behind the Job, so it counts only if it
// shows all pods that the Job counts. Only a live read proves that there is none.
func (s *Secrets) podOfOutcome(ctx context.Context, job *batchv1.Job) (*corev1.Pod, error) {
	phase, counted := corev1.PodSucceeded, job.Status.Succeeded
	if runjob.Finished(job).Type == batchv1.JobFailed {
		phase, counted = corev1.PodFailed, job.Status.Failed
	}
	pods, err := s.cachedPods(ctx, job)
	if err != nil {
		return nil, err
	}
	pods = withPhase(pods, phase)
	if len(pods) < max(int(counted), 1) {
		if pods, err = s.livePods(ctx, job); err != nil {
			return nil, err
		}
		pods = withPhase(pods, phase)
	}
	if len(pods) == 0 {
		return nil, &Error{Reason: fissilev1.ReasonOutputUnavailable, Message: fmt.Sprintf(
			"Job %s has no pod left that ended with the same result, so there is no log.", job.Name)}
	}
	last := slices.MaxFunc(pods, runpods.CompareEnds)
	return &last, nil
}

// cachedPods returns the pods of a Job from the cache.
func (s *Secrets) cachedPods(ctx context.Context, job *batchv1.Job) ([]corev1.Pod, error) {
	return podsOf(ctx, s.Client, job, client.MatchingFields{index.UID: string(metav1.GetControllerOf(job).UID)})
}

// livePods returns the pods of a Job from the API server.
func (s *Secrets) livePods(ctx context.Context, job *batchv1.Job) ([]corev1.Pod, error) {
	return podsOf(ctx, s.APIReader, job, client.MatchingLabels{fissilev1.LabelUID: string(metav1.GetControllerOf(job).UID)})
}

// podsOf returns the pods of a Job. Their controller identifies them: anybody may set
// labels, and the generated ones are missing if a Job has a selector of its own.
func podsOf(ctx context.Context, reader client.Reader, job *batchv1.Job, ofExtendedJob client.ListOption) ([]corev1.Pod, error) {
	var pods corev1.PodList
	if err := reader.List(ctx, &pods, client.InNamespace(job.Namespace), ofExtendedJob); err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return !metav1.IsControlledBy(&pod, job) }), nil
}

func withPhase(pods []corev1.Pod, phase corev1.PodPhase) []corev1.Pod {
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return pod.Status.Phase != phase })
}
