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

package fissile

import (
	"os"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

func TestTheSchemaRefusesTheSameFields(t *testing.T) {
	schemas := readSchemas(t)
	for _, example := range refused {
		for version, path := range example.versions() {
			t.Run(example.input+" in "+version, func(t *testing.T) {
				for _, err := range schemas[version].refuse(t, example.written(t, version)) {
					if err.Field != path {
						t.Errorf("got a refusal of %s, want one of %s", err.Field, path)
					}
				}
			})
		}
	}
}

// versionSchema is the schema of one version, as the API server uses it.
type versionSchema struct {
	structural *structuralschema.Structural
	validator  schemavalidation.SchemaValidator
}

// readSchemas reads the schemas of all versions.
func readSchemas(t *testing.T) map[string]versionSchema {
	t.Helper()
	content, err := os.ReadFile("../../config/crd/bases/fissile.cloudfoundry.org_extendedjobs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(content, &crd); err != nil {
		t.Fatal(err)
	}
	schemas := map[string]versionSchema{}
	for _, version := range crd.Spec.Versions {
		var internal apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &internal, nil); err != nil {
			t.Fatal(err)
		}
		structural, err := structuralschema.NewStructural(&internal)
		if err != nil {
			t.Fatal(err)
		}
		validator, _, err := schemavalidation.NewSchemaValidator(&internal)
		if err != nil {
			t.Fatal(err)
		}
		schemas[version.Name] = versionSchema{structural, validator}
	}
	return schemas
}

// refuse returns what the API server refuses without asking the operator.
func (s versionSchema) refuse(t *testing.T, ej any) field.ErrorList {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ej)
	if err != nil {
		t.Fatal(err)
	}
	return s.refuseJSON(content)
}

func (s versionSchema) refuseJSON(content map[string]any) field.ErrorList {
	errs := schemavalidation.ValidateCustomResource(nil, content, s.validator)
	return append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, content)...)
}
