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

// Package visitors compares configrefs with what Kubernetes itself takes for the
// ConfigMaps and Secrets of a pod. It is a Go module of its own so that the
// operator does not require k8s.io/kubernetes.
package visitors

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"sigs.k8s.io/randfill"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

// podSpecs is how many pod specs are tried; a few hundred have all there is.
const podSpecs = 1000

func TestReferencesAreThoseThatKubernetesVisits(t *testing.T) {
	for seed := range int64(podSpecs) {
		spec := podSpec(seed)
		if diff := cmp.Diff(visited(spec), referenced(spec)); diff != "" {
			t.Fatalf("pod spec %d (-Kubernetes +configrefs):\n%s", seed, diff)
		}
	}
}

func TestKubernetesVisitsTheNewNamesOfAllSecrets(t *testing.T) {
	for seed := range int64(podSpecs) {
		spec := podSpec(seed)
		want := visited(spec)
		renamed := map[string]string{}
		for i, name := range want[configrefs.Secret] {
			renamed[name] = name + "-renamed"
			want[configrefs.Secret][i] = renamed[name]
		}
		slices.Sort(want[configrefs.Secret])

		configrefs.Rename(spec, renamed)
		if diff := cmp.Diff(want, visited(spec)); diff != "" {
			t.Fatalf("pod spec %d (-renamed +Kubernetes):\n%s", seed, diff)
		}
	}
}

// Without a kind of volume the comparison would say nothing about it.
func TestPodSpecsHaveVolumesOfAllKinds(t *testing.T) {
	volumes := map[string]bool{}
	for seed := range int64(podSpecs) {
		spec := podSpec(seed)
		for _, volume := range spec.Volumes {
			source := reflect.ValueOf(volume.VolumeSource)
			for i := range source.NumField() {
				if !source.Field(i).IsNil() {
					volumes[source.Type().Field(i).Name] = true
				}
			}
		}
	}
	for field := range reflect.TypeFor[corev1.VolumeSource]().Fields() {
		if !volumes[field.Name] {
			t.Errorf("no pod spec has a volume of kind %s", field.Name)
		}
	}
}

// visited returns the names that Kubernetes visits, sorted.
func visited(spec *corev1.PodSpec) map[configrefs.Kind][]string {
	pod := &corev1.Pod{Spec: *spec}
	names := map[configrefs.Kind][]string{}
	visitor := func(kind configrefs.Kind) podutil.Visitor {
		return func(name string) bool {
			names[kind] = append(names[kind], name)
			return true
		}
	}
	podutil.VisitPodConfigmapNames(pod, visitor(configrefs.ConfigMap))
	podutil.VisitPodSecretNames(pod, visitor(configrefs.Secret))
	for kind := range maps.Keys(names) {
		slices.Sort(names[kind])
	}
	return names
}

// referenced returns the names that configrefs finds, sorted.
func referenced(spec *corev1.PodSpec) map[configrefs.Kind][]string {
	names := map[configrefs.Kind][]string{}
	for _, reference := range configrefs.Of(spec) {
		names[reference.Kind] = append(names[reference.Kind], reference.Name)
	}
	return names
}

// podSpec makes up a pod spec for a template, with one source for each volume as
// Kubernetes demands it. No two names in it are the same, so that a place that is
// overlooked is not made up for by another; some are empty.
func podSpec(seed int64) *corev1.PodSpec {
	strings := 0
	spec := &corev1.PodSpec{}
	randfill.NewWithSeed(seed).NilChance(0.3).NumElements(0, 4).Funcs(
		func(s *string, c randfill.Continue) {
			if strings++; c.Intn(10) > 0 {
				*s = strconv.Itoa(strings)
			}
		},
		func(source *corev1.VolumeSource, c randfill.Continue) {
			field := reflect.ValueOf(source).Elem().Field(c.Intn(reflect.TypeFor[corev1.VolumeSource]().NumField()))
			field.Set(reflect.New(field.Type().Elem()))
			c.Fill(field.Interface())
		},
		func(*[]corev1.EphemeralContainer, randfill.Continue) {},
		func(*resource.Quantity, randfill.Continue) {},
	).Fill(spec)
	return spec
}
