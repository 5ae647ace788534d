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
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// templatePath is the path of the part of a v1 template that v1alpha1 also has.
const templatePath = "spec.jobTemplate.spec.template"

// manifest is an ExtendedJob as its user wrote it, in either version.
type manifest struct {
	// ej is the ExtendedJob in v1, which the rules are about.
	ej *fissilev1.ExtendedJob
	// field translates the path of a v1 field into that of the user's version.
	field func(path string) string
	// judged is what an update must change to be validated. The matchConditions in the
	// webhook configuration say the same.
	judged any
	// errs and warnings are about fields that only the user's version has.
	errs     field.ErrorList
	warnings []string
}

func readV1(ctx context.Context, ej *fissilev1.ExtendedJob) (*manifest, error) {
	judged := ej.Spec
	// The schema alone judges these. For trigger.env see sameEnv.
	judged.Trigger = fissilev1.Trigger{}
	judged.Suspend, judged.UpdateDebounce = nil, nil
	judged.SuccessfulJobsHistoryLimit, judged.FailedJobsHistoryLimit = nil, nil
	m := &manifest{ej: ej, field: func(path string) string { return path }, judged: judged}

	fits, err := fitsV1alpha1(ctx, ej)
	if err == nil && !fits {
		m.errs = append(m.errs, field.Invalid(field.NewPath("spec"), field.OmitValueType{}, fmt.Sprintf(
			"v1alpha1 keeps the fields that it lacks in an annotation, and all annotations together may have %d bytes: shorten metadata.annotations or output.secretAnnotations",
			validation.TotalAnnotationSizeLimitB)))
	}
	return m, err
}

// fitsV1alpha1 reports whether a client that knows only v1alpha1 can read and write an
// ExtendedJob without loss.
func fitsV1alpha1(ctx context.Context, ej *fissilev1.ExtendedJob) (bool, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ej)
	if err != nil {
		return false, err
	}
	var spoke, hub unstructured.Unstructured
	if err := errors.Join(
		hubToSpoke(ctx, &unstructured.Unstructured{Object: fields}, &spoke),
		spokeToHub(ctx, &spoke, &hub),
	); err != nil {
		return false, err
	}
	var back fissilev1.ExtendedJob
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(hub.Object, &back); err != nil {
		return false, err
	}
	return equality.Semantic.DeepEqual(back.Spec, ej.Spec), nil
}

func readV1alpha1(ctx context.Context, ej *fissilev1alpha1.ExtendedJob) (*manifest, error) {
	hub := &fissilev1.ExtendedJob{}
	if err := toV1(ctx, ej, hub); err != nil {
		return nil, err
	}
	m := &manifest{ej: hub, field: v1alpha1Field}

	data, restored := ej.Annotations[fissilev1.AnnotationConversionData]
	if restored {
		// Conversion takes what it can read. On this write, the rest would be lost.
		var spec fissilev1.ExtendedJobSpec
		if strict, err := kjson.UnmarshalStrict([]byte(data), &spec); err != nil || len(strict) > 0 {
			m.errs = append(m.errs, field.Invalid(conversionDataPath, field.OmitValueType{},
				"cannot be read: leave it as the API server returned it, or remove it together with the fields that only v1 has"))
		}
		if hasEmptyRequestID(data) {
			m.errs = append(m.errs, field.Required(field.NewPath("spec", "trigger", "requestID"), "at least one character; if not set, no run is requested"))
		}
	}

	trigger := ej.Spec.Trigger
	if trigger.When != "" {
		m.warnings = append(m.warnings, "spec.trigger.when no longer has any effect: remove it")
	}
	if trigger.Selector != nil {
		m.warnings = append(m.warnings, "spec.trigger.selector no longer has any effect: remove it")
	}

	judged := ej.Spec
	judged.Trigger.Strategy = ""
	m.judged = []any{judged, data, restored}
	return m, nil
}

// hasEmptyRequestID reports whether the conversion annotation has an empty requestID,
// which the hub object cannot distinguish from none.
func hasEmptyRequestID(data string) bool {
	var fields map[string]any
	if utiljson.Unmarshal([]byte(data), &fields) != nil {
		return false
	}
	id, found, err := unstructured.NestedString(fields, "trigger", "requestID")
	return found && err == nil && id == ""
}

// conversionDataPath is where a v1alpha1 object has the fields that only v1 has.
var conversionDataPath = field.NewPath("metadata", "annotations").Key(fissilev1.AnnotationConversionData)

// v1alpha1Field returns the path in v1alpha1 of a v1 field.
func v1alpha1Field(path string) string {
	below, ok := strings.CutPrefix(path, "spec.")
	if !ok {
		return path
	}
	for _, both := range inV1alpha1 {
		if inPath(below, strings.Join(both, ".")) {
			return strings.Replace(path, templatePath, "spec.template", 1)
		}
	}
	return conversionDataPath.String() + "." + below
}

// inPath reports whether a path leads to a field or below it.
func inPath(path, parent string) bool {
	below, ok := strings.CutPrefix(path, parent)
	return ok && (below == "" || below[0] == '.' || below[0] == '[')
}
