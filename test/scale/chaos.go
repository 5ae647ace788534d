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
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/faultproxy"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/scrape"
)

// faultRates is how many of a thousand requests get each fault.
var faultRates = map[faultproxy.Fault]int{
	faultproxy.TooManyRequests: 30,
	faultproxy.ServerError:     30,
	faultproxy.TimeoutAfter:    20,
	faultproxy.ResetBefore:     5,
	faultproxy.ResetAfter:      5,
}

// watchFaultRates is the same for new watches.
var watchFaultRates = map[faultproxy.Fault]int{
	faultproxy.SlowWatch:   300,
	faultproxy.ExpireWatch: 100,
}

// faults chooses a fault for each request, and counts the choices.
type faults struct {
	mu    sync.Mutex
	on    bool
	count map[faultproxy.Fault]int
}

func (f *faults) decide(r *http.Request) faultproxy.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.on {
		return faultproxy.None
	}
	rates := faultRates
	if faultproxy.IsWatch(r) {
		rates = watchFaultRates
	}
	chance := rand.IntN(1000)
	for _, fault := range slices.Sorted(maps.Keys(rates)) {
		if chance -= rates[fault]; chance < 0 {
			f.count[fault]++
			return fault
		}
	}
	f.count[faultproxy.None]++
	return faultproxy.None
}

func (f *faults) set(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = on
}

// chaos is scenario g.
func chaos(ctx context.Context, b *bench) error {
	f := &faults{count: make(map[faultproxy.Fault]int)}
	own, err := b.OperatorKubeconfig()
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(b.directory, "proxy.kubeconfig")
	proxy, err := faultproxy.StartLocal(own, kubeconfig, f.decide)
	if err != nil {
		return err
	}
	defer proxy.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop() // before the operator stops, so that it is not restarted
	operator, err := b.supervise(ctx, kubeconfig)
	if err != nil {
		return err
	}
	namespace, err := b.newNamespace(ctx, "chaos")
	if err != nil {
		return err
	}
	t, err := b.track(ctx, namespace, nil)
	if err != nil {
		return err
	}
	defer t.stop()
	n := b.parameters.Count
	if err := parallel(n, b.parameters.Workers, func(i int) error { return b.createForChaos(ctx, namespace, i) }); err != nil {
		return err
	}
	if err := operator.manager().workedOff(ctx, n); err != nil {
		return err
	}
	before, err := operator.manager().families(ctx)
	if err != nil {
		return err
	}
	memoryBefore := memoryOf(operator.manager().command.Process.Pid)

	f.set(true)
	issued := make([]int, n)
	until := time.Now().Add(time.Duration(b.parameters.Seconds) * time.Second)
	watching := b.watchMemory(ctx, operator, t)
	if err := parallel(n, n, func(i int) error {
		var err error
		issued[i], err = b.load(ctx, namespace, i, until)
		return err
	}); err != nil {
		return err
	}
	f.set(false)
	b.result.Plots = append(b.result.Plots, watching()...)
	return b.afterChaos(ctx, namespace, issued, t, f, operator, before, memoryBefore)
}

// createForChaos creates the i-th object. Even ones are errands with versioned
// output; odd ones are one-offs, each with a ConfigMap of its own.
func (b *bench) createForChaos(ctx context.Context, namespace string, i int) error {
	if i%2 == 0 {
		ej := newExtendedJob(namespace, i, fissilev1.StrategyManual)
		ej.Output(ej.Obj().Name)
		ej.Obj().Spec.Output.Versioned = new(true)
		return b.client.Create(ctx, ej.Obj())
	}
	if err := b.client.Create(ctx, configMapOf(namespace, i, 0)); err != nil {
		return err
	}
	return b.client.Create(ctx, reading(newExtendedJob(namespace, i, fissilev1.StrategyDone), runName(i)))
}

func configMapOf(namespace string, i, value int) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: runName(i)}, Data: map[string]string{"key": fmt.Sprint(value)}}
}

// load requests one run after the other until the given time. It returns the number
// of requests once the last run has settled.
func (b *bench) load(ctx context.Context, namespace string, i int, until time.Time) (issued int, err error) {
	for time.Now().Before(until) {
		issued++
		ej := newExtendedJob(namespace, i, fissilev1.StrategyNow).Obj()
		switch {
		case i%2 == 1:
			err = b.client.Update(ctx, configMapOf(namespace, i, issued))
		case issued%2 == 1:
			err = b.setNow(ctx, ej, issued)
		default: // repeating "now" would be delayed
			err = b.request(ctx, ej, issued)
		}
		if err != nil {
			return issued, err
		}
		if err := waitFor(ctx, "a run to settle despite the faults", 10*time.Minute, func(ctx context.Context) (bool, error) {
			err := b.client.Get(ctx, client.ObjectKeyFromObject(ej), ej)
			return valueOf(ej.Status.SettledRun) >= int64(issued), err
		}); err != nil {
			return issued, err
		}
		wait := rand.IntN(4)
		if i%2 == 1 {
			wait += 10 // faster changes look like a cycle, and are delayed
		}
		if err := pause(ctx, min(wait, int(time.Until(until).Seconds())+1)); err != nil {
			return issued, err
		}
	}
	return issued, nil
}

