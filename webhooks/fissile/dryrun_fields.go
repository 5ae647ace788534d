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
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// jobFields maps the fields of a dry run's Job to those of the ExtendedJob, by v1
// paths.
type jobFields struct {
	// ownLabels is true if the Job does not take its labels from its pods.
	ownLabels bool
	// env maps the paths of variables in the Job to their paths in spec.trigger.env.
	env map[string]string
	// collector is nil if the Job has none.
	collector *collectorFields
}

// addTriggerEnv moves the variables of spec.trigger.env to the containers that get them
// in a run on demand. They follow the template's own and replace none, so that all are
// tried. It returns their paths by those in the Job.
func addTriggerEnv(trial *fissilev1.ExtendedJob) map[string]string {
	paths := map[string]string{}
	pod := &trial.Spec.JobTemplate.Spec.Template.Spec
	for i, variable := range trial.Spec.Trigger.Env {
		add := func(container *corev1.Container, path string) {
			paths[fmt.Sprintf("%s.env[%d]", path, len(container.Env))] = fmt.Sprintf("spec.trigger.env[%d]", i)
			container.Env = append(container.Env, corev1.EnvVar{
				Name:      freeName(container.Env, variable.Name),
				Value:     ptr.Deref(variable.Value, ""),
				ValueFrom: variable.ValueFrom,
			})
		}
		for j := range pod.Containers {
			if runjob.GetsEnv(&pod.Containers[j], &variable) {
				add(&pod.Containers[j], fmt.Sprintf("spec.template.spec.containers[%d]", j))
			}
		}
		for j := range pod.InitContainers {
			if runjob.InitGetsEnv(&pod.InitContainers[j], &variable) {
				add(&pod.InitContainers[j], fmt.Sprintf("spec.template.spec.initContainers[%d]", j))
			}
		}
	}
	trial.Spec.Trigger.Env = nil
	return paths
}

// freeName returns a name that no variable has, because the API server warns of two
// variables of the same name.
func freeName(env []corev1.EnvVar, name string) string {
	for slices.ContainsFunc(env, func(variable corev1.EnvVar) bool { return variable.Name == name }) {
		name += "_"
	}
	return name
}

// unknownField is how the API server refers to a field that it does not know.
var unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)

// errors returns the fields that a refusal of the Job names, or none if it is about
// something else.
func (f *jobFields) errors(refused error) field.ErrorList {
	var errs field.ErrorList
	if apierrors.IsBadRequest(refused) {
		for _, match := range unknownField.FindAllStringSubmatch(refused.Error(), -1) {
			errs = append(errs, &field.Error{
				Type:   field.ErrorTypeForbidden,
				Field:  f.inExtendedJob(match[1]),
				Detail: "the API server of this cluster does not know the field: remove it",
			})
		}
		return errs
	}
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(refused) || !errors.As(refused, &status) || status.Status().Details == nil {
		return nil
	}
	for _, cause := range status.Status().Details.Causes {
		switch {
		case cause.Field == "": // a policy that refuses the Job names none
		case cause.Field == "metadata.labels" && !f.ownLabels: // repeats the error for the pods' labels, which the Job has
		default:
			errs = append(errs, f.causeError(cause))
		}
	}
	return errs
}

// namedTypes are the types of errors whose messages do not begin with "Invalid value".
var namedTypes = []field.ErrorType{
	field.ErrorTypeRequired, field.ErrorTypeNotSupported, field.ErrorTypeForbidden, field.ErrorTypeDuplicate,
	field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeNotFound,
}

// causeError returns the error that the API server turned into a cause.
func (f *jobFields) causeError(cause metav1.StatusCause) *field.Error {
	err := &field.Error{Type: field.ErrorTypeInvalid, Field: f.inExtendedJob(cause.Field), BadValue: field.OmitValueType{}}
	if slices.Contains(namedTypes, field.ErrorType(cause.Type)) {
		err.Type = field.ErrorType(cause.Type)
	}
	err.Detail = strings.TrimPrefix(strings.TrimPrefix(cause.Message, err.Type.String()), ": ")
	return err
}

// inExtendedJob returns the path of a Job's field in the ExtendedJob. The Job's name
// follows from the ExtendedJob's.
func (f *jobFields) inExtendedJob(path string) string {
	path, ofOutput := f.collector.inTemplate(path)
	if ofOutput != "" {
		return ofOutput
	}
	for variable, origin := range f.env {
		if inPath(path, variable) {
			return origin + strings.TrimPrefix(path, variable)
		}
	}
	for _, metadata := range []string{"labels", "annotations"} { // whose path the API server shortens
		if inPath(path, "spec.template."+metadata) {
			path = strings.Replace(path, "spec.template.", "spec.template.metadata.", 1)
		}
	}
	if path == "metadata.name" {
		return path
	}
	return "spec.jobTemplate." + path
}
