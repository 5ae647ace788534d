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

// Package crd_test asks of the CustomResourceDefinition what the API server
// will ask, with the API server's own code.
package crd_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/kustomize"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/schema"
)

func TestTheAPIServerAcceptsTheCRD(t *testing.T) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	crd := readCRD(t)
	scheme.Default(crd)
	var internal apiextensions.CustomResourceDefinition
	if err := scheme.Convert(crd, &internal, nil); err != nil {
		t.Fatal(err)
	}
	if errs := crdvalidation.ValidateCustomResourceDefinition(t.Context(), &internal); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
}

func TestClientSideApplyHasRoomForTheCRD(t *testing.T) {
	content, err := json.Marshal(readCRD(t))
	if err != nil {
		t.Fatal(err)
	}
	const limit = 256 * 1024 // of all annotations together
	if len(content) >= limit {
		t.Errorf("the CRD has %d bytes, and an annotation cannot have more than %d", len(content), limit)
	}
}

func TestOurOwnFieldsAreDescribed(t *testing.T) {
	for version, schema := range schemas(t) {
		for path, properties := range walk(schema) {
			if path != "metadata" && !inTemplate(path) && properties.Description == "" {
				t.Errorf("%s: %s has no description for kubectl explain", version, path)
			}
		}
	}
}

// If a schema has rules in CEL, the API server adds to each refusal for another
// reason that some rules were not checked, by a path and a value that are nil. So
// what only such a rule could say is left to the webhook.
func TestRefusalsDoNotTellOfRulesThatWereNotChecked(t *testing.T) {
	for version, schema := range schemas(t) {
		for path, properties := range walk(schema) {
			if len(properties.XValidations) > 0 {
				t.Errorf("%s: %s has rules: %v", version, path, properties.XValidations)
			}
		}
	}
}

func TestATemplateIsStoredAsItWasWritten(t *testing.T) {
	schemas := schema.Of(t, readCRD(t))
	for version, manifest := range map[string]string{
		"v1": `
spec:
  trigger: {strategy: manual}
  jobTemplate:
    metadata:
      labels: {of: job}
      annotations: {of: job}
    spec:
      template:
        metadata:
          labels: {of: pod}
          annotations: {of: pod}
        spec:
          restartPolicy: Never
          containers:
          - name: a
            env:
            - name: A
              valueFrom: {secretKeyRef: {key: a}}
            livenessProbe: {grpc: {port: 1}}
          volumes:
          - name: a
            azureDisk: {diskName: a, diskURI: a}
`,
		"v1alpha1": `
spec:
  trigger: {strategy: manual}
  template:
    metadata:
      labels: {of: pod}
      annotations: {of: pod}
    spec:
      restartPolicy: Never
      containers:
      - name: a
        env:
        - name: A
          valueFrom: {secretKeyRef: {key: a}}
        livenessProbe: {grpc: {port: 1}}
      volumes:
      - name: a
        azureDisk: {diskName: a, diskURI: a}
`,
	} {
		t.Run(version, func(t *testing.T) {
			written, stored := parse(t, manifest), parse(t, manifest)
			if refusals := store(schemas[version], stored); len(refusals) > 0 {
				t.Fatal(refusals)
			}
			written["status"] = map[string]any{"observedGeneration": int64(-1)} // The operator has yet to look at it.
			if diff := cmp.Diff(written, stored); diff != "" {
				t.Errorf("(-written +stored):\n%s", diff)
			}
		})
	}
}

func TestBothVersionsHaveTheSameStatusAndColumns(t *testing.T) {
	crd, all := readCRD(t), schemas(t)
	if diff := cmp.Diff(all["v1"].Properties["status"].Properties, all["v1alpha1"].Properties["status"].Properties); diff != "" {
		t.Errorf("status (-v1 +v1alpha1):\n%s", diff)
	}
	if diff := cmp.Diff(crd.Spec.Versions[0].AdditionalPrinterColumns, crd.Spec.Versions[1].AdditionalPrinterColumns); diff != "" {
		t.Errorf("columns (-%s +%s):\n%s", crd.Spec.Versions[0].Name, crd.Spec.Versions[1].Name, diff)
	}
}

func TestTheSamplesAreAccepted(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../samples/*.yaml", "../samples/*/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("found no samples in %s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	schemas := schema.Of(t, readCRD(t))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for manifest := range strings.SplitSeq(string(content), "\n---\n") {
				object := parse(t, manifest)
				if object["kind"] != "ExtendedJob" {
					continue
				}
				version := strings.TrimPrefix(object["apiVersion"].(string), "fissile.cloudfoundry.org/")
				if refusals := store(schemas[version], object); len(refusals) > 0 {
					t.Error(refusals)
				}
			}
		})
	}
}

// store makes of an object what the API server would store, and returns why it
// would refuse to. Unknown fields count, as they do for kubectl.
func store(s schema.Schema, object map[string]any) (refusals []string) {
	options := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object, s.Structural, true, options) {
		refusals = append(refusals, "unknown field "+path)
	}
	defaulting.Default(object, s.Structural)
	for _, err := range s.Validate(object) {
		refusals = append(refusals, err.Error())
	}
	return refusals
}

func parse(t *testing.T, manifest string) map[string]any {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := utiljson.Unmarshal(content, &object); err != nil { // with integers
		t.Fatal(err)
	}
	return object
}

// schemas returns the CRD's schemas by version.
func schemas(t *testing.T) map[string]*apiextensionsv1.JSONSchemaProps {
	t.Helper()
	all := map[string]*apiextensionsv1.JSONSchemaProps{}
	for _, version := range readCRD(t).Spec.Versions {
		all[version.Name] = version.Schema.OpenAPIV3Schema
	}
	if names := slices.Sorted(maps.Keys(all)); !slices.Equal(names, []string{"v1", "v1alpha1"}) {
		t.Fatalf("the CRD has the versions %v", names)
	}
	return all
}

// readCRD returns the CRD as it is deployed.
func readCRD(t *testing.T) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	crds := kustomize.List[apiextensionsv1.CustomResourceDefinition](t, kustomize.Build(t, "."), "CustomResourceDefinition")
	return &crds[0]
}

// walk returns the fields of a schema by path.
func walk(schema *apiextensionsv1.JSONSchemaProps) map[string]*apiextensionsv1.JSONSchemaProps {
	all := map[string]*apiextensionsv1.JSONSchemaProps{}
	var visit func(path string, schema *apiextensionsv1.JSONSchemaProps)
	visit = func(path string, schema *apiextensionsv1.JSONSchemaProps) {
		for name, property := range schema.Properties {
			all[path+name] = &property
			visit(path+name+".", &property)
		}
		if schema.Items != nil {
			visit(strings.TrimSuffix(path, ".")+"[].", schema.Items.Schema)
		}
		if schema.AdditionalProperties != nil {
			visit(path+"*.", schema.AdditionalProperties.Schema)
		}
	}
	visit("", schema)
	return all
}

// inTemplate reports whether a path is below one of Kubernetes' own types.
func inTemplate(path string) bool {
	return strings.HasPrefix(path, "spec.template.") || strings.HasPrefix(path, "spec.jobTemplate.")
}
