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

package templates

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

func everyWay(manifest) []way { return []way{strict, lenient, apply} }

// sampledWays returns one way for each template, and others for some.
func sampledWays(m manifest) []way {
	switch hash(m.name) % 4 {
	case 0:
		return []way{strict, lenient}
	case 1:
		return []way{strict, apply}
	}
	return []way{strict}
}

func TestManifestsOfCharts(t *testing.T) {
	manifests := readManifests(t, "testdata/manifests.yaml")
	if len(manifests) < 60 {
		t.Errorf("there are only %d", len(manifests))
	}
	comparisons := compare(t, manifests, everyWay)
	if comparisons[v1].accepted < 2*len(manifests) {
		t.Error("Jobs do not accept most of them: they tell little")
	}
}

func TestKnownClassesOfDifferences(t *testing.T) {
	manifests := readManifests(t, "testdata/classes.yaml")
	comparisons := compare(t, manifests, everyWay)
	for exception := range exceptions {
		if comparisons[v1].excepted[exception] == 0 {
			t.Errorf("the exception %q has no example: it is none any more", exception)
		}
	}
}

func TestEveryFieldWithEveryValue(t *testing.T) {
	compare(t, sample(mutations(t)), sampledWays)
}

func TestSeveralFieldsAtOnce(t *testing.T) {
	all := mutations(t)
	examples := slices.DeleteFunc(slices.Clone(all), func(m manifest) bool { return !strings.HasSuffix(m.name, anExample) })
	random := rand.New(rand.NewSource(*seed))
	var combined []manifest
	for range *cases {
		m := all[random.Intn(len(all))]
		if random.Intn(2) == 0 {
			m = examples[random.Intn(len(examples))]
		}
		for range 1 + random.Intn(3) {
			other := examples[random.Intn(len(examples))]
			m.name, m.template = other.name+"; "+m.name, merge(other.template, m.template).(map[string]any)
		}
		combined = append(combined, m)
	}
	compare(t, combined, sampledWays)
}

func TestWhatKubernetesFuzzersMake(t *testing.T) {
	all, err := fuzzed(*seed, *cases)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, all, sampledWays)
}

// The API server limits a Job's annotations, and the Job of a run has more of them than
// its template.
func TestTemplatesLeaveRoomForTheOperator(t *testing.T) {
	annotated := func(size int) manifest {
		m := manifest{name: fmt.Sprintf("%d bytes", size), objectName: defaultName, template: minimal()}
		m.template["metadata"] = map[string]any{"annotations": map[string]any{"a": strings.Repeat("x", size)}}
		return m
	}
	compare(t, []manifest{annotated(200_000), annotated(262_144)}, everyWay)

	m := annotated(261_900)
	ej, err := server.dryRun(t.Context(), v1, strict, "", m.object(v1))
	if err != nil {
		t.Fatal(err)
	}
	if want := "spec.jobTemplate.metadata.annotations"; !slices.Equal(ej.causes, []string{want}) {
		t.Errorf("got %q, want a refusal of %s", ej.message, want)
	}
}

func mutations(t *testing.T) []manifest {
	t.Helper()
	api, err := server.openAPI(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := api.mutations()
	t.Logf("there are %d values of fields", len(all))
	return all
}

// sample picks the given number at random, but always the same ones.
func sample(all []manifest) []manifest {
	random := func(m manifest) uint64 { return hash(fmt.Sprint(*seed, m.name)) }
	slices.SortFunc(all, func(a, b manifest) int { return cmp.Compare(random(a), random(b)) })
	return all[:min(*cases, len(all))]
}

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}
