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

// Package kustomize builds the manifests in config, as users do.
package kustomize

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Object is one of the objects that kustomize makes.
type Object = map[string]any

// clusterScoped are kinds that kustomize puts into the namespace all the same. The
// API server takes no notice of that.
var clusterScoped = []string{
	"FlowSchema", "PriorityLevelConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
}

// hashedConfig is the name of the generated ConfigMap.
var hashedConfig = regexp.MustCompile(`(extendedjob-operator-config)-[a-z0-9]{10}\b`)

// Build builds the overlay in a directory with components in others. The
// generated ConfigMap is named without its hash.
func Build(overlay string, components ...string) ([]Object, error) {
	directory, err := combine(overlay, components)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), directory)
	if err != nil {
		return nil, err
	}
	var objects []Object
	for _, resource := range resources.Resources() {
		content, err := resource.MarshalJSON()
		if err != nil {
			return nil, err
		}
		var object Object
		if err := yaml.Unmarshal(hashedConfig.ReplaceAll(content, []byte("$1")), &object); err != nil {
			return nil, err
		}
		if slices.Contains(clusterScoped, resource.GetKind()) {
			delete(object["metadata"].(map[string]any), "namespace")
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// combine makes a kustomization of an overlay with components in a directory of
// its own.
func combine(overlay string, components []string) (string, error) {
	directory, err := os.MkdirTemp("", "kustomize")
	if err != nil {
		return "", err
	}
	if directory, err = filepath.EvalSymlinks(directory); err != nil {
		return "", err
	}
	kustomization := map[string][]string{}
	for field, paths := range map[string][]string{"resources": {overlay}, "components": components} {
		for _, path := range paths {
			absolute, err := filepath.Abs(path)
			if err != nil {
				return "", err
			}
			relative, err := filepath.Rel(directory, absolute)
			if err != nil {
				return "", err
			}
			kustomization[field] = append(kustomization[field], relative)
		}
	}
	content, err := yaml.Marshal(kustomization)
	if err != nil {
		return "", err
	}
	return directory, os.WriteFile(filepath.Join(directory, "kustomization.yaml"), content, 0o600)
}
