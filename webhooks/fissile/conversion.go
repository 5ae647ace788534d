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
	"context"
	"encoding/json"
	"net/http"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/webhook/conversion"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// Conversion moves the fields that both versions have. Fields that the other version
// lacks go into an annotation of its object, and return from it on the way back.
// Nothing is lost when a client reads and writes a version that the object was not made
// in. A field that both versions have is never taken from the annotation: the client's
// value counts.
//
// Conversion works on JSON, not on the Go types. Those write "resources: {}" where
// there was nothing, and drop empty and unknown fields, so reading an object in the
// other version and writing it back would change it. Conversion has no error for bad
// data, because one failure would fail every list that contains the object.

// These are the paths of the fields of a spec that both versions have, in v1 and, in
// the same order, in v1alpha1.
var (
	inV1alpha1 = [][]string{
		{"trigger", "strategy"},
		{"jobTemplate", "spec", "template"},
		{"updateOnConfigChange"},
		{"output", "namePrefix"},
		{"output", "outputType"},
		{"output", "secretLabels"},
		{"output", "writeOnFailure"},
		{"output", "versioned"},
	}
	inV1 = [][]string{
		{"trigger", "strategy"},
		{"template"},
		{"updateOnConfigChange"},
		{"output", "namePrefix"},
		{"output", "outputType"},
		{"output", "secretLabels"},
		{"output", "writeOnFailure"},
		{"output", "versioned"},
	}
)

// form describes a version for conversion.
type form struct {
	version schema.GroupVersion
	// common are the paths of the fields that both versions have.
	common [][]string
	// annotation, on objects of this version, holds the fields of a spec that only the
	// other version has.
	annotation string
	// newSpec returns a spec to decode into.
	newSpec func() any
}

var (
	v1Form = form{
		version:    fissilev1.GroupVersion,
		common:     inV1alpha1,
		annotation: fissilev1.AnnotationRetiredTrigger,
		newSpec:    func() any { return &fissilev1.ExtendedJobSpec{} },
	}
	v1alpha1Form = form{
		version:    fissilev1alpha1.GroupVersion,
		common:     inV1,
		annotation: fissilev1.AnnotationConversionData,
		newSpec:    func() any { return &fissilev1alpha1.ExtendedJobSpec{} },
	}
)

// newConversionHandler returns a handler for the API server's requests to convert
// ExtendedJobs. v1 is the hub, v1alpha1 a spoke.
func newConversionHandler() (http.Handler, error) {
	scheme := runtime.NewScheme() // in which ExtendedJobs are JSON
	register := func(version schema.GroupVersion) *unstructured.Unstructured {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(version.WithKind("ExtendedJob"))
		scheme.AddKnownTypeWithName(object.GroupVersionKind(), object)
		return object
	}
	hub, spoke := register(v1Form.version), register(v1alpha1Form.version)
	converter, err := conversion.NewHubSpokeConverter(hub, conversion.NewSpokeConverter(spoke, hubToSpoke, spokeToHub))(scheme)
	if err != nil {
		return nil, err
	}
	registry := conversion.NewRegistry()
	if err := registry.RegisterConverter(hub.GroupVersionKind().GroupKind(), converter); err != nil {
		return nil, err
	}
	return conversion.NewWebhookHandler(scheme, registry), nil
}

func hubToSpoke(_ context.Context, hub, spoke *unstructured.Unstructured) error {
	return convert(hub, v1Form, spoke, v1alpha1Form)
}

func spokeToHub(_ context.Context, spoke, hub *unstructured.Unstructured) error {
	return convert(spoke, v1alpha1Form, hub, v1Form)
}

