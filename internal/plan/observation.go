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
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Observation is everything that a decision is made from.
type Observation struct {
	// Now is the time of the observation.
	Now time.Time
	// EJ is the ExtendedJob as the cache, a live read or our own last write
	// shows it.
	EJ *fissilev1.ExtendedJob
	// Jobs are the ExtendedJob's own Jobs, by the number of their run.
	Jobs map[int64]*batchv1.Job
	// PodsRunning is true while a pod of any of its runs has not ended.
	PodsRunning bool
	// PodsPending is true while the active run has no pod, or one that has yet to
	// run.
	PodsPending bool
	// Obstacle is what keeps the pods of the active run from running; empty if
	// nothing is known to.
	Obstacle string
	// LiveReadAt is when EJ and the Job of its last run were read live; zero if
	// EJ comes from the cache.
	LiveReadAt time.Time
	// ClaimedAt is when this process was told that its claim of the last run
	// succeeded; zero if another process claimed it.
	ClaimedAt time.Time
	// CreatedJob is the Job that this process created for the last run; empty if
	// it did not.
	CreatedJob types.UID
	// Inputs is what the pods of a run would read if it was claimed now; nil
	// before that was looked up.
	Inputs *Inputs
	// TemplateDigest is the digest of the template; empty before the API server
	// was asked to complete it.
	TemplateDigest string
	// DebounceUntil is when a change of the inputs or of the template that was
	// seen just now may be acted on; zero if it may be at once.
	DebounceUntil time.Time
	// Output is what came of storing the last run's output; nil before that was
	// tried.
	Output *Output
	// OutputRetryAt is when output that is pending may be tried again; at once
	// if zero.
	OutputRetryAt time.Time
	// StoredRun is the greatest number of a run whose output a Secret of the
	// ExtendedJob holds, 0 without one. A status that was wiped or restored does
	// not know it.
	StoredRun int64
	// Disowned are output Secrets whose owner references do not say what the
	// deletion policy says.
	Disowned []*metav1.PartialObjectMetadata
	// Prunable are the versions of the output that need not be kept any more;
	// PruneAt is when the next one will not, zero if there is none.
	Prunable []*metav1.PartialObjectMetadata
	PruneAt  time.Time
	// JobRejection is what the API server said to the Job of the last run; nil
	// if it has not refused it now.
	JobRejection *Rejection
	// LeaseDuration is how long another process may believe that it is the
	// leader after this one took over.
	LeaseDuration time.Duration
}

// Rejection is why a Job could not be created.
type Rejection struct {
	// Reason is a reason of the condition Running.
	Reason string
	// Message is the API server's.
	Message string
}

// last is the number of the last run that was claimed. The status may have
// been wiped or restored; the annotation remembers.
func (o *Observation) last() int64 {
	last := ReadSettled(o.EJ).Number
	if run := o.EJ.Status.LastRun; run != nil {
		last = max(last, run.Number)
	}
	return last
}

// settled is the last run that is over.
func (o *Observation) settled() Settled {
	settled := ReadSettled(o.EJ)
	if number := value(o.EJ.Status.SettledRun); number > settled.Number {
		settled.Number = number
		if run := o.EJ.Status.LastRun; run != nil {
			settled.Result = run.Result
			settled.OneOffDone = settled.OneOffDone || run.Cause == fissilev1.CauseOnce && run.Result != fissilev1.ResultCancelled
		}
	}
	return settled
}

// lastRun is the last run that was claimed, nil if the status does not have it.
func (o *Observation) lastRun() *fissilev1.Run {
	if run := o.EJ.Status.LastRun; run != nil && run.Number == o.last() {
		return run
	}
	return nil
}

// ActiveJob is the Job of the active run while its controller has to run its
// pods; nil otherwise.
func (o *Observation) ActiveJob() *batchv1.Job {
	run := o.lastRun()
	if run == nil {
		return nil
	}
	job := o.Jobs[run.Number]
	if job == nil || Finished(job) != nil || suspended(job) {
		return nil
	}
	return job
}

// greatestJob is the greatest number of an own Job, 0 without one.
func (o *Observation) greatestJob() int64 {
	var greatest int64
	for number := range o.Jobs {
		greatest = max(greatest, number)
	}
	return greatest
}

// oneOff tells whether the ExtendedJob is a one-off, whatever its strategy is
// now.
func (o *Observation) oneOff() bool {
	if isOneOff(o.EJ.Spec.Trigger.Strategy) {
		return true
	}
	switch o.EJ.Status.ObservedStrategy {
	case "":
		return o.settled().OneOffDone
	case fissilev1.StrategyNow:
		// A request that has not been set back, or was made again at once.
		run := o.EJ.Status.LastRun
		return run != nil && isOneOff(run.SetBackTo)
	default:
		return isOneOff(o.EJ.Status.ObservedStrategy)
	}
}

func isOneOff(s fissilev1.TriggerStrategy) bool {
	return s == fissilev1.StrategyOnce || s == fissilev1.StrategyDone
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
