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

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/secretmeta"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// writeVersion creates the next version of a container's Secret. If another Secret
// has taken its name, live reads find out whether that is this run's own, whether a
// newer run has begun, and which number is free.
func (w *secretWriter) writeVersion(ctx context.Context, content secretContent) (fissilev1.OutputSecret, error) {
	base := content.target.SecretName
	versions, err := w.cachedVersions(ctx, base)
	if err != nil {
		return fissilev1.OutputSecret{}, err
	}
	stored, err := w.createVersion(ctx, versions, content)
	if !apierrors.IsAlreadyExists(err) {
		return stored, err
	}
	if w.settings.IfExists == fissilev1.ExistingOutputKeep {
		// It may be one to keep: the cache will show it.
		return stored, refusal(base, err)
	}
	if versions, err = w.liveVersions(ctx); err != nil {
		return fissilev1.OutputSecret{}, err
	}
	if err := w.stillLast(ctx); err != nil {
		return fissilev1.OutputSecret{}, err
	}
	return w.createVersion(ctx, versions, content)
}

// createVersion creates the version that follows the given ones, unless one of them
// already holds the output of this run, or of a newer one.
func (w *secretWriter) createVersion(ctx context.Context, versions []*metav1.PartialObjectMetadata, content secretContent) (fissilev1.OutputSecret, error) {
	target := content.target
	base := target.SecretName
	if stored := w.storedVersion(versions, target); stored != nil {
		return w.outputSecret(stored.SecretName, stored.Version, content), nil
	}
	if owner := secretmeta.SeriesOwner(versions, base); owner != "" && owner != w.ej.Name {
		return fissilev1.OutputSecret{}, &Error{Reason: fissilev1.ReasonOutputConflict, Message: fmt.Sprintf(
			"The versions of Secret %s belong to ExtendedJob %s: change %s, and run again; or delete them, and the output is stored.", base, owner, target.NamedBy())}
	}
	for _, version := range versionedsecret.Versions(versions, base) {
		if err := w.superseded(ctx, version); err != nil {
			return fissilev1.OutputSecret{}, err
		}
	}
	if newest, err := w.sameAsNewest(ctx, versions, content); err != nil || newest != nil {
		return w.unchangedSecret(newest, content), err
	}
	ordinal, err := versionedsecret.Next(versions, base, w.highestKnown(target.Container, base))
	if err != nil {
		return fissilev1.OutputSecret{}, &Error{Reason: fissilev1.ReasonSecretRejected, Message: fmt.Sprintf("Output of %s: %v.", target.Source(), err)}
	}
	number, _ := runjob.RunNumber(w.ej, w.job)
	secret := versionedsecret.New(w.newSecret(content), ordinal,
		fmt.Sprintf("Output of %s in run %d of ExtendedJob %s.", target.Source(), number, w.ej.Name))
	w.seal(secret)
	if err := w.Client.Create(ctx, secret); err != nil {
		if apierrors.IsAlreadyExists(err) {
			return fissilev1.OutputSecret{}, err
		}
		return fissilev1.OutputSecret{}, refusal(secret.Name, err)
	}
	return w.outputSecret(secret.Name, ordinal, content), nil
}

// storedVersion finds the version that already holds this run's output.
func (w *secretWriter) storedVersion(versions []*metav1.PartialObjectMetadata, target runjob.Target) *fissilev1.OutputSecret {
	for _, version := range versionedsecret.Versions(versions, target.SecretName) {
		if w.printedBy(version) {
			_, ordinal, _ := versionedsecret.Parse(version)
			return &fissilev1.OutputSecret{Container: target.Container, SecretName: version.Name, Version: ordinal}
		}
	}
	return nil
}

// highestKnown returns the ordinal that the status remembers, so that the number of a
// deleted version is not used again.
func (w *secretWriter) highestKnown(container, base string) int64 {
	for _, output := range w.ej.Status.Outputs {
		if known, ordinal, ok := versionedsecret.ParseName(output.SecretName); ok && output.Container == container && known == base {
			return ordinal
		}
	}
	return 0
}

// stillLast returns an error if a newer run was claimed, because the output of this
// one must not follow that of the newer one.
func (w *secretWriter) stillLast(ctx context.Context) error {
	ej := &fissilev1.ExtendedJob{}
	if err := w.APIReader.Get(ctx, w.ej.Key(), ej); err != nil {
		return err
	}
	number, _ := runjob.RunNumber(w.ej, w.job)
	if run := ej.Status.LastRun; ej.UID != w.ej.UID || run != nil && run.Number > number {
		return fmt.Errorf("run %d is no longer the last one", number)
	}
	return nil
}

// cachedVersions returns the Secrets with a base name and any ordinal, from the
// cache.
func (w *secretWriter) cachedVersions(ctx context.Context, base string) ([]*metav1.PartialObjectMetadata, error) {
	return secretmeta.List(ctx, w.Client, w.job.Namespace, client.MatchingFields{index.Base: base})
}

// liveVersions returns all Secrets of the namespace, from the API server.
func (w *secretWriter) liveVersions(ctx context.Context) ([]*metav1.PartialObjectMetadata, error) {
	return secretmeta.List(ctx, w.APIReader, w.job.Namespace)
}