// toV1 converts an ExtendedJob that is already decoded.
func toV1(ctx context.Context, src *fissilev1alpha1.ExtendedJob, dst *fissilev1.ExtendedJob) error {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(src)
	if err != nil {
		return err
	}
	hub := &unstructured.Unstructured{}
	if err := spokeToHub(ctx, &unstructured.Unstructured{Object: fields}, hub); err != nil {
		return err
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(hub.Object, dst)
}

func convert(src *unstructured.Unstructured, from form, dst *unstructured.Unstructured, to form) error {
	dst.Object = runtime.DeepCopyJSON(src.Object)
	dst.SetAPIVersion(to.version.String())
	annotations := dst.GetAnnotations()
	_, specified := dst.Object["spec"]
	old, _ := dst.Object["spec"].(map[string]any)

	hidden := takeOutputOfFiles(old)
	spec, restored := decode(annotations[from.annotation], to)
	if _, there := old["output"]; there {
		restored = nil
	}
	for _, parent := range []string{"trigger", "output"} { // of common fields and of others
		if _, there := old[parent]; !there {
			delete(spec, parent)
		} else if spec[parent] == nil {
			spec[parent] = map[string]any{}
		}
	}
	for i, path := range from.common {
		if value, found := take(old, path); found {
			put(spec, to.common[i], value)
		}
	}
	if restored != nil {
		spec["output"] = restored
	}
	if hidden != nil {
		old["output"] = hidden
	}
	if specified || len(spec) > 0 {
		dst.Object["spec"] = spec
	}

	data, err := encode(old)
	if err != nil {
		return err
	}
	delete(annotations, from.annotation)
	delete(annotations, to.annotation)
	annotate(dst, annotations, to.annotation, data)
	return nil
}

// decode returns the fields in an annotation's value that only version has, and an
// output of files that takeOutputOfFiles left there. It returns none if the value is
// not a spec of that version.
func decode(value string, version form) (fields, outputOfFiles map[string]any) {
	if utiljson.Unmarshal([]byte(value), version.newSpec()) != nil || utiljson.Unmarshal([]byte(value), &fields) != nil || fields == nil {
		return map[string]any{}, nil
	}
	if output, _ := fields["output"].(map[string]any); output["namePrefix"] == "" {
		outputOfFiles = runtime.DeepCopyJSON(output)
		delete(outputOfFiles, "namePrefix")
	}
	for _, path := range version.common {
		take(fields, path)
	}
	return fields, outputOfFiles
}

// takeOutputOfFiles removes and returns the output of a spec if it consists only of
// files. v1alpha1 has no such output, because its outputs need a namePrefix. All of the
// output goes into the annotation. An empty namePrefix distinguishes it from the rest
// of an output that v1alpha1 also has.
func takeOutputOfFiles(spec map[string]any) map[string]any {
	output, _ := spec["output"].(map[string]any)
	files, _ := output["files"].([]any)
	if _, printed := output["namePrefix"]; printed || len(files) == 0 {
		return nil
	}
	delete(spec, "output")
	output["namePrefix"] = ""
	return output
}

// encode returns what is left of a spec, as an annotation's value. The value is empty
// if nothing is left.
func encode(fields map[string]any) (string, error) {
	// The other version has trigger and output as well. Go clients write an empty
	// metadata where there is none.
	for _, path := range [][]string{{"trigger"}, {"output"}, {"jobTemplate", "metadata"}} {
		if left, found, _ := unstructured.NestedMap(fields, path...); found && len(left) == 0 {
			take(fields, path)
		}
	}
	if len(fields) == 0 {
		return "", nil
	}
	value, err := json.Marshal(fields)
	return string(value), err
}

// annotate sets an object's annotations and adds one, unless it is empty or makes them
// larger than the API server accepts, which would fail the conversion.
func annotate(object *unstructured.Unstructured, annotations map[string]string, key, value string) {
	if value != "" {
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[key] = value
		if validation.ValidateAnnotationsSize(annotations) != nil {
			delete(annotations, key)
		}
	}
	if len(annotations) == 0 {
		annotations = nil
	}
	object.SetAnnotations(annotations)
}

// take removes a field, and any parents that this leaves empty, and returns the field's
// value.
func take(fields map[string]any, path []string) (value any, found bool) {
	name, below := path[0], path[1:]
	if len(below) == 0 {
		value, found = fields[name]
		delete(fields, name)
		return value, found
	}
	parent, _ := fields[name].(map[string]any)
	value, found = take(parent, below)
	if found && len(parent) == 0 {
		delete(fields, name)
	}
	return value, found
}

// put sets a field, and creates its parents.
func put(fields map[string]any, path []string, value any) {
	for _, name := range path[:len(path)-1] {
		parent, ok := fields[name].(map[string]any)
		if !ok {
			parent = map[string]any{}
			fields[name] = parent
		}
		fields = parent
	}
	fields[path[len(path)-1]] = value
}
