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

package feed

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Pod is a state of a pod.
type Pod struct {
	*corev1.Pod

	// Gone is true once the pod is deleted. The state is the last one then.
	Gone bool
}

// Pods sends every state of the pods of an ExtendedJob, until the context ends.
func Pods(ctx context.Context, client kubernetes.Interface, ej *fissilev1.ExtendedJob) <-chan Pod {
	selector := fissilev1.LabelUID + "=" + string(ej.UID)
	pods := client.CoreV1().Pods(ej.Namespace)
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = selector
			return pods.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = selector
			return pods.Watch(ctx, options)
		},
	}
	store := &podStore{ctx: ctx, changes: make(chan Pod), known: map[types.UID]*corev1.Pod{}}
	reflector := cache.NewReflectorWithOptions(source, &corev1.Pod{}, store, cache.ReflectorOptions{
		Backoff: &wait.Backoff{Duration: retryAfter, Factor: 2, Steps: 4, Cap: 2 * retryAfter, Jitter: 0.1},
	})
	go func() {
		defer close(store.changes)
		reflector.RunWithContext(ctx)
	}()
	return store.changes
}

// podStore receives what a reflector sees.
type podStore struct {
	ctx     context.Context //nolint:containedctx // The reflector gives none to its store.
	changes chan Pod
	known   map[types.UID]*corev1.Pod
}

// Add sends a new pod.
func (s *podStore) Add(object any) error {
	return s.Update(object)
}

// Update sends the new state of a pod.
func (s *podStore) Update(object any) error {
	pod := object.(*corev1.Pod)
	s.known[pod.UID] = pod
	s.send(Pod{Pod: pod})
	return nil
}

// Delete sends that a pod is gone.
func (s *podStore) Delete(object any) error {
	pod := object.(*corev1.Pod)
	delete(s.known, pod.UID)
	s.send(Pod{Pod: pod, Gone: true})
	return nil
}

// Replace sends what is different in a new list.
func (s *podStore) Replace(list []any, _ string) error {
	listed := map[types.UID]bool{}
	for _, object := range list {
		listed[object.(*corev1.Pod).UID] = true
		if err := s.Update(object); err != nil {
			return err
		}
	}
	for uid, pod := range s.known {
		if !listed[uid] {
			if err := s.Delete(pod); err != nil {
				return err
			}
		}
	}
	return nil
}

// Resync does nothing.
func (s *podStore) Resync() error {
	return nil
}

func (s *podStore) send(pod Pod) {
	select {
	case s.changes <- pod:
	case <-s.ctx.Done():
	}
}
