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
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

const (
	// Fence is how long after a claim or a live read a Job may be created, and
	// how long that request may take. A process that was paused for longer must
	// look again.
	Fence = 5 * time.Second
	// podlessRetry is how often a Job without running pods is looked at.
	podlessRetry = 15 * time.Second
	// OutputRetry is how long to wait before output that the API server refused,
	// for instance because of a quota, is tried again.
	OutputRetry = 30 * time.Second
)

// Next is the one next step for an ExtendedJob. Repeating observe, plan and act
// until the step is Wait brings it to where it belongs.
func Next(o Observation) Step {
	if !o.EJ.DeletionTimestamp.IsZero() {
		// The garbage collector does the rest by owner references.
		return Step{Kind: Wait}
	}
	settled := o.settled()
	switch last := o.last(); {
	case o.greatestJob() > last:
		return o.adopt(o.greatestJob())
	case last > settled.Number && o.lastRun() != nil:
		return o.continueRun(o.lastRun(), settled)
	case value(o.EJ.Status.SettledRun) < settled.Number:
		return o.report(settled)
	default:
		return o.rest(settled)
	}
}

// adopt takes over a run that the ExtendedJob's status does not know: the cache
// lags behind, or somebody wiped the status.
func (o *Observation) adopt(number int64) Step {
	if o.LiveReadAt.IsZero() {
		return Step{Kind: ReadLive}
	}
	job := o.Jobs[number]
	status := o.claimedStatus(fissilev1.Run{
		Number:     number,
		Cause:      adoptedCause(job),
		ClaimID:    adoptedClaim(job),
		Generation: o.EJ.Generation,
		Strategy:   o.EJ.Spec.Trigger.Strategy,
		SetBackTo:  o.setBackTo(),
		JobName:    job.Name,
		JobUID:     job.UID,
		StartTime:  job.CreationTimestamp,
	})
	if digest := job.Annotations[fissilev1.AnnotationInputsDigest]; digest != "" && (status.Inputs == nil || status.Inputs.Digest != digest) {
		// What it was claimed with, as far as it still tells.
		status.Inputs = &fissilev1.Inputs{Digest: digest}
	}
	return Step{Kind: WriteStatus, Status: status}
}

// continueRun brings a claimed run one step further.
func (o *Observation) continueRun(run *fissilev1.Run, settled Settled) Step {
	job := o.Jobs[run.Number]
	switch {
	case job == nil:
		return o.start(run, settled)
	case !labelled(job):
		// Somebody took the label off, and the cache does not show it any more.
		return Step{Kind: LabelJob, Job: job}
	case Finished(job) != nil:
		if wantsOutput(job) && o.Output == nil {
			return Step{Kind: StoreOutput, Job: job}
		}
		return o.settle(run, settled, jobOutcome(job, o.Output))
	case o.Inputs == nil && o.watchesInputs() && isOneOff(run.SetBackTo):
		return Step{Kind: ReadInputs}
	default:
		return o.waitWith(o.activeStatus(run, job), o.nextLook(run, job))
	}
}

// nextLook is when to look at an active run again without an event: when it
// outlives the fence, and then while its Job has no pods that run.
func (o *Observation) nextLook(run *fissilev1.Run, job *batchv1.Job) time.Duration {
	if after := run.StartTime.Add(Fence).Sub(o.Now); after > 0 {
		return after
	}
	if o.PodsPending && !suspended(job) {
		return podlessRetry
	}
	return 0
}

// start decides about a claim without a Job.
func (o *Observation) start(run *fissilev1.Run, settled Settled) Step {
	if o.JobRejection != nil && o.JobRejection.Reason == fissilev1.ReasonNameConflict {
		return o.claim(run.Number+1, run.Cause)
	}
	if o.LiveReadAt.IsZero() {
		switch {
		case o.rejected(run):
			return o.waitWith(o.rejectedStatus(), 0)
		case o.CreatedJob != "" && o.fresh(o.ClaimedAt):
			// The cache will show it.
			return Step{Kind: Wait, After: o.ClaimedAt.Add(Fence).Sub(o.Now)}
		case o.CreatedJob == "" && o.fresh(o.ClaimedAt):
			return Step{Kind: CreateJob}
		default:
			return Step{Kind: ReadLive}
		}
	}
	switch {
	case run.JobUID != "" || o.CreatedJob != "":
		return o.settle(run, settled, endedWithoutJob(run, fissilev1.ResultAborted))
	case o.EJ.Spec.Trigger.Strategy != run.Strategy || value(o.EJ.Spec.Suspend):
		return o.settle(run, settled, endedWithoutJob(run, fissilev1.ResultCancelled))
	case o.rejected(run):
		return o.waitWith(o.rejectedStatus(), 0)
	case o.Inputs == nil:
		return Step{Kind: ReadInputs}
	case o.ClaimedAt.IsZero() || run.Generation != o.EJ.Generation || o.inputsState() != inputsSame:
		// Another process claimed it, or for another spec, or for other inputs:
		// claim it anew under the same number.
		return o.claim(run.Number, run.Cause)
	case o.fresh(o.LiveReadAt):
		return Step{Kind: CreateJob}
	default:
		return Step{Kind: ReadLive}
	}
}

