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

const (
	// CreateWindow is how long after a claim or a live read a Job may be created, and
	// how long that request may take. A process that was paused for longer must look
	// again.
	CreateWindow = 5 * time.Second
	// recordJobAfter is how long a process keeps the UID of an unfinished Job to
	// itself before it writes it to the status. Short runs do without that write.
	recordJobAfter = 30 * time.Second
	// withoutPodsRetry is how often the operator looks at a Job without running pods.
	withoutPodsRetry = 30 * time.Second
	// OutputRetry is how long to wait before the operator tries again to store output
	// that the API server refused, for instance because of a quota.
	OutputRetry = 30 * time.Second
)

// Next returns the one next step for an ExtendedJob. Repeating observe, plan and act
// until the step is Wait brings it to its desired state.
func Next(o Observation) Step {
	if !o.EJ.DeletionTimestamp.IsZero() {
		// The garbage collector does the rest by owner references.
		return Step{Kind: Wait}
	}
	run, settled := o.lastRun(), o.settled()
	switch {
	case o.greatestJob() > o.last() && o.greatestJob() >= o.StoredRun:
		return o.adopt(o.greatestJob())
	case run != nil && run.Number > settled.Number:
		return o.continueRun(run, settled)
	case ptr.Deref(o.EJ.Status.SettledRun, 0) < settled.Number:
		return o.reportSettled(run, settled)
	default:
		return o.idle(settled)
	}
}

// adopt takes over a run from its Job if the status does not know the run: the cache
// lags behind, the status was wiped, or the create of an earlier claim arrived late.
func (o *Observation) adopt(number int64) Step {
	if o.LiveReadAt.IsZero() {
		return Step{Kind: ReadLive}
	}
	job := o.Jobs[number]
	run := fissilev1.Run{
		Number:    number,
		Cause:     adoptedCause(job),
		RequestID: job.Annotations[fissilev1.AnnotationRequestID],
		JobName:   job.Name,
		StartTime: job.CreationTimestamp,
		Claim: &fissilev1.Claim{
			ID:         adoptedClaim(job),
			Generation: o.EJ.Generation,
			Strategy:   o.EJ.Spec.Trigger.Strategy,
			SpecDigest: specDigest(o.EJ),
			JobUID:     job.UID,
		},
	}
	if before := o.lastRun(); before != nil && before.Number == number {
		run.Claim.Generation, run.Claim.Strategy = claimOf(before).Generation, claimOf(before).Strategy
		run.Streak, run.ChangedInputs = before.Streak, before.ChangedInputs
	}
	status := o.claimedStatus(run)
	if digest := job.Annotations[fissilev1.AnnotationInputsDigest]; digest != "" && (status.Inputs == nil || status.Inputs.Digest != digest) {
		// It was claimed with these inputs, as far as that is still known.
		status.Inputs = &fissilev1.Inputs{Digest: digest}
	}
	return Step{Kind: WriteStatus, Status: status}
}

// continueRun takes a claimed run one step further.
func (o *Observation) continueRun(run *fissilev1.Run, settled Settled) Step {
	job := o.Jobs[run.Number]
	switch {
	case job == nil:
		return o.start(run, settled)
	case job.UID == o.runState(run).Unwanted:
		return Step{Kind: DeleteJob, Job: job}
	case !labelled(job):
		// Somebody removed the label, so the cache no longer shows the Job.
		return Step{Kind: LabelJob, Job: job}
	case adoptedClaim(job) != claimOf(run).ID:
		return o.adopt(run.Number)
	case runjob.Finished(job) != nil:
		if wantsOutput(job) && o.Output == nil {
			return Step{Kind: StoreOutput, Job: job}
		}
		return o.settle(run, settled, o.jobOutcome(job))
	case o.Inputs == nil && o.watchesInputs() && o.restingStrategy() == fissilev1.StrategyDone:
		return Step{Kind: ReadInputs}
	default:
		return o.tidyThenWait(o.activeStatus(run, job), o.nextLook(run, job))
	}
}

// nextLook returns when to look at an active run again without an event: when its Job
// is to be recorded in the status, and regularly while the Job has no running pods.
func (o *Observation) nextLook(run *fissilev1.Run, job *batchv1.Job) time.Duration {
	var wait time.Duration
	if claimOf(run).JobUID == "" {
		wait = o.runState(run).JobSince.Add(recordJobAfter).Sub(o.Now)
	}
	if o.PodsPending && !runjob.Suspended(job) {
		wait = soonest(wait, withoutPodsRetry)
	}
	return max(wait, 0)
}

