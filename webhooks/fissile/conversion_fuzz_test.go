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
	"context"
	"maps"
	"math/rand"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// Under the race detector, these tests would take half a minute and find nothing,
// because a conversion starts no goroutine.
const fuzzIterations = 10_000

func TestAnyV1ObjectSurvivesV1alpha1(t *testing.T) {
	t.Parallel()
	survives(t, func() runtime.Object { return &fissilev1.ExtendedJob{} }, hubToSpoke, spokeToHub)
}

func TestAnyV1alpha1ObjectSurvivesV1(t *testing.T) {
	t.Parallel()
	survives(t, func() runtime.Object { return &fissilev1alpha1.ExtendedJob{} }, spokeToHub, hubToSpoke)
}

type conversionFunc func(_ context.Context, src, dst *unstructured.Unstructured) error

// survives converts random objects there and back, and expects the same JSON.
func survives(t *testing.T, newObject func() runtime.Object, there, back conversionFunc) {
	t.Helper()
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	fill, random := filler(seed), rand.New(rand.NewSource(seed))

	for range fuzzIterations {
		object := newObject()
		fill(object)
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		withoutEmptyMetadata(fields)
		for _, template := range []string{"jobTemplate", "template"} {
			if template, _, _ := unstructured.NestedFieldNoCopy(fields, "spec", template); template != nil {
				withNulls(random, template)
			}
		}

		before := &unstructured.Unstructured{Object: fields}
		var source, converted, after unstructured.Unstructured
		before.DeepCopyInto(&source)
		if err := there(t.Context(), &source, &converted); err != nil {
			t.Fatal(err)
		}
		requireSame(t, "the conversion has changed its source", before, &source)
		if err := back(t.Context(), &converted, &after); err != nil {
			t.Fatal(err)
		}
		delete(after.Object, "apiVersion") // the random object has none
		requireSame(t, "both conversions together have changed the object", before, &after)
	}
}

func requireSame(t *testing.T, otherwise string, before, after *unstructured.Unstructured) {
	t.Helper()
	if !reflect.DeepEqual(before, after) { // much faster than Diff
		t.Fatalf("%s (-before +after):\n%s", otherwise, cmp.Diff(before, after))
	}
}

// filler returns a function that fills an object at random.
func filler(seed int64) func(object any) {
	codecs := serializer.NewCodecFactory(runtime.NewScheme())
	validIntOrStrings := func(serializer.CodecFactory) []any {
		return []any{func(value *intstr.IntOrString, c randfill.Continue) {
			if c.Bool() {
				*value = intstr.FromInt32(c.Int31())
			} else {
				*value = intstr.FromString(c.String(0))
			}
		}}
	}
	funcs := fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, validIntOrStrings)
	return fuzzer.FuzzerFor(funcs, rand.NewSource(seed), codecs).Fill
}

// withoutEmptyMetadata removes what Go types write where there is nothing, and
// conversion does not keep.
func withoutEmptyMetadata(fields map[string]any) {
	if metadata, _, _ := unstructured.NestedMap(fields, "spec", "jobTemplate", "metadata"); len(metadata) == 0 {
		unstructured.RemoveNestedField(fields, "spec", "jobTemplate", "metadata")
	}
}

// withNulls sets parts of a template to null, which the schema admits.
func withNulls(random *rand.Rand, value any) {
	const oneIn = 50
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			withNulls(random, value[key])
			if random.Intn(oneIn) == 0 {
				value[key] = nil
			}
		}
	case []any:
		for i, below := range value {
			withNulls(random, below)
			if random.Intn(oneIn) == 0 {
				value[i] = nil
			}
		}
	}
}
