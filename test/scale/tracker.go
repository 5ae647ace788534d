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
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// moment is something that the client sees happen, once for each run.
type moment string

const (
	requested   moment = "requested"
	jobCreated  moment = "Job exists"
	jobFinished moment = "Job finished"
	stored      moment = "Secret there"
	jobDeleted  moment = "Job deleted"
)

// tracker notes when the client's own watches show what of the runs in a
// namespace. Runs are told by the name of their ExtendedJob or, of Jobs without
// one, of their Job. A tracker is for one run of each.
type tracker struct {
	started time.Time
	stop    context.CancelFunc
	// finished gets each Job that has finished, if it is not nil.
	finished chan<- *batchv1.Job

	mu    sync.Mutex
	times map[moment]map[string]time.Time
	pods  map[string]string // by Job
	// active is how many unfinished Jobs an ExtendedJob has; atOnce the most of any.
	active map[string]map[string]bool
	atOnce int
	// created is how many Jobs there were in all.
	created int
}

// track starts a tracker and returns when it sees what there is.
func (c *cluster) track(ctx context.Context, namespace string, finished chan<- *batchv1.Job) (*tracker, error) {
	ctx, stop := context.WithCancel(ctx)
	t := &tracker{
		stop: stop, finished: finished,
		times: make(map[moment]map[string]time.Time), pods: make(map[string]string), active: make(map[string]map[string]bool),
	}
	typed := informers.NewSharedInformerFactoryWithOptions(c.clientset, 0, informers.WithNamespace(namespace))
	informers := []cache.SharedIndexInformer{
		typed.Batch().V1().Jobs().Informer(),
		typed.Core().V1().Secrets().Informer(),
	}
	handlers := []cache.ResourceEventHandlerFuncs{
		{AddFunc: t.job, UpdateFunc: func(_, job any) { t.job(job) }, DeleteFunc: t.jobGone},
		{AddFunc: t.secret},
	}
	if finished != nil {
		informers = append(informers, typed.Core().V1().Pods().Informer())
		handlers = append(handlers, cache.ResourceEventHandlerFuncs{AddFunc: t.pod})
	}
	for i, informer := range informers {
		if _, err := informer.AddEventHandler(handlers[i]); err != nil {
			stop()
			return nil, err
		}
		go informer.RunWithContext(ctx)
	}
	for _, informer := range informers {
		if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			stop()
			return nil, ctx.Err()
		}
	}
	t.started = time.Now()
	return t, nil
}

// see notes that something has happened now, unless it had before.
func (t *tracker) see(what moment, run string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.times[what] == nil {
		t.times[what] = make(map[string]time.Time)
	}
	if _, before := t.times[what][run]; !before {
		t.times[what][run] = time.Now()
	}
}

func (t *tracker) job(object any) {
	job := object.(*batchv1.Job)
	owner := runOf(job)
	t.see(jobCreated, owner)
	over := job.Status.CompletionTime != nil
	for _, condition := range job.Status.Conditions {
		over = over || condition.Type == batchv1.JobFailed && condition.Status == corev1.ConditionTrue
	}
	if t.jobState(owner, job.Name, !over) && over {
		t.see(jobFinished, owner)
		if t.finished != nil {
			t.finished <- job
		}
	}
}

func (t *tracker) jobGone(object any) {
	job, ok := object.(*batchv1.Job)
	if !ok {
		return // seen after the watch was interrupted
	}
	t.jobState(runOf(job), job.Name, false)
	t.see(jobDeleted, runOf(job))
}

// jobState notes whether a Job runs, and tells if that is news.
func (t *tracker) jobState(owner, job string, runs bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.active[owner] == nil {
		t.active[owner] = make(map[string]bool)
	}
	ran, known := t.active[owner][job]
	if !known {
		t.created++
	}
	t.active[owner][job] = runs
	running := 0
	for _, runs := range t.active[owner] {
		if runs {
			running++
		}
	}
	t.atOnce = max(t.atOnce, running)
	return !known || ran != runs
}

func runOf(job *batchv1.Job) string {
	if name := job.Labels[fissilev1.LabelName]; name != "" {
		return name
	}
	return job.Name
}

func (t *tracker) secret(object any) {
	secret := object.(*corev1.Secret)
	if owner := secret.Annotations[fissilev1.AnnotationOwnerName]; owner != "" {
		t.see(stored, owner)
	} else if owner := metav1.GetControllerOf(secret); owner != nil {
		t.see(stored, owner.Name)
	} else {
		t.see(stored, secret.Labels[batchv1.JobNameLabel])
	}
}

func (t *tracker) pod(object any) {
	pod := object.(*corev1.Pod)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pods[pod.Labels[batchv1.JobNameLabel]] = pod.Name
}

func (t *tracker) podOf(job string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pods[job]
}

func (t *tracker) count(what moment) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.times[what])
}

// wait waits until so many runs are there, and tells how far it is.
func (t *tracker) wait(ctx context.Context, b *bench, what moment, n int) error {
	told := time.Now()
	return waitFor(ctx, fmt.Sprintf("%d × %s", n, what), time.Hour, func(context.Context) (bool, error) {
		seen := t.count(what)
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			b.progress("   %s: %d of %d", what, seen, n)
		}
		return seen >= n, nil
	})
}

// between are the times from one moment to another in each run, in seconds. The
// watches of two kinds may be some milliseconds apart: what seems to be negative
// is nothing.
func (t *tracker) between(from, to moment) []float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var seconds []float64
	for run, end := range t.times[to] {
		if start, ok := t.times[from][run]; ok {
			seconds = append(seconds, max(0, end.Sub(start).Seconds()))
		}
	}
	return seconds
}

// since are the times of a moment of all runs since the start, in seconds.
func (t *tracker) since(what moment) []float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var seconds []float64
	for _, at := range t.times[what] {
		seconds = append(seconds, at.Sub(t.started).Seconds())
	}
	return seconds
}
