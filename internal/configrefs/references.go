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

package configrefs

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Kind is the kind of an object that a pod spec can name.
type Kind string

// All kinds.
const (
	ConfigMap Kind = "ConfigMap"
	Secret    Kind = "Secret"
)

// Reference is an object that a pod spec names, in one or more places.
type Reference struct {
	Kind Kind
	// Name is the name as it is written in the pod spec.
	Name string
	// Keys are the keys without which a container does not start, sorted: keys of
	// environment variables and items of volumes, unless they are optional. Volumes
	// take keys from a ConfigMap's data and binaryData, variables only from data;
	// Keys does not distinguish the two.
	Keys []string
	// Optional is true if a pod starts without the object: all places that name it
	// are optional, or are imagePullSecrets.
	Optional bool
}

// Of returns the objects that a pod spec names, one Reference for each, sorted by
// kind and name. Empty names are not references.
func Of(spec *corev1.PodSpec) []Reference {
	type object struct {
		kind Kind
		name string
	}
	references := map[object]*Reference{}
	walk(spec, func(use use) {
		if *use.name == "" {
			return
		}
		object := object{use.kind, *use.name}
		reference := references[object]
		if reference == nil {
			reference = &Reference{Kind: object.kind, Name: object.name, Optional: true}
			references[object] = reference
		}
		if use.optional || use.pulls {
			return
		}
		reference.Optional = false
		reference.Keys = append(reference.Keys, use.keys...)
	})

	sorted := make([]Reference, 0, len(references))
	for reference := range maps.Values(references) {
		slices.Sort(reference.Keys)
		reference.Keys = slices.Compact(reference.Keys)
		sorted = append(sorted, *reference)
	}
	slices.SortFunc(sorted, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return sorted
}

// Rename replaces the names of Secrets in a pod spec with their values in secrets, in
// every place that [Of] knows. Other names stay.
func Rename(spec *corev1.PodSpec, secrets map[string]string) {
	walk(spec, func(use use) {
		if name, ok := secrets[*use.name]; ok && use.kind == Secret {
			*use.name = name
		}
	})
}
