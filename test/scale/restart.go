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

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// inEachNamespace is how many ExtendedJobs at rest each namespace has.
const inEachNamespace = 1000

// restFigures is what all ExtendedJobs at rest take together, in bytes.
type restFigures struct {
	Count, TemplateBytes int
	// Ready and Took are the seconds until a starting operator was ready, and until it
	// had reconciled all ExtendedJobs.
	Ready, Took float64
	// Peak is the operator's highest resident memory. Operator and Live are its
	// resident and live memory after a garbage collection.
	Peak, Operator, Live float64
	// Stored is the size of the ExtendedJobs in etcd, and Served the live memory that
	// they add to the API server. APIServer and Etcd are the resident memory of these
	// programs.
	Stored, Served, APIServer, Etcd float64
	// Requests is how many requests the operator made when it started.
	Requests int

	requests map[request]int
}

// restart is scenario f.
func restart(ctx context.Context, b *bench) error {
	empty, err := b.measureStart(ctx, 0)
	if err != nil {
		return err
	}
	b.result.Rest = []restFigures{*empty}
	for i, size := range b.parameters.TemplateBytes {
		if i > 0 { // An API server keeps deleted objects for a while.
			if err := b.enter(ctx, b.scenario.Components); err != nil {
				return err
			}
		}
		if err := b.restartWith(ctx, size, empty); err != nil {
			return err
		}
	}
	b.result.Checks = dropRepeated(b.result.Checks)
	b.addRestTables()
	return nil
}

// restartWith starts the operator with increasing numbers of ExtendedJobs at rest,
// whose templates have the given size.
func (b *bench) restartWith(ctx context.Context, size int, empty *restFigures) error {
	operator, err := b.startOperator(ctx, nil)
	if err != nil {
		return err
	}
	c, err := b.newCopies(ctx, func(namespace string) []*fissilev1.ExtendedJob { return oneOffsOfSize(namespace, size) })
	if err != nil {
		return err
	}
	defer c.etcd.Close()
	operator.stop()
	before, err := b.liveInAPIServer(ctx)
	if err != nil {
		return err
	}
	for _, n := range b.parameters.Counts {
		if missing := c.missing(n); missing > 0 {
			b.note("%d ExtendedJobs with templates of %s do not fit into this machine: the API server, etcd and the operator would need %.0f GiB more than it has.", n, kibi(size), missing/1024/mebi)
			break
		}
		if err := c.grow(ctx, n, inEachNamespace); err != nil {
			return err
		}
		r, err := b.measureStart(ctx, n)
		if err != nil {
			return err
		}
		r.TemplateBytes, r.Stored, r.Served = size, float64(c.bytes), r.Served-before
		b.checkStart(r, empty, len(c.namespaces))
		b.result.Rest = append(b.result.Rest, *r)
	}
	return nil
}

// oneOffsOfSize returns one-offs. Even ones have output; odd ones read the shared
// ConfigMap.
func oneOffsOfSize(namespace string, templateBytes int) []*fissilev1.ExtendedJob {
	models := make([]*fissilev1.ExtendedJob, nodes)
	for i := range models {
		ej := newExtendedJob(namespace, i, fissilev1.StrategyOnce)
		enlarge(ej, i, templateBytes)
		if i%2 == 0 {
			models[i] = ej.Output(ej.Obj().Name).Obj()
		} else {
			models[i] = readingShared(ej)
		}
	}
	return models
}

// missing estimates how much memory n copies need beyond what is available, from
// what the existing copies take.
func (c *copies) missing(n int) float64 {
	if c.count == 0 {
		return 0
	}
	taken := memoryOfProgram("kube-apiserver").resident + memoryOfProgram("etcd").resident + c.result.Rest[len(c.result.Rest)-1].Peak
	return taken/float64(c.count)*float64(n-c.count) - availableMemory()
}

// measureStart starts the operator with n ExtendedJobs at rest, and stops it.
func (b *bench) measureStart(ctx context.Context, n int) (*restFigures, error) {
	b.quiet(ctx)
	position, err := b.AuditLog.End()
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
	r := &restFigures{Count: n, Ready: m.ready.Seconds(), Took: time.Since(started).Seconds()}
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
	families, err := m.families(ctx)
	if err != nil {
		return nil, err
	}
	memory := memoryOf(m.command.Process.Pid)
	r.Peak, r.Operator, r.Live = memory.peak, memory.resident, families.Sum("go_memstats_heap_alloc_bytes", nil)
	r.APIServer, r.Etcd = memoryOfProgram("kube-apiserver").resident, memoryOfProgram("etcd").resident
	if r.Served, err = b.liveInAPIServer(ctx); err != nil {
		return nil, err
	}
	if r.requests, err = b.requestsSince(position); err != nil {
		return nil, err
	}
	r.requests = operatorRequests(r.requests)
	r.Requests = sum(r.requests, func(request) bool { return true })
	b.progress("  %d at rest: ready after %.2f s, all reconciled after %.1f s; MiB: peak %.1f, at rest %.1f, live %.1f, API server %.0f",
		n, r.Ready, r.Took, r.Peak/mebi, r.Operator/mebi, r.Live/mebi, r.APIServer/mebi)
	return r, nil
}

