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
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// slotsPerNode limits how many reads of logs may wait for one node. A node that hangs
// holds up no more than these.
const slotsPerNode = 2

// LogPool reads logs apart from the workers, which meanwhile go on with other
// ExtendedJobs. A worker that asks for documents gets ErrReading. The ExtendedJob is
// queued again when the documents, or the error, are there.
type LogPool struct {
	reader Documents
	// slots limits how many reads run at once. capacity limits how many are in
	// memory: running, or with documents that have not been fetched yet.
	slots, capacity int

	// newContext and enqueue are set when the controller starts, before it
	// reconciles.
	newContext func() (context.Context, context.CancelFunc)
	enqueue    func(extendedJob types.NamespacedName)

	mu      sync.Mutex
	waiting logQueue
	reads   map[types.NamespacedName]*logRead
	// running is how many reads each node holds up, and reading is their sum. done is
	// how many have ended and were not fetched.
	running       map[string]int
	reading, done int
}

// logRead is a request and its result.
type logRead struct {
	logRequest
	state     logState
	cancel    context.CancelFunc
	documents []document
	err       error
	// panicked is the value that the reader panicked with.
	panicked any
}

type logState int

const (
	logWaiting logState = iota
	logReading
	logDone
)

// NewLogPool returns a pool for a controller with that many workers.
func NewLogPool(reader Documents, workers int) *LogPool {
	return &LogPool{
		reader:   reader,
		slots:    max(1, workers/2),
		capacity: workers,
		reads:    make(map[types.NamespacedName]*logRead),
		running:  make(map[string]int),
	}
}

// Start makes the pool a source of the controller.
func (p *LogPool) Start(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	byPriority, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request])
	if !ok {
		return fmt.Errorf("the queue is a %T, which has no priorities", queue)
	}
	p.newContext = func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) }
	p.enqueue = func(extendedJob types.NamespacedName) {
		// It comes before runs that are to begin.
		byPriority.AddWithOpts(priorityqueue.AddOpts{Priority: new(1)}, reconcile.Request{NamespacedName: extendedJob})
	}
	return nil
}

func (p *LogPool) read(_ context.Context, request logRequest) ([]document, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	read := p.reads[request.extendedJob]
	if read != nil && !read.equal(&request) {
		p.drop(read)
		read = nil
	}
	if read == nil {
		read = &logRead{logRequest: request}
		p.reads[request.extendedJob] = read
		p.waiting.add(read)
		p.begin()
	}
	if read.state != logDone {
		return nil, ErrReading
	}
	p.drop(read)
	if read.panicked != nil {
		panic(read.panicked) // as it would have in the worker
	}
	return read.documents, read.err
}

func (p *LogPool) offer(extendedJob types.NamespacedName) func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	read := p.reads[extendedJob]
	if read == nil || read.state != logDone {
		return func() {}
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.drop(read)
	}
}

func (p *LogPool) forget(extendedJob types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if read := p.reads[extendedJob]; read != nil {
		p.drop(read)
	}
}

// Pending reports whether documents of an ExtendedJob were requested and have not
// been fetched yet.
func (p *LogPool) Pending(extendedJob types.NamespacedName) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reads[extendedJob] != nil
}

// Counts returns how many reads wait, are running, and have ended without having been
// fetched.
func (p *LogPool) Counts() (queued, reading, done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting.len(), p.reading, p.done
}

// drop forgets a read in any state. A running read is cancelled and keeps its slot
// until it ends.
func (p *LogPool) drop(read *logRead) {
	if p.reads[read.extendedJob] != read {
		return
	}
	delete(p.reads, read.extendedJob)
	switch read.state {
	case logWaiting:
		p.waiting.remove(read)
	case logReading:
		read.cancel()
	case logDone:
		p.done--
		p.begin()
	}
}

// begin begins as many of the waiting reads as may run.
func (p *LogPool) begin() {
	for p.reading < p.slots && p.reading+p.done < p.capacity {
		read := p.waiting.next(func(read *logRead) bool { return p.running[read.node] < slotsPerNode })
		if read == nil {
			return
		}
		ctx, cancel := p.newContext()
		read.state, read.cancel = logReading, cancel
		p.reading++
		p.running[read.node]++
		go p.perform(ctx, read)
	}
}

// perform reads the logs. The ExtendedJob is reconciled afterwards.
func (p *LogPool) perform(ctx context.Context, read *logRead) {
	defer p.finish(read)
	defer func() { read.panicked = recover() }()
	read.documents, read.err = p.reader.read(ctx, read.logRequest)
}

func (p *LogPool) finish(read *logRead) {
	p.mu.Lock()
	defer p.mu.Unlock()
	read.cancel()
	read.state = logDone
	p.reading--
	if p.running[read.node]--; p.running[read.node] == 0 {
		delete(p.running, read.node)
	}
	if p.reads[read.extendedJob] == read {
		p.done++
		p.enqueue(read.extendedJob)
	}
	p.begin()
}
