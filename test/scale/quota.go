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

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// held is the phase in which the quota keeps all Jobs from running.
const held = "held"

// quota is scenario i.
func quota(ctx context.Context, b *bench) error {
	if _, err := b.startWarmOperator(ctx); err != nil {
		return err
	}
	namespace, err := b.newNamespace(ctx, "quota")
	if err != nil {
		return err
	}
	none, err := b.forbidPods(ctx, namespace)
	if err != nil {
		return err
	}
	t, err := b.track(ctx, namespace, nil)
	if err != nil {
		return err
	}
	defer t.stop()
	n := b.parameters.Count

	var rows [][]string
	phase := func(name string, work func() error) error {
		p, err := b.measurePhase(namespace, work)
		if err == nil {
			rows = append(rows, p.row(name))
			b.progress("  %s: %.0f s, %d LISTs of events in %d reads, %d requests", name, p.seconds, p.lists, p.readings, p.requests)
		}
		if err == nil && name == held {
			b.atMost("LISTs of events per minute and namespace", p.listsAMinute(), b.size == "smoke") // a rate depends on the machine
		}
		return err
	}
	if err := phase("until all Jobs exist", func() error {
		if err := parallel(n, b.parameters.Workers, func(i int) error {
			return b.client.Create(ctx, newExtendedJob(namespace, i, fissilev1.StrategyNow).Obj())
		}); err != nil {
			return err
		}
		return t.wait(ctx, b, jobCreated, n)
	}); err != nil {
		return err
	}
	if err := phase(held, func() error { return pause(ctx, b.parameters.Seconds) }); err != nil {
		return err
	}
	b.exactly("runs that ended while they were held", t.count(jobFinished), 0)
	if err := phase("released, until all have run", func() error {
		if err := b.client.Delete(ctx, none); err != nil {
			return err
		}
		return t.wait(ctx, b, jobDeleted, n)
	}); err != nil {
		return err
	}
	b.addTable("The operator and the API server while the quota exists and afterwards",
		[]string{"", "seconds", "LISTs of events per minute", "reads of all events", "requests of the operator", "per second", "CPU of the operator, %", "of the API server, %"}, rows...)
	b.exactly("Jobs created", t.created, n)
	return b.expectSettled(ctx, namespace, fissilev1.StrategyManual, n, 1)
}

// forbidPods creates a quota that allows no pods. It also writes the status,
// because the cluster has no quota controller.
func (b *bench) forbidPods(ctx context.Context, namespace string) (*corev1.ResourceQuota, error) {
	none := corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}
	q := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "none"},
		Spec:       corev1.ResourceQuotaSpec{Hard: none},
	}
	if err := b.client.Create(ctx, q); err != nil {
		return nil, err
	}
	q.Status = corev1.ResourceQuotaStatus{Hard: none, Used: none}
	return q, b.client.Status().Update(ctx, q)
}

// phase is what was measured in one phase of the scenario.
type phase struct {
	seconds float64
	// lists are requests for the namespace's events. A reading takes several if the
	// events do not fit into a page.
	lists, readings, requests int
	cpu                       map[string]float64
}

func (b *bench) measurePhase(namespace string, work func() error) (*phase, error) {
	position, err := b.AuditLog.End()
	if err != nil {
		return nil, err
	}
	before, started := sampleCPU(), time.Now()
	if err := work(); err != nil {
		return nil, err
	}
	p := &phase{seconds: time.Since(started).Seconds(), cpu: sampleCPU().programsSince(before)}
	for e, err := range b.AuditLog.Since(position) {
		if err != nil {
			return nil, err
		}
		if e.ObjectRef == nil || e.Verb == "watch" || len(operatorRequests(map[request]int{requestOf(e): 1})) == 0 {
			continue
		}
		p.requests++
		if e.Verb == "list" && e.ObjectRef.Resource == "events" && e.ObjectRef.Namespace == namespace {
			p.lists++
			if !strings.Contains(e.RequestURI, "continue=") {
				p.readings++
			}
		}
	}
	return p, nil
}

// listsAMinute counts less than a minute as one.
func (p *phase) listsAMinute() float64 { return float64(p.lists) / max(1, p.seconds/60) }

func (p *phase) row(name string) []string {
	share := func(program string) string { return fmt.Sprintf("%.1f", 100*p.cpu[program]/p.seconds) }
	return []string{
		name, fmt.Sprintf("%.0f", p.seconds), fmt.Sprintf("%.1f", p.listsAMinute()), fmt.Sprint(p.readings),
		fmt.Sprint(p.requests), fmt.Sprintf("%.1f", float64(p.requests)/p.seconds), share("manager"), share("kube-apiserver"),
	}
}
