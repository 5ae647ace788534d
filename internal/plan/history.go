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

package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// expired returns the next Job to delete: one that runs although its run is over, or
// one that the history no longer keeps. If there is none, it returns how long until
// the next one, or 0 if there will be none.
func (o *Observation) expired() (*batchv1.Job, time.Duration) {
	var wait time.Duration
	var succeededKept, failedKept int32
	pendingOutput := o.pendingOutput()
	numbers := slices.SortedFunc(maps.Keys(o.Jobs), func(a, b int64) int { return cmp.Compare(b, a) })
	for _, number := range numbers {
		job := o.Jobs[number]
		if !o.over(number) || !job.DeletionTimestamp.IsZero() {
			continue
		}
		if job == pendingOutput {
			failedKept++
			continue
		}
		finished := runjob.Finished(job)
		if finished == nil {
			// A paused old leader created it for a run that is long over.
			return job, 0
		}
		kept, limit := &failedKept, ptr.Deref(o.EJ.Spec.FailedJobsHistoryLimit, 1)
		if runjob.Succeeded(job) && o.succeededRun(number) {
			kept, limit = &succeededKept, ptr.Deref(o.EJ.Spec.SuccessfulJobsHistoryLimit, 0)
		}
		expiry := time.Duration(0)
		if *kept < limit {
			*kept++
			ttl := o.EJ.Template.TTLSecondsAfterFinished
			if ttl == nil {
				continue
			}
			expiry = finished.LastTransitionTime.Add(time.Duration(*ttl) * time.Second).Sub(o.Now)
		}
		expiry = max(expiry, o.nameHeldUntil(job).Sub(o.Now))
		if expiry <= 0 {
			return job, 0
		}
		wait = soonest(wait, expiry)
	}
	return nil, wait
}

// over reports whether a run is over. Only the run with the greatest number may be
// active. If the status was wiped, the output of a newer run also proves it.
func (o *Observation) over(number int64) bool {
	return number <= ptr.Deref(o.EJ.Status.SettledRun, 0) || number < max(o.last(), o.greatestJob()) ||
		o.lastRun() == nil && number < o.StoredRun
}

// succeededRun reports whether a run with a completed Job succeeded, including its
// output. If the status does not know the run, its Job counts.
func (o *Observation) succeededRun(number int64) bool {
	if run := o.lastRun(); run != nil && run.Number == number {
		return run.Result == fissilev1.ResultSucceeded
	}
	for _, run := range o.EJ.Status.History {
		if run.Number == number {
			return run.Result == fissilev1.ResultSucceeded
		}
	}
	return true
}
