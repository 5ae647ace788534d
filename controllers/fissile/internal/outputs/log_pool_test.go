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

package outputs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// poolTest is a log pool, some of whose nodes hang.
type poolTest struct {
	*LogPool
	queue priorityqueue.PriorityQueue[reconcile.Request]

	mu sync.Mutex
	// begun are the ExtendedJobs whose logs the pool has begun to read, in their order.
	begun []string
	// proceed lets one read on a node "steered" go on.
	proceed chan struct{}
}

func newPoolTest(t *testing.T, workers int) *poolTest {
	t.Helper()
	p := &poolTest{queue: priorityqueue.New[reconcile.Request]("test"), proceed: make(chan struct{})}
	p.LogPool = NewLogPool(p, workers)
	if err := p.Start(t.Context(), p.queue); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.queue.ShutDown)
	return p
}

// read is the reader that the pool uses.
func (p *poolTest) read(ctx context.Context, request logRequest) ([]document, error) {
	p.mu.Lock()
	p.begun = append(p.begun, request.extendedJob.Name)
	p.mu.Unlock()
	switch {
	case strings.HasPrefix(request.node, "hangs"):
		<-ctx.Done()
		return nil, ctx.Err()
	case request.node == "steered":
		<-p.proceed
	case request.node == "panics":
		panic("a fault in the reader")
	}
	return []document{{container: string(request.podUID)}}, nil
}

// ask asks for the output of an ExtendedJob's pod, as a worker does, and returns when
// all reads have gone as far as they can.
func (p *poolTest) ask(namespace, name, node string) ([]document, error) {
	defer synctest.Wait()
	return p.LogPool.read(context.Background(), logRequest{
		extendedJob: types.NamespacedName{Namespace: namespace, Name: name},
		node:        node, job: "job", pod: "pod", podUID: "pod", containers: []string{"main"},
	})
}

// expectBegun fails unless the pool has begun to read the logs of these ExtendedJobs,
// in this order.
func (p *poolTest) expectBegun(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Equal(p.begun, want) {
		t.Errorf("begun: %q, want %q", p.begun, want)
	}
}

func TestANodeThatHangsDoesNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 10)
		for i := range 50 {
			_, _ = p.ask("noisy", fmt.Sprint("hanging-", i), "hangs")
		}
		if _, err := p.ask("noisy", "healthy", "good"); !errors.Is(err, ErrReading) {
			t.Errorf("got %v, want that the worker goes on", err)
		}
		p.expectBegun(t, "hanging-0", "hanging-1", "healthy")
		if t.Failed() {
			return
		}
		if item, _ := p.queue.Get(); item.Name != "healthy" {
			t.Errorf("got %s from the queue, want healthy", item.Name)
		}
		if documents, err := p.ask("noisy", "healthy", "good"); err != nil || len(documents) != 1 {
			t.Errorf("got %v, %v, want the document", documents, err)
		}
	})
}

func TestThePoolCountsItsReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 10)
		for i := range 5 {
			_, _ = p.ask("noisy", fmt.Sprint("hanging-", i), "hangs")
		}
		_, _ = p.ask("quiet", "healthy", "good")
		if queued, reading, done := p.Counts(); queued != 3 || reading != 2 || done != 1 {
			t.Errorf("%d are queued, %d read and %d done, want 3, 2 and 1", queued, reading, done)
		}
		_, _ = p.ask("quiet", "healthy", "good")
		p.forget(types.NamespacedName{Namespace: "noisy", Name: "hanging-4"})
		if queued, reading, done := p.Counts(); queued != 2 || reading != 2 || done != 0 {
			t.Errorf("%d are queued, %d read and %d done, want 2, 2 and none", queued, reading, done)
		}
	})
}

func TestAtMostHalfAsManyLogsAsWorkersAreRead(t *testing.T) {
	for workers, want := range map[int]int{1: 1, 2: 1, 10: 5} {
		synctest.Test(t, func(t *testing.T) {
			p := newPoolTest(t, workers)
			var begun []string
			for i := range 20 {
				name := fmt.Sprint(i)
				_, _ = p.ask("ns", name, "hangs on node "+name)
				if i < want {
					begun = append(begun, name)
				}
			}
			p.expectBegun(t, begun...)
		})
	}
}

func TestNamespacesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 100)
		for i := range 4 {
			_, _ = p.ask("noisy", fmt.Sprint("noisy-", i), "steered")
		}
		_, _ = p.ask("quiet", "quiet", "steered")
		p.expectBegun(t, "noisy-0", "noisy-1")
		for range 3 {
			p.proceed <- struct{}{}
			synctest.Wait() // until the next one has begun
		}
		p.expectBegun(t, "noisy-0", "noisy-1", "noisy-2", "quiet", "noisy-3")
		close(p.proceed)
	})
}

func TestDocumentsAreThoseOfTheRunThatAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 10)
		request := logRequest{
			extendedJob: types.NamespacedName{Namespace: "ns", Name: "ej"},
			job:         "job", pod: "pod", podUID: "one", node: "good", containers: []string{"main"},
		}
		for _, change := range []func(){
			func() {},
			func() { request.podUID = "two" },
			func() { request.job = "another" },
			func() { request.containers = []string{"main", "second"} },
		} {
			change()
			_, err := p.LogPool.read(t.Context(), request)
			if !errors.Is(err, ErrReading) {
				t.Errorf("got %v at the first look, want that the logs are read", err)
			}
			synctest.Wait()
		}
		documents, err := p.LogPool.read(t.Context(), request)
		if err != nil || len(documents) != 1 || documents[0].container != "two" {
			t.Errorf("got %v, %v, want the document of the second pod", documents, err)
		}
		if _, err := p.LogPool.read(t.Context(), request); !errors.Is(err, ErrReading) {
			t.Errorf("got %v, want that the documents are forgotten when they were fetched", err)
		}
	})
}

