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

// Package feed tells of the changes of an ExtendedJob and of its pods, across
// expired watches and restarts of the API server.
package feed

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
)

// retryAfter is the first wait after a request that failed.
const retryAfter = 200 * time.Millisecond

// Change is a state of an ExtendedJob.
type Change struct {
	// ExtendedJob is the new state; nil once it is deleted.
	ExtendedJob *fissilev1.ExtendedJob
	// Gap is true if there may have been states in between that nobody saw.
	Gap bool
	// Err ends the feed.
	Err error
}

// ExtendedJob sends every state that follows the given one, until the ExtendedJob
// is deleted or the context ends.
func ExtendedJob(ctx context.Context, client cli.ExtendedJobs, ej *fissilev1.ExtendedJob) <-chan Change {
	f := &follower{client: client, name: ej.Name, changes: make(chan Change)}
	go func() {
		defer close(f.changes)
		for version := ej.ResourceVersion; version != ""; version = f.reread(ctx) {
			if !f.watch(ctx, version) {
				return
			}
		}
	}()
	return f.changes
}

type follower struct {
	client  cli.ExtendedJobs
	name    string
	changes chan Change
}

// watch sends the states after a version. It returns true if the API server no
// longer knows that version.
func (f *follower) watch(ctx context.Context, version string) bool {
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, version, &cache.ListWatch{WatchFuncWithContext: f.open})
	if err != nil {
		f.send(ctx, Change{Err: err})
		return false
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		switch event.Type {
		case watch.Added, watch.Modified:
			f.send(ctx, Change{ExtendedJob: event.Object.(*fissilev1.ExtendedJob)})
		case watch.Deleted:
			f.send(ctx, Change{})
			return false
		case watch.Error:
			if err := apierrors.FromObject(event.Object); !isExpired(err) {
				f.send(ctx, Change{Err: err})
				return false
			}
			return true
		case watch.Bookmark:
		}
	}
	return false
}

// open starts a watch. A version that is too old leads to an event, because
// the RetryWatcher would retry it for ever.
func (f *follower) open(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, f.name).String()
	watcher, err := f.client.Watch(ctx, options)
	var status apierrors.APIStatus
	if isExpired(err) && errors.As(err, &status) {
		expired := watch.NewFakeWithChanSize(1, false)
		object := status.Status()
		expired.Error(&object)
		return expired, nil
	}
	return watcher, err
}

func isExpired(err error) bool {
	return apierrors.IsGone(err) || apierrors.IsResourceExpired(err)
}

// reread sends the current state, and returns its version; empty if the feed ends.
func (f *follower) reread(ctx context.Context) string {
	var version string
	err := wait.PollUntilContextCancel(ctx, retryAfter, true, func(ctx context.Context) (bool, error) {
		ej, err := f.client.Get(ctx, f.name, metav1.GetOptions{})
		switch {
		case err == nil:
			version = ej.ResourceVersion
			f.send(ctx, Change{ExtendedJob: ej, Gap: true})
			return true, nil
		case apierrors.IsNotFound(err):
			f.send(ctx, Change{})
			return true, nil
		case apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err):
			return false, err
		default:
			return false, nil
		}
	})
	if err != nil {
		f.send(ctx, Change{Err: err})
	}
	return version
}

func (f *follower) send(ctx context.Context, change Change) {
	select {
	case f.changes <- change:
	case <-ctx.Done():
	}
}
