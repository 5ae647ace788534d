//go:build !race

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
	"math/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// The race detector would make these tests take minutes, and find nothing: a
// conversion starts no goroutine.
const fuzzIterations = 10_000

func TestAnyV1ObjectSurvivesV1alpha1(t *testing.T) {
	t.Parallel()
	fill := filler(t)
	for range fuzzIterations {
		var before, after fissilev1.ExtendedJob
		var spoke fissilev1alpha1.ExtendedJob
		fill(&before)
		source := before.DeepCopy()
		if err := toV1alpha1(t.Context(), source, &spoke); err != nil {
			t.Fatal(err)
		}
		requireEqual(t, "the source of the conversion", &before, source)
		if err := toV1(t.Context(), &spoke, &after); err != nil {
			t.Fatal(err)
		}
		requireEqual(t, "the object after both conversions", &before, &after)
	}
}

func TestAnyV1alpha1ObjectSurvivesV1(t *testing.T) {
	t.Parallel()
	fill := filler(t)
	for range fuzzIterations {
		var before, after fissilev1alpha1.ExtendedJob
		var hub fissilev1.ExtendedJob
		fill(&before)
		source := before.DeepCopy()
		if err := toV1(t.Context(), source, &hub); err != nil {
			t.Fatal(err)
		}
		requireEqual(t, "the source of the conversion", &before, source)
		if err := toV1alpha1(t.Context(), &hub, &after); err != nil {
			t.Fatal(err)
		}
		requireEqual(t, "the object after both conversions", &before, &after)
	}
}

// filler returns a function that fills an object at random.
func filler(t *testing.T) func(object any) {
	t.Helper()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	codecs := serializer.NewCodecFactory(runtime.NewScheme())
	return fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(seed), codecs).Fill
}

func requireEqual(t *testing.T, what string, want, got any) {
	t.Helper()
	if !apiequality.Semantic.DeepEqual(want, got) {
		t.Fatalf("%s is not the same (-before +after):\n%s", what, cmp.Diff(want, got))
	}
}
