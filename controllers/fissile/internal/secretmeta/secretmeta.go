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

// Package secretmeta reads the metadata of Secrets, from the cache or from the API
// server. It never reads their data.
package secretmeta

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// Get reads the metadata of a Secret, or returns nil if there is none.
func Get(ctx context.Context, reader client.Reader, key client.ObjectKey) (*metav1.PartialObjectMetadata, error) {
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := reader.Get(ctx, key, secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("read Secret %s: %w", key.Name, err)
	}
	return secret, nil
}

// List lists the metadata of Secrets.
func List(ctx context.Context, reader client.Reader, namespace string, options ...client.ListOption) ([]*metav1.PartialObjectMetadata, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	if err := reader.List(ctx, list, append(options, client.InNamespace(namespace))...); err != nil {
		return nil, fmt.Errorf("list Secrets: %w", err)
	}
	secrets := make([]*metav1.PartialObjectMetadata, len(list.Items))
	for i := range list.Items {
		secrets[i] = &list.Items[i]
	}
	return secrets, nil
}

// SeriesOwner returns the name of the ExtendedJob that made the first version of a
// base name, or "" if none of the versions is an ExtendedJob's.
func SeriesOwner(versions []*metav1.PartialObjectMetadata, base string) string {
	for _, version := range versionedsecret.Versions(versions, base) {
		if owner := version.Annotations[fissilev1.AnnotationOwnerName]; owner != "" {
			return owner
		}
	}
	return ""
}
