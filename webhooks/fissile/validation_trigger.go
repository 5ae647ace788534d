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
	"fmt"
	"regexp"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// These are also the limits in the schema of v1.
const (
	maxRequestID = 128
	maxEnv       = 64
	maxEnvName   = 256
	maxEnvValue  = 32768
)

// validateTrigger checks the request for a run, and the variables that it adds to pod.
func validateTrigger(path *field.Path, trigger *fissilev1.Trigger, pod *corev1.PodSpec) field.ErrorList {
	errs := validateEnum(path.Child("strategy"), trigger.Strategy,
		fissilev1.StrategyManual, fissilev1.StrategyNow, fissilev1.StrategyOnce, fissilev1.StrategyDone)
	if utf8.RuneCountInString(trigger.RequestID) > maxRequestID {
		errs = append(errs, field.TooLongCharacters(path.Child("requestID"), trigger.RequestID, maxRequestID))
	}
	return append(errs, validateEnv(path.Child("env"), trigger.Env, containerNames(pod))...)
}

func validateEnv(path *field.Path, env []fissilev1.TriggerEnvVar, containers []string) field.ErrorList {
	if len(env) > maxEnv {
		return field.ErrorList{field.TooMany(path, len(env), maxEnv)}
	}
	var errs field.ErrorList
	names := make(map[string]bool, len(env))
	for i, variable := range env {
		at := path.Index(i)
		if names[variable.Name] {
			errs = append(errs, field.Duplicate(at, map[string]any{"name": variable.Name}))
		}
		names[variable.Name] = true
		errs = append(errs, validateEnvName(at.Child("name"), variable.Name)...)
		errs = append(errs, validateEnvValue(at, &variable)...)
		for j, container := range variable.Containers {
			errs = append(errs, validateEnum(at.Child("containers").Index(j), container, containers...)...)
		}
	}
	return errs
}

func validateEnvName(path *field.Path, name string) field.ErrorList {
	switch {
	case name == "":
		return field.ErrorList{field.Required(path, "")}
	case utf8.RuneCountInString(name) > maxEnvName:
		return field.ErrorList{field.TooLongCharacters(path, name, maxEnvName)}
	}
	var errs field.ErrorList
	for _, message := range validation.IsRelaxedEnvVarName(name) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	return errs
}

func validateEnvValue(path *field.Path, variable *fissilev1.TriggerEnvVar) field.ErrorList {
	from := path.Child("valueFrom")
	switch {
	case variable.ValueFrom == nil && variable.Value == nil:
		return field.ErrorList{field.Required(path.Child("value"), `set value or valueFrom; for an empty variable, set value to ""`)}
	case variable.ValueFrom == nil && utf8.RuneCountInString(*variable.Value) > maxEnvValue:
		return field.ErrorList{field.TooLongCharacters(path.Child("value"), *variable.Value, maxEnvValue)}
	case variable.ValueFrom == nil:
		return nil
	case variable.Value != nil:
		return field.ErrorList{field.Forbidden(from, "value is also set: a variable has only one of them")}
	}
	sources := sourcesOf(variable.ValueFrom)
	switch {
	case len(sources) == 0:
		return field.ErrorList{field.Required(from, "set one of configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef, fileKeyRef")}
	case len(sources) > 1:
		return field.ErrorList{field.Forbidden(from, fmt.Sprintf("has both %s and %s: a variable has only one source", sources[0], sources[1]))}
	}
	if ref := variable.ValueFrom.ConfigMapKeyRef; ref != nil && ref.Name == "" {
		return field.ErrorList{field.Required(from.Child("configMapKeyRef", "name"), "")}
	}
	if ref := variable.ValueFrom.SecretKeyRef; ref != nil && ref.Name == "" {
		return field.ErrorList{field.Required(from.Child("secretKeyRef", "name"), "")}
	}
	return nil
}

// sourcesOf returns the fields of a valueFrom that are set.
func sourcesOf(from *corev1.EnvVarSource) []string {
	var names []string
	for _, source := range []struct {
		name string
		set  bool
	}{
		{"configMapKeyRef", from.ConfigMapKeyRef != nil},
		{"secretKeyRef", from.SecretKeyRef != nil},
		{"fieldRef", from.FieldRef != nil},
		{"resourceFieldRef", from.ResourceFieldRef != nil},
		{"fileKeyRef", from.FileKeyRef != nil},
	} {
		if source.set {
			names = append(names, source.name)
		}
	}
	return names
}

func containerNames(pod *corev1.PodSpec) []string {
	var names []string
	for _, containers := range [][]corev1.Container{pod.Containers, pod.InitContainers} {
		for i := range containers {
			names = append(names, containers[i].Name)
		}
	}
	return names
}

// sensitive matches names of variables whose values are usually secret.
var sensitive = regexp.MustCompile(`(?i)password|passwd|token|secret|(?:^|[^a-z])(?:api|access|private)?key(?:$|[^a-z])`)

// triggerWarnings returns warnings about variables that no run gets, and about values
// that everyone who may read ExtendedJobs can read.
func triggerWarnings(m *manifest) (warnings admission.Warnings) {
	trigger := &m.ej.Spec.Trigger
	if len(trigger.Env) > 0 && trigger.RequestID == "" && trigger.Strategy != fissilev1.StrategyNow {
		warnings = append(warnings, warningf("%s is not used: set requestID, or strategy now", m.field("spec.trigger.env")))
	}
	for i, variable := range trigger.Env {
		if variable.Value != nil && *variable.Value != "" && sensitive.MatchString(variable.Name) {
			warnings = append(warnings, warningf("%s is in plain text: use valueFrom", m.field(fmt.Sprintf("spec.trigger.env[%d].value", i))))
		}
	}
	return warnings
}

// sameEnv reports whether an update leaves no variables to be checked.
func sameEnv(before, updated *fissilev1.ExtendedJob) bool {
	env := updated.Spec.Trigger.Env
	return len(env) == 0 || equality.Semantic.DeepEqual(before.Spec.Trigger.Env, env)
}
