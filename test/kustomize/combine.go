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

package kustomize

import (
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// Combine writes a kustomization of an overlay with components to a directory.
func Combine(directory, overlay string, components ...string) error {
	kustomization := map[string][]string{}
	for field, paths := range map[string][]string{"resources": {overlay}, "components": components} {
		for _, path := range paths {
			relative, err := relativePath(directory, path)
			if err != nil {
				return err
			}
			kustomization[field] = append(kustomization[field], relative)
		}
	}
	content, err := yaml.Marshal(kustomization)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "kustomization.yaml"), content, 0o600)
}

// relativePath returns the path to a directory from another, without symbolic links.
func relativePath(from, to string) (string, error) {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return "", err
	}
	if to, err = filepath.Abs(to); err != nil {
		return "", err
	}
	if to, err = filepath.EvalSymlinks(to); err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}
