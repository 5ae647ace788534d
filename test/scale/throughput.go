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
	"context"
	"fmt"
	"slices"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// side is one of the alternatives that are measured in turns.
type side struct {
	name, title string
	work        func(context.Context, string, *measurement) error
}

// inTurns measures all sides in each round.
func (b *bench) inTurns(ctx context.Context, sides []side) (map[string][]*measurement, error) {
	all := make(map[string][]*measurement)
	for range b.parameters.Rounds {
		for _, s := range sides {
			m, err := b.measure(ctx, s.name, b.parameters.Count, s.work)
			if err != nil {
				return nil, err
			}
			all[s.name] = append(all[s.name], m)
		}
	}
	return all, nil
}

// throughput is scenario b.
func throughput(ctx context.Context, b *bench) error {
	m, err := b.startWarmOperator(ctx)
	if err != nil {
		return err
	}
	profiled := func() error { return nil }
	operator := func(ctx context.Context, namespace string, measured *measurement) error {
		profiled = b.profileCPU(ctx, m, 30)
		if err := b.oneOffs(true)(ctx, namespace, measured); err != nil {
			return err
		}
		b.exactly("Secrets", measured.count(stored), measured.n)
		return b.expectSettled(ctx, namespace, fissilev1.StrategyDone, measured.n, 1)
	}
	sides := []side{
		{"B1", "B1: bare Jobs", func(ctx context.Context, namespace string, m *measurement) error {
			return b.bareJobs(ctx, namespace, m)
		}},
		{"B2", "B2: the same by hand", b.byHand(true)},
		{operatorName, "ExtendedJobs", operator},
	}
	all, err := b.inTurns(ctx, sides)
	if err != nil {
		return err
	}
	if err := profiled(); err != nil {
		return err
	}
	b.reportSides(sides, all)
	b.limitServer(all[operatorName])
	b.atLeast("throughput, relative to B2", median(ratios(all[operatorName], all["B2"])))
	b.result.Checks = dropRepeated(b.result.Checks)

	if err := b.splitByRequest(ctx, medianOf(all[operatorName]), medianOf(all["B2"])); err != nil {
		return err
	}
	if err := b.oneByOne(ctx); err != nil {
		return err
	}
	if err := b.profile(ctx, m, "heap", "heap"); err != nil {
		return err
	}
	m.stop()
	return b.byConcurrency(ctx)
}

// limitServer checks how much CPU time runs cost the API server.
func (b *bench) limitServer(runs []*measurement) {
	var used []float64
	for _, m := range runs {
		used = append(used, 1000*m.cpu["kube-apiserver"]/float64(m.n))
	}
	b.atMost("CPU-ms of the API server per run", median(used), false)
}

// oneByOne measures how long a run takes if no other run is queued.
func (b *bench) oneByOne(ctx context.Context) error {
	const n = 20
	if b.size == "smoke" {
		return nil
	}
	namespace, err := b.newNamespace(ctx, "idle")
	if err != nil {
		return err
	}
	b.quiet(ctx)
	t, err := b.track(ctx, namespace, nil)
	if err != nil {
		return err
	}
	defer t.stop()
	for i := range n {
		ej := newExtendedJob(namespace, i, fissilev1.StrategyOnce)
		ej.Output(ej.Obj().Name)
		if err := b.client.Create(ctx, ej.Obj()); err != nil {
			return err
		}
		t.see(requested, ej.Obj().Name)
		if err := t.wait(ctx, b, jobDeleted, i+1); err != nil {
			return err
		}
	}
	toSecret := t.between(jobFinished, stored)
	b.atMost("p99 of finished → Secret stored on an idle cluster, ms", 1000*quantile(toSecret, 0.99), false)
	b.note("One run at a time: one-off created → Job exists %s ms, finished → Secret stored %s ms, Secret stored → Job deleted %s ms, created → deleted %s ms (p50 / p99 / max, n=%d).",
		milliseconds(t.between(requested, jobCreated)), milliseconds(toSecret), milliseconds(t.between(stored, jobDeleted)), milliseconds(t.between(requested, jobDeleted)), n)
	return nil
}

