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

// Command trimcrd rewrites the CustomResourceDefinition files that are its
// arguments. It keeps only the shape (see shape) of the job and pod templates in
// them, which are Kubernetes' own types, because a template is to be
// accepted if and only if a Job with it is. Descriptions go as well: with them
// a client-side "kubectl apply" fails, which copies the CRD into an annotation,
// and annotations end at 256 KiB.
//
// In all of an object, the status too, it lets times alone be stored as times:
// what is stored and cannot be decoded would fail the list of all objects.
package main

import (
	"errors"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

// templates are the fields of a spec that hold a template, one in each version.
// The field's own description is ours, and stays.
var templates = []string{"jobTemplate", "template"}

func main() {
	for _, file := range os.Args[1:] {
		if err := trimFile(file); err != nil {
			fmt.Fprintf(os.Stderr, "trimcrd: %s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

func trimFile(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	trimmed, err := trim(content)
	if err != nil {
		return err
	}
	return os.WriteFile(file, trimmed, 0o644)
}

func trim(content []byte) ([]byte, error) {
	var crd map[string]any
	if err := yaml.Unmarshal(content, &crd); err != nil {
		return nil, err
	}
	versions, _ := find(crd, "spec")["versions"].([]any)
	if len(versions) == 0 {
		return nil, errors.New("no CustomResourceDefinition with versions")
	}
	for i, version := range versions {
		version, _ := version.(map[string]any)
		schema := find(version, "schema", "openAPIV3Schema")
		spec := find(schema, "properties", "spec", "properties")
		found := false
		for _, field := range templates {
			if template := find(spec, field); template != nil {
				spec[field] = shapeOfTemplate(template)
				found = true
			}
		}
		if !found {
			return nil, fmt.Errorf("spec.versions[%d]: the spec has none of the fields %q", i, templates)
		}
		makeDecodable(schema)
	}
	trimmed, err := yaml.Marshal(crd)
	if err != nil {
		return nil, err
	}
	return append([]byte("---\n"), trimmed...), nil
}

// find follows keys into nested maps. It is nil where there is no map.
func find(object map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		object, _ = object[key].(map[string]any)
	}
	return object
}
