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

// served is a way to serve ExtendedJobs, and what it costs.
type served struct {
	title      string
	components []string
	// These have one value for each round: CPU-milliseconds of the API server and of
	// the operator per run, and runs per second.
	api, manager, rate []float64
	// These are what ExtendedJobs at rest add to the API server's memory, in bytes.
	resident, live float64
}

// versions is scenario j.
func versions(ctx context.Context, b *bench) error {
	sides := []*served{{title: "v1 and v1alpha1"}, {title: "v1 alone", components: []string{v1Only}}}
	for round := range b.parameters.Rounds {
		for i, s := range sides {
			if round > 0 || i > 0 { // the first one uses the current cluster
				if err := b.enter(ctx, s.components); err != nil {
					return err
				}
			}
			if err := b.measureVersions(ctx, s, round == 0); err != nil {
				return err
			}
		}
	}
	n := float64(b.parameters.AtRest)
	var rows [][]string
	for _, s := range sides {
		rows = append(rows, []string{
			s.title, spread(s.rate, "%.1f"), spread(s.api, "%.1f"), spread(s.manager, "%.1f"),
			fmt.Sprintf("%.0f", s.resident/mebi), fmt.Sprintf("%.1f", s.live/1024/n),
		})
	}
	b.addTable(fmt.Sprintf("Min / median / max of the rounds, and what %d ExtendedJobs at rest add to the API server's memory", b.parameters.AtRest),
		[]string{"served", "runs per second", "CPU-ms of the API server per run", "of the operator", "RSS, MiB", "live, KiB per ExtendedJob"}, rows...)
	b.result.Checks = dropRepeated(b.result.Checks)
	return nil
}

// measureVersions measures runs in a cluster of their own and, if wanted, what
// ExtendedJobs at rest add to it.
func (b *bench) measureVersions(ctx context.Context, s *served, atRest bool) error {
	if _, err := b.startWarmOperator(ctx); err != nil {
		return err
	}
	m, err := b.measure(ctx, operatorName+", "+s.title, b.parameters.Count, func(ctx context.Context, namespace string, m *measurement) error {
		if err := b.oneOffs(true)(ctx, namespace, m); err != nil {
			return err
		}
		return b.expectSettled(ctx, namespace, fissilev1.StrategyDone, m.n, 1)
	})
	if err != nil {
		return err
	}
	s.api = append(s.api, 1000*m.cpu["kube-apiserver"]/float64(m.n))
	s.manager = append(s.manager, 1000*m.cpu["manager"]/float64(m.n))
	s.rate = append(s.rate, m.rate())
	if !atRest {
		return nil
	}
	c, err := b.newCopies(ctx, func(namespace string) []*fissilev1.ExtendedJob {
		return oneOffsOfSize(namespace, b.parameters.TemplateBytes[0])
	})
	if err != nil {
		return err
	}
	defer c.etcd.Close()
	live, err := b.liveInAPIServer(ctx)
	if err != nil {
		return err
	}
	resident := memoryOfProgram("kube-apiserver").resident
	if err := c.grow(ctx, b.parameters.AtRest, inEachNamespace); err != nil {
		return err
	}
	s.resident = memoryOfProgram("kube-apiserver").resident - resident
	after, err := b.liveInAPIServer(ctx)
	s.live = after - live
	b.progress("  %s: %d at rest add %.0f MiB to the API server, %.0f of them live", s.title, b.parameters.AtRest, s.resident/mebi, s.live/mebi)
	return err
}
