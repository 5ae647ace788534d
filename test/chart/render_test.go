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

// Package chart_test renders the Helm chart as Helm does, and compares what it
// makes with what kustomize makes.
package chart_test

import (
	"maps"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

const (
	directory = "../../dist/chart"
	namespace = "extendedjob-system"
)

// object is one of the objects that the chart makes.
type object = map[string]any

// render renders the chart with values, which are YAML, for a release in a
// namespace.
func render(namespace, values string) ([]object, error) {
	chart, err := loader.Load(directory)
	if err != nil {
		return nil, err
	}
	set, err := common.ReadValues([]byte(values))
	if err != nil {
		return nil, err
	}
	release := common.ReleaseOptions{Name: "ejob", Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := commonutil.ToRenderValues(chart, set, release, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	var objects []object
	for name, content := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for document := range strings.SplitSeq("\n"+content, "\n---\n") {
			var o object
			if err := yaml.UnmarshalStrict([]byte(document), &o); err != nil {
				return nil, err
			}
			if len(o) > 0 {
				objects = append(objects, o)
			}
		}
	}
	return objects, nil
}

// mustRender renders the chart, in the namespace of the overlays.
func mustRender(t *testing.T, values string) map[string]object {
	t.Helper()
	objects, err := render(namespace, values)
	if err != nil {
		t.Fatal(err)
	}
	return byKey(t, objects)
}

// byKey finds objects by kind, namespace and name: "Role/default/manager".
func byKey(t *testing.T, objects []object) map[string]object {
	t.Helper()
	found := map[string]object{}
	for _, o := range objects {
		metadata := o["metadata"].(map[string]any)
		key := o["kind"].(string) + "/" + metadata["name"].(string)
		if namespace, ok := metadata["namespace"]; ok {
			key = o["kind"].(string) + "/" + namespace.(string) + "/" + metadata["name"].(string)
		}
		if _, ok := found[key]; ok {
			t.Fatalf("there are two of %s", key)
		}
		found[key] = o
	}
	return found
}

// without returns a map without some of its keys.
func without(m any, keys ...string) map[string]any {
	all, _ := m.(map[string]any)
	rest := maps.Clone(all)
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}
