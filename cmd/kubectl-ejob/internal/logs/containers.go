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

package logs

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Names are the containers of a pod whose logs are shown, in the order in which
// they start: init containers and sidecars, then the others. The operator's own sidecar
// is left out, because its output is encrypted.
func Names(pod *corev1.Pod) []string {
	var names []string
	for i := range pod.Spec.InitContainers {
		names = append(names, pod.Spec.InitContainers[i].Name)
	}
	for i := range pod.Spec.Containers {
		names = append(names, pod.Spec.Containers[i].Name)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == runjob.CollectorContainer })
}

// statusOf is the status of a container.
func statusOf(pod *corev1.Pod, name string) corev1.ContainerStatus {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range statuses {
			if statuses[i].Name == name {
				return statuses[i]
			}
		}
	}
	return corev1.ContainerStatus{}
}

// instance is one start of a container.
type instance struct {
	// id is the container's ID.
	id string
	// previous is true if a later one is running.
	previous bool
	// ended is true if it has ended.
	ended bool
}

// instances are those starts of a container that have a log to be read, in their
// order.
func instances(status *corev1.ContainerStatus) []instance {
	var all []instance
	if last := status.LastTerminationState.Terminated; last != nil && last.ContainerID != "" {
		all = append(all, instance{id: last.ContainerID, previous: true, ended: true})
	}
	switch {
	case status.State.Running != nil && status.ContainerID != "":
		all = append(all, instance{id: status.ContainerID})
	case status.State.Terminated != nil && status.State.Terminated.ContainerID != "":
		id := status.State.Terminated.ContainerID
		all = slices.DeleteFunc(all, func(i instance) bool { return i.id == id })
		all = append(all, instance{id: id, ended: true})
	}
	return all
}

// settled reports whether no further container of a pod will start.
func settled(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}
