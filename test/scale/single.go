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
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// single is scenario a.
func single(ctx context.Context, b *bench) error {
	if _, err := b.startWarmOperator(ctx); err != nil {
		return err
	}
	perRun := make(map[bool]map[request]int)
	for _, output := range []bool{true, false} {
		kind := "without output"
		if output {
			kind = "with output"
		}
		var seconds []float64
		for range b.parameters.Rounds {
			m, err := b.measureRun(ctx, output)
			if err != nil {
				return err
			}
			requests := operatorRequests(m.requests)
			if perRun[output] != nil && !maps.Equal(perRun[output], requests) {
				b.note("The requests differed between runs.")
			}
			perRun[output] = requests
			b.atMost("requests per run "+kind, float64(sum(requests, func(r request) bool { return r.Resource != "events" })), true)
			b.result.Checks = dropRepeated(b.result.Checks)
			seconds = append(seconds, m.between(requested, jobCreated)...)
		}
		b.note("From the creation of a one-off %s to its Job, as seen by the client: %s ms (p50 / p99 / max).", kind, milliseconds(seconds))
	}
	kinds := maps.Clone(perRun[true])
	maps.Copy(kinds, perRun[false])
	var rows [][]string
	for _, r := range sortedRequests(kinds) {
		rows = append(rows, []string{r.Verb, r.Resource, fmt.Sprint(perRun[true][r]), fmt.Sprint(perRun[false][r])})
	}
	b.addTable("Requests of the operator for one run", []string{"verb", "resource", "with output", "without output"}, rows...)
	return nil
}

// startWarmOperator starts the operator and makes it run a one-off, because the
// first run creates the key for digests.
func (b *bench) startWarmOperator(ctx context.Context) (*manager, error) {
	m, err := b.startOperator(ctx, nil)
	if err != nil {
		return nil, err
	}
	_, err = b.measure(ctx, operatorName+", first run", 1, b.oneOffs(false))
	return m, err
}

// measureRun measures a single run of a one-off.
func (b *bench) measureRun(ctx context.Context, output bool) (*measurement, error) {
	return b.measure(ctx, operatorName, 1, func(ctx context.Context, namespace string, m *measurement) error {
		if err := b.oneOffs(output)(ctx, namespace, m); err != nil {
			return err
		}
		return b.expectSettled(ctx, namespace, fissilev1.StrategyDone, m.n, 1)
	})
}

// expectSettled adds checks that all ExtendedJobs are at rest after this many runs
// each.
func (b *bench) expectSettled(ctx context.Context, namespace string, strategy fissilev1.TriggerStrategy, n int, runs int64) error {
	atRest, all, err := b.settledAs(ctx, namespace, strategy, runs)
	if err != nil {
		return err
	}
	b.exactly("ExtendedJobs at rest after their runs", atRest, n)
	b.exactly("runs", all, n*int(runs))
	b.result.Checks = dropRepeated(b.result.Checks)
	return nil
}

// dropRepeated keeps one of several checks with the same result.
func dropRepeated(checks []check) []check {
	var kept []check
	for _, c := range checks {
		if !slices.ContainsFunc(kept, func(other check) bool { return other.String() == c.String() }) {
			kept = append(kept, c)
		}
	}
	return kept
}

func sortedRequests[V any](requests map[request]V) []request {
	return slices.SortedFunc(maps.Keys(requests), func(a, b request) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Verb, b.Verb))
	})
}