// rejected tells whether the API server refused the run's Job for what stands
// in the spec as it is now. Only an edit cures that.
func (o *Observation) rejected(run *fissilev1.Run) bool {
	if o.JobRejection != nil {
		return true
	}
	running := condition(o.EJ, fissilev1.ConditionRunning)
	return running != nil && running.Reason == fissilev1.ReasonJobRejected && run.Generation == o.EJ.Generation
}

func (o *Observation) fresh(t time.Time) bool {
	return !t.IsZero() && o.Now.Sub(t) < Fence
}

// settle ends a run: the strategy goes back, unless somebody set another one
// meanwhile or asked for the next run.
func (o *Observation) settle(run *fissilev1.Run, settled Settled, outcome Outcome) Step {
	step := Step{
		Kind:     Settle,
		Strategy: o.EJ.Spec.Trigger.Strategy,
		Settled: Settled{
			Number:     run.Number,
			Result:     outcome.Result,
			OneOffDone: settled.OneOffDone,
		},
		Outcome: &outcome,
	}
	if outcome.Result == fissilev1.ResultCancelled {
		// The trigger, if it is still there, has not been served.
		return step
	}
	if run.Cause == fissilev1.CauseOnce {
		step.Settled.OneOffDone = true
	}
	if o.EJ.Spec.Trigger.Strategy == run.Strategy && !value(run.StrategyChanged) {
		step.Strategy = run.SetBackTo
		step.Merged = run.Strategy == fissilev1.StrategyNow && o.EJ.Generation != run.Generation
	}
	return step
}

// report brings a settled run into the status.
func (o *Observation) report(settled Settled) Step {
	run := o.lastRun()
	if run == nil {
		if job := o.Jobs[settled.Number]; job != nil && Finished(job) != nil {
			// The status was wiped, and with it whether the output waits to be stored.
			return o.adopt(settled.Number)
		}
		// What is known of the run is its number and result.
		ended := endedWithoutJob(&fissilev1.Run{JobName: JobName(o.EJ, settled.Number)}, settled.Result)
		return Step{Kind: WriteStatus, Status: o.settledStatus(nil, settled, ended)}
	}
	job := o.Jobs[run.Number]
	if job == nil || Finished(job) == nil {
		return Step{Kind: WriteStatus, Status: o.settledStatus(run, settled, endedWithoutJob(run, settled.Result))}
	}
	if wantsOutput(job) && o.Output == nil {
		return Step{Kind: StoreOutput, Job: job}
	}
	return Step{Kind: WriteStatus, Status: o.settledStatus(run, settled, jobOutcome(job, o.Output))}
}

// rest decides what to do when no run is under way.
func (o *Observation) rest(settled Settled) Step {
	switch job := o.pendingOutput(); {
	case job != nil && o.Output == nil && !o.Now.Before(o.OutputRetryAt):
		return Step{Kind: StoreOutput, Job: job}
	case job != nil && o.Output != nil && o.outputNews():
		return Step{Kind: WriteStatus, Status: o.settledStatus(o.lastRun(), settled, jobOutcome(job, o.Output))}
	case job == nil && o.outputPending() && o.LiveReadAt.IsZero():
		return Step{Kind: ReadLive}
	case job == nil && o.outputPending():
		return Step{Kind: WriteStatus, Status: o.settledStatus(o.lastRun(), settled, o.outputLost())}
	}

	if o.EJ.Spec.Trigger.Strategy == fissilev1.StrategyOnce && settled.OneOffDone {
		return Step{Kind: Settle, Strategy: fissilev1.StrategyDone, Settled: settled}
	}
	if o.EJ.Spec.Trigger.Strategy == fissilev1.StrategyDone {
		if o.Inputs == nil && o.watchesInputs() {
			return Step{Kind: ReadInputs}
		}
		if o.needsTemplate() {
			return Step{Kind: ReadTemplate}
		}
	}
	cause := o.due()
	_, delay := o.streak(cause)
	switch {
	case cause == "":
		return o.waitWith(o.idleStatus(fissilev1.ReasonIdle, "No run is due."), 0)
	case value(o.EJ.Spec.Suspend):
		return o.waitWith(o.idleStatus(fissilev1.ReasonSuspended, "A run is due and starts when spec.suspend is false."), 0)
	case o.PodsRunning:
		return o.waitWith(o.idleStatus(fissilev1.ReasonPodsTerminating, "A run is due and starts when the pods of earlier runs have ended."), 0)
	case (cause == fissilev1.CauseConfigChange || cause == fissilev1.CauseTemplateChange) && o.Now.Before(o.DebounceUntil):
		// More may change in the same moment.
		return o.waitWith(o.idleStatus(fissilev1.ReasonIdle, "No run is due."), o.DebounceUntil.Sub(o.Now))
	case delay > 0 && o.Now.Before(endOf(o.lastRun()).Add(delay)):
		at := endOf(o.lastRun()).Add(delay)
		message := fmt.Sprintf("Runs follow each other too fast: what triggers them does so again right after each. The next one starts at %s.", at.UTC().Format(time.RFC3339))
		return o.waitWith(o.idleStatus(fissilev1.ReasonTriggerBackoff, message), at.Sub(o.Now))
	default:
		return o.claim(max(o.last(), o.StoredRun)+1, cause)
	}
}

