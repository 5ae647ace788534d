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
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The template is stored as written, so applying a manifest again changes nothing.
// kubectl reports this, except for a manifest with a null in it, which it sends again,
// for a Job as well.
func TestKubectlAppliesAManifestOnce(t *testing.T) {
	for _, how := range [][]string{{"apply"}, {"apply", "--server-side"}} {
		for _, version := range []kind{v1, v1alpha1} {
			t.Run(strings.Join(append(how, string(version)), " "), func(t *testing.T) {
				namespace := newNamespace(t)
				objects := acceptedObjects(t, version, how)
				file := filepath.Join(t.TempDir(), "manifests.json")
				list := map[string]any{"apiVersion": "v1", "kind": "List", "items": slices.Collect(maps.Values(objects))}
				if err := os.WriteFile(file, encode(list), 0o600); err != nil {
					t.Fatal(err)
				}
				applyAll := append(slices.Clone(how), "--namespace="+namespace, "--filename="+file)
				server.kubectl.Must(t, applyAll...)
				again := server.kubectl.Must(t, applyAll...)

				generations := strings.Fields(server.kubectl.Must(t, "get", "extendedjobs", "--namespace="+namespace, "--output=jsonpath={.items[*].metadata.generation}"))
				if len(generations) != len(objects) {
					t.Errorf("got %d objects, want %d", len(generations), len(objects))
				}
				for _, generation := range generations {
					if generation != "1" {
						t.Errorf("an object is changed by applying it again: %s", again)
						break
					}
				}
				for line := range strings.Lines(again) {
					name, outcome, _ := strings.Cut(strings.TrimSpace(line), " ")
					if outcome == "configured" && !strings.Contains(string(encode(objects[strings.TrimPrefix(name, resource+"/")])), "null") {
						t.Errorf("kubectl says %s", line)
					}
				}
				t.Logf("%d manifests are applied twice and written once", len(objects))
			})
		}
	}
}

const resource = "extendedjob.fissile.cloudfoundry.org"

// acceptedObjects returns the manifests that are accepted for a Job, as ExtendedJobs,
// by name.
func acceptedObjects(t *testing.T, version kind, how []string) map[string]any {
	t.Helper()
	objects := map[string]any{}
	for i, m := range accepted(t) {
		if version == v1alpha1 && !m.isPod() || len(how) > 1 && m.except == "repeated items" {
			continue
		}
		m.objectName = "m" + strconv.Itoa(i)
		objects[m.objectName] = m.object(version)
	}
	return objects
}

// accepted returns the manifests of testdata that are accepted both for a Job and for
// an ExtendedJob.
func accepted(t *testing.T) []manifest {
	t.Helper()
	var all []manifest
	for _, m := range append(readManifests(t, "testdata/manifests.yaml"), readManifests(t, "testdata/classes.yaml")...) {
		plain, err := server.dryRun(t.Context(), job, strict, m.objectName, m.object(job))
		if err != nil {
			t.Fatal(err)
		}
		ej, err := server.dryRun(t.Context(), v1, strict, m.objectName, m.object(v1))
		if err != nil {
			t.Fatal(err)
		}
		if plain.accepted && ej.accepted {
			all = append(all, m)
		}
	}
	return all
}

func newNamespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "templates-"}}
	if err := server.Client.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	return namespace.Name
}
