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
	"time"
)

// start is one start of the operator.
type start struct {
	// ready and took are how long it took until the operator was ready, and had
	// looked at all ExtendedJobs.
	ready, took time.Duration
	// peak is the most resident memory, in bytes; rest and heap are what is resident
	// and what is live once garbage is collected.
	peak, rest, heap float64
	requests         map[request]int
}

// restart is scenario f.
func restart(ctx context.Context, b *bench) error {
	empty, err := b.measureStart(ctx, 0)
	if err != nil {
		return err
	}
	rows := [][]string{empty.row("", 0)}
	for _, size := range b.parameters.TemplateBytes {
		settled, err := b.startSettled(ctx, size)
		if err != nil {
			return err
		}
		for _, n := range b.parameters.Counts {
			if err := settled.grow(ctx, n); err != nil {
				return err
			}
			for range b.parameters.Rounds {
				s, err := b.measureStart(ctx, n)
				if err != nil {
					return err
				}
				b.checkStart(size, n, s, empty)
				rows = append(rows, s.row(kibi(size), n))
				b.note("%d with a template of %s: %.2f KiB of resident memory for each beyond the empty operator, %.2f KiB of live heap. The API server takes %.0f MiB, etcd %.0f MiB.",
					n, kibi(size), (s.rest-empty.rest)/1024/float64(n), (s.heap-empty.heap)/1024/float64(n),
					memoryOfProgram("kube-apiserver").resident/mebi, memoryOfProgram("etcd").resident/mebi)
			}
		}
		if err := settled.remove(ctx); err != nil {
			return err
		}
	}
	b.result.Checks = dropRepeated(b.result.Checks)
	b.addTable("Each start; seconds, and MiB; at rest is after a garbage collection, which Go makes at least every two minutes",
		[]string{"template", "ExtendedJobs", "ready", "has looked at all", "peak RSS", "RSS at rest", "live heap", "requests"}, rows...)
	return nil
}

// measureStart starts the operator with n ExtendedJobs at rest, and stops it.
func (b *bench) measureStart(ctx context.Context, n int) (*start, error) {
	b.quiet(ctx)
	position, err := b.audit.position()
	if err != nil {
		return nil, err
	}
	started := time.Now()
	m, err := b.startOperator(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer m.stop()
	profiled := b.profileCPU(ctx, m, 5)
	if err := m.workedOff(ctx, n); err != nil {
		return nil, err
	}
	s := &start{ready: m.ready, took: time.Since(started)}
	if err := profiled(); err != nil {
		return nil, err
	}
	if err := m.collectGarbage(ctx); err != nil {
		return nil, err
	}
	if err := b.profile(ctx, m, fmt.Sprintf("heap-%d", n), "heap"); err != nil {
		return nil, err
	}
	if err := pause(ctx, b.parameters.Seconds); err != nil {
		return nil, err
	}
	values, err := m.values(ctx)
	if err != nil {
		return nil, err
	}
	memory := memoryOf(m.command.Process.Pid)
	s.peak, s.rest, s.heap = memory.peak, memory.resident, values["go_memstats_heap_alloc_bytes"]
	s.requests, err = b.audit.requestsSince(position)
	b.progress("  %d at rest: ready after %.2f s, looked at all after %.1f s; MiB: peak %.1f, at rest %.1f, live heap %.1f",
		n, s.ready.Seconds(), s.took.Seconds(), s.peak/mebi, s.rest/mebi, s.heap/mebi)
	return s, err
}

func (b *bench) checkStart(templateBytes, n int, s, empty *start) {
	own := operatorRequests(s.requests)
	b.atMost("writes", float64(sum(own, request.isWrite)), true)
	b.atMost("reads of the ConfigMap", float64(sum(own, readsConfigMap)), true)
	compare := func(target string, got float64) {
		limit := b.scenario.Targets[target]
		what := fmt.Sprintf("%s, %d with a template of %s", target, n, kibi(templateBytes))
		b.result.Checks = append(b.result.Checks, check{What: what, Got: got, Most: &limit})
	}
	compare("KiB an ExtendedJob at rest", (s.rest-empty.rest)/1024/float64(n))
	compare("peak, of memory at rest", s.peak/s.rest)
	if n == 10000 {
		compare("memory at rest, MiB", s.rest/mebi)
		compare("ready, s", s.ready.Seconds())
	}
}

func (s *start) row(template string, n int) []string {
	return []string{
		template, fmt.Sprint(n), fmt.Sprintf("%.2f", s.ready.Seconds()), fmt.Sprintf("%.1f", s.took.Seconds()),
		fmt.Sprintf("%.1f", s.peak/mebi), fmt.Sprintf("%.1f", s.rest/mebi), fmt.Sprintf("%.1f", s.heap/mebi),
		fmt.Sprint(sum(operatorRequests(s.requests), func(request) bool { return true })),
	}
}

func kibi(bytes int) string { return fmt.Sprintf("%d KiB", bytes/1024) }
