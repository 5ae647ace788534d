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
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
)

// secretWriter writes the output Secrets of one run, under the settings as of its
// start. It replaces an existing Secret by a JSON patch that tests the
// resourceVersion it was decided on. Server-side apply would merge into a foreign
// Secret, and would let an older run win.
type secretWriter struct {
	*Reconciler
	ej       *plan.ExtendedJob
	job      *batchv1.Job
	settings *fissilev1.Output
	sealKey  []byte
	// unchanged are the names of versions that already hold what a new one would.
	unchanged []string
}

// stored finds the Secrets in the cache that already hold this run's output, and
// reports whether that is all of it. It finds none for a target with a Secret per
// key, because their names are not known before the file is read.
func (w *secretWriter) stored(ctx context.Context, targets []plan.Target) ([]fissilev1.OutputSecret, bool, error) {
	secrets := make([]fissilev1.OutputSecret, 0, len(targets))
	for _, target := range targets {
		secret, err := w.storedFor(ctx, target)
		if err != nil {
			return nil, false, err
		}
		if secret == nil {
			return nil, false, nil
		}
		secrets = append(secrets, *secret)
	}
	return secrets, true, nil
}

func (w *secretWriter) storedFor(ctx context.Context, target plan.Target) (*fissilev1.OutputSecret, error) {
	switch {
	case target.PerKey:
		return nil, nil
	case target.Versioned:
		versions, err := w.cachedVersions(ctx, target.SecretName)
		if err != nil {
			return nil, err
		}
		return w.storedVersion(versions, target), nil
	}
	secret, err := w.secret(ctx, w.Client, target.SecretName)
	if err != nil || secret == nil || !w.printedBy(secret) {
		return nil, err
	}
	return &fissilev1.OutputSecret{Container: target.Container, SecretName: target.SecretName}, nil
}

// checkNames refuses names that the operator's configuration reserves. The webhook
// does that as well, but not for ExtendedJobs that existed before.
func (w *secretWriter) checkNames(targets []plan.Target) error {
	for _, target := range targets {
		if name, pattern := plan.ReservedSecret(w.ReservedSecretNames, target); pattern != "" {
			return &outputError{reason: fissilev1.ReasonOutputInvalid, message: fmt.Sprintf(
				"Secret %s is refused, because the operator's configuration reserves names like %s: change %s, and run again.", name, pattern, target.NamedBy())}
		}
	}
	return nil
}

