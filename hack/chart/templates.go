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
	"reflect"
	"slices"
	"strings"
)

// makeTemplates makes the templates of the chart, by file name.
func makeTemplates(config string) (map[string]string, error) {
	variants, err := readVariants(config)
	if err != nil {
		return nil, err
	}
	if err := editAll(variants); err != nil {
		return nil, err
	}
	var conditions []string
	keys := map[string]bool{}
	for i, v := range variants {
		if i > 0 {
			conditions = append(conditions, v.condition)
		}
		for key := range v.objects {
			keys[key] = true
		}
	}
	templates := map[string]string{}
	for key := range keys {
		if templates[fileName(key)], err = makeTemplate(key, variants, conditions); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return templates, nil
}

// editAll puts into all variants what values govern. It returns an error if there
// is no object for an edit or a condition.
func editAll(variants []variant) error {
	used := map[string]bool{}
	for _, v := range variants {
		for key, object := range v.objects {
			kind, _, _ := strings.Cut(key, "/")
			used[kind], used[key] = true, true
			for _, e := range slices.Concat(everywhere, edits[kind], edits[key]) {
				if err := apply(object, e); err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
			}
		}
	}
	for key := range present {
		if !used[key] {
			return fmt.Errorf("the condition is for %s, which does not exist", key)
		}
	}
	for key := range edits {
		if !used[key] {
			return fmt.Errorf("the edit is for %s, which does not exist", key)
		}
	}
	return nil
}

func makeTemplate(key string, variants []variant, conditions []string) (string, error) {
	var all []any
	var own map[string]any // of the first variant that has it
	for _, v := range variants {
		object := valueOf(v.objects, key)
		if m, ok := object.(map[string]any); ok {
			if own == nil {
				own = m
			}
			all = append(all, object)
			continue
		}
		all = append(all, absent)
	}
	kind, _, _ := strings.Cut(key, "/")
	var needed []string
	for _, condition := range []string{present[kind], present[key], presence(all, conditions)} {
		if condition != "" {
			needed = append(needed, condition)
		}
	}
	// Where the object is absent, it is not there to differ.
	for i, object := range all {
		if object == absent {
			all[i] = own
		}
	}
	merged, err := merge(all[0], all[1:], conditions)
	if err != nil {
		return "", err
	}
	return emitObject(merged.(map[string]any), allOfConditions(needed), inEachNamespace(own)), nil
}

// presence is the condition on which one of the variants has an object: "" if all
// have it.
func presence(objects []any, conditions []string) string {
	var with, without []string
	for i, object := range objects[1:] {
		if object == absent {
			without = append(without, conditions[i])
		} else {
			with = append(with, conditions[i])
		}
	}
	switch {
	case objects[0] == absent:
		return anyOf(with)
	case len(without) > 0:
		return "not (" + anyOf(without) + ")"
	}
	return ""
}

func allOfConditions(conditions []string) string {
	if len(conditions) < 2 {
		return strings.Join(conditions, "")
	}
	return "and (" + strings.Join(conditions, ") (") + ")"
}

func inEachNamespace(object map[string]any) bool {
	return reflect.DeepEqual(object["metadata"].(map[string]any)["namespace"], namespaceOfRange)
}

func fileName(key string) string {
	kind, name, _ := strings.Cut(strings.ToLower(key), "/")
	name = strings.TrimPrefix(name, "extendedjob-")
	return kind + "-" + strings.ReplaceAll(name, ".", "-") + ".yaml"
}
