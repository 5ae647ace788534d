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

package ejcache_test

import (
	"context"
	crand "crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/randfill"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

const containerNames = "container names"

// hold passes the API server's answer through the cache's decoder and transform.
func hold(t *testing.T, content string) *ejcache.ExtendedJob {
	t.Helper()
	scheme, err := ejcache.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	object, _, err := serializer.NewCodecFactory(scheme).UniversalDeserializer().Decode([]byte(content), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	held, err := ejcache.Transform(ejcache.Indexes{containerNames: func(ej *plan.ExtendedJob) []string { return ej.Template.Containers }})(object)
	if err != nil {
		t.Fatal(err)
	}
	return held.(*ejcache.ExtendedJob)
}

func TestWhatIsHeldIsWhatDecisionsNeed(t *testing.T) {
	fill := randfill.NewWithSeed(1).NilChance(0.5).NumElements(1, 2).MaxDepth(12).Funcs(
		func(managed *[]metav1.ManagedFieldsEntry, _ randfill.Continue) { *managed = nil },
		func(fields *metav1.FieldsV1, _ randfill.Continue) { *fields = metav1.FieldsV1{} },
	)
	for i := range 200 {
		stored := &fissilev1.ExtendedJob{}
		fill.Fill(&stored.ObjectMeta)
		fill.Fill(&stored.Status)
		fill.Fill(&stored.Spec)
		stored.Spec.JobTemplate = batchv1.JobTemplateSpec{}
		stored.Spec.JobTemplate.Spec.TTLSecondsAfterFinished = new(int32(i))
		stored.Spec.JobTemplate.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main", Image: fmt.Sprint(rand.Int()), EnvFrom: []corev1.EnvFromSource{
			{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "credentials"}}},
		}}}
		if rests := i%2 == 0; rests {
			stored.Status.Active, stored.Status.Due, stored.Status.ObservedGeneration = "", nil, &stored.Generation
		}
		stored.TypeMeta = metav1.TypeMeta{APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob"}
		content, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		read := &fissilev1.ExtendedJob{}
		if err := json.Unmarshal(content, read); err != nil {
			t.Fatal(err)
		}
		want := plan.WithoutTemplate(read)
		held := hold(t, string(content))
		got, err := held.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if !apiequality.Semantic.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if held.Namespace != stored.Namespace || held.Name != stored.Name || held.UID != stored.UID || held.ResourceVersion != stored.ResourceVersion {
			t.Fatalf("got %+v, want the identity of %+v", held.ObjectMeta, stored.ObjectMeta)
		}
	}
}

func TestIndexKeys(t *testing.T) {
	held := hold(t, `{"apiVersion":"fissile.cloudfoundry.org/v1","kind":"ExtendedJob","spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}}}}}`)
	if got := ejcache.KeysOf(containerNames)(held); len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("got %v, want a and b", got)
	}
	if got := ejcache.KeysOf("another index")(held); got != nil {
		t.Errorf("got %v, want none", got)
	}
}

func TestWhatCannotBeDecodedSaysSoWhenItIsRead(t *testing.T) {
	template := func(podSpec string) string {
		return `"spec":{"jobTemplate":{"spec":{"template":{"spec":` + podSpec + `}}}},"status":{"runs":3}`
	}
	for name, test := range map[string]struct{ content, says string }{
		"a quantity that does not parse": {
			content: template(`{"containers":[{"name":"main"},{"name":"b","resources":{"limits":{"cpu":"1e1.5"}}}]}`),
			says:    "spec.jobTemplate.spec.template.spec.containers[1].resources.limits.cpu cannot be decoded",
		},
		"a port beyond int32": {
			content: template(`{"containers":[{"ports":[{"containerPort":99999999999}]}]}`),
			says:    "spec.jobTemplate.spec.template.spec.containers[0].ports[0].containerPort cannot be decoded",
		},
		"a list where an object is to be": {content: template(`[]`), says: "spec.jobTemplate.spec.template.spec cannot be decoded"},
		"a number that nobody else is to read": {
			content: template(`{"containers":[{"env":[{"name":"PIN","value":4711}]}]}`),
			says:    "spec.jobTemplate.spec.template.spec.containers[0].env[0].value cannot be decoded",
		},
		"one that is large": {
			content: template(`{"containers":[{"env":[` + strings.Repeat(`{"name":"a"},`, 10_000) + `{"value":1}]}]}`),
			says:    "one or more fields cannot be decoded",
		},
		"two fields": {content: template(`{"containers":[{"name":1,"image":2}]}`), says: "spec.jobTemplate.spec.template.spec.containers[0] cannot be decoded"},
		"the status": {content: `"spec":{},"status":{"runs":"many"}`, says: "status.runs cannot be decoded"},
	} {
		t.Run(name, func(t *testing.T) {
			held := hold(t, `{"apiVersion":"fissile.cloudfoundry.org/v1","kind":"ExtendedJob","metadata":{"name":"bad","generation":7},`+test.content+`}`)
			_, err := held.Decode()
			undecodable, ok := errors.AsType[*ejcache.UndecodableError](err)
			if !ok || err.Error() != test.says {
				t.Fatalf("got %v, want %s", err, test.says)
			}
			if ej := undecodable.ExtendedJob; ej.Name != "bad" || ej.Generation != 7 {
				t.Errorf("got %+v, want the metadata", ej.ObjectMeta)
			}
			if keys := ejcache.KeysOf(containerNames)(held); keys != nil {
				t.Errorf("got the keys %v, want none", keys)
			}
		})
	}
}

