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
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/chart/kustomize"
)

// variant is one of the sets of objects that the chart makes.
type variant struct {
	condition string
	objects   map[string]kustomize.Object // by kind and name
}

const (
	watchedNamespaces = "$.Values.watchNamespaces"
	certificateSource = "$.Values.certificates.source"
)

// base is the overlay that the chart's default values correspond to.
const base = "overlays/selfsigned"

// overlays are those that a value chooses in place of the base, with the component
// for Prometheus that is theirs, and how they are made to follow other values.
var overlays = []struct {
	condition, overlay, prometheus string
	adapt                          func(variant) error
}{
	{sourceIs("certManager"), "default", "prometheus", nil},
	{sourceIs("serviceCA"), "overlays/openshift", "prometheus-openshift", nil},
	{sourceIs("secret"), "default", "prometheus", useSecret},
	{watchedNamespaces, "overlays/namespaced", "prometheus", useNamespaces},
}

func sourceIs(source string) string {
	return fmt.Sprintf("eq %s %q", certificateSource, source)
}

// readVariants reads the base, which comes first, and the variants of it.
func readVariants(config string) ([]variant, error) {
	objects, err := readObjects(config, base, "prometheus")
	if err != nil {
		return nil, err
	}
	variants := []variant{{objects: objects}}
	for _, o := range overlays {
		if objects, err = readObjects(config, o.overlay, o.prometheus); err != nil {
			return nil, err
		}
		v := variant{o.condition, objects}
		if o.adapt != nil {
			if err := o.adapt(v); err != nil {
				return nil, fmt.Errorf("%s: %w", o.overlay, err)
			}
		}
		variants = append(variants, v)
	}
	return variants, nil
}

// readObjects reads an overlay with all components that only add objects.
func readObjects(config, overlay, prometheus string) (map[string]kustomize.Object, error) {
	list, err := kustomize.Build(filepath.Join(config, overlay), filepath.Join(config, "components", prometheus), filepath.Join(config, "components", "grafana"))
	if err != nil {
		return nil, err
	}
	objects := map[string]kustomize.Object{}
	for _, object := range list {
		if object["kind"] == "Namespace" {
			continue // Helm's --create-namespace
		}
		objects[key(object)] = object
	}
	return objects, nil
}

func key(object kustomize.Object) string {
	return object["kind"].(string) + "/" + object["metadata"].(map[string]any)["name"].(string)
}

// merge makes a tree of what the base and its variants have at one place. It
// returns an error if a condition could not choose.
func merge(own any, others []any, conditions []string) (any, error) {
	if !slices.ContainsFunc(others, func(other any) bool { return !reflect.DeepEqual(own, other) }) {
		return own, nil
	}
	if all, ok := allOf[map[string]any](own, others); ok {
		return mergeMaps(all, conditions)
	}
	if all, ok := allOf[[]any](own, others); ok && !slices.ContainsFunc(all, func(list []any) bool { return len(list) != len(all[0]) }) {
		return mergeLists(all, conditions)
	}
	if all, ok := allOf[choice](own, others); ok && areAlike(all) {
		return mergeChoices(all, conditions)
	}
	return choose(own, others, conditions)
}

// areAlike reports whether choices are there on one and the same condition.
func areAlike(all []choice) bool {
	return !slices.ContainsFunc(all, func(c choice) bool {
		return c.otherwise != absent || len(c.alternatives) != 1 || c.alternatives[0].condition != all[0].alternatives[0].condition
	})
}

func mergeChoices(all []choice, conditions []string) (any, error) {
	var values []any
	for _, c := range all {
		values = append(values, c.alternatives[0].value)
	}
	merged, err := merge(values[0], values[1:], conditions)
	return when(all[0].alternatives[0].condition, merged), err
}

func mergeMaps(all []map[string]any, conditions []string) (any, error) {
	merged := map[string]any{}
	for _, m := range all {
		for key := range m {
			merged[key] = absent
		}
	}
	for key := range merged {
		values := make([]any, len(all))
		for i := range all {
			values[i] = valueOf(all[i], key)
		}
		value, err := merge(values[0], values[1:], conditions)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		merged[key] = value
	}
	return merged, nil
}

func mergeLists(all [][]any, conditions []string) (any, error) {
	merged := make([]any, len(all[0]))
	for i := range merged {
		var others []any
		for _, list := range all[1:] {
			others = append(others, list[i])
		}
		var err error
		if merged[i], err = merge(all[0][i], others, conditions); err != nil {
			return nil, fmt.Errorf("%d: %w", i, err)
		}
	}
	return merged, nil
}

// choose makes a choice with one alternative for all variants that are alike.
func choose(own any, others []any, conditions []string) (any, error) {
	result := choice{otherwise: own}
	alike := map[int][]string{} // alternatives, as numbers of their first variant
	for i, other := range others {
		if reflect.DeepEqual(own, other) {
			continue
		}
		first := slices.IndexFunc(others, func(value any) bool { return reflect.DeepEqual(value, other) })
		alike[first] = append(alike[first], conditions[i])
	}
	all := slices.Concat(slices.Collect(maps.Values(alike))...)
	if len(all) > 1 && slices.Contains(all, watchedNamespaces) {
		return nil, errors.New("the certificates and the namespaces govern the same value")
	}
	for _, first := range slices.Sorted(maps.Keys(alike)) {
		result.alternatives = append(result.alternatives, alternative{anyOf(alike[first]), others[first]})
	}
	return result, nil
}

func anyOf(conditions []string) string {
	if len(conditions) == 1 {
		return conditions[0]
	}
	return "or (" + strings.Join(conditions, ") (") + ")"
}

func allOf[T any](own any, others []any) (all []T, ok bool) {
	for _, value := range append([]any{own}, others...) {
		typed, ok := value.(T)
		if !ok {
			return nil, false
		}
		all = append(all, typed)
	}
	return all, true
}

// valueOf returns what a map has for a key.
func valueOf[T any](m map[string]T, key string) any {
	if value, ok := m[key]; ok {
		return value
	}
	return absent
}