// byConcurrency compares settings of the operator's concurrency.
func (b *bench) byConcurrency(ctx context.Context) error {
	n := b.parameters.Count / 10
	var rows [][]string
	for _, concurrency := range b.parameters.Concurrencies {
		operator, err := b.startOperator(ctx, func(c *configv1alpha1.OperatorConfiguration) { c.Concurrency = &concurrency })
		if err != nil {
			return err
		}
		m, err := b.measure(ctx, fmt.Sprintf("%s with concurrency %d", operatorName, concurrency), n, b.oneOffs(true))
		if err != nil {
			return err
		}
		operator.stop()
		rows = append(rows, []string{
			fmt.Sprint(concurrency), fmt.Sprintf("%.1f", m.rate()), fmt.Sprintf("%.1f", 1000*m.cpu["manager"]/float64(m.n)),
			milliseconds(m.between(requested, jobCreated)), milliseconds(m.between(jobFinished, stored)),
		})
	}
	b.addTable(fmt.Sprintf("The operator with different settings of concurrency, %d one-offs each; the default is 10", n),
		[]string{"concurrency", "runs per second", "CPU-ms of the operator per run", "requested → Job exists, ms", "Job finished → Secret stored, ms"}, rows...)
	return nil
}

// ratios returns the throughput of one side relative to another, for each round.
func ratios(of, to []*measurement) []float64 {
	var values []float64
	for i := range of {
		values = append(values, of[i].rate()/to[i].rate())
	}
	return values
}

// reportSides adds the tables and plots that compare the sides. The last side is
// the operator.
func (b *bench) reportSides(sides []side, all map[string][]*measurement) {
	last := sides[len(sides)-1]
	operator := all[last.name]
	header := []string{"", "runs per second"}
	for _, s := range sides[:len(sides)-1] {
		header = append(header, "relative to "+s.name)
	}
	header = append(header, "CPU-ms of the API server per run", "of etcd", "of the operator", "requests per run, all programs", "CPU of other processes, %")
	var rows [][]string
	for _, s := range sides {
		var rates, api, etcd, manager, requests, others []float64
		for _, m := range all[s.name] {
			n := float64(m.n)
			rates = append(rates, m.rate())
			api = append(api, 1000*m.cpu["kube-apiserver"]/n)
			etcd = append(etcd, 1000*m.cpu["etcd"]/n)
			manager = append(manager, 1000*m.cpu["manager"]/n)
			requests = append(requests, float64(sum(m.requests, func(request) bool { return true }))/n)
			others = append(others, 100*m.others)
		}
		row := []string{s.title, spread(rates, "%.1f")}
		for _, to := range sides[:len(sides)-1] {
			if to.name == s.name {
				row = append(row, "1")
				continue
			}
			row = append(row, spread(ratios(all[s.name], all[to.name]), "%.2f"))
		}
		rows = append(rows, append(row, spread(api, "%.1f"), spread(etcd, "%.1f"), spread(manager, "%.1f"), spread(requests, "%.1f"), spread(others, "%.0f")))
	}
	b.addTable("Min / median / max of the rounds", header, rows...)
	b.reportLatencies(sides, all)

	perRun := operator[len(operator)-1]
	requests := operatorRequests(perRun.requests)
	var lines [][]string
	for _, r := range sortedRequests(requests) {
		lines = append(lines, []string{r.Verb, r.Resource, fmt.Sprintf("%.3f", float64(requests[r])/float64(perRun.n))})
	}
	b.addTable("Requests of the operator per run, in the last round", []string{"verb", "resource", "per run"}, lines...)
}

func (b *bench) reportLatencies(sides []side, all map[string][]*measurement) {
	intervals := [][2]moment{{requested, jobCreated}, {jobFinished, stored}, {stored, jobDeleted}, {jobFinished, jobDeleted}, {requested, jobDeleted}}
	var rows [][]string
	plot := plotData{Name: "done", Title: "Completed runs", X: "seconds", Y: "runs"}
	for _, s := range sides {
		row := []string{s.title}
		for _, interval := range intervals {
			var seconds []float64
			for _, m := range all[s.name] {
				seconds = append(seconds, m.between(interval[0], interval[1])...)
			}
			row = append(row, milliseconds(seconds))
		}
		rows = append(rows, row)

		middle := medianOf(all[s.name])
		over := middle.since(jobDeleted)
		if len(over) == 0 {
			over = middle.since(jobFinished)
		}
		plot.Series = append(plot.Series, cumulative(s.title, over))
	}
	header := []string{"p50 / p99 / max, ms"}
	for _, interval := range intervals {
		header = append(header, fmt.Sprintf("%s → %s", interval[0], interval[1]))
	}
	b.addTable("Durations as seen by the client's own watches, over all rounds", header, rows...)
	b.result.Plots = append(b.result.Plots, plot)
}

// medianOf returns the measurement with the median rate.
func medianOf(all []*measurement) *measurement {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b *measurement) int { return int(a.took - b.took) })
	return sorted[len(sorted)/2]
}
