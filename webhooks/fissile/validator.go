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
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// +kubebuilder:webhook:path=/validate-fissile-cloudfoundry-org-v1-extendedjob,mutating=false,failurePolicy=fail,matchPolicy=Exact,sideEffects=None,timeoutSeconds=10,groups=fissile.cloudfoundry.org,resources=extendedjobs,verbs=create;update,versions=v1,name=v1.extendedjob.fissile.cloudfoundry.org,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-fissile-cloudfoundry-org-v1alpha1-extendedjob,mutating=false,failurePolicy=fail,matchPolicy=Exact,sideEffects=None,timeoutSeconds=10,groups=fissile.cloudfoundry.org,resources=extendedjobs,verbs=create;update,versions=v1alpha1,name=v1alpha1.extendedjob.fissile.cloudfoundry.org,admissionReviewVersions=v1

var (
	_ admission.Validator[*fissilev1.ExtendedJob]       = &validator[*fissilev1.ExtendedJob]{}
	_ admission.Validator[*fissilev1alpha1.ExtendedJob] = &validator[*fissilev1alpha1.ExtendedJob]{}
)

// validator admits the ExtendedJobs of one version, or returns everything that is wrong
// with them. The rules are the same for every version.
type validator[T runtime.Object] struct {
	outputs outputFinder
	// dryRuns makes dry runs of Jobs.
	dryRuns client.Client
	options Options
	// requesters is nil where a policy checks the rights of users.
	requesters *requesterReview
	read       func(context.Context, T) (*manifest, error)
}

func newV1Validator(outputs outputFinder, dryRuns client.Client, options Options) *validator[*fissilev1.ExtendedJob] {
	return &validator[*fissilev1.ExtendedJob]{outputs: outputs, dryRuns: dryRuns, options: options, read: readV1}
}

func newV1alpha1Validator(outputs outputFinder, dryRuns client.Client, options Options) *validator[*fissilev1alpha1.ExtendedJob] {
	return &validator[*fissilev1alpha1.ExtendedJob]{outputs: outputs, dryRuns: dryRuns, options: options, read: readV1alpha1}
}

func (v *validator[T]) ValidateCreate(ctx context.Context, ej T) (admission.Warnings, error) {
	created, err := v.read(ctx, ej)
	if err != nil {
		return nil, err
	}
	if err := v.checkRequester(ctx, nil, created.ej); err != nil {
		return nil, err
	}
	errs, dryRunWarnings := v.errors(ctx, created, true)
	if v.options.ClosedNamespace != "" && created.ej.Namespace == v.options.ClosedNamespace {
		errs = append(errs, field.Forbidden(field.NewPath("metadata", "namespace"),
			"ExtendedJobs do not run in the operator's namespace: choose another one, or set runInOwnNamespace in the operator's configuration"))
	}
	return append(warnings(ctx, v.outputs, created, true), dryRunWarnings...), refusal(created, errs)
}

// ValidateUpdate does not refuse what was already wrong, so that an object that an
// earlier version of the operator admitted can be changed.
func (v *validator[T]) ValidateUpdate(ctx context.Context, oldEJ, ej T) (admission.Warnings, error) {
	before, err := v.read(ctx, oldEJ)
	if err != nil {
		return nil, err
	}
	updated, err := v.read(ctx, ej)
	if err != nil {
		return nil, err
	}
	if err := v.checkRequester(ctx, before.ej, updated.ej); err != nil {
		return nil, err
	}
	// If the webhook configuration has no matchConditions, as with OLM, such updates
	// come here. One of them sets the strategy back after a run. An object that is
	// being deleted is validated, too, because a finalizer can keep it for long.
	if equality.Semantic.DeepEqual(before.judged, updated.judged) && sameEnv(before.ej, updated.ej) {
		return nil, nil
	}

	newJob := !equality.Semantic.DeepEqual(before.ej.Spec.JobTemplate, updated.ej.Spec.JobTemplate) ||
		!sameEnv(before.ej, updated.ej) || !sameCollector(before.ej, updated.ej)
	errs, dryRunWarnings := v.errors(ctx, updated, newJob)
	if len(errs) > 0 {
		old, _ := v.errors(ctx, before, newJob)
		errs = slices.DeleteFunc(errs, func(err *field.Error) bool {
			return slices.ContainsFunc(old, func(e *field.Error) bool { return e.Error() == err.Error() })
		})
	}
	return append(warnings(ctx, v.outputs, updated, false), dryRunWarnings...), refusal(updated, errs)
}

// ValidateDelete is not called: the webhook configuration leaves deletion out.
func (v *validator[T]) ValidateDelete(context.Context, T) (admission.Warnings, error) {
	return nil, nil
}

func (v *validator[T]) checkRequester(ctx context.Context, before, after *fissilev1.ExtendedJob) error {
	if v.requesters == nil {
		return nil
	}
	return v.requesters.check(ctx, before, after)
}

// errors returns every violation, with v1 paths. A dry run that says nothing about the
// template leads to a warning.
func (v *validator[T]) errors(ctx context.Context, m *manifest, dryRun bool) (field.ErrorList, admission.Warnings) {
	errs := append(brokenRules(m), validateReserved(&m.ej.Spec, v.options.ReservedSecretNames)...)
	if !dryRun {
		return errs, nil
	}
	tried, err := dryRunJob(ctx, v.dryRuns, m.ej, v.options.CollectorImage)
	if err != nil {
		return errs, admission.Warnings{warningf("%s was not checked: %v", m.field(templatePath), err)}
	}
	ruled := errs // in the words of ExtendedJobs
	for _, err := range tried.refused {
		sameField := func(e *field.Error) bool { return e.Field == err.Field }
		same := func(e *field.Error) bool { return e.Error() == err.Error() } // of a variable in two containers
		if !slices.ContainsFunc(ruled, sameField) && !slices.ContainsFunc(errs, same) {
			errs = append(errs, err)
		}
	}
	warnings := collectorWarnings(m, v.options.CollectorImage)
	for _, warning := range tried.warnings {
		warnings = append(warnings, m.jobWarning(tried.fields, warning))
	}
	return errs, warnings
}

// brokenRules returns the errors that can be found without asking anyone, with v1
// paths.
func brokenRules(m *manifest) field.ErrorList {
	return append(slices.Clone(m.errs), validate(&m.ej.Spec)...)
}

// refusal returns the error that kubectl shows field by field, or nil if nothing is
// wrong.
func refusal(m *manifest, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	for _, err := range errs {
		err.Field = m.field(err.Field)
	}
	return apierrors.NewInvalid(fissilev1.GroupVersion.WithKind("ExtendedJob").GroupKind(), m.ej.Name, errs)
}
