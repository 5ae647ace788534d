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
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestAnInitContainerThatWorksIsNoReasonToAskForEvents(t *testing.T) {
	for name, policy := range map[string]*corev1.ContainerRestartPolicy{"an init container": nil, "a sidecar": new(corev1.ContainerRestartPolicyAlways)} {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{
				Spec: corev1.PodSpec{InitContainers: []corev1.Container{{Name: "first", RestartPolicy: policy}}},
				Status: corev1.PodStatus{Phase: corev1.PodPending, InitContainerStatuses: []corev1.ContainerStatus{{
					Name: "first", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, Started: new(false),
				}}},
			}
			if _, err := Strip(pod); err != nil {
				t.Fatal(err)
			}
			const told = "Container first: its startup probe has not succeeded."
			if isPending, what := pending(pod), startupProbe(pod); isPending != (policy != nil) || (what == told) != (policy != nil) {
				t.Errorf("pending is %t and the obstacle %q", isPending, what)
			}
		})
	}
}