func (b *bench) afterChaos(ctx context.Context, namespace string, issued []int, t *tracker, f *faults, operator *supervised, before scrape.Families, memoryBefore processMemory) error {
	triggers := 0
	for _, n := range issued {
		triggers += n
	}
	var list fissilev1.ExtendedJobList
	if err := waitFor(ctx, "everything to settle", 5*time.Minute, func(ctx context.Context) (bool, error) {
		err := b.client.List(ctx, &list, client.InNamespace(namespace))
		runs := 0
		for i := range list.Items {
			if list.Items[i].Status.Active == "" {
				runs += int(valueOf(list.Items[i].Status.Succeeded))
			}
		}
		return runs >= triggers, err
	}); err != nil {
		b.progress("  %v", err) // the checks below show what is wrong
	}
	off, wanted := 0, 0
	for i := range list.Items {
		off += abs(int(valueOf(list.Items[i].Status.Runs)) - issued[i]) // both are sorted by name
		if i%2 == 0 {
			wanted += issued[i]
		}
	}
	var secrets corev1.SecretList
	if err := b.client.List(ctx, &secrets, client.InNamespace(namespace)); err != nil {
		return err
	}
	b.atMost("runs lost or duplicated", float64(off), true)
	b.exactly("Jobs created", t.created, triggers)
	b.exactly("versions of Secrets", len(secrets.Items), wanted)
	b.atMost("overlapping runs", float64(max(0, t.atOnce-1)), true)

	// The load is over. Goroutines or memory that have grown hint at a leak.
	if b.size != "smoke" {
		if err := pause(ctx, 10); err != nil {
			return err
		}
	}
	m := operator.manager()
	after, err := m.families(ctx)
	if err != nil {
		return err
	}
	memoryAfter := memoryOf(m.command.Process.Pid)
	b.addTable("The operator before and after the faults", []string{"", "before", "after"},
		[]string{"goroutines", fmt.Sprint(before.Sum("go_goroutines", nil)), fmt.Sprint(after.Sum("go_goroutines", nil))},
		[]string{"heap in use, MiB", fmt.Sprintf("%.1f", before.Sum("go_memstats_heap_inuse_bytes", nil)/mebi), fmt.Sprintf("%.1f", after.Sum("go_memstats_heap_inuse_bytes", nil)/mebi)},
		[]string{"RSS, MiB", fmt.Sprintf("%.1f", memoryBefore.resident/mebi), fmt.Sprintf("%.1f", memoryAfter.resident/mebi)})
	var rows [][]string
	for _, fault := range slices.Sorted(maps.Keys(f.count)) {
		name := fault.String()
		if fault == faultproxy.None {
			name = "none"
		}
		rows = append(rows, []string{name, fmt.Sprint(f.count[fault])})
	}
	b.addTable("Faults injected into the operator's requests", []string{"fault", "requests"}, rows...)
	b.note("%d runs were requested in %d s. The operator was restarted %d times: it exits if it cannot renew its Lease.", triggers, b.parameters.Seconds, operator.restarts)
	return b.profile(ctx, m, "heap", "heap")
}

func abs(i int) int { return max(i, -i) }

// supervised is an operator that is restarted when it exits, as a kubelet would do.
type supervised struct {
	mu       sync.Mutex
	current  *manager
	restarts int
}

func (s *supervised) manager() *manager {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

func (b *bench) supervise(ctx context.Context, kubeconfig string) (*supervised, error) {
	m, err := b.startOperatorAs(ctx, kubeconfig, nil)
	if err != nil {
		return nil, err
	}
	s := &supervised{current: m}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.manager().ended:
			}
			if ctx.Err() != nil {
				return
			}
			b.progress("  the operator exited and is being restarted")
			m, err := b.startOperatorAs(ctx, kubeconfig, nil)
			if err != nil {
				b.progress("  the operator does not start: %v", err)
				return
			}
			s.mu.Lock()
			s.current, s.restarts = m, s.restarts+1
			s.mu.Unlock()
		}
	}()
	return s, nil
}

// watchMemory records memory and progress in the background. The returned function
// stops that and returns the plots.
func (b *bench) watchMemory(ctx context.Context, s *supervised, t *tracker) func() []plotData {
	ctx, stop := context.WithCancel(ctx)
	resident, jobs := plotSeries{Name: "RSS, MiB"}, plotSeries{Name: "Jobs"}
	var group sync.WaitGroup
	group.Go(func() {
		started := time.Now()
		for second := 0; ; second++ {
			if pause(ctx, 1) != nil {
				return
			}
			at := time.Since(started).Seconds()
			t.mu.Lock()
			created := t.created
			t.mu.Unlock()
			resident.X, resident.Y = append(resident.X, at), append(resident.Y, memoryOf(s.manager().command.Process.Pid).resident/mebi)
			jobs.X, jobs.Y = append(jobs.X, at), append(jobs.Y, float64(created))
			if second%30 == 29 {
				b.progress("   %d runs", created)
			}
		}
	})
	return func() []plotData {
		stop()
		group.Wait()
		return []plotData{
			{Name: "memory", Title: "Memory of the operator under faults", X: "seconds", Y: "MiB", Series: []plotSeries{resident}},
			{Name: "runs", Title: "Runs under faults", X: "seconds", Y: "Jobs created", Series: []plotSeries{jobs}},
		}
	}
}
