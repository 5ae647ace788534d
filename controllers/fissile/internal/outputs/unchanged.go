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
	"bytes"
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// sameAsNewest returns the newest version if the next one would equal it and is then
// to be skipped, and otherwise nil. No cache holds the data of a Secret.
func (w *secretWriter) sameAsNewest(ctx context.Context, versions []*metav1.PartialObjectMetadata, content secretContent) (*corev1.Secret, error) {
	if !content.target.SkipUnchanged {
		return nil, nil
	}
	newest, ok := versionedsecret.Latest(versions, content.target.SecretName)
	if !ok || !owns(w.ej, newest) || newest.DeletionTimestamp != nil {
		return nil, nil
	}
	if _, ordinal, _ := versionedsecret.Parse(newest); ordinal < w.highestKnown(content.target.Container, content.target.SecretName) {
		return nil, nil // The cache does not show the newest yet.
	}
	secret := &corev1.Secret{}
	if err := w.APIReader.Get(ctx, client.ObjectKeyFromObject(newest), secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("read Secret %s: %w", newest.Name, err)
	}
	target := content.target
	if secret.UID != newest.UID || secret.Type != target.Type || !maps.EqualFunc(secret.Data, content.data, bytes.Equal) ||
		secret.Annotations[fissilev1.AnnotationManagedKeys] != managedKeys(target) ||
		!includes(secret.Labels, target.Labels) || !includes(secret.Annotations, target.Annotations) {
		return nil, nil
	}
	return secret, nil
}

// includes reports whether a map has all entries of another.
func includes(all, some map[string]string) bool {
	for key, value := range some {
		if has, ok := all[key]; !ok || has != value {
			return false
		}
	}
	return true
}

// unchangedSecret notes the newest version as one that stays, and returns it as the
// status lists it. It returns an empty value if there is none.
func (w *secretWriter) unchangedSecret(newest *corev1.Secret, content secretContent) fissilev1.OutputSecret {
	if newest == nil {
		return fissilev1.OutputSecret{}
	}
	w.unchanged = append(w.unchanged, newest.Name)
	return w.keptSecret(content.target, newest)
}
