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

package main

import (
	"bytes"
	"context"
	"fmt"
	"log"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// examine looks at a run whose output was not stored. containerd, when it is killed,
// loses what it has read from a container and not yet written to the log; nobody can
// store that. The run must have failed then, and the trigger counts as lost. It is a
// problem if the kubelet still has the output.
func (u *user) examine(ctx context.Context, ej *fissilev1.ExtendedJob) error {
	last := ej.Status.LastRun
	if u.fails || last == nil || last.Result != fissilev1.ResultFailed || last.Number == u.examined {
		return nil
	}
	var pods corev1.PodList
	if err := u.List(ctx, &pods, client.InNamespace(ej.Namespace), client.MatchingLabels{batchv1.JobNameLabel: last.JobName}); err != nil {
		return err
	}
	problem := "its pod is gone"
	for i := range pods.Items {
		if pods.Items[i].Status.Phase != corev1.PodSucceeded {
			continue
		}
		has, err := u.hasOutput(ctx, &pods.Items[i])
		if err != nil {
			return err
		}
		switch {
		case has:
			problem = "its pod has the output"
		case last.Reason != fissilev1.ReasonOutputRefused:
			problem = "not for lack of output"
		default:
			problem = ""
		}
	}
	if problem != "" {
		u.problems = append(u.problems, fmt.Sprintf("run %d failed, and %s: %s", last.Number, problem, last.Reason))
	}
	log.Printf("%s: run %d: %s", ej.Name, last.Number, meta.FindStatusCondition(ej.Status.Conditions, fissilev1.ConditionFailed).Message)
	u.examined = last.Number
	u.lost = append(u.lost, u.triggers)
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: ej.Namespace, Name: last.JobName}}
	return client.IgnoreNotFound(u.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground)))
}

// hasOutput reports whether the kubelet has what a pod printed, or the files that it
// left.
func (u *user) hasOutput(ctx context.Context, pod *corev1.Pod) (bool, error) {
	for _, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		printed, err := u.logs.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{Container: status.Name}).DoRaw(ctx)
		if err != nil {
			return false, err
		}
		if len(u.ej.Spec.Output.Files) == 0 {
			if _, err := joboutput.Parse(bytes.NewReader(printed)); err == nil {
				return true, nil
			}
			continue
		}
		if _, err := sealedfiles.ParseLog(bytes.NewReader(printed)); err == nil {
			return true, nil
		}
		if terminated := status.State.Terminated; terminated != nil {
			if _, err := sealedfiles.ParseMessage(terminated.Message); err == nil {
				return true, nil
			}
		}
	}
	return false, nil
}
