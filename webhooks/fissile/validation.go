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
	"maps"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

const (
	// maxNamePrefix is also the limit in the schema.
	maxNamePrefix = 200
	// maxSecretKeys is how many labels, and how many annotations, the schema allows.
	maxSecretKeys = 64
	// maxUpdateDebounce is also the limit in the schema.
	maxUpdateDebounce = 10 * time.Minute
)

// validate returns the rules that a spec breaks. Some are in the schema as well, but no
// schema covers the fields that v1alpha1 has in an annotation.
func validate(spec *fissilev1.ExtendedJobSpec) field.ErrorList {
	path := field.NewPath("spec")
	jobPath := path.Child("jobTemplate", "spec")
	job := &spec.JobTemplate.Spec

	errs := validateTrigger(path.Child("trigger"), &spec.Trigger, &job.Template.Spec)
	errs = append(errs, validateEnum(jobPath.Child("template", "spec", "restartPolicy"), job.Template.Spec.RestartPolicy,
		corev1.RestartPolicyNever, corev1.RestartPolicyOnFailure)...)
	errs = append(errs, validateTemplateKeys(path.Child("jobTemplate"), &spec.JobTemplate)...)
	errs = append(errs, validateSelector(jobPath, job)...)
	errs = append(errs, validatePodLabels(jobPath.Child("template", "metadata", "labels"), job.Template.Labels)...)
	if limit := spec.SuccessfulJobsHistoryLimit; limit != nil {
		errs = append(errs, apivalidation.ValidateNonnegativeField(int64(*limit), path.Child("successfulJobsHistoryLimit"))...)
	}
	if limit := spec.FailedJobsHistoryLimit; limit != nil {
		errs = append(errs, apivalidation.ValidateNonnegativeField(int64(*limit), path.Child("failedJobsHistoryLimit"))...)
	}
	if d := spec.UpdateDebounce; d != nil && (d.Duration < 0 || d.Duration > maxUpdateDebounce) {
		errs = append(errs, field.Invalid(path.Child("updateDebounce"), d.Duration.String(), "must be a duration of at most 10 minutes, for instance '30s' or '1m30s'"))
	}
	if spec.Output != nil {
		errs = append(errs, validateOutput(path.Child("output"), spec.Output, job.Template.Spec.Containers)...)
		errs = append(errs, validateFiles(spec)...)
		errs = append(errs, validateOnePod(jobPath, job)...)
	}
	return errs
}

func validateOutput(path *field.Path, output *fissilev1.Output, containers []corev1.Container) field.ErrorList {
	errs := validateNamePrefix(path.Child("namePrefix"), output, containers)
	if output.OutputType != "" {
		errs = append(errs, validateEnum(path.Child("outputType"), output.OutputType, fissilev1.OutputTypeJSON)...)
	}
	errs = append(errs, validateContainers(path.Child("containers"), output.Containers, containers)...)
	errs = append(errs, validateSecretLabels(path.Child("secretLabels"), output.SecretLabels)...)
	errs = append(errs, validateSecretAnnotations(path.Child("secretAnnotations"), output.SecretAnnotations)...)
	if output.VersionsToKeep < 0 {
		errs = append(errs, field.Invalid(path.Child("versionsToKeep"), output.VersionsToKeep, "must be at least 1; if not set, all versions are kept"))
	}
	if output.DeletionPolicy != "" {
		errs = append(errs, validateEnum(path.Child("deletionPolicy"), output.DeletionPolicy,
			fissilev1.DeletionPolicyDelete, fissilev1.DeletionPolicyRetain)...)
	}
	if output.IfExists != "" {
		errs = append(errs, validateEnum(path.Child("ifExists"), output.IfExists,
			fissilev1.ExistingOutputOverwrite, fissilev1.ExistingOutputKeep)...)
	}
	return errs
}

// validateNamePrefix checks that the names of the Secret of each container, and of each
// version of it, are valid.
func validateNamePrefix(path *field.Path, output *fissilev1.Output, containers []corev1.Container) field.ErrorList {
	prefix := output.NamePrefix
	switch {
	case prefix != "":
	case len(output.Containers) > 0 && len(output.Files) > 0:
		return field.ErrorList{field.Required(path, "the names of the Secrets of spec.output.containers begin with it: for instance 'database'")}
	case len(output.Files) > 0:
		return nil
	default:
		return field.ErrorList{field.Required(path, "the names of the Secrets begin with it: for instance 'database'")}
	}
	if len(prefix) > maxNamePrefix {
		return field.ErrorList{field.TooLong(path, field.OmitValueType{}, maxNamePrefix)}
	}
	const shortest = "a"
	if len(validation.IsDNS1123Subdomain(runjob.SecretName(prefix, shortest))) > 0 {
		return field.ErrorList{field.Invalid(path, prefix,
			"the name of a Secret consists of lower case letters, digits, '-' and single '.', and begins with a letter or digit: for instance 'database'")}
	}
	if len(containers) == 0 {
		return nil
	}

	container := slices.MaxFunc(containers, func(a, b corev1.Container) int { return len(a.Name) - len(b.Name) }).Name
	name := runjob.SecretName(prefix, container)
	if ptr.Deref(output.Versioned, false) {
		name = versionedsecret.Name(name, versionedsecret.MaxOrdinal)
	}
	if excess := len(name) - validation.DNS1123SubdomainMaxLength; excess > 0 {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, fmt.Sprintf(
			"the name of the Secret of container %q can become %d characters long, but at most %d are allowed: shorten the prefix by %d",
			container, len(name), validation.DNS1123SubdomainMaxLength, excess))}
	}
	return nil
}

