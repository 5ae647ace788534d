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
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// Reviews judge new ExtendedJobs as the webhooks do, where there is no API server to
// ask. They cover the rules and the warnings, with the default configuration of the
// operator, but not the dry run of the Job and the rights of the user.
type Reviews struct {
	manifests []*manifest
	// reserved are the names of Secrets that are refused.
	reserved []string
}

// NewReviews returns reviews without any ExtendedJobs.
func NewReviews() *Reviews {
	var configuration configv1alpha1.OperatorConfiguration
	configv1alpha1.SetDefaults(&configuration)
	return &Reviews{reserved: configuration.Output.ReservedSecretNames}
}

// Review is the judgement on one ExtendedJob.
type Review struct {
	// Errors have the paths of the version that was written.
	Errors   field.ErrorList
	Warnings []string
}

// Add adds an ExtendedJob of v1 or v1alpha1.
func (r *Reviews) Add(ctx context.Context, ej runtime.Object) error {
	var added *manifest
	var err error
	switch ej := ej.(type) {
	case *fissilev1.ExtendedJob:
		added, err = readV1(ctx, ej)
	case *fissilev1alpha1.ExtendedJob:
		added, err = readV1alpha1(ctx, ej)
	default:
		err = fmt.Errorf("no rules apply to %T", ej)
	}
	if err == nil {
		r.manifests = append(r.manifests, added)
	}
	return err
}

// All returns the reviews of all ExtendedJobs that were added, in their order. The
// warnings name outputs that an ExtendedJob shares with others.
func (r *Reviews) All(ctx context.Context) []Review {
	reviews := make([]Review, len(r.manifests))
	for i, m := range r.manifests {
		reviews[i].Errors = append(brokenRules(m), validateReserved(&m.ej.Spec, r.reserved)...)
		for _, err := range reviews[i].Errors {
			err.Field = m.field(err.Field)
		}
		reviews[i].Warnings = warnings(ctx, r, m, true)
	}
	return reviews
}

// Find returns the ExtendedJobs in a namespace whose output goes to a Secret.
func (r *Reviews) Find(_ context.Context, namespace, _, secret string) ([]client.ObjectKey, error) {
	var found []client.ObjectKey
	for _, m := range r.manifests {
		if m.ej.Namespace == namespace && slices.Contains(secretNames(m.ej), secret) {
			found = append(found, client.ObjectKeyFromObject(m.ej))
		}
	}
	return found, nil
}
