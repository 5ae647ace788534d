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
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/secretmeta"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

const (
	// maxKeys limits how many keys of a file can become Secrets.
	maxKeys = 64
	// maxSecrets limits the Secrets of the keys of all files of a run: the status
	// lists them.
	maxSecrets = 256
)

// perKey replaces each target whose keys are Secrets with one target per key, and
// splits its content accordingly. It leaves out targets that nothing goes to, and
// checks the new ones like the others.
func (w *secretWriter) perKey(ctx context.Context, targets []runjob.Target, contents []secretContent, kept keptSecrets) ([]runjob.Target, []secretContent, error) {
	var all, added []runjob.Target
	var split []secretContent
	for _, target := range targets {
		at := slices.IndexFunc(contents, func(c secretContent) bool {
			return c.target.File == target.File && c.target.SecretName == target.SecretName
		})
		switch {
		case at < 0 && kept[target.SecretName] == nil: // a file that is missing, and may be
		case at < 0:
			all = append(all, target)
		case !target.PerKey:
			all, split = append(all, target), append(split, contents[at])
		default:
			parts, err := partsOf(contents[at])
			if err != nil {
				return nil, nil, err
			}
			for _, part := range parts {
				all, added, split = append(all, part.target), append(added, part.target), append(split, part)
			}
		}
	}
	switch {
	case len(added) == 0:
		return all, split, nil
	case len(added) > maxSecrets:
		return nil, nil, invalidContent(added[len(added)-1], fmt.Errorf("the files of the run have %d keys, but at most %d can become Secrets: write fewer keys", len(added), maxSecrets))
	}
	if err := checkCollisions(all, added); err != nil {
		return nil, nil, err
	}
	if err := w.checkNames(added); err != nil {
		return nil, nil, err
	}
	if err := w.checkConflicts(ctx, added); err != nil {
		return nil, nil, err
	}
	alsoKept, err := w.kept(ctx, added)
	if err != nil {
		return nil, nil, err
	}
	maps.Copy(kept, alsoKept)
	split = slices.DeleteFunc(split, func(c secretContent) bool { return kept[c.target.SecretName] != nil })
	return all, split, nil
}

// partsOf returns what goes to each key of a file whose keys are Secrets.
func partsOf(whole secretContent) ([]secretContent, error) {
	if number := len(whole.data); number > maxKeys {
		return nil, invalidContent(whole.target, fmt.Errorf("the file has %d keys, but at most %d can become Secrets: write fewer keys", number, maxKeys))
	}
	var parts []secretContent
	for _, key := range slices.Sorted(maps.Keys(whole.data)) {
		target := whole.target.OfKey(key)
		if messages := validation.IsDNS1123Subdomain(target.SecretName); len(messages) > 0 {
			return nil, invalidContent(whole.target, fmt.Errorf("key %q cannot be part of the name of a Secret: %s", key, messages[0]))
		}
		data, err := dataOf(target, whole.data[key])
		if err != nil {
			return nil, err
		}
		parts = append(parts, secretContent{target, data})
	}
	return parts, nil
}

// checkCollisions refuses Secrets of keys that have the name of another one.
func checkCollisions(all, added []runjob.Target) error {
	for _, target := range added {
		others := slices.DeleteFunc(slices.Clone(all), func(other runjob.Target) bool {
			return other.File == target.File && other.Key == target.Key
		})
		if at := slices.IndexFunc(others, func(other runjob.Target) bool {
			return other.Has(target.SecretName) || other.SecretName == target.SecretName
		}); at >= 0 {
			return invalidContent(target, fmt.Errorf("the Secret %s is also that of %s: rename the key, or set another secretName", target.SecretName, others[at].Source()))
		}
	}
	return nil
}

// deleteKeysGone deletes the Secrets of keys that are no longer in their files, and
// returns their names. Secrets that are to be retained, or to stay as they are, stay.
func (w *secretWriter) deleteKeysGone(ctx context.Context, complete []string, targets []runjob.Target) ([]string, error) {
	if len(complete) == 0 || w.settings.DeletionPolicy == fissilev1.DeletionPolicyRetain || w.settings.IfExists == fissilev1.ExistingOutputKeep {
		return nil, nil
	}
	own, err := secretmeta.List(ctx, w.Client, w.job.Namespace, client.MatchingFields{index.Owner: string(w.ej.UID)})
	if err != nil {
		return nil, err
	}
	var deleted []string
	for _, secret := range own {
		gone, err := w.isOfKeyGone(ctx, secret, complete, targets)
		if err != nil {
			return nil, err
		}
		if !gone {
			continue
		}
		switch err := w.delete(ctx, secret); {
		case apierrors.IsConflict(err):
			return nil, withoutData(secret.Name, err)
		case client.IgnoreNotFound(err) != nil:
			return nil, refusal(secret.Name, err)
		}
		ctrl.LoggerFrom(ctx).Info("Deleted the Secret of a key that no longer exists", "secret", client.ObjectKeyFromObject(secret))
		deleted = append(deleted, secret.Name)
	}
	return deleted, nil
}

// isOfKeyGone reports whether a Secret was made by this run or an earlier one for the
// key of a file, and this run has read the file and no longer found the key.
func (w *secretWriter) isOfKeyGone(ctx context.Context, secret *metav1.PartialObjectMetadata, complete []string, targets []runjob.Target) (bool, error) {
	if !owns(w.ej, secret) || secret.DeletionTimestamp != nil || !slices.Contains(complete, secret.Annotations[fissilev1.AnnotationSecretPerKey]) ||
		slices.ContainsFunc(targets, func(target runjob.Target) bool { return target.Has(secret.Name) }) {
		return false, nil
	}
	number, _ := runjob.RunNumber(w.ej, w.job)
	run, err := w.storedRun(ctx, secret)
	return run > 0 && run <= number, err
}

// completeNames returns the secretName of each file whose keys are Secrets, if all
// files of that name have been read.
func (w *secretWriter) completeNames(contents []secretContent) []string {
	var names []string
	for i := range w.settings.Files {
		if file := &w.settings.Files[i]; file.Layout == fissilev1.LayoutSecretPerKey {
			names = append(names, file.SecretName)
		}
	}
	for i := range w.settings.Files {
		file := &w.settings.Files[i]
		if !slices.ContainsFunc(contents, func(c secretContent) bool { return c.target.File == file }) {
			names = slices.DeleteFunc(names, func(name string) bool { return name == file.SecretName })
		}
	}
	return names
}
