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

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// othersTrigger is how many errands each of the others triggers.
const othersTrigger = 10

// neighbours is scenario h.
func neighbours(ctx context.Context, b *bench) error {
	operator, err := b.startWarmOperator(ctx)
	if err != nil {
		return err
	}
	namespaces := make([]string, b.parameters.Namespaces)
	for i := range namespaces {
		if namespaces[i], err = b.newNamespace(ctx, "neighbour"); err != nil {
			return err
		}
	}
	// Their names are unique in all namespaces, since a tracker goes by names.
	all := len(namespaces) * b.parameters.Count
	errand := func(i int, strategy fissilev1.TriggerStrategy) *fissilev1.ExtendedJob {
		return newExtendedJob(namespaces[i/b.parameters.Count], i, strategy).Obj()
	}
	b.progress("  creating %d errands", all)
	if err := parallel(all, b.parameters.Workers, func(i int) error { return b.client.Create(ctx, errand(i, fissilev1.StrategyManual)) }); err != nil {
		return err
	}
	if err := operator.workedOff(ctx, all); err != nil {
		return err
	}

	var rows [][]string
	var p99 [2]float64
	for round, triggered := range []int{0, b.parameters.Count} {
		b.quiet(ctx)
		t, err := b.track(ctx, "", nil)
		if err != nil {
			return err
		}
		defer t.stop()
		trigger := func(i int) error { return b.setNow(ctx, errand(i, fissilev1.StrategyNow), round) }
		if err := parallel(triggered, b.parameters.Workers, trigger); err != nil {
			return err
		}
		for k := range othersTrigger {
			for n := 1; n < len(namespaces); n++ {
				i := n*b.parameters.Count + k
				t.see(requested, runName(i))
				if err := trigger(i); err != nil {
					return err
				}
			}
		}
		if err := t.wait(ctx, b, jobDeleted, triggered+othersTrigger*(len(namespaces)-1)); err != nil {
			return err
		}
		starts := t.between(requested, jobCreated)
		p99[round] = quantile(starts, 0.99)
		rows = append(rows, []string{fmt.Sprint(triggered), fmt.Sprintf("%.2f", quantile(starts, 0.5)), fmt.Sprintf("%.2f", p99[round]), fmt.Sprintf("%.2f", quantile(starts, 1))})
		b.progress("  one namespace triggers %d: the others' start after %.2f s (p50), %.2f s (p99)", triggered, quantile(starts, 0.5), p99[round])
	}
	b.addTable("From the trigger to the Job in the other namespaces, in s", []string{"triggered by the one", "p50", "p99", "most"}, rows...)
	b.atMost("p99 of the others' starts, of undisturbed", p99[1]/p99[0], false)
	return nil
}
