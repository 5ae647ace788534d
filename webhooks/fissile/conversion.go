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

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// Each version has spec fields that the other lacks. Conversion puts them into
// an annotation of the other version's object and takes them out again on the
// way back, so that nothing is lost when a client reads and writes a version
// that is not the one the object was made in. Fields that both versions have
// are never in an annotation: what the client wrote is what counts.
//
// A conversion that fails would fail each list that the object is in. So there
// is no error for bad data: an annotation that cannot be read counts as none.

// inV1alpha1 are the fields of a v1 spec that v1alpha1 has too. The annotation
// holds all others, so a field that is new in v1 is in it without further ado.
var inV1alpha1 = [][]string{
	{"trigger", "strategy"},
	{"jobTemplate", "spec", "template"},
	{"updateOnConfigChange"},
	{"output", "namePrefix"},
	{"output", "outputType"},
	{"output", "secretLabels"},
	{"output", "writeOnFailure"},
	{"output", "versioned"},
}

// retiredTrigger are the fields of a v1alpha1 spec that v1 lacks.
type retiredTrigger struct {
	When     string                `json:"when,omitempty"`
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

func toV1alpha1(_ context.Context, src *fissilev1.ExtendedJob, dst *fissilev1alpha1.ExtendedJob) error {
	src = src.DeepCopy()
	dst.ObjectMeta = src.ObjectMeta
	dst.Status = src.Status

	retired := takeData[retiredTrigger](&dst.ObjectMeta, fissilev1.AnnotationRetiredTrigger)
	dst.Spec = fissilev1alpha1.ExtendedJobSpec{
		Trigger: fissilev1alpha1.Trigger{
			Strategy: src.Spec.Trigger.Strategy,
			When:     retired.When,
			Selector: retired.Selector,
		},
		Template:             src.Spec.JobTemplate.Spec.Template,
		UpdateOnConfigChange: src.Spec.UpdateOnConfigChange,
	}
	if output := src.Spec.Output; output != nil {
		dst.Spec.Output = &fissilev1alpha1.Output{
			NamePrefix:     output.NamePrefix,
			OutputType:     output.OutputType,
			SecretLabels:   output.SecretLabels,
			WriteOnFailure: output.WriteOnFailure,
			Versioned:      output.Versioned,
		}
	}

	beyond, err := beyondV1alpha1(&src.Spec)
	if err != nil {
		return err
	}
	return putData(&dst.ObjectMeta, fissilev1.AnnotationConversionData, beyond)
}

func toV1(_ context.Context, src *fissilev1alpha1.ExtendedJob, dst *fissilev1.ExtendedJob) error {
	src = src.DeepCopy()
	dst.ObjectMeta = src.ObjectMeta
	dst.Status = src.Status

	dst.Spec = takeData[fissilev1.ExtendedJobSpec](&dst.ObjectMeta, fissilev1.AnnotationConversionData)
	dst.Spec.Trigger.Strategy = src.Spec.Trigger.Strategy
	dst.Spec.JobTemplate.Spec.Template = src.Spec.Template
	dst.Spec.UpdateOnConfigChange = src.Spec.UpdateOnConfigChange
	if output := src.Spec.Output; output == nil {
		dst.Spec.Output = nil
	} else {
		if dst.Spec.Output == nil {
			dst.Spec.Output = &fissilev1.Output{}
		}
		dst.Spec.Output.NamePrefix = output.NamePrefix
		dst.Spec.Output.OutputType = output.OutputType
		dst.Spec.Output.SecretLabels = output.SecretLabels
		dst.Spec.Output.WriteOnFailure = output.WriteOnFailure
		dst.Spec.Output.Versioned = output.Versioned
	}

	return putData(&dst.ObjectMeta, fissilev1.AnnotationRetiredTrigger, retiredTrigger{
		When:     src.Spec.Trigger.When,
		Selector: src.Spec.Trigger.Selector,
	})
}

// beyondV1alpha1 returns the fields of a spec that v1alpha1 lacks.
func beyondV1alpha1(spec *fissilev1.ExtendedJobSpec) (map[string]any, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(spec)
	if err != nil {
		return nil, err
	}
	for _, path := range inV1alpha1 {
		unstructured.RemoveNestedField(fields, path...)
	}
	// A struct of which nothing is left is still there, as {}.
	for _, path := range [][]string{
		{"trigger"},
		{"jobTemplate", "metadata"}, {"jobTemplate", "spec"}, {"jobTemplate"},
		{"output"},
	} {
		if left, _, _ := unstructured.NestedMap(fields, path...); len(left) == 0 {
			unstructured.RemoveNestedField(fields, path...)
		}
	}
	return fields, nil
}

// takeData removes an annotation and decodes it.
func takeData[T any](meta *metav1.ObjectMeta, annotation string) T {
	var data, none T
	value := meta.Annotations[annotation]
	delete(meta.Annotations, annotation)
	if err := utiljson.Unmarshal([]byte(value), &data); err != nil {
		return none
	}
	return data
}

// putData puts data into an annotation, or removes the annotation if there is no
// data. Data that makes the annotations larger than the API server accepts is
// left out: it would fail the conversion.
func putData(meta *metav1.ObjectMeta, annotation string, data any) error {
	delete(meta.Annotations, annotation)
	value, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if string(value) == "{}" {
		return nil
	}
	metav1.SetMetaDataAnnotation(meta, annotation, string(value))
	if validation.ValidateAnnotationsSize(meta.Annotations) != nil {
		delete(meta.Annotations, annotation)
	}
	return nil
}
