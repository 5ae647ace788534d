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

// Package kubestatemetrics checks the configuration for kube-state-metrics that the
// documentation offers.
package kubestatemetrics

import (
	"os"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/schema"
)

// configuration is what kube-state-metrics reads of custom resources.
type configuration struct {
	Kind string `json:"kind"`
	Spec struct {
		Resources []struct {
			GroupVersionKind struct {
				Group   string `json:"group"`
				Version string `json:"version"`
				Kind    string `json:"kind"`
			} `json:"groupVersionKind"`
			MetricNamePrefix string              `json:"metricNamePrefix"`
			ErrorLogV        int                 `json:"errorLogV"`
			LabelsFromPath   map[string][]string `json:"labelsFromPath"`
			Metrics          []metric            `json:"metrics"`
		} `json:"resources"`
	} `json:"spec"`
}

type metric struct {
	Name string `json:"name"`
	Help string `json:"help"`
	Each struct {
		Type  string `json:"type"`
		Gauge *struct {
			selection
			NilIsZero bool `json:"nilIsZero"`
		} `json:"gauge"`
		Info     *selection `json:"info"`
		StateSet *struct {
			selection
			LabelName string   `json:"labelName"`
			List      []string `json:"list"`
		} `json:"stateSet"`
	} `json:"each"`
}

// selection says where values are, and what their labels are.
type selection struct {
	Path           []string            `json:"path"`
	LabelsFromPath map[string][]string `json:"labelsFromPath"`
	ValueFrom      []string            `json:"valueFrom"`
}

func TestTheSampleNamesFieldsThatExtendedJobsHave(t *testing.T) {
	content, err := os.ReadFile("../../docs/kube-state-metrics/custom-resource-state.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var sample configuration
	if err := yaml.UnmarshalStrict(content, &sample); err != nil {
		t.Fatal(err)
	}
	if sample.Kind != "CustomResourceStateMetrics" || len(sample.Spec.Resources) != 1 {
		t.Fatalf("the sample is a %s of %d resources", sample.Kind, len(sample.Spec.Resources))
	}
	resource := sample.Spec.Resources[0]
	if gvk := resource.GroupVersionKind; gvk.Group != fissilev1.GroupVersion.Group || gvk.Version != fissilev1.GroupVersion.Version || gvk.Kind != "ExtendedJob" {
		t.Errorf("the sample is for %+v", gvk)
	}
	root := extendedJobSchema(t)
	for label, path := range resource.LabelsFromPath {
		expectField(t, label, root, path)
	}
	for _, m := range resource.Metrics {
		t.Run(m.Name, func(t *testing.T) { check(t, root, m) })
	}
}

// check fails unless all that a metric selects is in the schema.
func check(t *testing.T, root *apiextensionsv1.JSONSchemaProps, m metric) {
	t.Helper()
	var s selection
	switch each := m.Each; {
	case each.Type == "Gauge" && each.Gauge != nil:
		s = each.Gauge.selection
	case each.Type == "Info" && each.Info != nil:
		s = *each.Info
	case each.Type == "StateSet" && each.StateSet != nil:
		s = each.StateSet.selection
	default:
		t.Fatalf("type %q has no settings", each.Type)
	}
	if m.Help == "" {
		t.Error("there is no help")
	}
	selected := expectField(t, "path", root, s.Path)
	for label, path := range s.LabelsFromPath {
		expectField(t, label, element(selected), path)
	}
	value := expectField(t, "valueFrom", element(selected), s.ValueFrom)
	if m.Each.StateSet != nil {
		var want []string
		for _, raw := range value.Enum {
			want = append(want, strings.Trim(string(raw.Raw), `"`))
		}
		if got := slices.Sorted(slices.Values(m.Each.StateSet.List)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("the states are %v, want %v", got, want)
		}
	}
}

// expectField returns the schema of the field at a path.
func expectField(t *testing.T, what string, schema *apiextensionsv1.JSONSchemaProps, path []string) *apiextensionsv1.JSONSchemaProps {
	t.Helper()
	for _, part := range path {
		field, ok := schema.Properties[part]
		if !ok {
			t.Fatalf("%s: there is no field %s of %v", what, part, path)
		}
		schema = &field
	}
	return schema
}

// element is what a metric is made for: each element of a list, or the object.
func element(schema *apiextensionsv1.JSONSchemaProps) *apiextensionsv1.JSONSchemaProps {
	if schema.Items != nil {
		return schema.Items.Schema
	}
	return schema
}

// extendedJobSchema is that of v1, with the metadata that all objects have.
func extendedJobSchema(t *testing.T) *apiextensionsv1.JSONSchemaProps {
	t.Helper()
	definition := schema.ExtendedJobs(t)
	at := slices.IndexFunc(definition.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool {
		return v.Name == fissilev1.GroupVersion.Version
	})
	root := definition.Spec.Versions[at].Schema.OpenAPIV3Schema
	root.Properties["metadata"] = apiextensionsv1.JSONSchemaProps{Properties: map[string]apiextensionsv1.JSONSchemaProps{
		"namespace": {}, "name": {}, "creationTimestamp": {},
	}}
	return root
}