func TestDocumentsThatNobodyWantsMakeRoom(t *testing.T) {
	for name, drop := range map[string]func(*LogPool, types.NamespacedName){
		"as the reconcile they were read for does not fetch them": func(p *LogPool, ej types.NamespacedName) { p.offer(ej)() },
		"as the ExtendedJob is gone":                              (*LogPool).forget,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPoolTest(t, 1)
				_, _ = p.ask("ns", "first", "good")
				synctest.Wait()
				_, _ = p.ask("ns", "second", "good")
				p.expectBegun(t, "first")
				drop(p.LogPool, types.NamespacedName{Namespace: "ns", Name: "first"})
				p.expectBegun(t, "first", "second")
			})
		})
	}
}

func TestDocumentsThatCameDuringAReconcileAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 1)
		endReconcile := p.offer(types.NamespacedName{Namespace: "ns", Name: "ej"})
		_, _ = p.ask("ns", "ej", "good")
		synctest.Wait()
		endReconcile()
		if _, err := p.ask("ns", "ej", "good"); err != nil {
			t.Errorf("got %v, want the document", err)
		}
	})
}

func TestALogThatNobodyWaitsForIsNotReadOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 1)
		_, _ = p.ask("ns", "gone", "hangs")
		_, _ = p.ask("ns", "second", "good")
		p.forget(types.NamespacedName{Namespace: "ns", Name: "gone"})
		p.expectBegun(t, "gone", "second")
	})
}

func TestAFaultOfTheReaderIsTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 1)
		_, _ = p.ask("ns", "ej", "panics")
		synctest.Wait()
		defer func() {
			if recover() == nil {
				t.Error("want a panic, which the controller reports")
			}
		}()
		_, _ = p.ask("ns", "ej", "panics")
	})
}

func TestALogIsPendingUntilItsDocumentsAreFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(t, 1)
		ej := types.NamespacedName{Namespace: "ns", Name: "ej"}
		for _, step := range []struct {
			name    string
			pending bool
		}{{"it is read", true}, {"its documents are fetched", false}} {
			_, _ = p.ask(ej.Namespace, ej.Name, "good")
			if p.Pending(ej) != step.pending {
				t.Errorf("after %s: want pending %t", step.name, step.pending)
			}
		}
	})
}

// slowLog sends one piece per interval.
type slowLog struct {
	closed <-chan struct{}
	cause  func() error
	pieces []string
	every  time.Duration
}

func (l *slowLog) Read(p []byte) (int, error) {
	select {
	case <-l.closed:
		return 0, l.cause()
	case <-time.After(l.every):
	}
	if len(l.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.pieces[0])
	l.pieces = l.pieces[1:]
	return n, nil
}

func (l *slowLog) Close() error { return nil }

// slowNode opens logs that send one letter at a time.
type slowNode struct {
	opens, every time.Duration
	log          string
}

func (n slowNode) Open(ctx context.Context, _ types.NamespacedName, _ string) (io.ReadCloser, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(n.opens):
		return &slowLog{closed: ctx.Done(), cause: ctx.Err, pieces: strings.Split(n.log, ""), every: n.every}, nil
	}
}

func (n slowNode) OpenStdout(context.Context, types.NamespacedName, string) (io.ReadCloser, error) {
	return nil, errors.ErrUnsupported
}

func TestAReadOfALogIsBounded(t *testing.T) {
	const answer = `{"a":"b"}`
	for name, test := range map[string]struct {
		node   slowNode
		takes  time.Duration
		refuse string
		reason string
		passes bool
	}{
		"a log that comes slowly":             {node: slowNode{log: answer, every: 9 * time.Second}, takes: 90 * time.Second},
		"a node that does not answer":         {node: slowNode{log: answer, opens: time.Hour}, takes: 10 * time.Second, reason: fissilev1.ReasonOutputUnavailable, refuse: "has sent nothing", passes: true},
		"a node that stops in the log":        {node: slowNode{log: answer, every: 11 * time.Second}, takes: 10 * time.Second, reason: fissilev1.ReasonOutputUnavailable, refuse: "has sent nothing", passes: true},
		"a log that does not end":             {node: slowNode{log: strings.Repeat(" ", 20) + answer, every: 9 * time.Second}, takes: 2 * time.Minute, reason: fissilev1.ReasonOutputUnavailable, refuse: "deadline exceeded", passes: true},
		"a log that is too large":             {node: slowNode{log: strings.Repeat("\n", 1025)}, reason: fissilev1.ReasonOutputTooLarge, refuse: "Container main: the log is larger than 1Ki: print less."},
		"a log that is as large as it may be": {node: slowNode{log: strings.Repeat("\n", 1024-len(answer)) + answer}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reader := &LogReader{Logs: test.node, Timeout: 2 * time.Minute, IdleTimeout: LogIdleTimeout, MaxSize: 1024}
				began := time.Now()
				_, err := reader.read(t.Context(), logRequest{pod: "pod", containers: []string{"main"}})
				if took := time.Since(began); took != test.takes {
					t.Errorf("it took %s, want %s", took, test.takes)
				}
				if err == nil && test.reason == "" {
					return
				}
				var refused *Error
				if !errors.As(err, &refused) || refused.Reason != test.reason || refused.Transient != test.passes || !strings.Contains(refused.Message, test.refuse) {
					t.Errorf("got %#v, want %q, %q, transient %t", err, test.reason, test.refuse, test.passes)
				}
			})
		})
	}
}
