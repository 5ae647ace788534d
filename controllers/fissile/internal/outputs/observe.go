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

package outputs

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/secretmeta"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// Observe looks at the output Secrets of an ExtendedJob in the cache: which run each
// holds, which are missing, and which are to be deleted with the ExtendedJob. It returns
// those that prove to be the output of a run.
func (s *Secrets) Observe(ctx context.Context, o *plan.Observation) ([]*metav1.PartialObjectMetadata, error) {
	own, err := secretmeta.List(ctx, s.Client, o.EJ.Namespace, client.MatchingFields{index.Owner: string(o.EJ.UID)}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, err
	}
	own = slices.DeleteFunc(own, func(secret *metav1.PartialObjectMetadata) bool { return !owns(o.EJ, secret) })
	// Others can put the name of an ExtendedJob on their Secrets. A Secret without a
	// valid seal is left alone.
	var sealed []*metav1.PartialObjectMetadata
	for _, secret := range own {
		run, err := s.storedRun(ctx, secret)
		if err != nil {
			return nil, err
		}
		if run == 0 {
			continue
		}
		sealed = append(sealed, secret)
		o.StoredRun = max(o.StoredRun, run)
		if hasOwnershipDrift(o.EJ, secret) {
			o.OwnershipDrift = append(o.OwnershipDrift, secret)
		}
	}
	isMissing := func(name string) bool {
		return !slices.ContainsFunc(own, func(secret *metav1.PartialObjectMetadata) bool { return secret.Name == name })
	}
	for _, output := range o.EJ.Status.Outputs {
		if isMissing(output.SecretName) {
			o.MissingOutputs = append(o.MissingOutputs, output.SecretName)
		}
	}
	for _, name := range o.EJ.Status.FormerOutputs {
		if isMissing(name) {
			o.LostFormerOutputs = append(o.LostFormerOutputs, name)
		}
	}
	return sealed, nil
}

// hasOwnershipDrift reports whether the owner reference of a Secret differs from what
// the deletion policy asks for.
func hasOwnershipDrift(ej *plan.ExtendedJob, secret *metav1.PartialObjectMetadata) bool {
	output := ej.Spec.Output
	return output != nil && secret.DeletionTimestamp == nil &&
		metav1.IsControlledBy(secret, ej) != (output.DeletionPolicy != fissilev1.DeletionPolicyRetain)
}

// Lost returns which of the given output Secrets, which the cache does not show, are
// gone.
func (s *Secrets) Lost(ctx context.Context, ej *plan.ExtendedJob, names []string) ([]string, error) {
	lost := []string{}
	for _, name := range names {
		secret, err := secretmeta.Get(ctx, s.APIReader, client.ObjectKey{Namespace: ej.Namespace, Name: name})
		if err != nil {
			return nil, err
		}
		if secret == nil || !owns(ej, secret) {
			lost = append(lost, name)
		}
	}
	return lost, nil
}
