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

package runjob

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

// envOf returns the variables that a run adds to its containers: those of
// spec.trigger.env, if the run was requested.
func envOf(trigger *fissilev1.Trigger, run *fissilev1.Run) []fissilev1.TriggerEnvVar {
	if run.Cause == fissilev1.CauseNow || run.RequestID != "" {
		return trigger.Env
	}
	return nil
}

// EnvReferences returns the ConfigMaps and Secrets that variables take their values
// from.
func EnvReferences(variables []fissilev1.TriggerEnvVar) []configrefs.Reference {
	var container corev1.Container
	for _, variable := range variables {
		setEnv(&container, variable)
	}
	return configrefs.Of(&corev1.PodSpec{Containers: []corev1.Container{container}})
}

// EnvNames returns the names of the variables that a run adds to its containers.
func EnvNames(trigger *fissilev1.Trigger, run *fissilev1.Run) []string {
	var names []string
	for _, variable := range envOf(trigger, run) {
		names = append(names, variable.Name)
	}
	return names
}

// addEnv adds variables to the containers of a pod, and replaces those of the same
// name.
func addEnv(pod *corev1.PodSpec, variables []fissilev1.TriggerEnvVar) {
	for _, variable := range variables {
		for i := range pod.Containers {
			if container := &pod.Containers[i]; GetsEnv(container, &variable) {
				setEnv(container, variable)
			}
		}
		for i := range pod.InitContainers {
			if container := &pod.InitContainers[i]; InitGetsEnv(container, &variable) {
				setEnv(container, variable)
			}
		}
	}
}

// GetsEnv reports whether a variable is added to a container.
func GetsEnv(container *corev1.Container, variable *fissilev1.TriggerEnvVar) bool {
	return len(variable.Containers) == 0 || slices.Contains(variable.Containers, container.Name)
}

// InitGetsEnv reports whether a variable is added to an init container.
func InitGetsEnv(container *corev1.Container, variable *fissilev1.TriggerEnvVar) bool {
	return slices.Contains(variable.Containers, container.Name)
}

func setEnv(container *corev1.Container, variable fissilev1.TriggerEnvVar) {
	set := corev1.EnvVar{Name: variable.Name, Value: ptr.Deref(variable.Value, ""), ValueFrom: variable.ValueFrom.DeepCopy()}
	sameName := func(other corev1.EnvVar) bool { return other.Name == variable.Name }
	at := slices.IndexFunc(container.Env, sameName)
	if at < 0 {
		container.Env = append(container.Env, set)
		return
	}
	// It stays in its place, so that the variables after it can refer to it.
	container.Env[at] = set
	rest := slices.DeleteFunc(slices.Clone(container.Env[at+1:]), sameName)
	container.Env = append(container.Env[:at+1], rest...)
}
