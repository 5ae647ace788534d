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
	"bytes"
	"fmt"
	"math"
	"slices"
)

const (
	million = 1_000_000
	// watchesEach is how many watches an operator with watchNamespaces has in each
	// namespace: ExtendedJobs, Jobs, pods, ConfigMaps, Secrets.
	watchesEach = 5
	// secondsOfDay is in how many seconds each of a million is to run once.
	secondsOfDay = 24 * 60 * 60
	gibi         = 1 << 30
)

// writeMillion computes what a million ExtendedJobs would take from what scenarios
// a, b and f have measured.
func writeMillion(w *bytes.Buffer, results map[string]*result) {
	f := results["f"]
	if f == nil || len(f.Rest) == 0 {
		return
	}
	w.WriteString("## On paper: a million\n\n" +
		"This was computed from what a, b and f have measured above, and not run. Operators with different `watchNamespaces` share\n" +
		"the million, each with as many as the largest cluster of f: a shard takes what was measured there.\n\n")
	writeTable(w, "At rest; GiB, unless it says otherwise", []string{
		"template", "shards", "of", "memory of an operator at rest, MiB", "at its start", "of all at rest", "ready after, s",
		"API server, live, v1 alone", "with v1alpha1, twice", "etcd", "clusters, with at most 8 GiB in etcd",
	}, millionAtRest(f.Rest))
	if a, b := results["a"], results["b"]; a != nil && b != nil {
		writeTable(w, "If each runs once a day, evenly", []string{"runs a second", "requests of the operators a run", "a second", "CPU-ms of the API server a run", "processors that it takes"}, [][]string{millionRuns(a, b)})
	}
	fmt.Fprintf(w, "- An operator with `watchNamespaces` has %d watches in each namespace: %d in all, with %d ExtendedJobs in each. Fewer, larger namespaces need fewer.\n",
		watchesEach, watchesEach*million/inEachNamespace, inEachNamespace)
	w.WriteString("- The API server's resident memory is up to twice what is live: Go collects garbage when the heap has doubled. etcd\n" +
		"  advises against more than 8 GiB. Both grow with the templates: a large script belongs in an image or a ConfigMap.\n\n")
}

// millionAtRest has a row for each size of template, of the largest measured
// number.
func millionAtRest(measured []restFigures) [][]string {
	var rows [][]string
	for i, r := range measured {
		if r.Count == 0 || i+1 < len(measured) && measured[i+1].TemplateBytes == r.TemplateBytes {
			continue
		}
		factor := float64(million) / float64(r.Count)
		rows = append(rows, []string{
			kibi(r.TemplateBytes), fmt.Sprintf("%.0f", math.Ceil(factor)), fmt.Sprint(r.Count),
			fmt.Sprintf("%.0f", r.Operator/mebi), fmt.Sprintf("%.0f", r.Peak/mebi), fmt.Sprintf("%.1f", factor*r.Operator/gibi), fmt.Sprintf("%.0f", r.Ready),
			fmt.Sprintf("%.0f", factor*r.Served/gibi), fmt.Sprintf("%.0f", 2*factor*r.Served/gibi),
			fmt.Sprintf("%.1f", factor*r.Stored/gibi), fmt.Sprintf("%.0f", math.Ceil(factor*r.Stored/etcdMost)),
		})
	}
	return rows
}

func millionRuns(a, b *result) []string {
	runs := float64(million) / secondsOfDay
	requests, cpu := a.measured("requests a run with output"), b.measured("CPU-ms of the API server a run")
	return []string{
		fmt.Sprintf("%.1f", runs), fmt.Sprintf("%.0f", requests), fmt.Sprintf("%.0f", runs*requests),
		fmt.Sprintf("%.0f", cpu), fmt.Sprintf("%.1f", runs*cpu/1000),
	}
}

// measured returns what was compared with a target, NaN if nothing was.
func (r *result) measured(what string) float64 {
	i := slices.IndexFunc(r.Checks, func(c check) bool { return c.What == what })
	if i < 0 {
		return math.NaN()
	}
	return r.Checks[i].Got
}
