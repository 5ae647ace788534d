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

// moment is a step of a run that the client sees once.
type moment string

const (
	requested   moment = "requested"
	jobCreated  moment = "Job exists"
	jobFinished moment = "Job finished"
	stored      moment = "Secret stored"
	jobDeleted  moment = "Job deleted"
)

// tracker records when the client's own watches show each moment of the runs in a
// namespace. It identifies a run by the name of its ExtendedJob or, for a bare Job,
// by that of the Job. It can follow only one run of each.
type tracker struct {
	started time.Time
	stop    context.CancelFunc
	// finished receives each Job that has finished, if it is not nil.
	finished chan<- *batchv1.Job

	mu    sync.Mutex
	times map[moment]map[string]time.Time
	pods  map[string]string // by Job
	// active has the Jobs of each ExtendedJob, and whether they are unfinished. atOnce
	// is the largest number of unfinished Jobs that one had at the same time.
	active map[string]map[string]bool
	atOnce int
	// created is how many Jobs were created in total.
	created int
}

// track starts a tracker, and returns when it has seen all existing objects.
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

// see records that a run has reached a moment now, unless that is already recorded.
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
		return // deleted while the watch was interrupted
	}
	t.jobState(runOf(job), job.Name, false)
	t.see(jobDeleted, runOf(job))
}

// jobState records whether a Job runs, and reports whether that has changed.
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

// wait waits until n runs have reached a moment, and shows its progress.
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

// between returns the seconds from one moment to another in each run. The watches
// of two kinds may be some milliseconds apart, so negative times count as zero.
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

// since returns the seconds from the start until each run reached a moment.
func (t *tracker) since(what moment) []float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var seconds []float64
	for _, at := range t.times[what] {
		seconds = append(seconds, at.Sub(t.started).Seconds())
	}
	return seconds
}
