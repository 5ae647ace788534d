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

package certs

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// These objects make the API server call the operator.
const (
	// crdName is the CustomResourceDefinition with the conversion webhook.
	crdName = "extendedjobs.fissile.cloudfoundry.org"
	// validatingName is the ValidatingWebhookConfiguration.
	validatingName = "extendedjob-validating-webhook-configuration"
)

// caller is an object that makes the API server call the operator, and that holds the
// authorities to trust.
type caller struct {
	object    client.Object
	caBundles []*[]byte // point into object
	// patch changes only the object's caBundles.
	patch func(before client.Object) client.Patch
}

// trusts reports whether the API server trusts these authorities and no others.
func (c caller) trusts(authorities []byte) bool {
	for _, caBundle := range c.caBundles {
		if !bytes.Equal(*caBundle, authorities) {
			return false
		}
	}
	return true
}

// accepts is nil if the API server accepts a certificate for all names.
func (c caller) accepts(certificate *x509.Certificate, dnsNames []string) error {
	for _, caBundle := range c.caBundles {
		if err := verify(certificate, *caBundle, dnsNames); err != nil {
			return fmt.Errorf("the API server does not trust the serving certificate yet, for %s: %w", c.object.GetName(), err)
		}
	}
	return nil
}

// callers reads the objects that make the API server call the operator.
func callers(ctx context.Context, reader client.Reader) ([]caller, error) {
	conversion, err := conversionCaller(ctx, reader)
	if err != nil {
		return nil, err
	}
	validation, err := validationCaller(ctx, reader)
	if apierrors.IsNotFound(err) {
		// Validation was switched off, or not all manifests have been applied yet.
		return conversion, nil
	}
	return append(conversion, validation), err
}

// conversionCaller returns the object that makes the API server convert; nothing if
// there is only one version.
func conversionCaller(ctx context.Context, reader client.Reader) ([]caller, error) {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := reader.Get(ctx, types.NamespacedName{Name: crdName}, crd); err != nil {
		return nil, fmt.Errorf("read CustomResourceDefinition %s: %w", crdName, err)
	}
	if len(crd.Spec.Versions) == 1 {
		return nil, nil
	}
	conversion := crd.Spec.Conversion
	if conversion == nil || conversion.Webhook == nil || conversion.Webhook.ClientConfig == nil {
		return nil, fmt.Errorf("CustomResourceDefinition %s has no conversion webhook: apply the operator's manifests again", crdName)
	}
	return []caller{{crd, []*[]byte{&conversion.Webhook.ClientConfig.CABundle}, mergeFrom}}, nil
}

// stripCRD removes large parts that we do not need: the schemas, and the copy of them
// that kubectl apply keeps in an annotation. Each read copies the object, and the
// kubelet's probes cause one every few seconds.
func stripCRD(obj any) (any, error) {
	crd, ok := obj.(*apiextensionsv1.CustomResourceDefinition)
	if !ok {
		return obj, nil
	}
	crd.ManagedFields = nil
	crd.Annotations = nil
	for i := range crd.Spec.Versions {
		crd.Spec.Versions[i].Schema = nil
	}
	return crd, nil
}

func validationCaller(ctx context.Context, reader client.Reader) (caller, error) {
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := reader.Get(ctx, types.NamespacedName{Name: validatingName}, configuration); err != nil {
		return caller{}, fmt.Errorf("read ValidatingWebhookConfiguration %s: %w", validatingName, err)
	}
	c := caller{object: configuration, patch: strategicMergeFrom}
	for i := range configuration.Webhooks {
		c.caBundles = append(c.caBundles, &configuration.Webhooks[i].ClientConfig.CABundle)
	}
	return c, nil
}

// optimisticLock makes a patch fail if the object was changed since it was read: the
// previous leader or an administrator may have written another authority.
var optimisticLock = client.MergeFromWithOptimisticLock{}

func mergeFrom(before client.Object) client.Patch {
	return client.MergeFromWithOptions(before, optimisticLock)
}

// strategicMergeFrom patches items of a list. A merge patch would replace the
// list.
func strategicMergeFrom(before client.Object) client.Patch {
	return client.StrategicMergeFrom(before, optimisticLock)
}
