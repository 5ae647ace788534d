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
	"strings"
	"time"
)

// measurement is the result of measuring one side once.
type measurement struct {
	name string
	n    int
	took time.Duration
	*tracker
	requests map[request]int
	// cpu is the CPU time that each program used, in seconds.
	cpu map[string]float64
	// others is the share of the machine that other processes used.
	others float64
}

// rate returns the throughput in runs per second.
func (m *measurement) rate() float64 { return float64(m.n) / m.took.Seconds() }

// measure measures work in a namespace of its own, and deletes the namespace. The n
// runs must be over when work returns.
func (b *bench) measure(ctx context.Context, name string, n int, work func(ctx context.Context, namespace string, m *measurement) error) (*measurement, error) {
	namespace, err := b.newNamespace(ctx, "bench")
	if err != nil {
		return nil, err
	}
	m, err := b.measureIn(ctx, name, n, func(ctx context.Context, m *measurement) error { return work(ctx, namespace, m) })
	if err != nil || b.size == "smoke" { // the namespace is deleted with its cluster
		return m, err
	}
	return m, b.deleteNamespace(ctx, namespace)
}

// measureIn is measure without a namespace of its own. Work chooses the namespace,
// which is not deleted.
func (b *bench) measureIn(ctx context.Context, name string, n int, work func(ctx context.Context, m *measurement) error) (*measurement, error) {
	b.quiet(ctx)
	position, err := b.AuditLog.End()
	if err != nil {
		return nil, err
	}
	m := &measurement{name: name, n: n}
	before, started := sampleCPU(), time.Now()
	if err := work(ctx, m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m.stop()
	m.took = time.Since(started)
	after := sampleCPU()
	m.cpu, m.others = after.programsSince(before), after.othersSince(before)
	b.progress("  %s: %d in %.1f s, %.1f/s (other processes used %.0f %% of the machine)", name, n, m.took.Seconds(), m.rate(), 100*m.others)
	// Events come last, one for the start and one for the end of each run.
	if strings.HasPrefix(name, operatorName) {
		if err := b.logged(ctx, position, isEventOfOperator, 2*n); err != nil {
			return nil, err
		}
	}
	m.requests, err = b.requestsSince(position)
	return m, err
}

func isEventOfOperator(r request) bool { return r.User == operatorName && r.Resource == "events" }

// quiet waits until the machine is nearly idle, but not for long, because others
// may be using it.
func (b *bench) quiet(ctx context.Context) {
	if b.size == "smoke" {
		return // it checks counts only
	}
	const enough, most = 0.15, 15 * time.Second
	for deadline := time.Now().Add(most); time.Now().Before(deadline); {
		before := sampleCPU()
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
		if after := sampleCPU(); (after.busy-before.busy)/(after.all-before.all) < enough {
			return
		}
	}
}