func (b *bench) checkStart(r, empty *restFigures, configMaps int) {
	b.atMost("writes", float64(sum(r.requests, request.isWrite)), true)
	b.atMost("reads of each ConfigMap", float64(sum(r.requests, readsConfigMap))/float64(configMaps), true)
	compare := func(target string, got float64) {
		if limit, wanted := b.scenario.Targets[target]; wanted {
			what := fmt.Sprintf("%s (%d with templates of %s)", target, r.Count, kibi(r.TemplateBytes))
			b.result.Checks = append(b.result.Checks, check{What: what, Got: got, Most: &limit})
		}
	}
	compare("KiB per ExtendedJob at rest", r.each(r.Operator-empty.Operator))
	compare("peak at start, relative to memory at rest", r.Peak/r.Operator)
	compare(fmt.Sprintf("memory with %d at rest, MiB", r.Count), r.Operator/mebi)
	compare(fmt.Sprintf("time until ready with %d, s", r.Count), r.Ready)
}

// each returns the share of one ExtendedJob, in KiB.
func (r *restFigures) each(bytes float64) float64 { return bytes / 1024 / float64(r.Count) }

// addRestTables adds a table of the starts, and one of the limits that a cluster of
// each size exceeds.
func (b *bench) addRestTables() {
	empty := b.result.Rest[0]
	var starts, limits [][]string
	for i, r := range b.result.Rest {
		template, own, live := kibi(r.TemplateBytes), fmt.Sprintf("%.2f", r.each(r.Operator-empty.Operator)), fmt.Sprintf("%.2f", r.each(r.Live-empty.Live))
		if i == 0 {
			template, own, live = "", "", ""
		}
		starts = append(starts, []string{
			template, fmt.Sprint(r.Count), fmt.Sprintf("%.2f", r.Ready), fmt.Sprintf("%.1f", r.Took),
			fmt.Sprintf("%.1f", r.Peak/mebi), fmt.Sprintf("%.1f", r.Operator/mebi), fmt.Sprintf("%.1f", r.Live/mebi), own, live, fmt.Sprint(r.Requests),
		})
		if i > 0 {
			limits = append(limits, []string{
				template, fmt.Sprint(r.Count), fmt.Sprintf("%.0f", r.Operator/mebi), fmt.Sprintf("%.0f", r.APIServer/mebi), fmt.Sprintf("%.1f", r.each(r.Served)),
				fmt.Sprintf("%.0f", r.Etcd/mebi), fmt.Sprintf("%.0f", r.Stored/mebi), fmt.Sprintf("%.1f", r.each(r.Stored)), r.limit(),
			})
		}
	}
	b.addTable("Starts of the operator, in seconds and MiB; at rest means after a garbage collection, which Go makes at least every two minutes; figures per ExtendedJob are KiB beyond the operator in an empty cluster",
		[]string{"template", "ExtendedJobs", "time until ready", "until all are reconciled", "peak RSS", "RSS at rest", "live heap", "RSS per ExtendedJob", "live heap per ExtendedJob", "requests"}, starts...)
	b.addTable("What the ExtendedJobs take in the operator and the control plane, in MiB, or KiB per ExtendedJob",
		[]string{"template", "ExtendedJobs", "operator, RSS", "API server, RSS", "live per ExtendedJob", "etcd, RSS", "stored", "stored per ExtendedJob", "limits to raise"}, limits...)
}

// Limits that a cluster usually has.
const (
	// etcdQuota is etcd's default quota, and etcdMost the size that etcd advises not
	// to exceed.
	etcdQuota, etcdMost = 2 << 30, 8 << 30
	// operatorLimit is the memory limit of the operator's container as deployed.
	operatorLimit = 256 << 20
)

// limit returns which of these limits must be raised for this many ExtendedJobs.
func (r *restFigures) limit() string {
	var limits []string
	if r.Peak > operatorLimit {
		limits = append(limits, fmt.Sprintf("memory of the operator (%d MiB as deployed)", operatorLimit>>20))
	}
	if r.Stored > etcdQuota {
		limits = append(limits, fmt.Sprintf("quota of etcd (%d GiB by default)", etcdQuota>>30))
	}
	if len(limits) == 0 {
		return "none"
	}
	return strings.Join(limits, ", ")
}

func kibi(bytes int) string { return fmt.Sprintf("%d KiB", bytes/1024) }
