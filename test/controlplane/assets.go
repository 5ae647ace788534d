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

package controlplane

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// FindAssets returns the directory with kube-apiserver, etcd and kubectl: that of
// KUBEBUILDER_ASSETS, or one that was built in or downloaded to the repository.
func FindAssets(repository string) (string, error) {
	directories := []string{os.Getenv("KUBEBUILDER_ASSETS")}
	if directories[0] == "" {
		directories, _ = filepath.Glob(filepath.Join(repository, "bin", "kubernetes-*")) // fails only for a bad pattern
		slices.Reverse(directories)
		directories = append(directories, filepath.Join(repository, "bin", "test-assets"))
	}
	for _, directory := range directories {
		if _, err := os.Stat(filepath.Join(directory, "kube-apiserver")); err == nil {
			return directory, nil
		}
	}
	return "", errors.New("no kube-apiserver found in KUBEBUILDER_ASSETS or bin: fetch or build one with make test-assets")
}
