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

package runpods

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// Ended reports whether a pod has ended.
func Ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// endTime returns when the last container of a pod ended, or the pod's creation if
// none has begun.
func endTime(pod *corev1.Pod) time.Time {
	end := lastEnd(slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses))
	if end.Before(pod.CreationTimestamp.Time) {
		return pod.CreationTimestamp.Time
	}
	return end
}

// lastEnd returns when the last of some containers ended, or zero if none has.
func lastEnd(statuses []corev1.ContainerStatus) time.Time {
	var last time.Time
	for _, status := range statuses {
		if terminated := status.State.Terminated; terminated != nil && terminated.FinishedAt.After(last) {
			last = terminated.FinishedAt.Time
		}
	}
	return last
}

// NeverStarted returns why a container of a pod that has ended never started and so
// has no log, or "" if it did start, or may have.
func NeverStarted(pod *corev1.Pod, container string) string {
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	at := slices.IndexFunc(statuses, func(status corev1.ContainerStatus) bool { return status.Name == container })
	if at < 0 {
		if why := disruption(pod); why != "" {
			return "the container never started, because the pod was stopped: " + why
		}
		return ""
	}
	status := &statuses[at]
	if last := status.LastTerminationState.Terminated; last != nil && last.ContainerID != "" {
		return ""
	}
	switch state := status.State; {
	case state.Terminated != nil && state.Terminated.ContainerID == "" && state.Terminated.StartedAt.IsZero():
		return sentence("the container never started", sentence(state.Terminated.Reason, steadyOfPod(pod.Name, state.Terminated.Message)))
	case state.Waiting == nil:
		return ""
	}
	for _, init := range pod.Status.InitContainerStatuses {
		if end := init.State.Terminated; end != nil && end.ExitCode != 0 {
			return fmt.Sprintf("the container never started, because init container %s failed with exit code %d", init.Name, end.ExitCode)
		}
	}
	return sentence("the container never started", sentence(status.State.Waiting.Reason, steadyOfPod(pod.Name, status.State.Waiting.Message)))
}

// pending reports whether a pod does not run yet. A pod runs while an init container
// that is not a sidecar does its work.
func pending(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodPending &&
		!slices.ContainsFunc(pod.Status.InitContainerStatuses, func(status corev1.ContainerStatus) bool {
			return status.State.Running != nil && !isSidecar(pod, status.Name)
		})
}

// isSidecar reports whether an init container keeps running beside the others.
func isSidecar(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(container corev1.Container) bool {
		return container.Name == name && container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}

// CompareEnds orders pods by when their containers ended, those that never began
// first. These times are in whole seconds. Within one second, the order of the pods'
// last writes decides: the Job's controller writes to each pod once it has counted
// it.
func CompareEnds(a, b corev1.Pod) int {
	written, err := resourceversion.CompareResourceVersion(a.ResourceVersion, b.ResourceVersion)
	if err != nil {
		written = 0
	}
	return cmp.Or(lastEnd(a.Status.ContainerStatuses).Compare(lastEnd(b.Status.ContainerStatuses)),
		a.CreationTimestamp.Compare(b.CreationTimestamp.Time), written, cmp.Compare(a.Name, b.Name))
}