// due is the cause of the run that is to start, empty if none is.
func (o *Observation) due() fissilev1.RunCause {
	switch o.EJ.Spec.Trigger.Strategy {
	case fissilev1.StrategyNow:
		return fissilev1.CauseNow
	case fissilev1.StrategyOnce:
		return fissilev1.CauseOnce
	case fissilev1.StrategyDone:
		run := o.lastRun()
		if o.watchesInputs() && (o.InputsChanged() || run != nil && value(run.InputsChanged)) {
			return fissilev1.CauseConfigChange
		}
		if o.TemplateChanged() {
			return fissilev1.CauseTemplateChange
		}
	case fissilev1.StrategyManual:
	}
	return ""
}

// claim claims a run when everything is there that its pods cannot start
// without.
func (o *Observation) claim(number int64, cause fissilev1.RunCause) Step {
	if o.Inputs == nil {
		return Step{Kind: ReadInputs}
	}
	if o.needsTemplate() {
		return Step{Kind: ReadTemplate}
	}
	if len(o.Inputs.Missing) > 0 {
		return o.waitWith(o.idleStatus(fissilev1.ReasonReferencesMissing, "A run is due and waits for what its pods need. "+o.inputsMissing()), 0)
	}
	if !o.Inputs.Newest {
		return Step{Kind: ReadNewestInputs}
	}
	streak, _ := o.streak(cause)
	run := fissilev1.Run{
		Number:     number,
		Cause:      cause,
		Streak:     streak,
		Generation: o.EJ.Generation,
		Strategy:   o.EJ.Spec.Trigger.Strategy,
		SetBackTo:  o.setBackTo(),
		JobName:    JobName(o.EJ, number),
		StartTime:  metav1.NewTime(o.Now.Truncate(time.Second)),
	}
	if cause == fissilev1.CauseConfigChange {
		run.ChangedInputs = o.changedInputs()
	}
	if before := o.lastRun(); before != nil && before.Number == number {
		// It is the same run, claimed anew.
		run.Streak = before.Streak
		run.ChangedInputs = before.ChangedInputs
	}
	return Step{Kind: Claim, Status: o.claimedStatus(run)}
}

func (o *Observation) setBackTo() fissilev1.TriggerStrategy {
	if o.oneOff() {
		return fissilev1.StrategyDone
	}
	return fissilev1.StrategyManual
}

// outputPending tells whether the output of the last run waits to be stored.
func (o *Observation) outputPending() bool {
	persisted := condition(o.EJ, fissilev1.ConditionOutputPersisted)
	return o.lastRun() != nil && persisted != nil && Pending(persisted.Reason)
}

// pendingOutput is the Job of the last run if its output waits to be stored.
func (o *Observation) pendingOutput() *batchv1.Job {
	if !o.outputPending() {
		return nil
	}
	return o.Jobs[o.lastRun().Number]
}

// outputNews tells whether trying again to store the output came to anything
// else than what the condition says.
func (o *Observation) outputNews() bool {
	persisted := condition(o.EJ, fissilev1.ConditionOutputPersisted)
	return persisted.Reason != o.Output.Reason || persisted.Message != truncate(o.Output.Message)
}

// waitWith waits with the given status: writes it if it is not written, brings
// the owners of output Secrets up to the deletion policy, deletes the Jobs and
// versions that are no longer kept, and then waits.
func (o *Observation) waitWith(status *fissilev1.ExtendedJobStatus, after time.Duration) Step {
	if !sameStatus(&o.EJ.Status, status) {
		return Step{Kind: WriteStatus, Status: status}
	}
	job, wait := o.expired()
	if job != nil {
		return Step{Kind: DeleteJob, Job: job}
	}
	if len(o.Disowned) > 0 {
		return Step{Kind: SetOwner}
	}
	if len(o.Prunable) > 0 {
		return Step{Kind: DeleteVersion}
	}
	if o.PruneAt.After(o.Now) {
		wait = soonest(wait, o.PruneAt.Sub(o.Now))
	}
	if o.pendingOutput() != nil && o.Now.Before(o.OutputRetryAt) {
		wait = soonest(wait, o.OutputRetryAt.Sub(o.Now))
	}
	return Step{Kind: Wait, After: soonest(after, wait)}
}

// soonest is the shorter of two waits; 0 waits for ever.
func soonest(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

func adoptedCause(job *batchv1.Job) fissilev1.RunCause {
	if cause := fissilev1.RunCause(job.Annotations[fissilev1.AnnotationRunCause]); cause != "" {
		return cause
	}
	return fissilev1.CauseNow
}

func adoptedClaim(job *batchv1.Job) string {
	if claim := job.Annotations[fissilev1.AnnotationClaim]; claim != "" {
		return claim
	}
	return string(job.UID)
}
