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
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// The files come in pairs: the same ExtendedJob in v1alpha1 and in v1.
func TestAManifestMeansTheSameInBothVersions(t *testing.T) {
	files, err := filepath.Glob("testdata/*.v1.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no manifests: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(strings.TrimSuffix(file, ".v1.yaml")), func(t *testing.T) {
			v1 := readJSON(t, file)
			v1alpha1 := readJSON(t, strings.Replace(file, ".v1.", ".v1alpha1.", 1))
			if diff := cmp.Diff(format(t, v1), format(t, askWebhook(t, v1alpha1, fissilev1.GroupVersion))); diff != "" {
				t.Errorf("v1 (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(format(t, v1alpha1), format(t, askWebhook(t, v1, fissilev1alpha1.GroupVersion))); diff != "" {
				t.Errorf("v1alpha1 (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAClientThatKnowsV1alpha1OnlyEditsAV1Object(t *testing.T) {
	tests := map[string]struct {
		edit func(*fissilev1alpha1.ExtendedJob)
		want func(*fissilev1.ExtendedJob)
	}{
		"what it changes is changed, and all that it does not see is kept": {
			edit: func(e *fissilev1alpha1.ExtendedJob) {
				e.Spec.Trigger.Strategy = fissilev1.StrategyNow
				e.Spec.Template.Spec.Containers[0].Image = "busybox:1"
				e.Spec.UpdateOnConfigChange = new(true)
				e.Spec.Output.NamePrefix = "bar"
				e.Spec.Output.OutputType = fissilev1.OutputTypeJSON
				e.Spec.Output.SecretLabels = map[string]string{"key": "value"}
				e.Spec.Output.WriteOnFailure = new(true)
				e.Spec.Output.Versioned = new(true)
			},
			want: func(e *fissilev1.ExtendedJob) {
				e.Spec.Trigger.Strategy = fissilev1.StrategyNow
				e.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image = "busybox:1"
				e.Spec.UpdateOnConfigChange = new(true)
				e.Spec.Output.NamePrefix = "bar"
				e.Spec.Output.OutputType = fissilev1.OutputTypeJSON
				e.Spec.Output.SecretLabels = map[string]string{"key": "value"}
				e.Spec.Output.WriteOnFailure = new(true)
				e.Spec.Output.Versioned = new(true)
			},
		},
		"the output that it takes away is gone, with the fields that it does not see": {
			edit: func(e *fissilev1alpha1.ExtendedJob) { e.Spec.Output = nil },
			want: func(e *fissilev1.ExtendedJob) { e.Spec.Output = nil },
		},
		"the field that both versions have is not taken from the annotation": {
			edit: func(e *fissilev1alpha1.ExtendedJob) {
				e.Annotations[fissilev1.AnnotationConversionData] = `{
					"trigger": {"strategy": "now"},
					"updateOnConfigChange": true,
					"jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Always"}}}},
					"output": {"namePrefix": "other", "versioned": true}
				}`
			},
			want: func(e *fissilev1.ExtendedJob) {
				e.Spec = fissilev1.ExtendedJobSpec{
					Trigger: fissilev1.Trigger{Strategy: e.Spec.Trigger.Strategy},
					Output:  &fissilev1.Output{NamePrefix: "foo"},
				}
				e.Spec.JobTemplate.Spec.Template = fixture(t).Spec.JobTemplate.Spec.Template
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := fixture(t)
			test.want(&want)

			seen := convertToV1alpha1(t, fixture(t))
			test.edit(&seen)
			if diff := cmp.Diff(want, convertToV1(t, seen), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAClientThatKnowsV1alpha1OnlyEditsAnObjectWhoseOutputIsOfFiles(t *testing.T) {
	ofFiles := readFile[fissilev1.ExtendedJob](t, "testdata/files.v1.yaml")
	t.Run("without an output it keeps the files", func(t *testing.T) {
		seen := convertToV1alpha1(t, ofFiles)
		seen.Spec.Trigger.Strategy = fissilev1.StrategyNow
		if diff := cmp.Diff(ofFiles.Spec.Output, convertToV1(t, seen).Spec.Output); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("an output that it adds comes beside the files", func(t *testing.T) {
		seen := convertToV1alpha1(t, ofFiles)
		seen.Spec.Output = &fissilev1alpha1.Output{NamePrefix: "printed"}
		want := &fissilev1.Output{NamePrefix: "printed", Files: ofFiles.Spec.Output.Files}
		if diff := cmp.Diff(want, convertToV1(t, seen).Spec.Output); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestAnAnnotationThatCannotBeReadCountsAsNone(t *testing.T) {
	values := map[string]string{
		"no JSON":                     `{"suspend"`,
		"null":                        `null`,
		"no object":                   `true`,
		"a field of another type":     `{"suspend":true,"failedJobsHistoryLimit":"two"}`,
		"a field in another case":     `{"Suspend":true}`,
		"a field that no version has": `{"colour":"red"}`,
		"an empty annotation":         ``,
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			bare := readFile[fissilev1alpha1.ExtendedJob](t, "testdata/errand.v1alpha1.yaml")
			want := convertToV1(t, bare)

			bare.Annotations = map[string]string{fissilev1.AnnotationConversionData: value}
			if diff := cmp.Diff(want, convertToV1(t, bare), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("v1 (-want +got):\n%s", diff)
			}
		})
	}
}

// Conversion may come before validation, which then says what is wrong.
func TestWhateverIsSentConverts(t *testing.T) {
	for name, fields := range map[string]string{
		"no metadata":              `"spec": {}`,
		"a spec that is no object": `"metadata": {"name": "a"}, "spec": "all"`,
		"parts that are no objects": `"metadata": {"name": "a"},
			"spec": {"trigger": "now", "output": ["foo"], "template": 1, "jobTemplate": 2}`,
		"parts that are null": `"metadata": {"name": "a", "annotations": null},
			"spec": {"trigger": null, "output": null, "template": null, "jobTemplate": null}`,
		"an annotation with parts that are null": `"metadata": {"name": "a", "annotations": {
				"fissile.cloudfoundry.org/conversion-data": "{\"trigger\": null, \"output\": null, \"jobTemplate\": null}"
			}}, "spec": {"trigger": {"strategy": "now"}, "output": {"namePrefix": "foo"}, "template": {}}`,
	} {
		t.Run(name, func(t *testing.T) {
			for from, to := range map[schema.GroupVersion]schema.GroupVersion{
				fissilev1.GroupVersion:       fissilev1alpha1.GroupVersion,
				fissilev1alpha1.GroupVersion: fissilev1.GroupVersion,
			} {
				object := fmt.Sprintf(`{"apiVersion": %q, "kind": "ExtendedJob", %s}`, from, fields)
				askWebhook(t, askWebhook(t, []byte(object), to), from)
			}
		})
	}
}

func TestTheAnnotationsAreConversionsOwn(t *testing.T) {
	written := map[string]string{
		fissilev1.AnnotationConversionData: `{"suspend":true}`,
		fissilev1.AnnotationRetiredTrigger: `{"trigger":{"when":"ready"}}`,
	}
	t.Run("v1 has no conversion-data, whoever wrote it", func(t *testing.T) {
		v1alpha1 := readFile[fissilev1alpha1.ExtendedJob](t, "testdata/errand.v1alpha1.yaml")
		v1alpha1.Annotations = written
		if got := convertToV1(t, v1alpha1); len(got.Annotations) != 0 {
			t.Errorf("got annotations %v, want none", got.Annotations)
		}
	})
	t.Run("v1alpha1 has no retired-trigger, whoever wrote it", func(t *testing.T) {
		v1 := readFile[fissilev1.ExtendedJob](t, "testdata/errand.v1.yaml")
		v1.Annotations = written
		if got := convertToV1alpha1(t, v1); len(got.Annotations) != 0 {
			t.Errorf("got annotations %v, want none", got.Annotations)
		}
	})
}

// If a conversion made the annotations larger than the API server accepts, it would
// fail, and with it each list of ExtendedJobs in that version.
func TestAnObjectWithoutRoomForAnotherAnnotationConverts(t *testing.T) {
	const limit = 256 * 1024
	full := map[string]string{"example.com/full": strings.Repeat("x", limit-len("example.com/full"))}

	v1 := fixture(t)
	v1.Annotations = full
	if diff := cmp.Diff(full, convertToV1alpha1(t, v1).Annotations); diff != "" {
		t.Errorf("v1alpha1 (-want +got):\n%s", diff)
	}

	v1alpha1 := readFile[fissilev1alpha1.ExtendedJob](t, "testdata/only-in-v1alpha1.v1alpha1.yaml")
	v1alpha1.Annotations = full
	if diff := cmp.Diff(full, convertToV1(t, v1alpha1).Annotations); diff != "" {
		t.Errorf("v1 (-want +got):\n%s", diff)
	}
}

// fixture returns an ExtendedJob with the fields that only v1 has.
func fixture(t *testing.T) fissilev1.ExtendedJob {
	t.Helper()
	return readFile[fissilev1.ExtendedJob](t, "testdata/only-in-v1.v1.yaml")
}

func readFile[T any](t *testing.T, file string) T {
	t.Helper()
	var object T
	if err := json.Unmarshal(readJSON(t, file), &object); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return object
}

// readJSON reads a YAML file as JSON.
func readJSON(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	object, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return object
}

// format makes JSON readable, and equal if it means the same.
func format(t *testing.T, object []byte) string {
	t.Helper()
	formatted, err := yaml.JSONToYAML(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(formatted)
}

func convertToV1(t *testing.T, object fissilev1alpha1.ExtendedJob) fissilev1.ExtendedJob {
	t.Helper()
	return convertTo[fissilev1.ExtendedJob](t, object, fissilev1.GroupVersion)
}

func convertToV1alpha1(t *testing.T, object fissilev1.ExtendedJob) fissilev1alpha1.ExtendedJob {
	t.Helper()
	return convertTo[fissilev1alpha1.ExtendedJob](t, object, fissilev1alpha1.GroupVersion)
}

func convertTo[T any](t *testing.T, object any, version schema.GroupVersion) T {
	t.Helper()
	written, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var converted T
	if err := utiljson.Unmarshal(askWebhook(t, written, version), &converted); err != nil {
		t.Fatal(err)
	}
	return converted
}

// askWebhook converts an object in JSON, as the API server does.
func askWebhook(t *testing.T, object []byte, version schema.GroupVersion) []byte {
	t.Helper()
	handler, err := newConversionHandler()
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(apiextensionsv1.ConversionReview{Request: &apiextensionsv1.ConversionRequest{
		DesiredAPIVersion: version.String(),
		Objects:           []runtime.RawExtension{{Raw: object}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/convert", bytes.NewReader(request)))

	var review apiextensionsv1.ConversionReview
	if err := json.Unmarshal(recorder.Body.Bytes(), &review); err != nil {
		t.Fatal(err)
	}
	if review.Response.Result.Status != metav1.StatusSuccess {
		t.Fatalf("conversion failed: %s", review.Response.Result.Message)
	}
	return review.Response.ConvertedObjects[0].Raw
}
