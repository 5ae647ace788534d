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
	"math"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// writesEach is how many requests of a kind are made to measure what one costs.
const writesEach = 200

// payers are the programs that spend CPU time on a request.
var payers = []string{"kube-apiserver", "etcd", "manager"}

// cost is CPU time in milliseconds, by program.
type cost map[string]float64

// splitByRequest adds a table of the requests that a run of the operator takes
// beyond the same work by hand, and their cost.
func (b *bench) splitByRequest(ctx context.Context, operator, byHand *measurement) error {
	if b.size == "smoke" {
		return nil
	}
	costs, err := b.costs(ctx)
	if err != nil {
		return err
	}
	more := operator.perRun()
	for kind, n := range byHand.perRun() {
		more[kind] -= n
	}
	var rows [][]string
	all := make(cost)
	for _, kind := range sortedRequests(more) {
		if math.Abs(more[kind]) < 0.05 {
			continue
		}
		row := []string{kind.Verb, kind.Resource, fmt.Sprintf("%+.2f", more[kind])}
		for _, program := range payers {
			each, known := costs[kind][program]
			if !known {
				row = append(row, "")
				continue
			}
			all[program] += more[kind] * each
			row = append(row, fmt.Sprintf("%.1f", each))
		}
		rows = append(rows, row)
	}
	sums, measured := []string{"", "sum of number × cost", ""}, []string{"", "measured difference to B2", ""}
	for _, program := range payers {
		sums = append(sums, fmt.Sprintf("%.1f", all[program]))
		difference := operator.cpu[program]/float64(operator.n) - byHand.cpu[program]/float64(byHand.n)
		measured = append(measured, fmt.Sprintf("%.1f", 1000*difference))
	}
	native := []string{"patch", "jobs, for comparison", ""}
	for _, program := range payers {
		native = append(native, fmt.Sprintf("%.1f", costs[patchJob][program]))
	}
	b.addTable("Extra requests of a run, compared with B2, by all programs together; the cost of one is measured by repeating it, and includes what follows from it",
		[]string{"verb", "resource", "extra per run", "CPU-ms of the API server", "of etcd", "of the operator"}, append(rows, sums, measured, native)...)
	return nil
}

// perRun returns how many requests of each kind a run took, by all programs
// together.
func (m *measurement) perRun() map[request]float64 {
	counts := make(map[request]float64)
	for r, n := range m.requests {
		counts[request{Verb: r.Verb, Resource: r.Resource}] += float64(n) / float64(m.n)
	}
	return counts
}

var (
	patchStatus       = request{Verb: "patch", Resource: "extendedjobs/status"}
	patchExtendedJob  = request{Verb: "patch", Resource: "extendedjobs"}
	createExtendedJob = request{Verb: "create", Resource: "extendedjobs"}
	createEvent       = request{Verb: "create", Resource: "events"}
	dryRunJob         = request{Verb: "create", Resource: "jobs (dry run)"}
	patchJob          = request{Verb: "patch", Resource: "jobs"}
)

// costs measures what requests cost for ExtendedJobs that have run.
func (b *bench) costs(ctx context.Context) (map[request]cost, error) {
	b.progress("  measuring what requests cost")
	namespace, err := b.newNamespace(ctx, "requests")
	if err != nil {
		return nil, err
	}
	// These Jobs are created long before they are measured, because the Job controller
	// works on new ones for a while.
	if err := parallel(writesEach, b.parameters.Workers, func(i int) error {
		return b.client.Create(ctx, suspendedJob(namespace, i))
	}); err != nil {
		return nil, err
	}
	run := &measurement{name: operatorName, n: writesEach}
	if err := b.oneOffs(true)(ctx, namespace, run); err != nil {
		return nil, err
	}
	run.stop()
	if err := waitFor(ctx, "runs to settle", time.Minute, func(ctx context.Context) (bool, error) {
		atRest, _, err := b.settledAs(ctx, namespace, fissilev1.StrategyDone, 1)
		return atRest == writesEach, err
	}); err != nil {
		return nil, err
	}
	var list fissilev1.ExtendedJobList
	if err := b.client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}

	costs := make(map[request]cost)
	for _, of := range []struct {
		kind request
		do   func(i int) error
	}{
		{patchStatus, func(i int) error {
			ej := list.Items[i].DeepCopy()
			ej.Status.LastRun.CompletionTime.Time = ej.Status.LastRun.CompletionTime.Add(time.Second)
			return b.client.Status().Patch(ctx, ej, client.MergeFrom(&list.Items[i]))
		}},
		{patchExtendedJob, func(i int) error {
			ej := list.Items[i].DeepCopy()
			metav1.SetMetaDataAnnotation(&ej.ObjectMeta, "example.com/changed", "yes")
			return b.client.Patch(ctx, ej, client.MergeFrom(&list.Items[i]))
		}},
		{createEvent, func(i int) error {
			return b.client.Create(ctx, &eventsv1.Event{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "bench-"},
				EventTime:  metav1.NowMicro(), Type: corev1.EventTypeNormal, Reason: "Measured", Action: "Measure", Note: "What an event costs.",
				ReportingController: "bench", ReportingInstance: "bench",
				Regarding: corev1.ObjectReference{
					APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob", Namespace: namespace, Name: list.Items[i].Name, UID: list.Items[i].UID,
				},
			})
		}},
		{dryRunJob, func(i int) error {
			return b.client.Create(ctx, newJob(namespace, i), client.DryRunAll)
		}},
		{createExtendedJob, func(i int) error {
			ej := newExtendedJob(namespace, i, fissilev1.StrategyManual).Output("manual").Obj()
			ej.Name = "manual-" + ej.Name
			return b.client.Create(ctx, ej)
		}},
	} {
		if costs[of.kind], err = b.cost(ctx, of.kind, costs, of.do); err != nil {
			return nil, err
		}
	}
	costs[patchJob], err = b.cost(ctx, patchJob, costs, func(i int) error {
		return b.client.Patch(ctx, suspendedJob(namespace, i), client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"example.com/changed":"yes"}}}`)))
	})
	return costs, err
}

// suspendedJob returns a Job that no controller works on.
func suspendedJob(namespace string, i int) *batchv1.Job {
	job := newJob(namespace, i)
	job.Name = "suspended-" + job.Name
	job.Spec.Suspend = new(true)
	return job
}

// cost measures what a request costs, without the requests that follow from it and
// whose cost is already known.
func (b *bench) cost(ctx context.Context, of request, known map[request]cost, do func(i int) error) (cost, error) {
	b.quiet(ctx)
	position, err := b.AuditLog.End()
	if err != nil {
		return nil, err
	}
	before := sampleCPU()
	if err := parallel(writesEach, b.parameters.Workers, do); err != nil {
		return nil, fmt.Errorf("%s %s: %w", of.Verb, of.Resource, err)
	}
	b.quiet(ctx) // until what follows is over, too
	used := sampleCPU().programsSince(before)
	requests, err := b.requestsSince(position)
	if err != nil {
		return nil, err
	}
	own := make(cost)
	for _, program := range payers {
		own[program] = 1000 * used[program] / writesEach
	}
	for r, n := range requests {
		kind := request{Verb: r.Verb, Resource: r.Resource}
		if kind == of {
			continue
		}
		for program, each := range known[kind] {
			own[program] -= each * float64(n) / writesEach
		}
	}
	return own, nil
}
