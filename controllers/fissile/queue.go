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
	"context"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// finishedFirst passes on events of Jobs, and puts finished ones before runs that are
// to begin. When more is triggered than there is time for, active runs then end
// instead of waiting behind all the others.
type finishedFirst struct{ handler.EventHandler }

// Update passes on a change of a Job.
func (h finishedFirst) Update(ctx context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	byPriority, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request])
	if ok && runjob.Finished(e.ObjectNew.(*batchv1.Job)) != nil {
		queue = prioritized{byPriority}
	}
	h.EventHandler.Update(ctx, e, queue)
}

const (
	// retryFirst and retryMost bound the wait before a failed step is tried again.
	retryFirst = 50 * time.Millisecond
	retryMost  = time.Minute
)

func newRetryLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](retryFirst, retryMost)
}

// retryLimiter limits retries. A reconcile that only waits for a log has not
// succeeded yet, so it does not end a series of failures.
type retryLimiter struct {
	workqueue.TypedRateLimiter[reconcile.Request]
	// readsLog reports whether a log is read for an ExtendedJob.
	readsLog func(extendedJob types.NamespacedName) bool
}

// Forget ends the series of failures.
func (l retryLimiter) Forget(item reconcile.Request) {
	if !l.readsLog(item.NamespacedName) {
		l.TypedRateLimiter.Forget(item)
	}
}

// prioritized is a queue that puts requests without a priority before the rest.
type prioritized struct {
	priorityqueue.PriorityQueue[reconcile.Request]
}

// Add adds a request.
func (p prioritized) Add(item reconcile.Request) { p.AddWithOpts(priorityqueue.AddOpts{}, item) }

// AddWithOpts adds requests.
func (p prioritized) AddWithOpts(o priorityqueue.AddOpts, items ...reconcile.Request) {
	if o.Priority == nil {
		o.Priority = new(1)
	}
	p.PriorityQueue.AddWithOpts(o, items...)
}
