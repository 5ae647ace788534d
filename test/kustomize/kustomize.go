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

// Package kustomize builds kustomizations as users do.
package kustomize

import (
	"encoding/json"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Build returns the objects of the kustomization in a directory.
func Build(tb testing.TB, directory string) resmap.ResMap {
	tb.Helper()
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
	if err != nil {
		tb.Fatal(err)
	}
	return objects
}

// Get returns the object of a kind and name.
func Get[T any](tb testing.TB, objects resmap.ResMap, kind, name string) (object T) {
	tb.Helper()
	for _, resource := range objects.Resources() {
		if resource.GetKind() == kind && resource.GetName() == name {
			return decode[T](tb, resource)
		}
	}
	tb.Fatalf("there is no %s %s", kind, name)
	return object
}

// List returns the objects of a kind.
func List[T any](tb testing.TB, objects resmap.ResMap, kind string) []T {
	tb.Helper()
	var all []T
	for _, resource := range objects.Resources() {
		if resource.GetKind() == kind {
			all = append(all, decode[T](tb, resource))
		}
	}
	return all
}

func decode[T any](tb testing.TB, resource *resource.Resource) (object T) {
	tb.Helper()
	content, err := resource.MarshalJSON()
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(content, &object); err != nil {
		tb.Fatal(err)
	}
	return object
}
