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

package chart_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/chart/kustomize"
)

// otherNamespace is another namespace than that of the overlays, with a name that
// YAML takes for a number.
const otherNamespace = "123"

func TestTheChartMakesWhatKustomizeMakes(t *testing.T) {
	for name, test := range map[string]struct {
		values     string
		overlay    string
		components []string
	}{
		"default values": {
			overlay: "overlays/selfsigned",
		},
		"certificates of cert-manager": {
			values:  `{certificates: {source: certManager}}`,
			overlay: "default",
		},
		"certificates of OpenShift": {
			values:  `{certificates: {source: serviceCA}}`,
			overlay: "overlays/openshift",
		},
		"some namespaces only": {
			values:  `{watchNamespaces: [default]}`,
			overlay: "overlays/namespaced",
		},
		"Prometheus": {
			values:     `{serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}}`,
			overlay:    "overlays/selfsigned",
			components: []string{"prometheus"},
		},
		"Prometheus and cert-manager": {
			values:     `{serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}, certificates: {source: certManager}}`,
			overlay:    "default",
			components: []string{"prometheus"},
		},
		"Prometheus on OpenShift": {
			values:     `{serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}, certificates: {source: serviceCA}}`,
			overlay:    "overlays/openshift",
			components: []string{"prometheus-openshift"},
		},
		"v1 alone": {
			values:     `{crds: {v1alpha1: false}}`,
			overlay:    "overlays/selfsigned",
			components: []string{"v1-only"},
		},
		"v1 alone and some namespaces": {
			values:     `{crds: {v1alpha1: false}, watchNamespaces: [default]}`,
			overlay:    "overlays/namespaced",
			components: []string{"v1-only"},
		},
		"Grafana": {
			values:     `{dashboard: {enabled: true}}`,
			overlay:    "overlays/selfsigned",
			components: []string{"grafana"},
		},
		"Prometheus in its namespaces only": {
			values:     `{networkPolicy: {metricsFrom: [{namespaceSelector: {matchLabels: {metrics: enabled}}}]}}`,
			overlay:    "overlays/selfsigned",
			components: []string{"network-policy"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rendered, err := render(otherNamespace, test.values)
			if err != nil {
				t.Fatal(err)
			}
			got, want := byKey(t, rendered), byKey(t, build(t, test.overlay, test.components))
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
				t.Fatalf("the objects differ (-kustomize +chart):\n%s", diff)
			}
			for key := range want {
				if diff := cmp.Diff(normalize(t, want[key]), normalize(t, got[key])); diff != "" {
					t.Errorf("%s differs (-kustomize +chart):\n%s", key, diff)
				}
			}
		})
	}
}

// build builds an overlay with components for the other namespace, and without the
// namespace itself, which Helm makes.
func build(t *testing.T, overlay string, components []string) (objects []object) {
	t.Helper()
	var paths []string
	for _, component := range components {
		paths = append(paths, "../../config/components/"+component)
	}
	built, err := kustomize.Build("../../config/"+overlay, paths...)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range built {
		if o["kind"] == "Namespace" {
			continue
		}
		content, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var moved object
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(content), namespace, otherNamespace)), &moved); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, moved)
	}
	return objects
}

// normalize leaves out what only Helm's objects have, and reads the configuration,
// which is a text in its ConfigMap.
func normalize(t *testing.T, o object) object {
	t.Helper()
	o = maps.Clone(o)
	metadata := maps.Clone(o["metadata"].(map[string]any))
	o["metadata"] = metadata
	metadata["labels"] = without(metadata["labels"], "app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart")
	metadata["annotations"] = without(metadata["annotations"], "helm.sh/resource-policy")
	switch o["kind"] {
	case "ConfigMap":
		if file, ok := at(o, "data", "operator.yaml").(string); ok {
			var configuration any
			if err := yaml.UnmarshalStrict([]byte(file), &configuration); err != nil {
				t.Fatal(err)
			}
			o["data"] = configuration
		}
	case "Deployment":
		annotations := at(o, "spec", "template", "metadata", "annotations").(map[string]any)
		delete(annotations, "checksum/configuration")
	}
	if len(metadata["annotations"].(map[string]any)) == 0 {
		delete(metadata, "annotations")
	}
	content, err := json.Marshal(o) // numbers of one kind
	if err != nil {
		t.Fatal(err)
	}
	var result object
	if err := json.Unmarshal(content, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// at returns what is in an object.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := value.(map[string]any)
			value = m[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}
