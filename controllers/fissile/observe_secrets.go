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

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
)

// observeSecrets looks at the output Secrets of the ExtendedJob in the cache: which run
// each holds, whether it is to be deleted with the ExtendedJob, and which versions need
// no longer be kept.
func (r *Reconciler) observeSecrets(ctx context.Context, o *observation) error {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	if err := r.Client.List(ctx, list, client.InNamespace(o.EJ.Namespace), client.MatchingFields{index.Owner: string(o.EJ.UID)}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list output Secrets: %w", err)
	}
	// Others can put the name of an ExtendedJob on their Secrets. A Secret without a
	// valid seal is left alone.
	var own, sealed []*metav1.PartialObjectMetadata
	for i := range list.Items {
		secret := &list.Items[i]
		if !owns(o.EJ, secret) {
			continue
		}
		own = append(own, secret)
		run, err := r.storedRun(ctx, secret)
		if err != nil {
			return err
		}
		if run == 0 {
			continue
		}
		sealed = append(sealed, secret)
		o.StoredRun = max(o.StoredRun, run)
		if output := o.EJ.Spec.Output; output != nil && secret.DeletionTimestamp == nil &&
			metav1.IsControlledBy(secret, o.EJ) != (output.DeletionPolicy != fissilev1.DeletionPolicyRetain) {
			o.OwnershipDrift = append(o.OwnershipDrift, secret)
		}
	}
	isOwn := func(name string) bool {
		return slices.ContainsFunc(own, func(secret *metav1.PartialObjectMetadata) bool { return secret.Name == name })
	}
	for _, output := range o.EJ.Status.Outputs {
		if !isOwn(output.SecretName) {
			o.MissingOutputs = append(o.MissingOutputs, output.SecretName)
		}
	}
	for _, name := range o.EJ.Status.FormerOutputs {
		if !isOwn(name) {
			o.LostFormerOutputs = append(o.LostFormerOutputs, name)
		}
	}
	return r.observePrunable(ctx, o, sealed)
}

// readOutputs finds out which of the output Secrets that the cache does not show are
// gone.
func (r *Reconciler) readOutputs(ctx context.Context, o *observation) error {
	lost := []string{}
	for _, name := range o.MissingOutputs {
		secret, err := readSecret(ctx, r.APIReader, client.ObjectKey{Namespace: o.EJ.Namespace, Name: name})
		if err != nil {
			return err
		}
		if secret == nil || !owns(o.EJ, secret) {
			lost = append(lost, name)
		}
	}
	o.LostOutputs = &lost
	if len(lost) > 0 {
		r.recordOutputsLost(o.EJ, lost)
	}
	return nil
}
