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
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"testing"

	"sigs.k8s.io/yaml"
)

// manifest is a Job template.
type manifest struct {
	name string
	// objectName is the name of the Job and of the ExtendedJobs.
	objectName string
	template   map[string]any
	// except is the exception that the manifest is an example of, if any.
	except string
	// generated is true if a generator made the manifest, which may then be an example of
	// any exception.
	generated bool
}

// readManifests reads a file with manifests.
func readManifests(t *testing.T, file string) []manifest {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Name, ObjectName, Except string
		Was                      string // for readers
		Template                 json.RawMessage
		JSON                     string
	}
	if err := yaml.UnmarshalStrict(content, &entries); err != nil {
		t.Fatal(err)
	}
	var all []manifest
	for _, entry := range entries {
		template, err := decode([]byte(cmp.Or(entry.JSON, string(entry.Template))))
		if err != nil {
			t.Fatalf("%s: %v", entry.Name, err)
		}
		all = append(all, manifest{
			name: entry.Name, objectName: cmp.Or(entry.ObjectName, defaultName), template: template.(map[string]any), except: entry.Except,
		})
	}
	return all
}

const defaultName = "templates"

// job returns a Job with the template.
func (m manifest) job() map[string]any {
	metadata := map[string]any{"name": m.objectName}
	if of, ok := m.template["metadata"].(map[string]any); ok {
		for _, key := range []string{"labels", "annotations"} {
			if value, ok := of[key]; ok {
				metadata[key] = value
			}
		}
	}
	return map[string]any{"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": m.template["spec"]}
}

// extendedJob returns an ExtendedJob with the template, in a version.
func (m manifest) extendedJob(version kind, strategy string) map[string]any {
	spec := map[string]any{"trigger": map[string]any{"strategy": strategy}}
	if version == v1 {
		spec["jobTemplate"] = m.template
	} else {
		spec["template"] = m.podTemplate()
	}
	return map[string]any{
		"apiVersion": "fissile.cloudfoundry.org/" + string(version), "kind": "ExtendedJob",
		"metadata": map[string]any{"name": m.objectName}, "spec": spec,
	}
}

func (m manifest) object(kind kind) map[string]any {
	if kind == job {
		return m.job()
	}
	return m.extendedJob(kind, "manual")
}

func (m manifest) podTemplate() any {
	spec, _ := m.template["spec"].(map[string]any)
	return spec["template"]
}

// isPod reports whether a template has only a pod template, which is all that v1alpha1
// can hold without an annotation.
func (m manifest) isPod() bool {
	spec, _ := m.template["spec"].(map[string]any)
	_, found := spec["template"]
	return found && len(spec) == 1 && len(m.template) == 1
}

// written returns the part of the template that is written in a version.
func (m manifest) written(version kind) any {
	if version == v1 {
		return m.template
	}
	return m.podTemplate()
}

// stored returns what an ExtendedJob has in its place.
func stored(version kind, object map[string]any) any {
	spec, _ := object["spec"].(map[string]any)
	if version == v1 {
		return spec["jobTemplate"]
	}
	return spec["template"]
}

func encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was made from JSON
	}
	return encoded
}

// decode decodes JSON and leaves numbers as they are written.
func decode(content []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

// clone copies JSON.
func clone(value any) any {
	copied, err := decode(encode(value))
	if err != nil {
		panic(err)
	}
	return copied
}

// merge combines two templates. Where they differ, the second wins.
func merge(a, b any) any {
	switch b := b.(type) {
	case map[string]any:
		a, ok := a.(map[string]any)
		if !ok {
			return b
		}
		merged := clone(a).(map[string]any)
		for key, value := range b {
			merged[key] = merge(merged[key], value)
		}
		return merged
	case []any:
		a, ok := a.([]any)
		if !ok || len(a) == 0 || len(b) == 0 {
			return b
		}
		return append([]any{merge(a[0], b[0])}, b[1:]...)
	}
	return b
}
