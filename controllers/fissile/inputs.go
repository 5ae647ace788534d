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
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// readInputs finds what the pods of a run would read if it were claimed now. The
// cache knows which version of an object is the newest. Its data is read only if this
// process has not read that version yet. If newest is set, the API server is asked
// which versions of versioned Secrets exist.
func (r *Reconciler) readInputs(ctx context.Context, o *observation, newest bool) error {
	key, err := r.key(ctx)
	if err != nil {
		return err
	}
	references := o.EJ.Template.References
	requested := o.RequestReferences()
	versions := namesOfVersions(slices.Concat(references, requested))
	resolved, err := r.resolve(ctx, o, versions, newest)
	if err != nil {
		return err
	}
	inputs := &plan.Inputs{Newest: newest || len(versions) == 0, ForRequest: len(requested) > 0}
	var entries []configrefs.Entry
	var read []objectKey
	for i, reference := range slices.Concat(references, requested) {
		input := fissilev1.InputObject{ObjectName: fissilev1.ObjectName{Kind: fissilev1.InputKind(reference.Kind), Name: reference.Name}}
		counted, name := reference.Name, reference.Name
		if latest, ok := resolved[reference.Name]; ok && reference.Kind == configrefs.Secret {
			// A new version with equal data is no change. It counts under something
			// that cannot be a name, because the plain Secret of the base name is
			// another object.
			base, _, _ := versionedsecret.ParseName(latest)
			counted, name = base+"-v*", latest
			input.ResolvedName = latest
		}
		object := objectKey{reference.Kind, o.EJ.Namespace, name}
		seen, err := r.readInput(ctx, object, key)
		if err != nil {
			return err
		}
		if !slices.Contains(read, object) {
			read = append(read, object)
		}
		inputs.Missing = append(inputs.Missing, missing(reference, name, seen)...)
		if i >= len(references) {
			// The run waits for the objects that its request names. They are no
			// reason to run again.
			if input.ResolvedName != "" {
				inputs.Objects = append(inputs.Objects, input)
			}
			continue
		}
		if !ownOutput(o.EJ, reference) {
			entries = append(entries, configrefs.Entry{Kind: reference.Kind, Name: counted, MAC: seen.mac})
			input.UID, input.ResourceVersion = seen.uid, seen.resourceVersion
		}
		inputs.Objects = append(inputs.Objects, input)
	}
	inputs.Digest = configrefs.Digest(key, string(o.EJ.UID), entries)
	o.Inputs = inputs
	o.process.inputs = r.inputs.hold(o.process.inputs, read)
	o.process.known.Inputs.Note(o.InputsChanged(), inputs.Digest, r.Clock.Now())
	o.Process = o.process.known
	return nil
}

// ownOutput reports whether a reference names output of the ExtendedJob itself,
// whether it exists or not. Such output does not make it run again.
func ownOutput(ej *plan.ExtendedJob, reference configrefs.Reference) bool {
	return reference.Kind == configrefs.Secret &&
		slices.ContainsFunc(ej.Targets(), func(target plan.Target) bool { return target.Has(reference.Name) })
}

// missing returns what keeps pods from starting: the object of a reference, or keys
// of it.
func missing(reference configrefs.Reference, name string, seen inputVersion) []string {
	if seen.absent() {
		if reference.Optional {
			return nil
		}
		return []string{fmt.Sprintf("%s %s", reference.Kind, name)}
	}
	var what []string
	for _, key := range reference.Keys {
		if !slices.Contains(seen.keys, key) {
			what = append(what, fmt.Sprintf("key %s of %s %s", key, reference.Kind, name))
		}
	}
	return what
}

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
func (r *Reconciler) resolve(ctx context.Context, o *observation, names []string, newest bool) (map[string]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if !newest {
		var cached []*metav1.PartialObjectMetadata
		for _, name := range names {
			base, _, _ := versionedsecret.ParseName(name)
			secrets, err := listSecrets(ctx, r.Client, o.EJ.Namespace, client.MatchingFields{indexBase: base})
			if err != nil {
				return nil, err
			}
			cached = append(cached, secrets...)
		}
		if resolved := newestVersions(cached, names); !o.ahead(resolved) {
			return resolved, nil
		}
	}
	secrets, err := listSecrets(ctx, r.APIReader, o.EJ.Namespace, client.MatchingLabels{versionedsecret.LabelKind: versionedsecret.Kind})
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
	owner := seriesOwner(secrets, base)
	if at := slices.IndexFunc(secrets, func(secret *metav1.PartialObjectMetadata) bool { return secret.Name == name }); at >= 0 {
		owner = secrets[at].Annotations[fissilev1.AnnotationOwnerName]
	}
	return slices.DeleteFunc(slices.Clone(secrets), func(secret *metav1.PartialObjectMetadata) bool {
		return secret.Annotations[fissilev1.AnnotationOwnerName] != owner
	})
}

// ahead reports whether the last claim saw a newer version than the given ones. Then
// the cache is behind, or versions were deleted.
func (o *observation) ahead(resolved map[string]string) bool {
	if o.EJ.Status.Inputs == nil {
		return false
	}
	return slices.ContainsFunc(o.EJ.Status.Inputs.Objects, func(object fissilev1.InputObject) bool {
		latest, ok := resolved[object.Name]
		return object.ResolvedName != "" && (!ok || ordinal(latest) < ordinal(object.ResolvedName))
	})
}

func ordinal(name string) int64 {
	_, ordinal, _ := versionedsecret.ParseName(name)
	return ordinal
}
