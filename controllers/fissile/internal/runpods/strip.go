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
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// Strip keeps of a pod only what identifies its owner, its node, how it ended, and
// what keeps it from running.
func Strip(obj any) (any, error) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return obj, nil
	}
	pod.ManagedFields = nil
	pod.Finalizers = nil
	pod.Annotations = nil
	pod.Labels = ownLabels(pod.Labels)
	pod.Spec = corev1.PodSpec{NodeName: pod.Spec.NodeName, InitContainers: sidecars(pod.Spec.InitContainers)}
	pod.Status = corev1.PodStatus{
		Phase:                 pod.Status.Phase,
		Reason:                pod.Status.Reason,
		Message:               pod.Status.Message,
		Conditions:            pod.Status.Conditions,
		InitContainerStatuses: stripContainers(pod.Status.InitContainerStatuses),
		ContainerStatuses:     stripContainers(pod.Status.ContainerStatuses),
	}
	return pod, nil
}

// ownLabels keeps the labels that identify the owner of a pod.
func ownLabels(all map[string]string) map[string]string {
	kept := make(map[string]string)
	for key, value := range all {
		if key == batchv1.JobNameLabel || strings.HasPrefix(key, fissilev1.GroupVersion.Group+"/") {
			kept[key] = value
		}
	}
	return kept
}

// stripContainers keeps only the current state of containers and how they ended. It
// drops termination messages that are longer than any kubelet allows.
func stripContainers(statuses []corev1.ContainerStatus) []corev1.ContainerStatus {
	stripped := make([]corev1.ContainerStatus, len(statuses))
	for i := range statuses {
		status := &statuses[i]
		stripped[i] = corev1.ContainerStatus{
			Name: status.Name, Image: status.Image, ContainerID: status.ContainerID,
			State: status.State, LastTerminationState: status.LastTerminationState, Started: status.Started,
		}
		for _, state := range []*corev1.ContainerState{&stripped[i].State, &stripped[i].LastTerminationState} {
			if state.Terminated != nil && len(state.Terminated.Message) > sealedfiles.MessageLimit(1) {
				state.Terminated.Message = ""
			}
		}
	}
	return stripped
}

// sidecars keeps the names of the init containers that keep running.
func sidecars(containers []corev1.Container) []corev1.Container {
	var names []corev1.Container
	for i := range containers {
		if policy := containers[i].RestartPolicy; policy != nil && *policy == corev1.ContainerRestartPolicyAlways {
			names = append(names, corev1.Container{Name: containers[i].Name, RestartPolicy: policy})
		}
	}
	return names
}
