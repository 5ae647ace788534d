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

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// pace is the time between two triggers of the other namespaces if they are not
// triggered as fast as possible.
const pace = 100 * time.Millisecond

// neighbours is scenario h.
func neighbours(ctx context.Context, b *bench) error {
	operator, err := b.startWarmOperator(ctx)
	if err != nil {
		return err
	}
	c, err := b.newCopies(ctx, errandsAtRest)
	if err != nil {
		return err
	}
	defer c.etcd.Close()
	all := b.parameters.Namespaces * b.parameters.Count
	if err := c.grow(ctx, all, b.parameters.Count); err != nil {
		return err
	}
	if err := operator.workedOff(ctx, all); err != nil {
		return err
	}

	var rows [][]string
	for _, way := range []struct {
		name, target string
		pace         time.Duration
	}{
		{"one after the other", "p99 of the others' starts, relative to undisturbed", 0},
		{fmt.Sprintf("every %d ms", pace.Milliseconds()), "", pace},
	} {
		var p99 [2]float64
		for i, flood := range []int{0, b.parameters.Count} {
			starts, err := c.triggerOthers(ctx, flood, len(rows), way.pace)
			if err != nil {
				return err
			}
			p99[i] = quantile(starts, 0.99)
			row := []string{way.name, fmt.Sprint(flood)}
			for _, q := range []float64{0.5, 0.99, 1} {
				row = append(row, fmt.Sprintf("%.2f", quantile(starts, q)))
			}
			rows = append(rows, row)
			b.progress("  others trigger %s, the first namespace %d: the others start after %.2f s (p50), %.2f s (p99)", way.name, flood, quantile(starts, 0.5), p99[i])
		}
		if way.target != "" {
			b.atMost(way.target, p99[1]/p99[0], false)
		}
	}
	b.result.Checks = dropRepeated(b.result.Checks)
	b.addTable("Time from the trigger to the Job in the other namespaces, in s", []string{"the others trigger", "already triggered in the first namespace", "p50", "p99", "max"}, rows...)
	return nil
}

// errandsAtRest returns errands that have never run, one for each node.
func errandsAtRest(namespace string) []*fissilev1.ExtendedJob {
	models := make([]*fissilev1.ExtendedJob, nodes)
	for i := range models {
		models[i] = newExtendedJob(namespace, i, fissilev1.StrategyManual).Obj()
	}
	return models
}

// triggerOthers triggers flood errands of the first namespace at once, then a few
// of each other namespace. It returns the seconds until each of the latter started.
func (c *copies) triggerOthers(ctx context.Context, flood, request int, pace time.Duration) ([]float64, error) {
	c.quiet(ctx)
	// Names are unique across namespaces, because the tracker identifies runs by name.
	t, err := c.track(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	defer t.stop()
	trigger := func(i int) error {
		namespace := c.namespaces[i/c.parameters.Count]
		return c.setNow(ctx, newExtendedJob(namespace, i, fissilev1.StrategyNow).Obj(), request)
	}
	if err := parallel(flood, c.parameters.Workers, trigger); err != nil {
		return nil, err
	}
	others := 0
	for k := range c.parameters.OthersTrigger {
		for n := 1; n < c.parameters.Namespaces; n++ {
			i := n*c.parameters.Count + k
			t.see(requested, runName(i))
			if err := trigger(i); err != nil {
				return nil, err
			}
			others++
			if err := wait(ctx, pace); err != nil {
				return nil, err
			}
		}
	}
	if err := t.wait(ctx, c.bench, jobDeleted, flood+others); err != nil {
		return nil, err
	}
	c.exactly("Jobs too many or too few", t.created-flood-others, 0)
	return t.between(requested, jobCreated), nil
}
