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

package cluster

import (
	"context"
	"slices"
	"sync"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// JobRecorder remembers all Jobs that were ever created in a namespace, because a Job
// that succeeded is soon deleted.
type JobRecorder struct {
	watcher watch.Interface
	mu      sync.Mutex
	names   []string
}

// RecordJobs records until it is stopped. The namespace must have no Job yet.
func RecordJobs(ctx context.Context, c client.WithWatch, namespace string) (*JobRecorder, error) {
	watcher, err := c.Watch(ctx, &batchv1.JobList{}, client.InNamespace(namespace))
	if err != nil {
		return nil, err
	}
	r := &JobRecorder{watcher: watcher, names: []string{}}
	go func() {
		for event := range watcher.ResultChan() {
			if event.Type == watch.Added {
				r.mu.Lock()
				r.names = append(r.names, event.Object.(*batchv1.Job).Name)
				r.mu.Unlock()
			}
		}
	}()
	return r, nil
}

// Created returns the names of the Jobs, in the order of their creation.
func (r *JobRecorder) Created() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.names)
}

// Stop stops recording.
func (r *JobRecorder) Stop() { r.watcher.Stop() }
