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

	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// restart is scenario f.
func restart(ctx context.Context, b *bench) error {
	namespace, err := b.newNamespace(ctx, "settled")
	if err != nil {
		return err
	}
	if err := b.createSettled(ctx, namespace); err != nil {
		return err
	}
	n := b.parameters.Count
	var rows [][]string
	for round := range b.parameters.Rounds {
		b.quiet(ctx)
		position, err := b.audit.position()
		if err != nil {
			return err
		}
		started := time.Now()
		m, err := b.startOperator(ctx, nil)
		if err != nil {
			return err
		}
		profiled := b.profileCPU(ctx, m, 5)
		if err := m.workedOff(ctx, n); err != nil {
			return err
		}
		took := time.Since(started)
		if err := profiled(); err != nil {
			return err
		}
		p, heap, err := m.memory(ctx)
		if err != nil {
			return err
		}
		requests, err := b.audit.requestsSince(position)
		if err != nil {
			return err
		}
		own := operatorRequests(requests)
		b.atMost("writes", float64(sum(own, request.isWrite)), true)
		b.atMost("reads of the ConfigMap", float64(sum(own, readsConfigMap)), true)
		b.progress("  ready after %.2f s, looked at all after %.1f s, peak %.1f MiB", m.ready.Seconds(), took.Seconds(), p.peak/mebi)
		rows = append(rows, []string{
			fmt.Sprint(round + 1), fmt.Sprintf("%.2f", m.ready.Seconds()), fmt.Sprintf("%.1f", took.Seconds()),
			fmt.Sprintf("%.1f", p.peak/mebi), fmt.Sprintf("%.1f", p.resident/mebi), fmt.Sprintf("%.1f", heap/mebi), fmt.Sprintf("%.1f", p.received/mebi),
			fmt.Sprint(sum(own, func(request) bool { return true })),
		})
		if round == b.parameters.Rounds-1 {
			if err := b.profile(ctx, m, "heap", "heap"); err != nil {
				return err
			}
		}
		m.stop()
	}
	b.result.Checks = dropRepeated(b.result.Checks)
	b.addTable("Each start; seconds, and MiB", []string{"start", "ready", "has looked at all", "peak RSS", "RSS then", "heap then", "received", "requests"}, rows...)
	return nil
}

// createSettled makes ExtendedJobs that look as if they had run: two really do,
// and what became of them is copied, while an operator is there that serves the
// webhooks only.
func (b *bench) createSettled(ctx context.Context, namespace string) error {
	if err := b.client.Create(ctx, sharedConfigMap(namespace, "value")); err != nil {
		return err
	}
	m, err := b.startOperator(ctx, nil)
	if err != nil {
		return err
	}
	var models [2]*fissilev1.ExtendedJob
	for i := range models {
		ej := settledSpec(namespace, i)
		ej.Name = fmt.Sprintf("model-%d", i)
		ej.Spec.Trigger.Strategy = fissilev1.StrategyOnce
		if err := b.client.Create(ctx, ej); err != nil {
			return err
		}
		models[i] = ej
	}
	if err := waitFor(ctx, "the models to run", 10*time.Minute, func(ctx context.Context) (bool, error) {
		atRest, _, err := b.settledAs(ctx, namespace, fissilev1.StrategyDone, 1)
		return atRest == len(models), err
	}); err != nil {
		return err
	}
	for i := range models {
		if err := b.client.Get(ctx, client.ObjectKeyFromObject(models[i]), models[i]); err != nil {
			return err
		}
	}
	m.stop()

	elsewhere := func(c *configv1alpha1.OperatorConfiguration) { c.WatchNamespaces = []string{"default"} }
	if m, err = b.startOperator(ctx, elsewhere); err != nil {
		return err
	}
	b.progress("  creating %d settled ExtendedJobs", b.parameters.Count)
	if err := parallel(b.parameters.Count, b.parameters.Workers, func(i int) error {
		ej, model := settledSpec(namespace, i), models[i%len(models)]
		ej.Spec.JobTemplate = *model.Spec.JobTemplate.DeepCopy() // which the status tells of
		if err := b.client.Create(ctx, ej); err != nil {
			return err
		}
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, fissilev1.AnnotationSettledRun, plan.ReadSettled(model).Annotation(ej))
		if err := b.client.Patch(ctx, ej, client.RawPatch("application/merge-patch+json", patch)); err != nil {
			return err
		}
		ej.Status = *model.Status.DeepCopy()
		ej.Status.LastRun.JobName = plan.JobName(ej, ej.Status.LastRun.Number)
		for j := range ej.Status.Conditions {
			ej.Status.Conditions[j].ObservedGeneration = ej.Generation
		}
		ej.Status.ObservedGeneration = &ej.Generation
		ej.Status.Outputs = nil // There are no Secrets of them.
		return b.client.Status().Update(ctx, ej)
	}); err != nil {
		return err
	}
	m.stop()
	for _, model := range models {
		if err := b.client.Delete(ctx, model); err != nil {
			return err
		}
	}
	return nil
}

// settledSpec is an ExtendedJob with output or, every second one, one that reads
// the shared ConfigMap.
func settledSpec(namespace string, i int) *fissilev1.ExtendedJob {
	ej := newExtendedJob(namespace, i, fissilev1.StrategyDone)
	if i%2 == 0 {
		return ej.Output(ej.Obj().Name).Obj()
	}
	return readingShared(ej)
}
