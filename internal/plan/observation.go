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
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Observation is everything that a decision is based on.
type Observation struct {
	// Now is the time of the observation.
	Now time.Time
	// Process is what the deciding process knows beyond what is stored, as of this decision.
	Process Process
	// EJ is the ExtendedJob as shown by the cache, a live read or our own last write.
	EJ *ExtendedJob
	// Jobs are the ExtendedJob's own Jobs, by the number of their run.
	Jobs map[int64]*batchv1.Job
	// PodsRunning is true while a pod of any of its runs has not ended.
	PodsRunning bool
	// PodsPending is true while the active run has no pod, or has one that does not
	// run yet.
	PodsPending bool
	// BlockedBy is what keeps the pods of the active run from running; empty if
	// nothing is known to.
	BlockedBy string
	// Ending describes how the pod of a failed Job of the last run ended, and how to
	// read its log; empty if there is no such pod.
	Ending string
	// NamespaceClosed is true in a namespace where no ExtendedJobs run: the
	// operator's own.
	NamespaceClosed bool
	// LiveReadAt is when EJ and the Job of its last run were read live; zero if EJ
	// comes from the cache.
	LiveReadAt time.Time
	// Inputs are what the pods of a run would read if it were claimed now; nil until
	// they are read.
	Inputs *Inputs
	// TemplateDigest is the digest of the template; empty until the API server has
	// completed it.
	TemplateDigest string
	// Output is the result of storing the last run's output; nil until that was
	// tried.
	Output *Output
	// StoredRun is the greatest number of a run whose output is in a Secret of the
	// ExtendedJob; 0 if there is none. A status that was wiped or restored does not
	// know it.
	StoredRun int64
	// MissingOutputs are the Secrets in status.outputs that the cache does not show
	// as the ExtendedJob's.
	MissingOutputs []string
	// LostOutputs are the MissingOutputs that live reads did not find either; nil
	// until these were made.
	LostOutputs *[]string
	// LostFormerOutputs are the Secrets in status.formerOutputs that the cache does
	// not show as the ExtendedJob's.
	LostFormerOutputs []string
	// OwnershipDrift are the output Secrets whose owner references do not match the
	// deletion policy.
	OwnershipDrift []*metav1.PartialObjectMetadata
	// Prunable are the versions of the output that need no longer be kept. PruneAt is
	// when the next version joins them; zero if none will.
	Prunable []*metav1.PartialObjectMetadata
	PruneAt  time.Time
	// LeaseDuration is how long another process may believe that it is the leader
	// after this one took over.
	LeaseDuration time.Duration
	// Debounce is how long a change of the inputs or of the template waits for others
	// that come with it.
	Debounce time.Duration
}

// last returns the number of the last run. The status may have been wiped or
// restored; the annotation remembers.
func (o *Observation) last() int64 {
	last := ReadSettled(o.EJ).Number
	if run := o.EJ.Status.LastRun; run != nil {
		last = max(last, run.Number)
	}
	return last
}

// settled returns the last run that is over.
func (o *Observation) settled() Settled {
	settled, status := ReadSettled(o.EJ), &o.EJ.Status
	if number := ptr.Deref(status.SettledRun, 0); number > settled.Number {
		settled.Number, settled.Result = number, ""
		if run := status.LastRun; run != nil && run.Number == number {
			settled.Result = run.Result
		}
	}
	settled.OneOffDone = settled.OneOffDone || status.OneOffDone
	return settled
}

// lastRun returns the last run, or nil if the status does not have it.
func (o *Observation) lastRun() *fissilev1.Run {
	if run := o.EJ.Status.LastRun; run != nil && run.Number == o.last() {
		return run
	}
	return nil
}

// activeRun returns the run that is not over, or nil if there is none.
func (o *Observation) activeRun() *fissilev1.Run {
	if run := o.lastRun(); run != nil && run.Number > o.settled().Number {
		return run
	}
	return nil
}

// greatestRun returns the greatest number of a run that there is any trace of. Only
// that run can be active.
func (o *Observation) greatestRun() int64 {
	return max(o.last(), o.StoredRun, o.greatestJob())
}

// ActiveJob returns the Job of the active run while its controller has to run its
// pods, and otherwise nil.
func (o *Observation) ActiveJob() *batchv1.Job {
	run := o.activeRun()
	if run == nil {
		return nil
	}
	job := o.Jobs[run.Number]
	if job == nil || runjob.Finished(job) != nil || runjob.Suspended(job) {
		return nil
	}
	return job
}

// LastJob returns the Job of the last run, or nil if that has none.
func (o *Observation) LastJob() *batchv1.Job { return o.Jobs[o.last()] }

// greatestJob returns the greatest number of the ExtendedJob's own Jobs, or 0 if it
// has none.
func (o *Observation) greatestJob() int64 {
	var greatest int64
	for number := range o.Jobs {
		greatest = max(greatest, number)
	}
	return greatest
}

// restingStrategy returns the strategy while no run is due. A "now" leaves it as it
// was.
func (o *Observation) restingStrategy() fissilev1.TriggerStrategy {
	switch o.EJ.Spec.Trigger.Strategy {
	case fissilev1.StrategyOnce, fissilev1.StrategyDone:
		return fissilev1.StrategyDone
	case fissilev1.StrategyNow:
		if resting := o.EJ.Status.RestingStrategy; resting != "" {
			return resting
		}
		if o.settled().OneOffDone {
			return fissilev1.StrategyDone
		}
	case fissilev1.StrategyManual:
	}
	return fissilev1.StrategyManual
}

// claimOf returns the claim of a run. The claim of a run without one matches no
// other.
func claimOf(run *fissilev1.Run) fissilev1.Claim {
	return ptr.Deref(run.Claim, fissilev1.Claim{})
}
