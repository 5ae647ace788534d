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

package main

import (
	"maps"
	"math"
	"slices"
)

// kept are the parts of a schema that say what shape a value has. The rest are
// rules: a Job's are the API server's own, which a dry run asks.
var kept = []string{"type", "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields"}

// listMaps are the lists whose items a Job tells apart by their names. It takes
// no name twice, so they can be merged by name. Other lists are atomic: a Job
// takes repeated items in some, and to which it does depends on its version.
var listMaps = []string{"containers", "initContainers", "volumes"}

// listMapKey tells the items of listMaps apart.
const listMapKey = "name"

// restartPolicies are those of a Job's pods. This rule is kept, because its refusal
// lists the allowed values.
var restartPolicies = []any{"Never", "OnFailure"}

// shapeOfTemplate is the schema of a field that holds a template.
func shapeOfTemplate(schema map[string]any) map[string]any {
	template := shape(schema)
	delete(template, "nullable")
	if description, ok := schema["description"]; ok {
		template["description"] = description
	}
	return template
}

// shape is a schema that refuses only values that Go cannot decode. Defaults are
// no part of it, because a template is stored as it was written; null is what
// decoding makes of it.
func shape(schema map[string]any) map[string]any {
	switch {
	case isQuantity(schema):
		return quantity()
	case schema["x-kubernetes-int-or-string"] == true:
		return intOrString()
	}
	shaped := map[string]any{"nullable": true}
	for _, key := range kept {
		if value, ok := schema[key]; ok {
			shaped[key] = value
		}
	}
	if schema["type"] == "integer" {
		shaped["format"] = schema["format"] // with which the API server checks the range
	}
	if properties := find(schema, "properties"); properties != nil {
		shaped["properties"] = shapeOfFields(properties)
	}
	if items := find(schema, "items"); items != nil {
		shaped["items"] = shape(items)
	}
	if values := find(schema, "additionalProperties"); values != nil {
		shaped["additionalProperties"] = shape(values)
	}
	return shaped
}

func shapeOfFields(properties map[string]any) map[string]any {
	fields := map[string]any{}
	for name := range properties {
		field := shape(find(properties, name))
		switch {
		case name == "metadata":
			maps.Copy(find(field, "properties"), objectMeta())
		case slices.Contains(listMaps, name):
			makeListMap(field)
		case name == "restartPolicy" && properties["containers"] != nil: // of a pod, not of a container
			field["enum"] = restartPolicies
		}
		fields[name] = field
	}
	return fields
}

// makeListMap lets the items of a list be merged by name. The API server insists
// on names then, as Jobs do.
func makeListMap(list map[string]any) {
	list["x-kubernetes-list-type"] = "map"
	list["x-kubernetes-list-map-keys"] = []any{listMapKey}
	item := find(list, "items")
	item["required"] = []any{listMapKey}
	delete(item, "nullable")
	delete(find(item, "properties", listMapKey), "nullable")
}

// quantity is any number or string that resource.ParseQuantity takes. It has no
// type, because a number with a fraction is none of the types that can be
// combined with strings. So booleans, lists and objects are ruled out by what
// they cannot be.
func quantity() map[string]any {
	return map[string]any{
		"nullable":                             true,
		"x-kubernetes-preserve-unknown-fields": true,
		"pattern":                              quantityPattern,
		"not":                                  map[string]any{"enum": []any{false, true}},
		"minItems":                             1,
		"maxItems":                             0,
		"minProperties":                        1,
		"maxProperties":                        0,
	}
}

// quantityPattern takes what resource.ParseQuantity takes, with two exceptions:
// of the blanks around a quantity it knows spaces alone, and an exponent has
// three digits at most, because the time to parse a quantity grows with it (to
// seconds for 1e-10000000).
const quantityPattern = `^ *(` +
	`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?0*[0-9]{1,3})?|` +
	// Without digits it is 0, where that takes no arithmetic.
	`[+-]?\.?([numkMGTPE]|[KMGT]i|[eE](\+?0*[0-9]{1,3}|-0*[0-9]))|[+-]?\.|[+-]` +
	`) *$`

// makeDecodable has all times and quantities below a schema refuse what Go cannot
// decode.
func makeDecodable(schema map[string]any) {
	switch {
	case schema["format"] == "date-time":
		makeTime(schema)
	case isQuantity(schema):
		maps.DeleteFunc(schema, func(key string, _ any) bool { return key != "description" })
		maps.Copy(schema, quantity())
	}
	for name := range find(schema, "properties") {
		makeDecodable(find(schema, "properties", name))
	}
	for _, below := range []string{"items", "additionalProperties"} {
		if schema := find(schema, below); schema != nil {
			makeDecodable(schema)
		}
	}
}

// isQuantity reports whether a schema is the one that quantities come with.
func isQuantity(schema map[string]any) bool {
	_, ok := schema["pattern"]
	return ok && schema["x-kubernetes-int-or-string"] == true
}

// intOrString is any string and any number that an intstr.IntOrString holds.
func intOrString() map[string]any {
	return map[string]any{
		"nullable":                   true,
		"x-kubernetes-int-or-string": true,
		"anyOf":                      []any{map[string]any{"type": "integer"}, map[string]any{"type": "string"}},
		"minimum":                    math.MinInt32,
		"maximum":                    math.MaxInt32,
	}
}

// objectMeta are the fields of an object's metadata that controller-gen leaves
// out. A template's metadata can have them all, and few have an effect.
func objectMeta() map[string]any {
	of := func(kind string) map[string]any { return map[string]any{"nullable": true, "type": kind} }
	text, flag, list := of("string"), of("boolean"), func(fields map[string]any) map[string]any {
		item := of("object")
		item["properties"] = fields
		l := of("array")
		l["items"] = item
		return l
	}
	number := of("integer")
	number["format"] = "int64"
	time := of("string")
	makeTime(time)
	anything := map[string]any{"nullable": true, "x-kubernetes-preserve-unknown-fields": true}
	return map[string]any{
		"creationTimestamp":          time,
		"deletionGracePeriodSeconds": number,
		"deletionTimestamp":          time,
		"generateName":               text,
		"generation":                 number,
		"managedFields": list(map[string]any{
			"apiVersion": text, "fieldsType": text, "fieldsV1": anything, "manager": text, "operation": text, "subresource": text, "time": time,
		}),
		"ownerReferences": list(map[string]any{
			"apiVersion": text, "blockOwnerDeletion": flag, "controller": flag, "kind": text, "name": text, "uid": text,
		}),
		"resourceVersion": text,
		"selfLink":        text,
		"uid":             text,
	}
}
