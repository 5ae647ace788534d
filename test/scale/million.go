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
	// namespace: ExtendedJobs, Jobs, pods, ConfigMaps and Secrets.
	watchesEach = 5
	// secondsOfDay is the time in which each of a million runs once.
	secondsOfDay = 24 * 60 * 60
	gibi         = 1 << 30
)

// writeMillion extrapolates from the results of scenarios a, b and f what a million
// ExtendedJobs would take.
func writeMillion(w *bytes.Buffer, results map[string]*result) {
	f := results["f"]
	if f == nil || len(f.Rest) == 0 {
		return
	}
	w.WriteString("## Projection: a million\n\n" +
		"These figures are computed from the results of a, b and f, and were not measured. Operators with different\n" +
		"`watchNamespaces` share the million. Each of these shards has as many ExtendedJobs as the largest cluster of f, and\n" +
		"takes what was measured there.\n\n")
	writeTable(w, "At rest, in GiB unless stated otherwise", []string{
		"template", "shards", "ExtendedJobs each", "memory of an operator at rest, MiB", "its peak at the start, MiB", "memory of all operators at rest",
		"time until ready, s", "live in the API server, v1 alone", "live with v1alpha1 (twice as much)", "stored in etcd", "clusters with at most 8 GiB in etcd",
	}, millionAtRest(f.Rest))
	if a, b := results["a"], results["b"]; a != nil && b != nil {
		writeTable(w, "If each runs once a day, evenly distributed", []string{"runs per second", "requests of the operators per run", "requests per second", "CPU-ms of the API server per run", "processors of the API server"}, [][]string{millionRuns(a, b)})
	}
	fmt.Fprintf(w, "- An operator with `watchNamespaces` has %d watches in each namespace. The total is %d, with %d ExtendedJobs in each namespace. Larger namespaces need fewer watches.\n",
		watchesEach, watchesEach*million/inEachNamespace, inEachNamespace)
	w.WriteString("- The resident memory of the API server is up to twice its live memory, because Go collects garbage when the heap has\n" +
		"  doubled. etcd advises against storing more than 8 GiB. Both grow with the templates, so put large scripts into an image\n" +
		"  or a ConfigMap.\n\n")
}

// millionAtRest returns a row for each template size, based on the largest measured
// number of ExtendedJobs.
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
	requests, cpu := a.measured("requests per run with output"), b.measured("CPU-ms of the API server per run")
	return []string{
		fmt.Sprintf("%.1f", runs), fmt.Sprintf("%.0f", requests), fmt.Sprintf("%.0f", runs*requests),
		fmt.Sprintf("%.0f", cpu), fmt.Sprintf("%.1f", runs*cpu/1000),
	}
}

// measured returns the value of a check, or NaN if the result has no such check.
func (r *result) measured(what string) float64 {
	i := slices.IndexFunc(r.Checks, func(c check) bool { return c.What == what })
	if i < 0 {
		return math.NaN()
	}
	return r.Checks[i].Got
}