func TestOneThatCannotBeDecodedIsListedWithTheOthers(t *testing.T) {
	scheme, err := ejcache.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	object, _, err := serializer.NewCodecFactory(scheme).UniversalDeserializer().Decode([]byte(`{"apiVersion":"fissile.cloudfoundry.org/v1","kind":"ExtendedJobList","metadata":{"resourceVersion":"5"},"items":[
		{"metadata":{"name":"bad"},"spec":{"suspend":"never"}},
		{"metadata":{"name":"good"},"spec":{"suspend":true}}]}`), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	list := object.(*ejcache.ExtendedJobList)
	if len(list.Items) != 2 || list.Items[0].Name != "bad" || list.Items[1].Name != "good" || list.ResourceVersion != "5" {
		t.Errorf("got %+v, want both", list)
	}
}

// cached is a cache that lists its contents in no order.
type cached struct {
	client.Reader
	items []ejcache.ExtendedJob
}

func (c cached) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*ejcache.ExtendedJobList).Items = c.items
	return nil
}

func TestTheOldestAreFoundFirst(t *testing.T) {
	created := func(name, at string) ejcache.ExtendedJob {
		return *hold(t, fmt.Sprintf(`{"apiVersion":"fissile.cloudfoundry.org/v1","kind":"ExtendedJob","metadata":{"name":%q,"creationTimestamp":%q},"spec":{}}`, name, at))
	}
	reader := ejcache.Reader{Cache: cached{items: []ejcache.ExtendedJob{
		created("a-third", "2026-03-01T00:00:00Z"), created("second", "2026-02-01T00:00:00Z"), created("first", "2026-02-01T00:00:00Z"),
	}}}
	found, err := reader.Find(t.Context(), "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []client.ObjectKey{{Name: "first"}, {Name: "second"}, {Name: "a-third"}}; !slices.Equal(found, want) {
		t.Errorf("got %v, want %v", found, want)
	}
}

func TestHeldAtRestItTakesLittleMemoryWhateverItsTemplate(t *testing.T) {
	stored, err := os.ReadFile("testdata/at-rest.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, argument := range map[string]int{"as it is": 0, "with 20 KiB of random text": 20 << 10} {
		t.Run(name, func(t *testing.T) {
			const n, most = 1000, 1200
			held := make([]*ejcache.ExtendedJob, n)
			hold(t, string(stored)) // things that are made once
			before := liveHeap()
			for i := range held {
				noise := make([]byte, argument/4*3)
				_, _ = crand.Read(noise)
				content := strings.ReplaceAll(string(stored), "00000", fmt.Sprintf("%05d", i))
				held[i] = hold(t, strings.Replace(content, `"image": "busybox"`, fmt.Sprintf(`"image": "busybox", "args": [%q]`, base64.StdEncoding.EncodeToString(noise)), 1))
			}
			if got := (liveHeap() - before) / n; got > most {
				t.Errorf("one of %d bytes takes %d, want at most %d", len(stored)+argument, got, most)
			}
			runtime.KeepAlive(held)
		})
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // the contents of pools outlive one
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
