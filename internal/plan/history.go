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
)

// expired is the next Job to delete: one that ran although its run is over, or
// one that history no longer keeps. Without one it tells how long until the
// next, 0 if there will be none.
func (o *Observation) expired() (*batchv1.Job, time.Duration) {
	var wait time.Duration
	var succeededKept, failedKept int32
	settled := value(o.EJ.Status.SettledRun)
	pendingOutput := o.pendingOutput()
	numbers := slices.SortedFunc(maps.Keys(o.Jobs), func(a, b int64) int { return cmp.Compare(b, a) })
	for _, number := range numbers {
		job := o.Jobs[number]
		if number > settled || job == pendingOutput || !job.DeletionTimestamp.IsZero() {
			continue
		}
		finished := Finished(job)
		if finished == nil {
			// A paused old leader created it for a run that is long over.
			return job, 0
		}
		kept, limit := &failedKept, valueOr(o.EJ.Spec.FailedJobsHistoryLimit, 1)
		if succeeded(job) && o.succeededRun(number) {
			kept, limit = &succeededKept, valueOr(o.EJ.Spec.SuccessfulJobsHistoryLimit, 0)
		}
		expiry := time.Duration(0)
		if *kept < limit {
			*kept++
			ttl := o.EJ.Spec.JobTemplate.Spec.TTLSecondsAfterFinished
			if ttl == nil {
				continue
			}
			expiry = finished.LastTransitionTime.Add(time.Duration(*ttl) * time.Second).Sub(o.Now)
		}
		expiry = max(expiry, o.tombstone(number))
		if expiry <= 0 {
			return job, 0
		}
		wait = soonest(wait, expiry)
	}
	return nil, wait
}

// succeededRun tells whether a run with a completed Job succeeded in our sense.
// Of earlier runs than the last one only the Job is known.
func (o *Observation) succeededRun(number int64) bool {
	run := o.lastRun()
	return run == nil || run.Number != number || run.Result == "" || run.Result == "Succeeded"
}

// tombstone is how long the Job of a settled run still holds its name, against
// a create that an earlier leader may have under way. If this process made the
// claim and saw the create answered, nobody has.
func (o *Observation) tombstone(number int64) time.Duration {
	run := o.lastRun()
	if run == nil || run.Number != number || o.CreatedJob != "" && o.CreatedJob == o.Jobs[number].UID {
		return 0
	}
	return run.StartTime.Add(o.LeaseDuration + Fence).Sub(o.Now)
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
