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
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// +kubebuilder:rbac:groups=batch,resources=jobs,verbs=create

const (
	// dryRunTimeout is how long a user waits for a dry run. An update can take
	// two, and the webhook configuration allows for more than both.
	dryRunTimeout = 2 * time.Second
	// dryRunNumber is a run that is hardly ever reached: its Job has no name that
	// is taken, and one that is as long as those of other runs.
	dryRunNumber = 999_999
)

// dryRunJob asks the API server what it would refuse in a Job of the
// ExtendedJob, by v1's paths. It is an error if that cannot be told now: the API
// server is slow, say, or refuses the Job for its namespace and not for what is
// in it.
func dryRunJob(ctx context.Context, c client.Client, ej *fissilev1.ExtendedJob) (field.ErrorList, error) {
	job, err := newDryRunJob(ej)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dryRunTimeout)
	defer cancel()
	err = c.Create(ctx, job, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
	switch {
	case err == nil:
		return nil, nil
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("the API server did not answer within %s", dryRunTimeout)
	}
	if errs := templateErrors(err); len(errs) > 0 {
		return errs, nil
	}
	return nil, err
}

// newDryRunJob is the Job of a run. It is unstructured, because typed objects
// are sent in a format in which the API server does not notice fields that it
// does not know.
func newDryRunJob(ej *fissilev1.ExtendedJob) (*unstructured.Unstructured, error) {
	trial := ej.DeepCopy()
	trial.Status = fissilev1.ExtendedJobStatus{}
	if len(validateOnePod(nil, &trial.Spec.JobTemplate.Spec)) > 0 {
		trial.Spec.Output = nil // refused already; there is no such Job
	}
	job, err := plan.NewJob(trial, &fissilev1.Run{Number: dryRunNumber, JobName: plan.JobName(trial, dryRunNumber)})
	if err != nil {
		return nil, err
	}
	job.OwnerReferences = nil // the ExtendedJob does not exist yet
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(job)
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: content}
	object.SetGroupVersionKind(batchv1.SchemeGroupVersion.WithKind("Job"))
	return object, nil
}

// unknownField is how the API server calls a field that it does not know.
var unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)

// templateErrors are the fields that a refusal of the Job names. It names none
// if it is about something else.
func templateErrors(refused error) field.ErrorList {
	var errs field.ErrorList
	if apierrors.IsBadRequest(refused) {
		for _, match := range unknownField.FindAllStringSubmatch(refused.Error(), -1) {
			errs = append(errs, &field.Error{
				Type:   field.ErrorTypeForbidden,
				Field:  templateField(match[1]),
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
		if cause.Field != "" { // a policy that refuses the Job names none
			errs = append(errs, causeError(cause))
		}
	}
	return errs
}

// namedTypes are the types of errors whose messages do not begin with "Invalid
// value".
var namedTypes = []field.ErrorType{
	field.ErrorTypeRequired, field.ErrorTypeNotSupported, field.ErrorTypeForbidden, field.ErrorTypeDuplicate,
	field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeNotFound,
}

// causeError is the error that the API server made a cause of.
func causeError(cause metav1.StatusCause) *field.Error {
	err := &field.Error{Type: field.ErrorTypeInvalid, Field: templateField(cause.Field), BadValue: field.OmitValueType{}}
	if slices.Contains(namedTypes, field.ErrorType(cause.Type)) {
		err.Type = field.ErrorType(cause.Type)
	}
	err.Detail = strings.TrimPrefix(strings.TrimPrefix(cause.Message, err.Type.String()), ": ")
	return err
}

// templateField is the path of a Job's field in the ExtendedJob. The Job's name
// follows from the ExtendedJob's.
func templateField(path string) string {
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
