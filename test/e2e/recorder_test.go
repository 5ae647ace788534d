//go:build e2e

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

package e2e

import (
	"context"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// recorder remembers all Jobs that were ever created in a namespace, because a Job
// that succeeded is soon deleted.
type recorder struct {
	mu    sync.Mutex
	names []string
}

// recordJobs records until the spec ends. The namespace must have no Job yet.
func recordJobs(ctx context.Context, namespace string) *recorder {
	GinkgoHelper()
	watcher, err := k8s.Watch(ctx, &batchv1.JobList{}, client.InNamespace(namespace))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(watcher.Stop)
	r := &recorder{}
	go func() {
		for event := range watcher.ResultChan() {
			if event.Type == watch.Added {
				r.mu.Lock()
				r.names = append(r.names, event.Object.(*batchv1.Job).Name)
				r.mu.Unlock()
			}
		}
	}()
	return r
}

// created returns the names of the Jobs, in the order of their creation.
func (r *recorder) created() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.names...)
}
