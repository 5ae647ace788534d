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

package inputs

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/secretmeta"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// namesOfVersions returns the names of Secrets that look like names of versions.
func namesOfVersions(references []configrefs.Reference) []string {
	var names []string
	for _, reference := range references {
		if _, _, ok := versionedsecret.ParseName(reference.Name); ok && reference.Kind == configrefs.Secret {
			names = append(names, reference.Name)
		}
	}
	return names
}

// resolve finds the newest versions that names of versions stand for. The result
// lacks names without any version: nothing proves that such a name is more than a
// name.
//
// The cache answers, unless the newest versions are wanted or it is behind what the
// last claim saw. Then one live list answers for all names.
func (r *Reader) resolve(ctx context.Context, ej *plan.ExtendedJob, names []string, newest bool) (map[string]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if !newest {
		var cached []*metav1.PartialObjectMetadata
		for _, name := range names {
			base, _, _ := versionedsecret.ParseName(name)
			secrets, err := secretmeta.List(ctx, r.Cache, ej.Namespace, client.MatchingFields{index.Base: base})
			if err != nil {
				return nil, err
			}
			cached = append(cached, secrets...)
		}
		if resolved := newestVersions(cached, names); !ahead(ej, resolved) {
			return resolved, nil
		}
	}
	secrets, err := secretmeta.List(ctx, r.APIReader, ej.Namespace, client.MatchingLabels{versionedsecret.LabelKind: versionedsecret.Kind})
	if err != nil {
		return nil, err
	}
	return newestVersions(secrets, names), nil
}

// newestVersions returns the names of the newest versions among secrets.
func newestVersions(secrets []*metav1.PartialObjectMetadata, names []string) map[string]string {
	newest := make(map[string]string)
	for _, name := range names {
		base, _, _ := versionedsecret.ParseName(name)
		if latest, ok := versionedsecret.Latest(series(secrets, base, name), base); ok {
			newest[name] = latest.Name
		}
	}
	return newest
}

// series returns the versions of a base name that belong to one ExtendedJob: the one
// that made the version of that name or, if that version is gone, the one that made
// the first.
func series(secrets []*metav1.PartialObjectMetadata, base, name string) []*metav1.PartialObjectMetadata {
	owner := secretmeta.SeriesOwner(secrets, base)
	if at := slices.IndexFunc(secrets, func(secret *metav1.PartialObjectMetadata) bool { return secret.Name == name }); at >= 0 {
		owner = secrets[at].Annotations[fissilev1.AnnotationOwnerName]
	}
	return slices.DeleteFunc(slices.Clone(secrets), func(secret *metav1.PartialObjectMetadata) bool {
		return secret.Annotations[fissilev1.AnnotationOwnerName] != owner
	})
}

// ahead reports whether the last claim saw a newer version than the given ones. Then
// the cache is behind, or versions were deleted.
func ahead(ej *plan.ExtendedJob, resolved map[string]string) bool {
	if ej.Status.Inputs == nil {
		return false
	}
	return slices.ContainsFunc(ej.Status.Inputs.Objects, func(object fissilev1.InputObject) bool {
		latest, ok := resolved[object.Name]
		return object.ResolvedName != "" && (!ok || ordinal(latest) < ordinal(object.ResolvedName))
	})
}

func ordinal(name string) int64 {
	_, ordinal, _ := versionedsecret.ParseName(name)
	return ordinal
}
