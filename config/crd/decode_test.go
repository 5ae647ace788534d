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

package crd_test

import (
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	kjson "sigs.k8s.io/json"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/schema"
)

var objects = flag.Int("objects", 20_000, "how many objects of each version TestGoDecodesWhatTheSchemaAdmits tries")

// An object that is stored and cannot be decoded fails the list of all.
func TestGoDecodesWhatTheSchemaAdmits(t *testing.T) {
	for version, s := range schema.Of(t, readCRD(t)) {
		t.Run(version, func(t *testing.T) {
			random := &generator{rand.New(rand.NewPCG(1, 2)), placesIn(s.Structural)}
			admitted := 0
			for range *objects {
				object := parse(t, smallest[version])
				random.change(object)
				written, err := json.Marshal(object)
				if err != nil {
					t.Fatal(err)
				}
				object = parse(t, string(written)) // with the types of numbers that the API server has
				if len(store(s, object)) > 0 {
					continue
				}
				admitted++
				stored, err := json.Marshal(object)
				if err != nil {
					t.Fatal(err)
				}
				if err := kjson.UnmarshalCaseSensitivePreserveInts(stored, typed(version)); err != nil {
					t.Errorf("the schema admits %s, and Go says %v", stored, err)
				}
			}
			t.Logf("%d of %d objects are admitted", admitted, *objects)
			if admitted < *objects/10 {
				t.Error("these are too few to tell anything")
			}
		})
	}
}

func typed(version string) any {
	if version == "v1" {
		return &fissilev1.ExtendedJob{}
	}
	return &fissilev1alpha1.ExtendedJob{}
}

var smallest = map[string]string{
	"v1":       `{"spec": {"trigger": {"strategy": "manual"}, "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never"}}}}}}`,
	"v1alpha1": `{"spec": {"trigger": {"strategy": "manual"}, "template": {"spec": {"restartPolicy": "Never"}}}}`,
}

// generator makes values of a schema, and others.
type generator struct {
	*rand.Rand
	places [][]step
}

// step leads from a schema to one below it: a field's, or that of the items of a
// list or of the values of a map.
type step struct {
	field  string
	schema *structuralschema.Structural
}

// placesIn are the ways to all that is below a schema.
func placesIn(schema *structuralschema.Structural) [][]step {
	var all [][]step
	visit := func(s step) {
		all = append(all, []step{s})
		for _, below := range placesIn(s.schema) {
			all = append(all, append([]step{s}, below...))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		field := schema.Properties[name]
		visit(step{name, &field})
	}
	if schema.Items != nil {
		visit(step{"", schema.Items})
	}
	if values := schema.AdditionalProperties; values != nil && values.Structural != nil {
		visit(step{"key", values.Structural})
	}
	return all
}

// change sets something in an object.
func (g *generator) change(object map[string]any) {
	g.set(object, g.places[g.IntN(len(g.places))])
}

// set sets what a way leads to, and what is required on the way. It returns the
// value that it was given, or one instead.
func (g *generator) set(value any, way []step) any {
	if len(way) == 0 {
		return json.RawMessage(scalars[g.IntN(len(scalars))])
	}
	first, below := way[0], way[1:]
	if first.field == "" {
		list, _ := value.([]any)
		if len(list) == 0 {
			list = []any{g.value(first.schema)}
		}
		list[0] = g.set(list[0], below)
		return list
	}
	object, ok := value.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	if _, found := object[first.field]; !found && len(below) > 0 {
		object[first.field] = g.value(first.schema)
	}
	object[first.field] = g.set(object[first.field], below)
	return object
}

// scalars are values at the borders of types.
var scalars = []string{
	"null", "true", "false", "{}", "[]", "[null]", `{"key":null}`, `{"key":{}}`, `[[]]`,
	"0", "1", "-1", "80", "2147483647", "2147483648", "-2147483648", "-2147483649", "99999999999", "9223372036854775807",
	"9223372036854775808", "-9223372036854775808", "1e18", "1e19", "1e100", "1e-100", "0.5", "1.0", "80.00000000001", "1.5e3", "-0",
	`""`, `"a"`, `"1"`, `"0.5"`, `"1e1.5"`, `"1e3"`, `"1e-10000000"`, `"1e99999999999999999999"`, `"m"`, `"Ei"`, `" 1 "`, `"\t1"`, `"1\n"`, `"1\u2028"`, `"+"`, `"."`,
	`"1Ki"`, `"1 Ki"`, `"1E"`, `"100m"`, `"-1"`, `"50%"`, `"99999999999"`, `"2026-01-02T03:04:05Z"`, `"2026-02-30T03:04:05Z"`, `"2026-01-02t03:04:05z"`,
	`"2026-01-02T03:04:05"`, `"2026-01-02T24:04:05Z"`, `"2026-01-02T03:04:60Z"`, `"2026-01-02T03:04:05,5+23:59"`, `"2026-01-02T03:04:05+2:00"`, `"2026-01-02"`, `"now"`,
	`"30s"`, `"1.5m"`, `"0"`, `"0s"`, `"-1s"`, `"1d"`, `"1h"`, `"s"`, `"99999999999h"`, `"1s "`,
}

// value is a value that a schema admits, in most cases.
func (g *generator) value(schema *structuralschema.Structural) any {
	switch schema.Type {
	case "object":
		object := map[string]any{}
		for _, name := range requiredBy(schema) {
			field := schema.Properties[name]
			object[name] = g.value(&field)
		}
		return object
	case "array":
		return []any{g.value(schema.Items)}
	case "boolean":
		return true
	case "string":
		if rules := schema.ValueValidation; rules != nil && len(rules.Enum) > 0 {
			return rules.Enum[0].Object
		}
		return "a"
	}
	return 1
}

func requiredBy(schema *structuralschema.Structural) []string {
	if schema.ValueValidation == nil {
		return nil
	}
	return schema.ValueValidation.Required
}
