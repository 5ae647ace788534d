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
	"cmp"
	"context"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

func ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// podPredicate passes on what makes a difference: a pod that ended, is gone, or
// is kept from running for another reason than before.
func podPredicate() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return obstacle(e.Object.(*corev1.Pod)) != "" },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, after := e.ObjectOld.(*corev1.Pod), e.ObjectNew.(*corev1.Pod)
			return ended(before) != ended(after) || obstacle(before) != obstacle(after)
		},
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// obstacles says what keeps pods from running, of the first by name that is
// kept; empty if none is.
func obstacles(pods []corev1.Pod) string {
	pods = slices.SortedFunc(slices.Values(pods), func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	for i := range pods {
		if what := obstacle(&pods[i]); what != "" {
			return fmt.Sprintf("Pod %s: %s", pods[i].Name, what)
		}
	}
	return ""
}

// obstacle says what keeps a pod from running, empty if nothing does. A
// container that waits for its turn, or to be restarted, is not kept. The text
// stays the same while the cause does, whatever the kubelet is at.
func obstacle(pod *corev1.Pod) string {
	if ended(pod) {
		return ""
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return fmt.Sprintf("%s: %s", c.Reason, c.Message)
		}
	}
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, status := range statuses {
			waiting := status.State.Waiting
			if waiting == nil {
				continue
			}
			switch waiting.Reason {
			case "", "PodInitializing", "ContainerCreating", "CrashLoopBackOff":
			case "ErrImagePull", "ImagePullBackOff":
				return fmt.Sprintf("container %s: image %s cannot be pulled", status.Name, status.Image)
			default:
				return fmt.Sprintf("container %s: %s: %s", status.Name, waiting.Reason, waiting.Message)
			}
		}
	}
	return ""
}

// refusedPods is what the Job controller last said about pods that it could not
// create, for instance because of a quota or of pod security. It says so in
// events only. Empty if it said nothing.
func (r *Reconciler) refusedPods(ctx context.Context, job *batchv1.Job) (string, error) {
	var list corev1.EventList
	if err := r.APIReader.List(ctx, &list, client.InNamespace(job.Namespace),
		client.MatchingFields{"involvedObject.uid": string(job.UID), "reason": "FailedCreate"}); err != nil {
		return "", fmt.Errorf("list events of Job %s: %w", job.Name, err)
	}
	if len(list.Items) == 0 {
		return "", nil
	}
	last := slices.MaxFunc(list.Items, func(a, b corev1.Event) int { return a.LastTimestamp.Compare(b.LastTimestamp.Time) })
	return last.Message, nil
}