// start decides how to go on with a claim that has no Job.
func (o *Observation) start(run *fissilev1.Run, settled Settled) Step {
	state := o.runState(run)
	if state.Rejection != nil && state.Rejection.Reason == fissilev1.ReasonNameConflict {
		return o.claim(run.Number+1, run.Cause)
	}
	held, retryIn := o.rejected(run)
	if o.LiveReadAt.IsZero() {
		switch {
		case held:
			return o.tidyThenWait(o.rejectedStatus(run), retryIn)
		case state.JobUID != "" && o.fresh(state.ClaimedAt):
			// The cache will show it.
			return Step{Kind: Wait, After: state.ClaimedAt.Add(CreateWindow).Sub(o.Now)}
		case state.JobUID == "" && state.Rejection == nil && o.fresh(state.ClaimedAt) && claimOf(run).Generation == o.EJ.Generation:
			return Step{Kind: CreateJob}
		default:
			return Step{Kind: ReadLive}
		}
	}
	switch {
	case o.Now.Before(o.Process.LateCreateUntil):
		// A create that was given up may still make the Job.
		return Step{Kind: Wait, After: o.Process.LateCreateUntil.Sub(o.Now)}
	case o.jobSeen(run):
		return o.settle(run, settled, endedWithoutJob(run, fissilev1.ResultAborted))
	case !o.stillApplies(run) || ptr.Deref(o.EJ.Spec.Suspend, false) || o.NamespaceClosed:
		return o.settle(run, settled, endedWithoutJob(run, fissilev1.ResultCancelled))
	case held:
		return o.tidyThenWait(o.rejectedStatus(run), retryIn)
	case o.Inputs == nil:
		return Step{Kind: ReadInputs}
	case state.ClaimedAt.IsZero() || claimOf(run).Generation != o.EJ.Generation || o.inputsState() != inputsSame:
		// Another process claimed it, or for another spec, or for other inputs: claim
		// it anew under the same number.
		return o.claim(run.Number, run.Cause)
	case o.fresh(o.LiveReadAt):
		return Step{Kind: CreateJob}
	default:
		return Step{Kind: ReadLive}
	}
}

// jobSeen reports whether the Job of a run is known to have existed. If it is gone,
// it was deleted. A status that was restored from another object may name a Job of
// that object.
func (o *Observation) jobSeen(run *fissilev1.Run) bool {
	return claimOf(run).JobUID != "" && run.JobName == runjob.JobName(o.EJ, run.Number) || o.runState(run).JobUID != ""
}

// stillApplies reports whether the reason that a run was claimed for still applies.
func (o *Observation) stillApplies(run *fissilev1.Run) bool {
	switch run.Cause {
	case fissilev1.CauseRequest:
		return o.EJ.Spec.Trigger.RequestID == run.RequestID
	case fissilev1.CauseConfigChange:
		return o.EJ.Spec.Trigger.Strategy == fissilev1.StrategyDone && o.watchesInputs()
	case fissilev1.CauseTemplateChange:
		return o.EJ.Spec.Trigger.Strategy == fissilev1.StrategyDone && o.watchesTemplate()
	case fissilev1.CauseNow, fissilev1.CauseOnce:
	}
	return o.EJ.Spec.Trigger.Strategy == claimOf(run).Strategy
}

func (o *Observation) fresh(t time.Time) bool {
	return !t.IsZero() && o.Now.Sub(t) < CreateWindow
}

// settle ends a run. If the strategy is to be set back, one write of the main
// resource does that and records the number of the run. Otherwise the status alone
// records it.
func (o *Observation) settle(run *fissilev1.Run, settled Settled, outcome Outcome) Step {
	settled.Number, settled.Result = run.Number, outcome.Result
	strategy := o.EJ.Spec.Trigger.Strategy
	if outcome.Result != fissilev1.ResultCancelled {
		// The trigger of a run that was called off has not been served, if it is
		// still set.
		settled.OneOffDone = settled.OneOffDone || run.Cause == fissilev1.CauseOnce
		if o.served(run) {
			strategy = o.restingStrategy()
		}
	}
	if strategy == o.EJ.Spec.Trigger.Strategy {
		step := o.reportOutcome(run, settled, outcome)
		if step.Kind == WriteStatus {
			step.Run, step.Outcome = run, &outcome
		}
		return step
	}
	return Step{
		Kind:     Settle,
		Strategy: strategy,
		Settled:  settled,
		Run:      run,
		Outcome:  &outcome,
		// The edits of the ExtendedJob make no difference to the run.
		RequestMerged: o.EJ.Spec.Trigger.Strategy == fissilev1.StrategyNow && o.EJ.Generation != claimOf(run).Generation,
	}
}

