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

	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// errands is scenario c.
func errands(ctx context.Context, b *bench) error {
	operator, err := b.startWarmOperator(ctx)
	if err != nil {
		return err
	}
	namespace, err := b.newNamespace(ctx, "errands")
	if err != nil {
		return err
	}
	n := b.parameters.Count
	if err := parallel(n, b.parameters.Workers, func(i int) error {
		return b.client.Create(ctx, newExtendedJob(namespace, i, fissilev1.StrategyManual).Obj())
	}); err != nil {
		return err
	}
	if err := operator.workedOff(ctx, n); err != nil {
		return err
	}

	sides := []side{{"B2", "B2: the same by hand", b.byHand(false)}, {operatorName, "Errands", nil}}
	all := make(map[string][]*measurement)
	for round := range b.parameters.Rounds {
		m, err := b.measure(ctx, sides[0].name, n, sides[0].work)
		if err != nil {
			return err
		}
		all[sides[0].name] = append(all[sides[0].name], m)
		m, err = b.measureIn(ctx, operatorName, n, func(ctx context.Context, m *measurement) error {
			return b.trigger(ctx, namespace, round, m)
		})
		if err != nil {
			return err
		}
		all[operatorName] = append(all[operatorName], m)
		if err := b.expectSettled(ctx, namespace, fissilev1.StrategyManual, n, int64(round+1)); err != nil {
			return err
		}
		requests := operatorRequests(m.requests)
		b.atMost("requests per run without output", float64(sum(requests, func(r request) bool { return r.Resource != "events" }))/float64(n), false)
	}
	b.result.Checks = dropRepeated(b.result.Checks)
	b.reportSides(sides, all)
	return nil
}

// trigger sets all ExtendedJobs to now, and waits until their Jobs are deleted.
func (b *bench) trigger(ctx context.Context, namespace string, round int, m *measurement) error {
	var err error
	if m.tracker, err = b.track(ctx, namespace, nil); err != nil {
		return err
	}
	if err := parallel(m.n, b.parameters.Workers, func(i int) error {
		ej := newExtendedJob(namespace, i, fissilev1.StrategyNow).Obj()
		if err := b.setNow(ctx, ej, round); err != nil {
			return err
		}
		m.see(requested, ej.Name)
		return nil
	}); err != nil {
		return err
	}
	return m.wait(ctx, b, jobDeleted, m.n)
}

// setNow triggers an errand as kubectl patch would. It also changes the template,
// because repeating the same request would be delayed.
func (b *bench) setNow(ctx context.Context, ej *fissilev1.ExtendedJob, request int) error {
	patch := fmt.Appendf(nil, `{"spec":{"trigger":{"strategy":"now"},"jobTemplate":{"metadata":{"annotations":{"request":"%d"}}}}}`, request)
	return b.client.Patch(ctx, ej, client.RawPatch("application/merge-patch+json", patch))
}

// request requests a run with a requestID.
func (b *bench) request(ctx context.Context, ej *fissilev1.ExtendedJob, request int) error {
	patch := fmt.Appendf(nil, `{"spec":{"trigger":{"requestID":"%d"}}}`, request)
	return b.client.Patch(ctx, ej, client.RawPatch("application/merge-patch+json", patch))
}

// sharedInput is scenario d.
func sharedInput(ctx context.Context, b *bench) error {
	operator, err := b.startWarmOperator(ctx)
	if err != nil {
		return err
	}
	n := b.parameters.Count
	namespace, err := b.newNamespace(ctx, "shared")
	if err != nil {
		return err
	}
	if err := b.client.Create(ctx, sharedConfigMap(namespace, "before")); err != nil {
		return err
	}
	// With the strategy done, the operator records their input without running them.
	b.progress("  creating %d one-offs", n)
	if err := parallel(n, b.parameters.Workers, func(i int) error {
		return b.client.Create(ctx, readingShared(newExtendedJob(namespace, i, fissilev1.StrategyDone)))
	}); err != nil {
		return err
	}
	if err := operator.workedOff(ctx, n); err != nil {
		return err
	}

	sides := []side{{"B1", "B1: bare Jobs", b.bareJobs}, {operatorName, "One-offs", nil}}
	all := make(map[string][]*measurement)
	bare, err := b.measure(ctx, sides[0].name, n, sides[0].work)
	if err != nil {
		return err
	}
	all[sides[0].name] = []*measurement{bare}
	profiled := b.profileCPU(ctx, operator, 60)
	m, err := b.measureIn(ctx, operatorName, n, func(ctx context.Context, m *measurement) error {
		var err error
		if m.tracker, err = b.track(ctx, namespace, nil); err != nil {
			return err
		}
		for i := range n {
			m.see(requested, runName(i))
		}
		if err := b.client.Update(ctx, sharedConfigMap(namespace, "after")); err != nil {
			return err
		}
		return m.wait(ctx, b, jobDeleted, n)
	})
	if err != nil {
		return err
	}
	if err := profiled(); err != nil {
		return err
	}
	all[operatorName] = []*measurement{m}
	if err := b.expectSettled(ctx, namespace, fissilev1.StrategyDone, n, 1); err != nil {
		return err
	}
	b.atMost("requests per run for a change, without output", float64(sum(operatorRequests(m.requests), isForRun))/float64(n), false)
	b.atMost("reads of the ConfigMap", float64(sum(m.requests, readsConfigMap)), true)
	b.result.Checks = dropRepeated(b.result.Checks)
	b.reportSides(sides, all)
	last := quantile(m.between(requested, jobCreated), 1)
	b.note("The last Job was created %.1f s after the change, which includes the debounce of 1 s. That is %.0f Jobs per second.", last, float64(n)/last)
	b.note("The same number of bare Jobs, created by %d workers, had all been created after %.1f s and had all finished after %.1f s.",
		b.parameters.Workers, quantile(bare.since(jobCreated), 1), quantile(bare.since(jobFinished), 1))
	return b.profile(ctx, operator, "heap", "heap")
}

// isForRun reports whether a request is for a single run, which excludes events and
// reads of the shared ConfigMap.
func isForRun(r request) bool { return r.Resource != "events" && r.Resource != "configmaps" }

func readsConfigMap(r request) bool {
	return r.User == operatorName && r.Verb == "get" && r.Resource == "configmaps"
}
