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

// Package inputs reads the ConfigMaps and Secrets that the pods of runs read, and
// digests their data under a key of the operator's. It keeps digests, never data.
package inputs

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// Reader finds what the pods of runs read.
type Reader struct {
	// Cache reads metadata from the cache.
	Cache client.Reader
	// APIReader reads from the API server.
	APIReader client.Reader
	// Key returns the key of the digests.
	Key func(context.Context) ([]byte, error)

	versions versions
}

// Read finds what the pods of a run would read if it were claimed now with a request
// that refers to the requested objects, and returns it with the objects that were
// read. The cache knows which version of an object is the newest. Its data is read only
// if this process has not read that version yet. If newest is set, the API server is
// asked which versions of versioned Secrets exist.
func (r *Reader) Read(ctx context.Context, ej *plan.ExtendedJob, requested []configrefs.Reference, newest bool) (*plan.Inputs, []Object, error) {
	key, err := r.Key(ctx)
	if err != nil {
		return nil, nil, err
	}
	references := slices.Concat(ej.Template.References, requested)
	versions := namesOfVersions(references)
	resolved, err := r.resolve(ctx, ej, versions, newest)
	if err != nil {
		return nil, nil, err
	}
	inputs := &plan.Inputs{Newest: newest || len(versions) == 0, ForRequest: len(requested) > 0}
	var entries []configrefs.Entry
	var read []Object
	for i, reference := range references {
		input, counted := inputOf(reference, resolved)
		object := Object{reference.Kind, ej.Namespace, cmp.Or(input.ResolvedName, input.Name)}
		seen, err := r.readObject(ctx, object, key)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(read, object) {
			read = append(read, object)
		}
		inputs.Missing = append(inputs.Missing, missing(reference, object.name, seen)...)
		switch {
		case i >= len(ej.Template.References):
			// The run waits for the objects that its request names. They are no
			// reason to run again.
			if input.ResolvedName == "" {
				continue
			}
		case !ownOutput(ej, reference):
			entries = append(entries, configrefs.Entry{Kind: reference.Kind, Name: counted, MAC: seen.mac})
			input.UID, input.ResourceVersion = seen.uid, seen.resourceVersion
		}
		inputs.Objects = append(inputs.Objects, input)
	}
	inputs.Digest = configrefs.Digest(key, string(ej.UID), entries)
	return inputs, read, nil
}

// inputOf returns a reference as the status records it, and the name that its data
// counts under. A new version with equal data is no change: it counts under something
// that cannot be a name, because the plain Secret of the base name is another object.
func inputOf(reference configrefs.Reference, resolved map[string]string) (input fissilev1.InputObject, counted string) {
	input.ObjectName = fissilev1.ObjectName{Kind: fissilev1.InputKind(reference.Kind), Name: reference.Name}
	latest, ok := resolved[reference.Name]
	if !ok || reference.Kind != configrefs.Secret {
		return input, reference.Name
	}
	base, _, _ := versionedsecret.ParseName(latest)
	input.ResolvedName = latest
	return input, base + "-v*"
}

// ownOutput reports whether a reference names output of the ExtendedJob itself,
// whether it exists or not. Such output does not make it run again.
func ownOutput(ej *plan.ExtendedJob, reference configrefs.Reference) bool {
	return reference.Kind == configrefs.Secret &&
		slices.ContainsFunc(ej.Targets(), func(target runjob.Target) bool { return target.Has(reference.Name) })
}

// missing returns what keeps pods from starting: the object of a reference, or keys
// of it.
func missing(reference configrefs.Reference, name string, seen objectVersion) []string {
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
