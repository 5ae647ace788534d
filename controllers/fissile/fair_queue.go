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

package fissile

import (
	"sync"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// fairQueue is the controller's queue. Requests with a higher priority come first.
// Within a priority, namespaces take turns, so that one with thousands of due runs
// does not make the others wait.
type fairQueue struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]
	turns *turns
}

var _ priorityqueue.PriorityQueue[reconcile.Request] = fairQueue{}

func newFairQueue(name string, limiter workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
	turns := &turns{wanted: map[reconcile.Request]int{}, got: map[reconcile.Request]int{}, waiting: map[reconcile.Request]int{}, levels: map[int]*level{}}
	ready := workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[reconcile.Request]{Name: name, Queue: turns})
	delayed := workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[reconcile.Request]{Name: name, Queue: ready})
	return fairQueue{
		workqueue.NewTypedRateLimitingQueueWithConfig(limiter, workqueue.TypedRateLimitingQueueConfig[reconcile.Request]{Name: name, DelayingQueue: delayed}),
		turns,
	}
}

// AddWithOpts adds requests.
func (q fairQueue) AddWithOpts(o priorityqueue.AddOpts, items ...reconcile.Request) {
	for _, item := range items {
		q.turns.notePriority(item, ptr.Deref(o.Priority, 0))
		switch {
		case o.RateLimited:
			q.AddRateLimited(item)
		case o.After > 0:
			q.AddAfter(item, o.After)
		default:
			q.Add(item)
		}
	}
}

// GetWithPriority waits for a request.
func (q fairQueue) GetWithPriority() (item reconcile.Request, priority int, shutdown bool) {
	item, shutdown = q.Get()
	return item, q.turns.handedOut(item), shutdown
}

// turns are the requests that are ready, in the order in which they are handed out.
type turns struct {
	mu sync.Mutex
	// wanted are the priorities of requests that were added and have not been handed
	// out since. got are the priorities with which requests were handed out.
	wanted, got map[reconcile.Request]int
	// waiting are the priorities of the requests in levels. An entry in a level whose
	// priority differs has since been raised to a higher level.
	waiting map[reconcile.Request]int
	levels  map[int]*level
}

// level is what is ready with one priority.
type level struct {
	// namespaces are those with requests, in the order of their turns.
	namespaces []string
	requests   map[string][]reconcile.Request
}

// notePriority notes the priority with which a request is added.
func (t *turns) notePriority(item reconcile.Request, priority int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before, ok := t.wanted[item]; !ok || before < priority {
		t.wanted[item] = priority
	}
}

// handedOut returns the priority with which a request was handed out.
func (t *turns) handedOut(item reconcile.Request) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	priority := t.got[item]
	delete(t.got, item)
	return priority
}

// Push puts a request behind the others of its namespace.
func (t *turns) Push(item reconcile.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.push(item, t.wanted[item])
}

func (t *turns) push(item reconcile.Request, priority int) {
	t.waiting[item] = priority
	l := t.levels[priority]
	if l == nil {
		l = &level{requests: map[string][]reconcile.Request{}}
		t.levels[priority] = l
	}
	if len(l.requests[item.Namespace]) == 0 {
		l.namespaces = append(l.namespaces, item.Namespace)
	}
	l.requests[item.Namespace] = append(l.requests[item.Namespace], item)
}

// Touch raises a request that is added again with a higher priority.
func (t *turns) Touch(item reconcile.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wanted := t.wanted[item]; wanted > t.waiting[item] {
		t.push(item, wanted)
	}
}

// Len returns how many requests are ready.
func (t *turns) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}

// Pop hands out the next request.
func (t *turns) Pop() reconcile.Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		priority := t.highest()
		item := t.levels[priority].next()
		if len(t.levels[priority].namespaces) == 0 {
			delete(t.levels, priority)
		}
		if current, ok := t.waiting[item]; !ok || current != priority {
			continue
		}
		delete(t.waiting, item)
		delete(t.wanted, item)
		t.got[item] = priority
		return item
	}
}

func (t *turns) highest() int {
	first, highest := true, 0
	for priority := range t.levels {
		if first || priority > highest {
			first, highest = false, priority
		}
	}
	return highest
}

// next removes the first request of the namespace whose turn it is, and returns it.
func (l *level) next() reconcile.Request {
	namespace := l.namespaces[0]
	l.namespaces = l.namespaces[1:]
	item := l.requests[namespace][0]
	if rest := l.requests[namespace][1:]; len(rest) > 0 {
		l.requests[namespace] = rest
		l.namespaces = append(l.namespaces, namespace)
	} else {
		delete(l.requests, namespace)
	}
	return item
}
