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

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/jsonpatch"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// SyncOwner makes the owner references of an output Secret match the deletion policy,
// if it is still as observed. An immutable Secret allows that.
func (s *Secrets) SyncOwner(ctx context.Context, ej *plan.ExtendedJob, secret *metav1.PartialObjectMetadata) error {
	patch := append(unchangedTests(secret), jsonpatch.Operation{Op: "add", Path: "/metadata/ownerReferences", Value: ownerReferences(ej, secret, ej.Spec.Output.DeletionPolicy)})
	if err := s.patchSecret(ctx, secret, patch); client.IgnoreNotFound(err) != nil {
		return withoutData(secret.Name, err)
	}
	return nil
}

// Delete deletes an output Secret if it is still as observed.
func (s *Secrets) Delete(ctx context.Context, secret *metav1.PartialObjectMetadata) error {
	if err := s.delete(ctx, secret); client.IgnoreNotFound(err) != nil {
		return withoutData(secret.Name, err)
	}
	return nil
}

func (s *Secrets) delete(ctx context.Context, secret *metav1.PartialObjectMetadata) error {
	target := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: secret.Namespace, Name: secret.Name}}
	return s.Client.Delete(ctx, target, client.Preconditions{UID: &secret.UID, ResourceVersion: &secret.ResourceVersion})
}
