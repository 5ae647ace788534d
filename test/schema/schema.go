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

// Package schema validates objects by the schemas of a CustomResourceDefinition, with
// the API server's own code.
package schema

import (
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/config/crd"
)

// ExtendedJobs returns the CustomResourceDefinition of ExtendedJobs, without what only
// a deployment knows.
func ExtendedJobs(tb testing.TB) *apiextensionsv1.CustomResourceDefinition {
	tb.Helper()
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(crd.ExtendedJobs, definition); err != nil {
		tb.Fatal(err)
	}
	return definition
}

// Schema is the schema of one version, as the API server uses it.
type Schema struct {
	*structuralschema.Structural
	validator schemavalidation.SchemaValidator
}

// Of returns the schemas of a CustomResourceDefinition by version.
func Of(tb testing.TB, definition *apiextensionsv1.CustomResourceDefinition) map[string]Schema {
	tb.Helper()
	schemas := map[string]Schema{}
	for _, version := range definition.Spec.Versions {
		var internal apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &internal, nil); err != nil {
			tb.Fatal(err)
		}
		structural, err := structuralschema.NewStructural(&internal)
		if err != nil {
			tb.Fatal(err)
		}
		validator, _, err := schemavalidation.NewSchemaValidator(&internal)
		if err != nil {
			tb.Fatal(err)
		}
		schemas[version.Name] = Schema{structural, validator}
	}
	return schemas
}

// Validate returns why the API server refuses an object.
func (s Schema) Validate(object map[string]any) field.ErrorList {
	errs := schemavalidation.ValidateCustomResource(nil, object, s.validator)
	return append(errs, listtype.ValidateListSetsAndMaps(nil, s.Structural, object)...)
}
