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

// Package runpods knows the pods of runs: whether they run, what keeps them from
// running, how they ended, and which Secrets they refer to. It changes nothing.
package runpods

import (
	"cmp"
	"context"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// Reader reads what the pods of runs do, and what events say about them.
type Reader struct {
	// Cache reads pods and Jobs of ExtendedJobs from the cache.
	Cache client.Reader
	// APIReader reads from the API server.
	APIReader client.Reader
	// Clock tells the time.
	Clock clock.PassiveClock

	events podEvents
}

// Pending reports whether pods of a Job of a run that started at the given time do not
// run yet, and returns what keeps them from running: what their own status says or, if
// they have not come far in plan.CreateWindow, what events say. It returns "" if
// nothing is known to.
func (r *Reader) Pending(ctx context.Context, job *batchv1.Job, started time.Time, pods []corev1.Pod) (isPending bool, blockedBy string) {
	pods = slices.DeleteFunc(slices.Clone(pods), func(pod corev1.Pod) bool { return !metav1.IsControlledBy(&pod, job) })
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	active := slices.DeleteFunc(slices.Clone(pods), func(pod corev1.Pod) bool { return Ended(&pod) })
	isPending = len(active) == 0 || slices.ContainsFunc(active, func(pod corev1.Pod) bool { return pending(&pod) })
	for i := range active {
		if what := blocked(&active[i]); what != "" {
			return isPending, what
		}
	}
	switch {
	case !isPending || r.Clock.Since(started) < plan.CreateWindow:
		return isPending, ""
	case len(active) == 0:
		return isPending, r.creationBlockedBy(ctx, job, pods)
	default:
		return isPending, r.startBlockedBy(ctx, active)
	}
}

// startBlockedBy returns what events, or the startup probes of sidecars, say about pods
// that have not come far.
func (r *Reader) startBlockedBy(ctx context.Context, active []corev1.Pod) string {
	now := r.Clock.Now()
	for i := range active {
		pod := &active[i]
		if !pending(pod) || now.Sub(pod.CreationTimestamp.Time) < plan.CreateWindow {
			continue
		}
		if what := firstCause(pod, r.warnings(ctx, pod.Namespace)[pod.UID], now); what != "" {
			return what
		}
		if what := startupProbe(pod); what != "" {
			return what
		}
	}
	return ""
}

// creationBlockedBy returns why a Job has no pod that could run: its controller cannot
// create one, or the last one was rejected or evicted by its node.
func (r *Reader) creationBlockedBy(ctx context.Context, job *batchv1.Job, pods []corev1.Pod) string {
	var since time.Time
	if len(pods) > 0 {
		since = endTime(&pods[len(pods)-1])
	}
	if what := refusedPods(r.warnings(ctx, job.Namespace)[job.UID], since); what != "" {
		return what
	}
	if len(pods) == 0 {
		return ""
	}
	if what := disruption(&pods[len(pods)-1]); what != "" {
		return "The last pod was stopped: " + what
	}
	return ""
}