// checkWay finds Secrets of others, as the cache shows them, where the output is to
// go. A new version is never in conflict with them.
func (w *secretWriter) checkWay(ctx context.Context, targets []plan.Target) error {
	for _, target := range targets {
		if target.Versioned || target.PerKey {
			continue
		}
		secret, err := w.secret(ctx, w.Client, target.SecretName)
		if err != nil {
			return err
		}
		if secret != nil {
			if err := w.mayReplace(ctx, secret, target); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes the contents, and returns what is in each Secret by the name of its
// target.
func (w *secretWriter) write(ctx context.Context, contents []secretContent) (map[string]fissilev1.OutputSecret, error) {
	written := make(map[string]fissilev1.OutputSecret, len(contents))
	for _, content := range contents {
		write := w.overwrite
		if content.target.Versioned {
			write = w.writeVersion
		}
		secret, err := write(ctx, content)
		if err != nil {
			return nil, err
		}
		written[content.target.SecretName] = secret
	}
	return written, nil
}

// overwrite replaces the output of the previous run.
func (w *secretWriter) overwrite(ctx context.Context, content secretContent) (fissilev1.OutputSecret, error) {
	name := content.target.SecretName
	existing, err := w.secret(ctx, w.Client, name)
	if err != nil {
		return fissilev1.OutputSecret{}, err
	}
	secret := w.newSecret(content)
	w.seal(secret)
	if err := w.put(ctx, existing, secret, content.target); err != nil {
		return fissilev1.OutputSecret{}, err
	}
	return w.outputSecret(name, 0, content), nil
}

// outputSecret describes a Secret that was just written.
func (w *secretWriter) outputSecret(name string, version int64, content secretContent) fissilev1.OutputSecret {
	var size int64
	for _, value := range content.data {
		size += int64(len(value))
	}
	return fissilev1.OutputSecret{
		Container:  content.target.Container,
		SecretName: name,
		Version:    version,
		Keys:       new(int64(len(content.data))),
		Bytes:      &size,
		StoredAt:   metav1.NewTime(w.Clock.Now().Truncate(time.Second)),
	}
}

// put creates the Secret, or replaces the one that exists. If the cache was wrong
// about which of the two applies, a live read decides.
func (w *secretWriter) put(ctx context.Context, existing *metav1.PartialObjectMetadata, secret *corev1.Secret, target plan.Target) error {
	if w.settings.IfExists == fissilev1.ExistingOutputKeep {
		// A Secret that the cache did not show is kept once it does.
		return refusal(secret.Name, w.Client.Create(ctx, secret))
	}
	if existing == nil {
		err := w.Client.Create(ctx, secret)
		if !apierrors.IsAlreadyExists(err) {
			return refusal(secret.Name, err)
		}
	} else {
		if w.printedBy(existing) {
			return nil
		}
		if err := w.mayReplace(ctx, existing, target); err != nil {
			return err
		}
		// If our names were removed from the Secret, the cache does not show whether
		// it has any others, which it does not keep.
		if len(existing.Labels) > 0 && len(existing.Annotations) > 0 {
			err := w.replace(ctx, existing, secret)
			if !apierrors.IsNotFound(err) && !isOutdated(err) {
				return refusal(secret.Name, err)
			}
		}
	}

	live, err := w.secret(ctx, w.APIReader, secret.Name)
	if err != nil {
		return err
	}
	if live == nil {
		return fmt.Errorf("secret %s has just been deleted", secret.Name)
	}
	if w.printedBy(live) {
		return nil
	}
	if err := w.mayReplace(ctx, live, target); err != nil {
		return err
	}
	return refusal(secret.Name, w.replace(ctx, live, secret))
}

// mayReplace refuses a Secret that does not belong to this ExtendedJob, and one that a newer
// run wrote.
func (w *secretWriter) mayReplace(ctx context.Context, secret *metav1.PartialObjectMetadata, target plan.Target) error {
	if !owns(w.ej, secret) {
		inherited, err := w.inherits(ctx, secret)
		if err != nil || inherited {
			return err
		}
		return &outputError{reason: fissilev1.ReasonOutputConflict, message: fmt.Sprintf(
			"Secret %s %s: delete it, and the output is stored; or change %s, and run again.", secret.Name, whose(secret), target.NamedBy())}
	}
	return w.superseded(ctx, secret)
}

// superseded returns an error if a Secret holds the output of a newer run of this
// ExtendedJob, which this run's output must not replace or follow.
func (w *secretWriter) superseded(ctx context.Context, secret metav1.Object) error {
	if !owns(w.ej, secret) || secret.GetAnnotations()[fissilev1.AnnotationOwnerUID] != string(w.ej.UID) {
		return nil
	}
	number, _ := plan.RunNumber(w.ej, w.job)
	run, err := w.storedRun(ctx, secret)
	if err != nil {
		return err
	}
	if run > number {
		return &outputError{reason: fissilev1.ReasonOutputSuperseded, message: fmt.Sprintf(
			"Secret %s already holds the output of run %d, which is newer.", secret.GetName(), run)}
	}
	return nil
}

// inherits reports whether the Secret was retained from an ExtendedJob that had this
// one's name and is gone. A live read proves that this one has the name now.
func (w *secretWriter) inherits(ctx context.Context, secret *metav1.PartialObjectMetadata) (bool, error) {
	if metav1.GetControllerOf(secret) != nil || secret.Annotations[fissilev1.AnnotationOwnerUID] == "" ||
		secret.Annotations[fissilev1.AnnotationOwnerName] != w.ej.Name {
		return false, nil
	}
	ej := &fissilev1.ExtendedJob{}
	if err := w.APIReader.Get(ctx, w.ej.Key(), ej); err != nil {
		return false, err
	}
	return ej.UID == w.ej.UID, nil
}

// owns reports whether a Secret is the ExtendedJob's: by the UID of its controller
// or, if it is retained and has none, by its annotation.
func owns(ej metav1.Object, secret metav1.Object) bool {
	if owner := metav1.GetControllerOf(secret); owner != nil {
		return owner.UID == ej.GetUID()
	}
	return secret.GetAnnotations()[fissilev1.AnnotationOwnerUID] == string(ej.GetUID())
}

// whose says who owns a Secret that is not the ExtendedJob's.
func whose(secret metav1.Object) string {
	if owner := metav1.GetControllerOf(secret); owner != nil {
		return fmt.Sprintf("belongs to %s %s", owner.Kind, owner.Name)
	}
	if name := secret.GetAnnotations()[fissilev1.AnnotationOwnerName]; name != "" {
		return "was retained from ExtendedJob " + name
	}
	return "does not belong to this ExtendedJob"
}

// printedBy reports whether the Secret holds the output of this run.
func (w *secretWriter) printedBy(secret metav1.Object) bool {
	return owns(w.ej, secret) && secret.GetAnnotations()[fissilev1.AnnotationJobUID] == string(w.job.UID)
}

func (w *secretWriter) newSecret(content secretContent) *corev1.Secret {
	target := content.target
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:      target.SecretName,
			Namespace: w.job.Namespace,
			Labels: plan.Merged(target.Labels, map[string]string{
				fissilev1.LabelContainerName: target.Container,
				fissilev1.LabelName:          plan.NameLabel(w.ej.Name),
			}),
			Annotations: plan.Merged(target.Annotations, w.annotations(target)),
		},
		Type: target.Type,
		Data: content.data,
	}
	secret.OwnerReferences = ownerReferences(w.ej, secret, w.settings.DeletionPolicy)
	return secret
}

// seal seals the run whose output a Secret holds.
func (w *secretWriter) seal(secret *corev1.Secret) {
	secret.Annotations[fissilev1.AnnotationSeal] = seal.Of(w.sealKey, sealedRun(secret)...)
}

func (w *secretWriter) annotations(target plan.Target) map[string]string {
	number, _ := plan.RunNumber(w.ej, w.job)
	annotations := map[string]string{
		fissilev1.AnnotationRun:         strconv.FormatInt(number, 10),
		fissilev1.AnnotationJobUID:      string(w.job.UID),
		fissilev1.AnnotationOwnerName:   w.ej.Name,
		fissilev1.AnnotationOwnerUID:    string(w.ej.UID),
		fissilev1.AnnotationManagedKeys: managedKeys(target),
	}
	if target.Key != "" {
		annotations[fissilev1.AnnotationSecretPerKey] = target.File.SecretName
	}
	return annotations
}

// operation is one operation of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// replace replaces all data of a Secret, and sets our labels and annotations without
// touching those of others. It removes those of ours that an earlier run set and this
// one does not.
func (w *secretWriter) replace(ctx context.Context, existing *metav1.PartialObjectMetadata, secret *corev1.Secret) error {
	patch := append(isStill(existing),
		operation{Op: "add", Path: "/data", Value: secret.Data},
		operation{Op: "add", Path: "/type", Value: secret.Type}, // which cannot be another
		operation{Op: "add", Path: "/metadata/ownerReferences", Value: ownerReferences(w.ej, existing, w.settings.DeletionPolicy)})
	patch = append(patch, changes("/metadata/labels", existing.Labels, secret.Labels, earlierKeys(existing, "labels"))...)
	patch = append(patch, changes("/metadata/annotations", existing.Annotations, secret.Annotations, earlierKeys(existing, "annotations"))...)
	return w.patchSecret(ctx, existing, patch)
}

// isStill returns operations that test that a Secret is as it was read.
func isStill(secret metav1.Object) []operation {
	return []operation{
		{Op: "test", Path: "/metadata/uid", Value: secret.GetUID()},
		{Op: "test", Path: "/metadata/resourceVersion", Value: secret.GetResourceVersion()},
	}
}

func (r *Reconciler) patchSecret(ctx context.Context, secret metav1.Object, patch []operation) error {
	encoded, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	target := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: secret.GetNamespace(), Name: secret.GetName()}}
	return r.Client.Patch(ctx, target, client.RawPatch(types.JSONPatchType, encoded))
}