// served reports whether the current strategy is the request that a run was claimed
// for. A "now" is a new request if it was away in between, or if anything that the
// run consists of was edited.
func (o *Observation) served(run *fissilev1.Run) bool {
	claim := claimOf(run)
	switch o.EJ.Spec.Trigger.Strategy {
	case fissilev1.StrategyOnce:
		return run.Cause == fissilev1.CauseOnce
	case fissilev1.StrategyNow:
		return claim.Strategy == fissilev1.StrategyNow && !claim.StrategyChanged &&
			(claim.Generation == o.EJ.Generation || claim.SpecDigest == specDigest(o.EJ))
	case fissilev1.StrategyManual, fissilev1.StrategyDone:
	}
	return false
}

// reportSettled writes a run to the status that only the annotation records as
// settled.
func (o *Observation) reportSettled(run *fissilev1.Run, settled Settled) Step {
	job := o.Jobs[settled.Number]
	finished := job != nil && runjob.Finished(job) != nil
	switch {
	case run == nil && finished:
		// The status was wiped, and with it whether the output is pending.
		return o.adopt(settled.Number)
	case run == nil:
		// Only the number and the result of the run are known.
		lost := &fissilev1.Run{Number: settled.Number, JobName: runjob.JobName(o.EJ, settled.Number)}
		return o.reportOutcome(nil, settled, endedWithoutJob(lost, settled.Result))
	case !finished:
		return o.reportOutcome(run, settled, endedWithoutJob(run, settled.Result))
	case wantsOutput(job) && o.Output == nil:
		return Step{Kind: StoreOutput, Job: job}
	default:
		return o.reportOutcome(run, settled, o.jobOutcome(job))
	}
}

// reportOutcome writes how a run ended, once it is known whether the next one is due.
// The run is nil if the status was wiped.
func (o *Observation) reportOutcome(run *fissilev1.Run, settled Settled, outcome Outcome) Step {
	if step, needed := o.lookForChanges(); needed {
		return step
	}
	return Step{Kind: WriteStatus, Status: o.settledStatus(run, settled, outcome)}
}

// lookForChanges returns the step that finds out whether a change of the inputs or of
// the template makes a run due, and false if that is known.
func (o *Observation) lookForChanges() (Step, bool) {
	switch {
	case o.EJ.Spec.Trigger.Strategy != fissilev1.StrategyDone:
		return Step{}, false
	case o.Inputs == nil && o.watchesInputs():
		return Step{Kind: ReadInputs}, true
	case o.needsTemplate():
		return Step{Kind: ReadTemplate}, true
	default:
		return Step{}, false
	}
}

// idle decides what to do while no run is active.
func (o *Observation) idle(settled Settled) Step {
	if o.EJ.Spec.Trigger.Strategy == fissilev1.StrategyOnce && settled.OneOffDone {
		return Step{Kind: Settle, Strategy: fissilev1.StrategyDone, Settled: settled}
	}
	if step, needed := o.lookForChanges(); needed {
		return step
	}
	cause := o.due(&o.EJ.Status)
	if o.calledOff(cause) {
		return o.recordCancelled()
	}
	if cause == "" {
		return o.reconcileOutputThenWait(o.idleStatus(), 0)
	}
	if !onDemand(cause) && o.EJ.Spec.UpdateDebounce == nil {
		if until := o.debounce().until; !until.IsZero() {
			// More may change in the same moment. The wait is too short to be worth a
			// write.
			return Step{Kind: Wait, After: until.Sub(o.Now)}
		}
	}
	if hold := o.hold(cause); hold != nil {
		return o.reconcileOutputThenWait(o.heldStatus(cause, hold.reason, hold.message), hold.after)
	}
	return o.claim(o.greatestRun()+1, cause)
}

// reconcileOutputThenWait takes care of the output of earlier runs, and then waits with
// the given status.
func (o *Observation) reconcileOutputThenWait(status *fissilev1.ExtendedJobStatus, after time.Duration) Step {
	if step, needed := o.reconcileOutput(); needed {
		return step
	}
	return o.tidyThenWait(status, after)
}

