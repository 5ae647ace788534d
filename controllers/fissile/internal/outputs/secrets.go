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
	"fmt"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/secretmeta"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
)

// secretWriter writes the output Secrets of one run, under the settings as of its
// start. It replaces an existing Secret by a JSON patch that tests the
// resourceVersion it was decided on. Server-side apply would merge into a foreign
// Secret, and would let an older run win.
type secretWriter struct {
	*Secrets
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
func (w *secretWriter) stored(ctx context.Context, targets []runjob.Target) ([]fissilev1.OutputSecret, bool, error) {
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

func (w *secretWriter) storedFor(ctx context.Context, target runjob.Target) (*fissilev1.OutputSecret, error) {
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
func (w *secretWriter) checkNames(targets []runjob.Target) error {
	for _, target := range targets {
		if name, pattern := runjob.ReservedSecret(w.ReservedNames, target); pattern != "" {
			return &Error{Reason: fissilev1.ReasonOutputInvalid, Message: fmt.Sprintf(
				"Secret %s is refused, because the operator's configuration reserves names like %s: change %s, and run again.", name, pattern, target.NamedBy())}
		}
	}
	return nil
}

// checkConflicts finds Secrets of others, as the cache shows them, where the output is
// to go. A new version is never in conflict with them.
func (w *secretWriter) checkConflicts(ctx context.Context, targets []runjob.Target) error {
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
func (w *secretWriter) put(ctx context.Context, existing *metav1.PartialObjectMetadata, secret *corev1.Secret, target runjob.Target) error {
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

func (w *secretWriter) newSecret(content secretContent) *corev1.Secret {
	target := content.target
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:      target.SecretName,
			Namespace: w.job.Namespace,
			Labels: labels.Merge(target.Labels, map[string]string{
				fissilev1.LabelContainerName: target.Container,
				fissilev1.LabelName:          runjob.NameLabel(w.ej.Name),
			}),
			Annotations: labels.Merge(target.Annotations, w.annotations(target)),
		},
		Type: target.Type,
		Data: content.data,
	}
	secret.OwnerReferences = ownerReferences(w.ej, secret, w.settings.DeletionPolicy)
	return secret
}

// seal seals the run whose output a Secret holds.
func (w *secretWriter) seal(secret *corev1.Secret) {
	secret.Annotations[fissilev1.AnnotationSeal] = seal.Of(w.sealKey, SealedParts(secret)...)
}

func (w *secretWriter) annotations(target runjob.Target) map[string]string {
	number, _ := runjob.RunNumber(w.ej, w.job)
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

// secret reads the metadata of a Secret, or returns nil if there is none.
func (w *secretWriter) secret(ctx context.Context, reader client.Reader, name string) (*metav1.PartialObjectMetadata, error) {
	return secretmeta.Get(ctx, reader, client.ObjectKey{Namespace: w.job.Namespace, Name: name})
}
