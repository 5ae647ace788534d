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
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/jsonpatch"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// replace replaces all data of a Secret, and sets our labels and annotations without
// touching those of others. It removes those of ours that an earlier run set and this
// one does not.
func (w *secretWriter) replace(ctx context.Context, existing *metav1.PartialObjectMetadata, secret *corev1.Secret) error {
	patch := append(unchangedTests(existing),
		jsonpatch.Operation{Op: "add", Path: "/data", Value: secret.Data},
		jsonpatch.Operation{Op: "add", Path: "/type", Value: secret.Type}, // which cannot be another
		jsonpatch.Operation{Op: "add", Path: "/metadata/ownerReferences", Value: ownerReferences(w.ej, existing, w.settings.DeletionPolicy)})
	patch = append(patch, changes("/metadata/labels", existing.Labels, secret.Labels, earlierKeys(existing, "labels"))...)
	patch = append(patch, changes("/metadata/annotations", existing.Annotations, secret.Annotations, earlierKeys(existing, "annotations"))...)
	return w.patchSecret(ctx, existing, patch)
}

// unchangedTests returns operations that test that a Secret is as it was read.
func unchangedTests(secret metav1.Object) []jsonpatch.Operation {
	return []jsonpatch.Operation{
		{Op: "test", Path: "/metadata/uid", Value: secret.GetUID()},
		{Op: "test", Path: "/metadata/resourceVersion", Value: secret.GetResourceVersion()},
	}
}

func (s *Secrets) patchSecret(ctx context.Context, secret metav1.Object, patch []jsonpatch.Operation) error {
	encoded, err := jsonpatch.New(patch...)
	if err != nil {
		return err
	}
	target := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: secret.GetNamespace(), Name: secret.GetName()}}
	return s.Client.Patch(ctx, target, encoded)
}

// ownerReferences returns those of others and, unless the Secret is to be retained,
// ours.
func ownerReferences(ej metav1.Object, secret metav1.Object, policy fissilev1.DeletionPolicy) []metav1.OwnerReference {
	var ours []metav1.OwnerReference
	if policy != fissilev1.DeletionPolicyRetain {
		ours = []metav1.OwnerReference{runjob.OwnerReference(ej)}
	}
	others := slices.DeleteFunc(slices.Clone(secret.GetOwnerReferences()), func(o metav1.OwnerReference) bool { return o.UID == ej.GetUID() })
	return append(ours, others...)
}

// changes returns the operations that set each of the wanted keys, and remove the
// earlier ones that are no longer wanted.
func changes(path string, existing, wanted map[string]string, earlier []string) []jsonpatch.Operation {
	if len(existing) == 0 {
		return []jsonpatch.Operation{{Op: "add", Path: path, Value: wanted}}
	}
	at := func(key string) string { return path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
	var operations []jsonpatch.Operation
	for key, value := range wanted {
		if has, ok := existing[key]; !ok || has != value {
			operations = append(operations, jsonpatch.Operation{Op: "add", Path: at(key), Value: value})
		}
	}
	for _, key := range earlier {
		if _, ok := wanted[key]; !ok {
			// Removing a key that does not exist fails, but setting it first always
			// works. The cache does not show whether it exists.
			operations = append(operations, jsonpatch.Operation{Op: "add", Path: at(key), Value: ""}, jsonpatch.Operation{Op: "remove", Path: at(key)})
		}
	}
	return operations
}

// managedKeys lists the keys of the user's labels and annotations that the operator
// puts on a Secret, as "labels/a annotations/b".
func managedKeys(target runjob.Target) string {
	var keys []string
	for key := range target.Labels {
		keys = append(keys, "labels/"+key)
	}
	for key := range target.Annotations {
		keys = append(keys, "annotations/"+key)
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// earlierKeys returns the keys below "labels" or "annotations" that the operator put
// on a Secret.
func earlierKeys(secret metav1.Object, below string) []string {
	var keys []string
	for entry := range strings.FieldsSeq(secret.GetAnnotations()[fissilev1.AnnotationManagedKeys]) {
		if key, ok := strings.CutPrefix(entry, below+"/"); ok {
			keys = append(keys, key)
		}
	}
	return keys
}
