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
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/jsonpatch"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// keptSecrets are the Secrets that already exist and stay as they are, by the name of
// their target. With ifExists Keep, these are the Secrets of this ExtendedJob, or of
// an earlier one with its name.
type keptSecrets map[string]*metav1.PartialObjectMetadata

// kept finds the Secrets to keep in the cache. Secrets that this run made before a
// crash are among them.
func (w *secretWriter) kept(ctx context.Context, targets []runjob.Target) (keptSecrets, error) {
	kept := make(keptSecrets)
	if w.settings.IfExists != fissilev1.ExistingOutputKeep {
		return kept, nil
	}
	for _, target := range targets {
		candidates, err := w.existing(ctx, target)
		if err != nil {
			return nil, err
		}
		for _, secret := range candidates {
			ours, err := w.ownsOrInherits(ctx, secret)
			if err != nil {
				return nil, err
			}
			if ours && secret.DeletionTimestamp.IsZero() {
				kept[target.SecretName] = secret
				break
			}
		}
	}
	return kept, nil
}

// existing returns the Secrets of a target's name, newest version first. It returns
// none for a target with a Secret per key, because their names are not known before
// the file is read.
func (w *secretWriter) existing(ctx context.Context, target runjob.Target) ([]*metav1.PartialObjectMetadata, error) {
	switch {
	case target.PerKey:
		return nil, nil
	case target.Versioned:
		cached, err := w.cachedVersions(ctx, target.SecretName)
		if err != nil {
			return nil, err
		}
		versions := versionedsecret.Versions(cached, target.SecretName)
		slices.Reverse(versions)
		return versions, nil
	}
	secret, err := w.secret(ctx, w.Client, target.SecretName)
	if err != nil || secret == nil {
		return nil, err
	}
	return []*metav1.PartialObjectMetadata{secret}, nil
}

func (w *secretWriter) ownsOrInherits(ctx context.Context, secret *metav1.PartialObjectMetadata) (bool, error) {
	if owns(w.ej, secret) {
		return true, nil
	}
	return w.inherits(ctx, secret)
}

// missing returns the targets whose output is to be written.
func (k keptSecrets) missing(targets []runjob.Target) []runjob.Target {
	return slices.DeleteFunc(slices.Clone(targets), func(target runjob.Target) bool { return k[target.SecretName] != nil })
}

// takeOver makes this ExtendedJob the owner of Secrets that an earlier one left.
// Their data stays.
func (w *secretWriter) takeOver(ctx context.Context, targets []runjob.Target, kept keptSecrets) error {
	for _, target := range targets {
		cached := kept[target.SecretName]
		if cached == nil || owns(w.ej, cached) {
			continue
		}
		// The cache does not show whether the Secret has labels of others.
		secret, err := w.secret(ctx, w.APIReader, cached.Name)
		if err != nil {
			return err
		}
		if secret == nil {
			return fmt.Errorf("secret %s has just been deleted", cached.Name)
		}
		ours := w.newSecret(secretContent{target: target})
		delete(ours.Annotations, fissilev1.AnnotationJobUID) // Another Job printed it.
		w.seal(ours)
		patch := append(unchangedTests(secret), jsonpatch.Operation{Op: "add", Path: "/metadata/ownerReferences", Value: ownerReferences(w.ej, secret, w.settings.DeletionPolicy)})
		patch = append(patch, changes("/metadata/labels", secret.Labels, ours.Labels, earlierKeys(secret, "labels"))...)
		patch = append(patch, changes("/metadata/annotations", secret.Annotations, ours.Annotations, earlierKeys(secret, "annotations"))...)
		if err := w.patchSecret(ctx, secret, patch); err != nil {
			return refusal(secret.Name, err)
		}
	}
	return nil
}

// output returns the output of a run that kept some Secrets and wrote others, in the
// order of the targets.
func (w *secretWriter) output(targets []runjob.Target, kept keptSecrets, written map[string]fissilev1.OutputSecret) *plan.Output {
	output := &plan.Output{Reason: fissilev1.ReasonStored, Kept: w.unchanged}
	for _, target := range targets {
		secret := kept[target.SecretName]
		if secret == nil {
			output.Secrets = append(output.Secrets, written[target.SecretName])
			continue
		}
		output.Secrets = append(output.Secrets, w.keptSecret(target, secret))
		if !w.printedBy(secret) {
			output.Kept = append(output.Kept, secret.Name)
		}
	}
	return output
}

// keptSecret returns a kept Secret as the status lists it: as before, if it already
// did.
func (w *secretWriter) keptSecret(target runjob.Target, secret metav1.Object) fissilev1.OutputSecret {
	for _, output := range w.ej.Status.Outputs {
		if output.SecretName == secret.GetName() && output.Container == target.Container {
			return output
		}
	}
	kept := fissilev1.OutputSecret{Container: target.Container, SecretName: secret.GetName()}
	if target.Versioned {
		_, kept.Version, _ = versionedsecret.Parse(secret)
	}
	return kept
}
