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
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchfuzzer "k8s.io/kubernetes/pkg/apis/batch/fuzzer"
	batchinstall "k8s.io/kubernetes/pkg/apis/batch/install"
	corefuzzer "k8s.io/kubernetes/pkg/apis/core/fuzzer"
	coreinstall "k8s.io/kubernetes/pkg/apis/core/install"
	"sigs.k8s.io/randfill"
)

// fuzzed returns templates in which one part comes from Kubernetes' own fuzzers. A Job
// with everything that they generate would be refused.
func fuzzed(seed int64, number int) ([]manifest, error) {
	scheme := runtime.NewScheme()
	coreinstall.Install(scheme)
	batchinstall.Install(scheme)
	utilruntime.Must(batchv1.AddToScheme(scheme))
	random := rand.New(rand.NewSource(seed))
	filler := fuzzer.FuzzerFor(
		fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, corefuzzer.Funcs, batchfuzzer.Funcs, names),
		rand.NewSource(seed), serializer.NewCodecFactory(scheme))
	var all []manifest
	for i := range number {
		var internal batch.Job
		filler.Fill(&internal)
		var job batchv1.Job
		if err := scheme.Convert(&internal, &job, nil); err != nil {
			return nil, err
		}
		encoded, err := json.Marshal(job.Spec)
		if err != nil {
			return nil, err
		}
		decoded, err := decode(encoded)
		if err != nil {
			return nil, err
		}
		spec := decoded.(map[string]any)
		what, template := graft(random, spec)
		all = append(all, manifest{name: fmt.Sprintf("fuzzed %d.%d: %s", seed, i, what), objectName: defaultName, generated: true, template: template})
	}
	return all, nil
}

// names generates strings that are valid names in most cases.
func names(serializer.CodecFactory) []any {
	return []any{func(s *string, c randfill.Continue) {
		if c.Intn(4) == 0 {
			*s = c.String(0)
			return
		}
		*s = []string{"a", "b-1", "example.com/a", "/a", "a.b", "1", "10.0.0.1", "A_B"}[c.Intn(8)]
	}}
}

// graft puts parts of a Job's spec into a minimal template.
func graft(random *rand.Rand, spec map[string]any) (what []string, template map[string]any) {
	template = minimal()
	job := template["spec"].(map[string]any)
	podTemplate := job["template"].(map[string]any)
	pod := podTemplate["spec"].(map[string]any)
	container := pod["containers"].([]any)[0].(map[string]any)

	fuzzedTemplate := spec["template"].(map[string]any)
	fuzzedPod := fuzzedTemplate["spec"].(map[string]any)
	fuzzedContainer := first(fuzzedPod["containers"])
	take := func(into, from map[string]any, without ...string) {
		keys := slices.DeleteFunc(slices.Sorted(maps.Keys(from)), func(key string) bool { return slices.Contains(without, key) })
		if len(keys) > 0 {
			key := keys[random.Intn(len(keys))]
			into[key] = from[key]
			what = append(what, key)
		}
	}
	for range 1 + random.Intn(3) {
		switch random.Intn(6) {
		case 0:
			take(job, spec, "template", "selector", "manualSelector")
		case 1:
			take(podTemplate, fuzzedTemplate, "spec")
		case 2:
			volume := map[string]any{"name": "v"}
			take(volume, first(fuzzedPod["volumes"]), "name")
			pod["volumes"] = []any{volume}
		case 3, 4:
			take(container, fuzzedContainer, "name", "image")
		default:
			take(pod, fuzzedPod, "restartPolicy")
		}
	}
	return what, template
}

func first(list any) map[string]any {
	if list, ok := list.([]any); ok && len(list) > 0 {
		item, _ := list[0].(map[string]any)
		return item
	}
	return nil
}