// reconcileOutput returns what to do about the last run's output: store it if that was
// not possible before, or record that it is gone. It returns false if there is nothing
// to do.
func (o *Observation) reconcileOutput() (Step, bool) {
	run := o.lastRun()
	if run == nil {
		return Step{}, false
	}
	if outputPending(run) {
		job := o.Jobs[run.Number]
		switch {
		case job == nil || runjob.Finished(job) == nil:
			return o.reportOutcome(run, o.settled(), outputLost(run)), true
		case o.Output == nil && !o.Now.Before(o.Process.OutputRetryAt):
			return Step{Kind: StoreOutput, Job: job}, true
		case o.Output != nil && (run.Output.Reason != o.Output.Reason || run.Output.Message != truncate(o.Output.Message)):
			return o.reportOutcome(run, o.settled(), o.jobOutcome(job)), true
		}
	}
	switch {
	case len(o.MissingOutputs) > 0 && o.LostOutputs == nil:
		return Step{Kind: ReadOutputs}, true
	case o.LostOutputs != nil && len(*o.LostOutputs) > 0 && o.listsAny(*o.LostOutputs):
		return Step{Kind: WriteStatus, Status: o.outputsLostStatus(*o.LostOutputs)}, true
	}
	return Step{}, false
}

// claim claims a run once everything exists that its pods cannot start without.
func (o *Observation) claim(number int64, cause fissilev1.RunCause) Step {
	switch {
	case o.Inputs == nil || o.Inputs.ForRequest != (len(o.RequestReferences()) > 0):
		return Step{Kind: ReadInputs}
	case o.needsTemplate():
		return Step{Kind: ReadTemplate}
	case len(o.Inputs.Missing) > 0:
		return o.reconcileOutputThenWait(o.heldStatus(cause, fissilev1.ReasonReferencesMissing, o.inputsMissing()), 0)
	case !o.Inputs.Newest:
		return Step{Kind: ReadNewestInputs}
	}
	streak, _ := o.streak(cause)
	run := fissilev1.Run{
		Number:    number,
		Cause:     cause,
		RequestID: o.outstandingRequest(&o.EJ.Status),
		JobName:   runjob.JobName(o.EJ, number),
		StartTime: metav1.NewTime(o.Now.Truncate(time.Second)),
		Streak:    streak,
		Claim: &fissilev1.Claim{
			Generation: o.EJ.Generation,
			Strategy:   o.EJ.Spec.Trigger.Strategy,
			SpecDigest: specDigest(o.EJ),
		},
	}
	run.Env = runjob.EnvNames(&o.EJ.Spec.Trigger, &run)
	if cause == fissilev1.CauseConfigChange {
		run.ChangedInputs = o.changedInputs()
	}
	renewed := false
	if before := o.lastRun(); before != nil && before.Number == number {
		// It is the same run, claimed anew.
		renewed = true
		run.Streak, run.ChangedInputs = before.Streak, before.ChangedInputs
	} else if before != nil && before.Cause == cause && before.Result == fissilev1.ResultCancelled {
		run.ChangedInputs = before.ChangedInputs
	}
	return Step{Kind: Claim, Status: o.claimedStatus(run), Renewed: renewed}
}

// tidyThenWait writes the given status unless it is stored, brings the owners of
// output Secrets in line with the deletion policy, deletes the Jobs and versions that
// are no longer kept, and then waits.
func (o *Observation) tidyThenWait(status *fissilev1.ExtendedJobStatus, after time.Duration) Step {
	if !SameStatus(&o.EJ.Status, status) {
		return Step{Kind: WriteStatus, Status: status}
	}
	job, wait := o.expired()
	if job != nil {
		return Step{Kind: DeleteJob, Job: job}
	}
	if len(o.OwnershipDrift) > 0 {
		return Step{Kind: SyncOwner}
	}
	if len(o.Prunable) > 0 {
		return Step{Kind: DeleteVersion}
	}
	if o.PruneAt.After(o.Now) {
		wait = soonest(wait, o.PruneAt.Sub(o.Now))
	}
	if o.pendingOutput() != nil && o.Now.Before(o.Process.OutputRetryAt) {
		wait = soonest(wait, o.Process.OutputRetryAt.Sub(o.Now))
	}
	return Step{Kind: Wait, After: soonest(after, wait)}
}

// soonest returns the shorter of two waits; 0 means for ever.
func soonest(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// labelled reports whether a Job has the label that selects it for the cache.
func labelled(job *batchv1.Job) bool {
	return job.Labels[fissilev1.LabelExtendedJob] == "true"
}

func adoptedCause(job *batchv1.Job) fissilev1.RunCause {
	switch cause := fissilev1.RunCause(job.Annotations[fissilev1.AnnotationRunCause]); cause {
	case fissilev1.CauseOnce, fissilev1.CauseNow, fissilev1.CauseRequest, fissilev1.CauseConfigChange, fissilev1.CauseTemplateChange:
		return cause
	default:
		return fissilev1.CauseNow
	}
}

func adoptedClaim(job *batchv1.Job) string {
	if claim := job.Annotations[fissilev1.AnnotationClaim]; claim != "" {
		return claim
	}
	return string(job.UID)
}
