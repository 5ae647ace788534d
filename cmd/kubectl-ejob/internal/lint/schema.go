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

package lint

import (
	"context"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/config/crd"
)

// schema is the schema of one version, in the API server's form.
type schema struct {
	structural *structuralschema.Structural
	validator  schemavalidation.SchemaValidator
}

// schemas are those of the CustomResourceDefinition by version.
var schemas = sync.OnceValues(readSchemas)

func readSchemas() (map[string]schema, error) {
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(crd.ExtendedJobs, &definition); err != nil {
		return nil, err
	}
	schemas := map[string]schema{}
	for _, version := range definition.Spec.Versions {
		var internal apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &internal, nil); err != nil {
			return nil, err
		}
		structural, err := structuralschema.NewStructural(&internal)
		if err != nil {
			return nil, err
		}
		validator, _, err := schemavalidation.NewSchemaValidator(&internal)
		if err != nil {
			return nil, err
		}
		schemas[version.Name] = schema{structural: structural, validator: validator}
	}
	return schemas, nil
}

// store turns an object into what the API server would store, and returns its reasons
// to refuse the object. Unknown fields are errors, as they are for kubectl.
func (s schema) store(ctx context.Context, object map[string]any) field.ErrorList {
	var errs field.ErrorList
	unknown := pruning.PruneWithOptions(object, s.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	meta, _, unknownMeta, err := objectmeta.GetObjectMetaWithOptions(object, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	for _, path := range append(unknown, unknownMeta...) {
		errs = append(errs, &field.Error{Type: field.ErrorTypeForbidden, Field: path, Detail: "unknown field"})
	}
	if err != nil {
		return append(errs, field.Invalid(field.NewPath("metadata"), field.OmitValueType{}, err.Error()))
	}
	if meta.Namespace == "" {
		meta.Namespace = "default" // kubectl fills it in
	}
	defaulting.Default(object, s.structural)
	errs = append(errs, validation.ValidateObjectMetaAccessor(meta, true, validation.NameIsDNSSubdomain, field.NewPath("metadata"))...)
	errs = append(errs, schemavalidation.ValidateCustomResource(nil, object, s.validator)...)
	errs = append(errs, objectmeta.Validate(ctx, nil, object, s.structural, false)...)
	return append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, object)...)
}

// message is what is wrong, without the path.
func message(err *field.Error) string {
	if err.Type == field.ErrorTypeForbidden {
		return err.Detail
	}
	return strings.ReplaceAll(err.ErrorBody(), err.Field+" in body ", "")
}