// validateReserved refuses names of Secrets that the operator's configuration reserves.
func validateReserved(spec *fissilev1.ExtendedJobSpec, patterns []string) (errs field.ErrorList) {
	path := field.NewPath("spec", "output", "namePrefix")
	for _, target := range runjob.Targets(spec) {
		name, pattern := runjob.ReservedSecret(patterns, target)
		switch {
		case pattern == "":
		case target.File != nil:
			errs = append(errs, reservedFile(spec.Output, target, name, pattern))
		case !slices.ContainsFunc(errs, func(err *field.Error) bool { return err.Field == path.String() }):
			errs = append(errs, field.Invalid(path, spec.Output.NamePrefix, fmt.Sprintf(
				"the Secret of container %q would be named %q, but the operator's configuration reserves names like %q: choose another prefix",
				target.Container, name, pattern)))
		}
	}
	return errs
}

// validateContainers checks that the containers whose output is named exist.
func validateContainers(path *field.Path, names []string, containers []corev1.Container) field.ErrorList {
	var known []string
	for i := range containers {
		known = append(known, containers[i].Name)
	}
	var errs field.ErrorList
	for i, name := range names {
		switch {
		case slices.Contains(names[:i], name):
			errs = append(errs, field.Duplicate(path.Index(i), name))
		case !slices.Contains(known, name):
			errs = append(errs, field.NotSupported(path.Index(i), name, known))
		}
	}
	return errs
}

func validateSecretLabels(path *field.Path, labels map[string]string) field.ErrorList {
	errs := validateNumber(path, len(labels))
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		errs = append(errs, validateKey(path.Key(key), key, key)...)
		for _, message := range validation.IsValidLabelValue(labels[key]) {
			errs = append(errs, field.Invalid(path.Key(key), labels[key], message))
		}
	}
	return errs
}

func validateSecretAnnotations(path *field.Path, annotations map[string]string) field.ErrorList {
	errs := validateNumber(path, len(annotations))
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		errs = append(errs, validateKey(path.Key(key), key, strings.ToLower(key))...) // as Kubernetes does it
	}
	return errs
}

func validateNumber(path *field.Path, number int) field.ErrorList {
	if number > maxSecretKeys {
		return field.ErrorList{field.TooMany(path, number, maxSecretKeys)}
	}
	return nil
}

// validateKey checks the key of a label or annotation as a qualified name, in the
// spelling that counts.
func validateKey(path *field.Path, key, name string) field.ErrorList {
	if runjob.IsOperatorKey(key) {
		return field.ErrorList{operatorKey(path)}
	}
	var errs field.ErrorList
	for _, message := range validation.IsQualifiedName(name) {
		errs = append(errs, field.Invalid(path, key, message))
	}
	return errs
}

func operatorKey(path *field.Path) *field.Error {
	return field.Forbidden(path, "the key is reserved for the operator: choose another one")
}

// validateTemplateKeys refuses keys on Jobs and pods that would be mistaken for the
// operator's own.
func validateTemplateKeys(path *field.Path, template *batchv1.JobTemplateSpec) field.ErrorList {
	pod := path.Child("spec", "template")
	var errs field.ErrorList
	for _, metadata := range []struct {
		path *field.Path
		keys map[string]string
	}{
		{path.Child("metadata", "labels"), template.Labels},
		{path.Child("metadata", "annotations"), template.Annotations},
		{pod.Child("metadata", "labels"), template.Spec.Template.Labels},
		{pod.Child("metadata", "annotations"), template.Spec.Template.Annotations},
	} {
		for _, key := range slices.Sorted(maps.Keys(metadata.keys)) {
			if runjob.IsOperatorKey(key) {
				errs = append(errs, operatorKey(metadata.path.Key(key)))
			}
		}
	}
	return errs
}

// validateSelector refuses what CronJobs refuse: a Job with its own selector could
// mistake the pods of other Jobs for those of the run.
func validateSelector(path *field.Path, job *batchv1.JobSpec) field.ErrorList {
	const cure = "every run's Job selects its own pods: remove it"
	var errs field.ErrorList
	if job.Selector != nil {
		errs = append(errs, field.Forbidden(path.Child("selector"), cure))
	}
	if ptr.Deref(job.ManualSelector, false) {
		errs = append(errs, field.Forbidden(path.Child("manualSelector"), cure))
	}
	return errs
}

// selectorLabels are the labels that a Job selects its pods by.
var selectorLabels = []string{batchv1.JobNameLabel, batchv1.ControllerUidLabel, "job-name", "controller-uid"}

// validatePodLabels refuses the labels that every Job sets itself, in fewer words than
// the API server.
func validatePodLabels(path *field.Path, labels map[string]string) field.ErrorList {
	var errs field.ErrorList
	for _, key := range selectorLabels {
		if _, ok := labels[key]; ok {
			errs = append(errs, field.Forbidden(path.Key(key), "every run's Job sets this label: remove it"))
		}
	}
	return errs
}

// validateOnePod checks that no run has several pods that succeed, because their output
// would go to the same Secret.
func validateOnePod(path *field.Path, job *batchv1.JobSpec) field.ErrorList {
	const cure = "spec.output keeps the output of one pod: set it to 1, or remove spec.output"
	var errs field.ErrorList
	if job.Completions != nil && *job.Completions > 1 {
		errs = append(errs, field.Invalid(path.Child("completions"), *job.Completions, cure))
	}
	if job.Parallelism != nil && *job.Parallelism > 1 {
		errs = append(errs, field.Invalid(path.Child("parallelism"), *job.Parallelism, cure))
	}
	return errs
}

func validateEnum[T ~string](path *field.Path, value T, supported ...T) field.ErrorList {
	if slices.Contains(supported, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, supported)}
}
