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
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A review says what the webhooks say, except for what only an API server knows.
func TestReviewsSayWhatTheWebhooksSay(t *testing.T) {
	for _, example := range refused {
		if example.apiServer != nil || example.field.v1 == "metadata.namespace" { // of the operator
			continue
		}
		for version, path := range example.versions() {
			t.Run("an ExtendedJob with "+example.input+" in "+version, func(t *testing.T) {
				review := review(t, example.written(t, version))
				ruled := slices.ContainsFunc(review.Errors, func(err *field.Error) bool {
					return err.Field == path && err.ErrorBody() == example.message
				})
				if !ruled {
					t.Errorf("got %v, want %s: %s", review.Errors, path, example.message)
				}
			})
		}
	}
	for _, example := range warned {
		if example.apiServer != nil || example.apiServerWarning != "" || strings.Contains(example.message, "taken-main") {
			continue
		}
		for version, path := range example.versions() {
			t.Run("an ExtendedJob with "+example.input+" in "+version, func(t *testing.T) {
				review := review(t, example.written(t, version))
				want := strings.Replace(example.message, "%s", path, 1)
				if len(review.Errors) > 0 || !slices.Equal(review.Warnings, []string{want}) {
					t.Errorf("got %v and the warnings %q, want the warning %q", review.Errors, review.Warnings, want)
				}
			})
		}
	}
}

func TestReviewsWarnOfSharedOutput(t *testing.T) {
	reviews := NewReviews()
	for _, written := range []struct{ namespace, name string }{{"a", "one"}, {"a", "two"}, {"b", "three"}} {
		ej := minimal()
		ej.Namespace, ej.Name = written.namespace, written.name
		output(ej).NamePrefix = "foo"
		if err := reviews.Add(t.Context(), ej); err != nil {
			t.Fatal(err)
		}
	}
	var got [][]string
	for _, review := range reviews.All(t.Context()) {
		got = append(got, review.Warnings)
	}
	want := func(other string) []string {
		return []string{"Secret foo-main is also the output of ExtendedJob " + other + ": choose another spec.output.namePrefix"}
	}
	if !slices.EqualFunc(got, [][]string{want("two"), want("one"), nil}, slices.Equal) {
		t.Errorf("got the warnings %q", got)
	}
}

func TestReviewsGoByTheDefaultConfiguration(t *testing.T) {
	ej := minimal()
	output(ej).NamePrefix = "bootstrap-token-"
	if errs := review(t, ej).Errors; len(errs) != 1 || errs[0].Field != "spec.output.namePrefix" {
		t.Errorf("got %v, want a refusal of spec.output.namePrefix", errs)
	}
}

func review(t *testing.T, ej runtime.Object) Review {
	t.Helper()
	reviews := NewReviews()
	if err := reviews.Add(t.Context(), ej); err != nil {
		t.Fatal(err)
	}
	return reviews.All(t.Context())[0]
}
