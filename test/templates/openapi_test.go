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
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// schema is a type of the API server's OpenAPI.
type schema struct {
	Ref                  string             `json:"$ref"`
	AllOf                []schema           `json:"allOf"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Enum                 []string           `json:"enum"`
	Required             []string           `json:"required"`
	Properties           map[string]*schema `json:"properties"`
	Items                *schema            `json:"items"`
	AdditionalProperties *schema            `json:"additionalProperties"`

	// name is the name of the type, without its package.
	name string
}

// openAPI is the API server's description of Jobs.
type openAPI map[string]*schema

func (w *world) openAPI(ctx context.Context) (openAPI, error) {
	answer, err := w.ask(ctx, http.MethodGet, strings.TrimSuffix(w.Config.Host, "/")+"/openapi/v3/apis/batch/v1", "application/json", nil)
	if err != nil {
		return nil, err
	}
	if !answer.accepted {
		return nil, fmt.Errorf("read the OpenAPI of batch/v1: %s", answer.message)
	}
	var document struct {
		Components struct {
			Schemas openAPI `json:"schemas"`
		} `json:"components"`
	}
	return document.Components.Schemas, json.Unmarshal(encode(answer.object), &document)
}

// resolve follows references to a type.
func (o openAPI) resolve(s *schema) *schema {
	if s == nil {
		return &schema{}
	}
	for len(s.AllOf) == 1 {
		s = &s.AllOf[0]
	}
	if s.Ref == "" {
		return s
	}
	name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	resolved := *o[name]
	resolved.name = name[strings.LastIndexByte(name, '.')+1:]
	return &resolved
}

// step is the name of a field, the index of an item or the key of a map.
type step struct {
	name string
	item bool
}

func (s step) String() string {
	if s.item {
		return "[0]"
	}
	return "." + s.name
}

// place is a field, an item of a list or a value of a map, below a template.
type place struct {
	steps  []step
	schema *schema
}

func (p place) String() string {
	var text strings.Builder
	for _, step := range p.steps {
		text.WriteString(step.String())
	}
	return strings.TrimPrefix(text.String(), ".")
}

// walk visits every place in a Job's spec.
func (o openAPI) walk(visit func(place)) {
	var descend func([]step, *schema)
	descend = func(steps []step, s *schema) {
		s = o.resolve(s)
		visit(place{slices.Clone(steps), s})
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if s.name == "PodResourceClaim" && name == "source" {
				continue // was alpha in 1.30, and was removed
			}
			descend(append(slices.Clone(steps), step{name: name}), s.Properties[name])
		}
		if s.Items != nil {
			descend(append(slices.Clone(steps), step{item: true}), s.Items)
		}
		if s.AdditionalProperties != nil {
			descend(append(slices.Clone(steps), step{name: "key"}), s.AdditionalProperties)
		}
	}
	descend([]step{{name: "spec"}}, &schema{Ref: "/io.k8s.api.batch.v1.JobSpec"})
}

// alternatives are the types of which exactly one field must be set: the field that is
// set unless it is the one under test, and the others.
var alternatives = map[string]struct {
	field  string
	value  any
	others []string
}{
	"Volume":                {"emptyDir", map[string]any{}, nil},
	"Probe":                 {"tcpSocket", map[string]any{"port": 80}, []string{"exec", "grpc", "httpGet", "tcpSocket"}},
	"LifecycleHandler":      {"sleep", map[string]any{"seconds": 1}, []string{"exec", "httpGet", "sleep", "tcpSocket"}},
	"VolumeProjection":      {"secret", map[string]any{"name": "a"}, nil},
	"EnvFromSource":         {"secretRef", map[string]any{"name": "a"}, []string{"configMapRef", "secretRef"}},
	"PodFailurePolicyRule":  {"onPodConditions", []any{map[string]any{"type": "a"}}, []string{"onExitCodes"}},
	"DownwardAPIVolumeFile": {"fieldRef", map[string]any{"fieldPath": "metadata.name"}, []string{"resourceFieldRef"}},
}

// more are fields of a type that a Job requires, but the OpenAPI does not.
var more = map[string]map[string]any{
	"ConfigMapEnvSource":        {"name": "a"},
	"ConfigMapKeySelector":      {"name": "a"},
	"ConfigMapProjection":       {"name": "a"},
	"ConfigMapVolumeSource":     {"name": "a"},
	"Container":                 {"image": "busybox"},
	"EphemeralContainer":        {"image": "busybox"},
	"FCVolumeSource":            {"targetWWNs": []any{"a"}, "lun": 1},
	"NFSVolumeSource":           {"path": "/p"},
	"PersistentVolumeClaimSpec": {"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}}},
	"QuobyteVolumeSource":       {"registry": "a:1"},
	"ScaleIOVolumeSource":       {"volumeName": "a"},
	"SecretEnvSource":           {"name": "a"},
	"SecretKeySelector":         {"name": "a"},
	"SecretProjection":          {"name": "a"},
	"SecretVolumeSource":        {"secretName": "a"},
	"StorageOSVolumeSource":     {"volumeName": "a"},
	"Toleration":                {"operator": "Exists"},
}

// valid has values of required fields, by the name of the field.
var valid = map[string]any{
	"mountPath": "/m", "devicePath": "/d", "path": "p", "port": 80, "containerPort": 80, "whenUnsatisfiable": "DoNotSchedule",
	"maxSkew": 1, "operator": "Exists", "weight": 1, "action": "Ignore", "values": []any{"1"}, "ip": "10.0.0.1", "image": "busybox",
	"type": "RuntimeDefault", "claimName": "c", "topologyKey": "kubernetes.io/hostname",
	"iqn": "iqn.2001-04.com.example:a", "lun": 1, "targetPortal": "10.0.0.1", "resource": "limits.cpu", "restartPolicy": "Never",
	"fieldPath": "metadata.name", "accessModes": []any{"ReadWriteOnce"},
	"repository": "r",
	"seconds":    1, "status": "True",
	"succeededIndexes": "0", "keyType": "ED25519", "signerName": "example.com/signer", "monitors": []any{"m"}, "server": "s",
	"driver": "d.example.com", "diskURI": "https://a.blob.core.windows.net/b/c.vhd", "resourceName": "cpu", "volumePath": "/v", "pool": "p", "endpoints": "e", "datasetName": "d", "directory": "d",
}

// example returns a value of a type that a Job accepts in most places.
func (o openAPI) example(name string, s *schema) any {
	if value, ok := valid[name]; ok {
		return clone(value)
	}
	s = o.resolve(s)
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.name == "Quantity":
		return "1"
	case s.name == "IntOrString":
		return 80
	case s.name == "Time":
		return "2026-01-02T03:04:05Z"
	}
	switch s.Type {
	case "array":
		return []any{o.example(name, s.Items)}
	case "boolean":
		return true
	case "integer":
		return 1
	case "object":
		object := map[string]any{}
		for _, required := range s.Required {
			object[required] = o.example(required, s.Properties[required])
		}
		if alternative, ok := alternatives[s.name]; ok {
			object[alternative.field] = clone(alternative.value)
		}
		for field, value := range more[s.name] {
			object[field] = clone(value)
		}
		if name == "initContainers" {
			object["restartPolicy"] = "Always" // so that it can have probes
		}
		return object
	}
	return "a"
}

// minimal returns the smallest template that a Job accepts.
func minimal() map[string]any {
	return map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"restartPolicy": "Never",
		"containers":    []any{map[string]any{"name": "main", "image": "busybox"}},
	}}}}
}

// with returns a minimal template with a value at a place, and examples around it.
func (o openAPI) with(p place, value any) map[string]any {
	template := minimal()
	pod := template["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	pod["volumes"] = []any{map[string]any{"name": "a", "emptyDir": map[string]any{}}} // to be mounted
	var parent any = template
	s := &schema{Properties: map[string]*schema{"spec": {Ref: "/io.k8s.api.batch.v1.JobSpec"}}}
	set := func(any) {}
	for i, step := range p.steps {
		last := i == len(p.steps)-1
		s = o.resolve(s)
		if step.item {
			list, _ := parent.([]any)
			if last {
				list[0] = value
				return template
			}
			s, parent = s.Items, list[0]
			set = func(v any) { list[0] = v }
			continue
		}
		object, _ := parent.(map[string]any)
		if object == nil {
			object = map[string]any{}
			set(object)
		}
		o.choose(s, object, step.name)
		child := s.Properties[step.name]
		if child == nil {
			child = s.AdditionalProperties
		}
		if last {
			object[step.name] = value
			return template
		}
		if _, ok := object[step.name]; !ok || isEmptyList(object[step.name]) {
			object[step.name] = o.example(step.name, child)
		}
		s, parent = child, object[step.name]
		set = func(v any) { object[step.name] = v }
	}
	return template
}

// choose removes the example of an alternative if another one is under test.
func (o openAPI) choose(s *schema, object map[string]any, name string) {
	alternative, ok := alternatives[s.name]
	if !ok || name == alternative.field || name == "name" || name == "prefix" {
		return
	}
	if alternative.others == nil || slices.Contains(alternative.others, name) {
		delete(object, alternative.field)
	}
}

func isEmptyList(value any) bool {
	list, ok := value.([]any)
	return ok && len(list) == 0
}

// anExample is the name of a value that a Job accepts in most places.
const anExample = "an example"

// unknownField is a field that no type has.
const unknownField = "unknown"

// number is written verbatim.
func number(text string) json.Number { return json.Number(text) }

// values returns the values to try at a place.
func (o openAPI) values(p place) map[string]any {
	s := p.schema
	name := p.steps[len(p.steps)-1].name
	example := o.example(name, s)
	values := map[string]any{anExample: example, "null": nil, "true": true, "a list": []any{}, "an object": map[string]any{}}
	add := func(all ...any) {
		for _, value := range all {
			encoded := encode(value)
			if len(encoded) > 40 {
				encoded = append(encoded[:40], "..."...)
			}
			values[string(encoded)] = value
		}
	}
	for _, value := range s.Enum {
		add(value)
	}
	switch {
	case s.name == "Quantity":
		add(number("1"), number("0.5"), number("-1"), number("1e3"), "1", "0.5", "1.5Gi", "100m", "1e3", "1E", "1e1.5", "1e-12", "+1", ".5", "5.", " 1 ", "m", "", "bogus", "1Kb", "-1",
			number("9223372036854775807"), "9223372036854775808", "1e-5000")
	case s.name == "IntOrString":
		add(80, 0, -1, "http", "80", "", "50%", number("2147483647"), number("2147483648"), number("99999999999"), number("1.5"), strings.Repeat("a", 300))
	case s.Type == "integer":
		add(0, 1, -1, 3, 100, 65536, number("2147483647"), number("2147483648"), number("9223372036854775807"), number("9223372036854775808"), number("1.5"), "1")
	case s.Type == "boolean":
		add(false, "true", 1)
	case s.Type == "array":
		first, second := o.example(name, s.Items), o.other(s.Items, o.example(name, s.Items))
		add([]any{nil}, []any{first, nil}, "a")
		values["one"], values["one twice"], values["two"] = []any{first}, []any{first, clone(first)}, []any{first, second}
		values["two and one again"] = []any{first, second, clone(first)}
	case s.Type == "object" && s.AdditionalProperties != nil:
		example := o.example("", s.AdditionalProperties)
		add(map[string]any{"key": nil}, map[string]any{"key": example}, map[string]any{"example.com/key": example}, map[string]any{"a key": example}, map[string]any{"": example},
			map[string]any{"key": 5}, map[string]any{"cpu": "1"}, map[string]any{"cpu": nil}, map[string]any{"hugepages-2Mi": "2Mi"}, "a")
	case s.Type == "object":
		unknown, _ := clone(example).(map[string]any)
		if unknown == nil {
			unknown = map[string]any{}
		}
		unknown[unknownField] = 1
		add("a", 1)
		values["an unknown field"] = unknown
		for _, required := range s.Required {
			without, _ := clone(example).(map[string]any)
			delete(without, required)
			values["no "+required] = without
		}
	default:
		add("", "a", "A b", "é", "Always", "metadata.name", "a.b", "-", strings.Repeat("a", 64), strings.Repeat("a", 254), 5, number("0.5"))
	}
	return values
}

// other returns an item that differs from another in one field, but not in the first
// field that distinguishes items.
func (o openAPI) other(s *schema, item any) any {
	other, ok := clone(item).(map[string]any)
	if !ok {
		if text, ok := item.(string); ok {
			return text + "b"
		}
		return item
	}
	s = o.resolve(s)
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(s.Properties))) {
		if text, ok := other[name].(string); ok && len(s.Properties[name].Enum) == 0 {
			other[name] = text + "b"
			return other
		}
	}
	return other
}

// mutations returns templates with all values at all places.
func (o openAPI) mutations() []manifest {
	var all []manifest
	o.walk(func(p place) {
		values := o.values(p)
		for _, what := range slices.Sorted(maps.Keys(values)) {
			all = append(all, manifest{name: fmt.Sprintf("%s: %s", p, what), objectName: defaultName, generated: true, template: o.with(p, values[what])})
		}
	})
	return all
}
