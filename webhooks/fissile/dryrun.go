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
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/http2"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
)

// +kubebuilder:rbac:groups=batch,resources=jobs,verbs=create

const (
	// dryRunTimeout is how long a user waits for a dry run. An update can take two, and
	// the webhook configuration allows for more than both.
	dryRunTimeout = 2 * time.Second
	// dryRunNumber is the number of a run that is hardly ever reached. The name of its
	// Job is not taken, and is as long as those of other runs.
	dryRunNumber = 999_999
)

// tryout is what a dry run of the Job tells about an ExtendedJob.
type tryout struct {
	// refused are the errors, with v1 paths.
	refused field.ErrorList
	// warnings are those that a user who creates the Job gets.
	warnings []string
	fields   *jobFields
}

// dryRunJob asks the API server for its answer to a Job of the ExtendedJob. It returns
// an error if that cannot be known now: for instance, the API server is slow, or
// refuses the Job because of its namespace and not because of its content.
func dryRunJob(ctx context.Context, c client.Client, ej *fissilev1.ExtendedJob, collectorImage string) (*tryout, error) {
	job, fields, err := newDryRunJob(ej, collectorImage)
	if err != nil {
		return nil, err
	}
	tried := &tryout{fields: fields}
	ctx, cancel := context.WithTimeout(collectWarnings(ctx, &tried.warnings), dryRunTimeout)
	defer cancel()
	var answer *unstructured.Unstructured
	create := func() error {
		answer = job.DeepCopy()
		return c.Create(ctx, answer, client.DryRunAll, client.FieldValidation(fieldValidation(ctx)))
	}
	if err = create(); panicked(err) {
		err = create() // something between here and the API server can also have reset the request
	}
	switch {
	case err == nil && fields.collector != nil:
		tried.refused, err = lostCollector(answer)
		return tried, err
	case err == nil:
		return tried, nil
	case panicked(err): // as it would for the Job of a run
		tried.refused = field.ErrorList{field.Invalid(field.NewPath(templatePath), field.OmitValueType{},
			"the API server panics when it creates the Job: see its log")}
		return tried, nil
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("the API server did not answer within %s", dryRunTimeout)
	}
	if tried.refused = fields.errors(err); len(tried.refused) > 0 {
		return tried, nil
	}
	return nil, err
}

// panicked reports whether the API server panicked at a request. It then resets the
// stream of the request.
func panicked(err error) bool {
	var reset http2.StreamError
	return errors.As(err, &reset) && reset.Code == http2.ErrCodeInternal
}

// fieldValidation returns how the user's client wants the API server to treat unknown
// fields.
func fieldValidation(ctx context.Context) string {
	request, err := admission.RequestFromContext(ctx)
	if err != nil {
		return metav1.FieldValidationStrict
	}
	var options metav1.CreateOptions // those of an update also have the field
	if err := json.Unmarshal(request.Options.Raw, &options); err != nil || options.FieldValidation == "" {
		return metav1.FieldValidationWarn // the API server's default
	}
	return options.FieldValidation
}

// newDryRunJob returns the Job of a run, as large as it can become, with the variables
// of a run on demand, and with the settings that the operator keeps off the Job to act
// on them itself. It is unstructured, because the API server does not notice unknown
// fields in the format in which typed objects are sent.
func newDryRunJob(ej *fissilev1.ExtendedJob, collectorImage string) (*unstructured.Unstructured, *jobFields, error) {
	trial := ej.DeepCopy()
	fields := &jobFields{ownLabels: len(ej.Spec.JobTemplate.Labels) > 0, env: addTriggerEnv(trial)}
	trial.Status = fissilev1.ExtendedJobStatus{Inputs: &fissilev1.Inputs{Digest: configrefs.Digest(nil, "", nil)}}
	if len(validateOnePod(nil, &trial.Spec.JobTemplate.Spec)) > 0 {
		trial.Spec.Output = nil // already refused; there is no such Job
	}
	template := &trial.Spec.JobTemplate.Spec
	template.Selector, template.ManualSelector = nil, nil // already refused, too
	job, err := runjob.New(trial, &fissilev1.Run{
		Number:    dryRunNumber,
		JobName:   runjob.JobName(trial, dryRunNumber),
		Cause:     fissilev1.CauseTemplateChange, // the longest
		RequestID: trial.Spec.Trigger.RequestID,
		Claim:     &fissilev1.Claim{ID: uuid.Nil.String()},
	})
	if err != nil {
		return nil, nil, err
	}
	if err := addTrialCollector(job, trial, collectorImage, fields); err != nil {
		return nil, nil, err
	}
	job.Annotations[fissilev1.AnnotationSeal] = seal.Of(nil)
	job.Spec.TTLSecondsAfterFinished = template.TTLSecondsAfterFinished
	job.OwnerReferences = nil // the ExtendedJob does not exist yet
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(job)
	if err != nil {
		return nil, nil, err
	}
	object := &unstructured.Unstructured{Object: content}
	object.SetGroupVersionKind(batchv1.SchemeGroupVersion.WithKind("Job"))
	return object, fields, nil
}