// ownerReferences returns those of others and, unless the Secret is to be retained,
// ours.
func ownerReferences(ej metav1.Object, secret metav1.Object, policy fissilev1.DeletionPolicy) []metav1.OwnerReference {
	var ours []metav1.OwnerReference
	if policy != fissilev1.DeletionPolicyRetain {
		ours = []metav1.OwnerReference{plan.OwnerReference(ej)}
	}
	others := slices.DeleteFunc(slices.Clone(secret.GetOwnerReferences()), func(o metav1.OwnerReference) bool { return o.UID == ej.GetUID() })
	return append(ours, others...)
}

// changes returns the operations that set each of the wanted keys, and remove the
// earlier ones that are no longer wanted.
func changes(path string, existing, wanted map[string]string, earlier []string) []operation {
	if len(existing) == 0 {
		return []operation{{Op: "add", Path: path, Value: wanted}}
	}
	at := func(key string) string { return path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
	var operations []operation
	for key, value := range wanted {
		if has, ok := existing[key]; !ok || has != value {
			operations = append(operations, operation{Op: "add", Path: at(key), Value: value})
		}
	}
	for _, key := range earlier {
		if _, ok := wanted[key]; !ok {
			// Removing a key that does not exist fails, but setting it first always
			// works. The cache does not show whether it exists.
			operations = append(operations, operation{Op: "add", Path: at(key), Value: ""}, operation{Op: "remove", Path: at(key)})
		}
	}
	return operations
}

// managedKeys lists the keys of the user's labels and annotations that the operator
// puts on a Secret, as "labels/a annotations/b".
func managedKeys(target plan.Target) string {
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

// secret reads the metadata of a Secret, or returns nil if there is none.
func (w *secretWriter) secret(ctx context.Context, reader client.Reader, name string) (*metav1.PartialObjectMetadata, error) {
	return readSecret(ctx, reader, client.ObjectKey{Namespace: w.job.Namespace, Name: name})
}

// readSecret reads the metadata of a Secret, or returns nil if there is none.
func readSecret(ctx context.Context, reader client.Reader, key client.ObjectKey) (*metav1.PartialObjectMetadata, error) {
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
