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
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// operatorNamespace is where the overlays have the operator, and the chart the
// release.
const operatorNamespace = "extendedjob-system"

// emitter writes a tree as the text of a template.
type emitter struct{ strings.Builder }

func (e *emitter) line(indent int, text string) {
	e.WriteString(strings.Repeat(" ", indent) + text + "\n")
}

// emitMap writes the entries of a map.
func (e *emitter) emitMap(indent int, m map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		e.emitEntry(indent, key, m[key])
	}
}

func (e *emitter) emitEntry(indent int, key string, value any) {
	switch value := value.(type) {
	case nothing:
	case choice:
		e.emitChoice(indent, value, func(chosen any) { e.emitEntry(indent, key, chosen) })
	case splice:
		e.line(indent, indented(string(value), indent))
	case expression:
		e.line(indent, key+":"+indented(string(value), indent+2))
	case map[string]any:
		if len(value) == 0 {
			e.line(indent, key+": {}")
			return
		}
		e.emitIf(indent, conditionOf(value), func() {
			e.line(indent, key+":")
			e.emitMap(indent+2, withoutOnlyCondition(value))
		})
	case []any:
		e.line(indent, key+":")
		for _, item := range value {
			e.emitItem(indent, item)
		}
	default:
		e.emitScalar(indent, map[string]any{key: value})
	}
}

func (e *emitter) emitItem(indent int, item any) {
	switch item := item.(type) {
	case nothing:
	case choice:
		e.emitChoice(indent, item, func(chosen any) { e.emitItem(indent, chosen) })
	case expression:
		e.line(indent, "-"+indented(string(item), indent+2))
	case map[string]any:
		var entries emitter
		entries.emitMap(indent+2, item)
		e.WriteString(dashed(entries.String(), indent))
	default:
		e.emitScalar(indent, []any{item})
	}
}

// dashed makes the entries of a map the item of a list. The first entry may be
// a condition, which has no indentation of its own.
func dashed(entries string, indent int) string {
	prefix := strings.Repeat(" ", indent)
	if rest := strings.TrimPrefix(entries, prefix+"  "); !strings.HasPrefix(rest, "{{-") {
		return prefix + "- " + rest
	}
	return prefix + "-\n" + entries
}

func (e *emitter) emitChoice(indent int, c choice, emit func(any)) {
	for i, alternative := range c.alternatives {
		if i == 0 {
			e.line(indent, "{{- if "+alternative.condition+" }}")
		} else {
			e.line(indent, "{{- else if "+alternative.condition+" }}")
		}
		emit(alternative.value)
	}
	if c.otherwise != absent {
		e.line(indent, "{{- else }}")
		emit(c.otherwise)
	}
	e.line(indent, "{{- end }}")
}

func (e *emitter) emitIf(indent int, condition string, emit func()) {
	if condition == "" {
		emit()
		return
	}
	e.line(indent, "{{- if "+condition+" }}")
	emit()
	e.line(indent, "{{- end }}")
}

// conditionOf returns the condition for a map to have any entries; "" if it always
// has.
func conditionOf(m map[string]any) string {
	var conditions []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		c, ok := m[key].(choice)
		if !ok || c.otherwise != absent {
			return ""
		}
		conditions = append(conditions, c.conditions()...)
	}
	return anyOf(conditions)
}

// withoutOnlyCondition leaves the condition of a map's only entry out, which is
// that of the map.
func withoutOnlyCondition(m map[string]any) map[string]any {
	if len(m) == 1 && conditionOf(m) != "" {
		for key, value := range m {
			if alternatives := value.(choice).alternatives; len(alternatives) == 1 {
				return map[string]any{key: alternatives[0].value}
			}
		}
	}
	return m
}

// conditions are those on which a choice without a default is anything.
func (c choice) conditions() []string {
	var conditions []string
	for _, a := range c.alternatives {
		condition := a.condition
		if inner, ok := a.value.(choice); ok {
			condition = allOfConditions([]string{condition, anyOf(inner.conditions())})
		}
		conditions = append(conditions, condition)
	}
	return conditions
}

// emitScalar writes a map or list of one scalar.
func (e *emitter) emitScalar(indent int, value any) {
	content, err := yaml.Marshal(value)
	if err != nil {
		panic(err) // a scalar that was unmarshalled
	}
	for line := range strings.Lines(escape(string(content))) {
		if line != "\n" {
			e.WriteString(strings.Repeat(" ", indent))
		}
		e.WriteString(line)
	}
}

// escape makes the text of YAML that of a template: what looks like one is kept,
// and the namespace is the release's.
func escape(text string) string {
	text = strings.ReplaceAll(text, "{{", `{{ "{{" }}`)
	if before, found := strings.CutSuffix(text, ": "+operatorNamespace+"\n"); found {
		return before + ": {{ $.Release.Namespace | quote }}\n"
	}
	if text == "- "+operatorNamespace+"\n" {
		return "- {{ $.Release.Namespace | quote }}\n"
	}
	return strings.ReplaceAll(text, operatorNamespace, "{{ $.Release.Namespace }}")
}

func indented(text string, indent int) string {
	return strings.ReplaceAll(text, "INDENT", strconv.Itoa(indent))
}

// emitObject writes the template of an object.
func emitObject(object map[string]any, condition string, forEachNamespace bool) string {
	var e emitter
	e.line(0, "{{- /* Made of what kustomize makes by \"make manifests\". */ -}}")
	var ends int
	open := func(action string) {
		e.line(0, "{{- "+action+" }}")
		ends++
	}
	if condition != "" {
		open("if " + condition)
	}
	if forEachNamespace {
		open(fmt.Sprintf("range $namespace := %s", watchedNamespaces))
		e.line(0, "---")
	}
	e.emitMap(0, object)
	for range ends {
		e.line(0, "{{- end }}")
	}
	return e.String()
}
