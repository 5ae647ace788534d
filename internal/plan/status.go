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
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/text"
)

const (
	// maxMessage is the maximum length of a message in a status. Messages quote API
	// servers and Job controllers.
	maxMessage = 1024
	// maxHistory is how many runs the status lists.
	maxHistory = 10
)

// baseStatus returns the current status, updated to the observed spec.
func (o *Observation) baseStatus() *fissilev1.ExtendedJobStatus {
	s := o.EJ.Status.DeepCopy()
	s.ObservedGeneration = new(o.EJ.Generation)
	s.RestingStrategy = o.restingStrategy()
	s.OneOffDone = o.settled().OneOffDone
	s.Due = nil
	s.FormerOutputs = slices.DeleteFunc(s.FormerOutputs, func(name string) bool { return slices.Contains(o.LostFormerOutputs, name) })
	return s
}

// withConditions completes a status with the conditions that follow from it.
func (o *Observation) withConditions(s *fissilev1.ExtendedJobStatus) *fissilev1.ExtendedJobStatus {
	if o.refused(s) {
		s = minimalStatus(s, o.Process.RefusedStatus.Message)
	}
	ej := *o.EJ
	ej.Status = *s
	s.Conditions = Conditions(&ej, o.Now)
	return s
}

// claimedStatus returns the status that claims a run.
func (o *Observation) claimedStatus(run fissilev1.Run) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	if s.LastRun == nil || s.LastRun.Number < run.Number {
		s.Runs = new(ptr.Deref(s.Runs, 0) + 1)
	}
	if run.Streak < 2 {
		run.Streak = 0
	}
	replaceLastRun(s, &run)
	if o.Inputs != nil {
		s.Inputs = o.recordInputs()
	}
	s.TemplateDigest = o.recordTemplate()
	s.Active = run.JobName
	return o.withConditions(s)
}

// activeStatus returns the status while the run's Job has not finished.
func (o *Observation) activeStatus(run *fissilev1.Run, job *batchv1.Job) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	claim := claimOf(run)
	if o.EJ.Spec.Trigger.Strategy != claim.Strategy {
		claim.StrategyChanged = true
	}
	s.LastRun.Claim = &claim
	s.LastRun.InputsChanged = run.InputsChanged || o.InputsChanged()
	s.Active = run.JobName
	switch {
	case runjob.Suspended(job):
		s.LastRun.Reason = fissilev1.ReasonJobSuspended
		s.LastRun.Message = fmt.Sprintf("Job %s is suspended: set its spec.suspend to false, or wait for the queue that suspended it.", job.Name)
	case o.BlockedBy != "":
		s.LastRun.Reason, s.LastRun.Message = fissilev1.ReasonPodsNotRunning, truncate(o.BlockedBy)
	default:
		s.LastRun.Reason, s.LastRun.Message = "", ""
	}
	s = o.withConditions(s)
	since := o.runState(run).JobSince
	if !since.IsZero() && o.Now.Sub(since) >= recordJobAfter || !SameStatus(&o.EJ.Status, s) {
		// If the Job is gone after this, somebody deleted it.
		s.LastRun.Claim.JobUID = job.UID
	}
	return s
}

// rejectedStatus returns the status while the run's Job cannot be created.
func (o *Observation) rejectedStatus(run *fissilev1.Run) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	s.Active = ""
	if rejection := o.runState(run).Rejection; rejection != nil {
		s.LastRun.Reason, s.LastRun.Message = rejection.Reason, truncate(rejection.Message)
	}
	return o.withConditions(s)
}

// idleStatus returns the status while no run is active or due.
func (o *Observation) idleStatus() *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	s.Active = ""
	if o.Inputs != nil && len(o.Inputs.Missing) == 0 && o.inputsState() == inputsUnrecorded {
		// From here on a change can be detected.
		s.Inputs = o.recordInputs()
	}
	if o.TemplateDigest != "" && !o.TemplateChanged() {
		s.TemplateDigest = o.TemplateDigest
	}
	return o.withConditions(s)
}

// heldStatus returns the status while a run is due and waits.
func (o *Observation) heldStatus(cause fissilev1.RunCause, reason, message string) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	s.Active = ""
	s.Due = &fissilev1.DueRun{Cause: cause, RequestID: o.outstandingRequest(s), Reason: reason, Message: truncate(message)}
	return o.withConditions(s)
}

// settledStatus returns the status after a run. The run is nil if the status has been
// wiped since.
func (o *Observation) settledStatus(run *fissilev1.Run, settled Settled, outcome Outcome) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	s.OneOffDone = settled.OneOffDone
	s.Active = ""
	if ptr.Deref(s.SettledRun, 0) < settled.Number {
		count(s, outcome.Result, 1)
	} else {
		count(s, run.Result, -1)
		count(s, outcome.Result, 1)
	}
	s.SettledRun = new(settled.Number)
	if run != nil {
		replaceLastRun(s, run.DeepCopy())
		s.LastRun.Claim = nil
		s.LastRun.Result = outcome.Result
		s.LastRun.CompletionTime = outcome.CompletionTime
		s.LastRun.Reason, s.LastRun.Message = outcome.recorded()
		s.LastRun.Output = outcome.Output.recorded()
		if outcome.Result != fissilev1.ResultCancelled && run.RequestID != "" {
			s.ServedRequestID = run.RequestID
		}
	}
	if outcome.Output.Stored() {
		s.FormerOutputs = formerOutputs(s, outcome.Output)
		s.Outputs = outcome.Output.Secrets
	}
	if cause := o.due(s); cause != "" {
		s.Due = &fissilev1.DueRun{
			Cause:     cause,
			RequestID: o.outstandingRequest(s),
			Reason:    fissilev1.ReasonRunDue,
			Message:   fmt.Sprintf("Run %d is over, and another one is due.", settled.Number),
		}
	}
	return o.withConditions(s)
}

// replaceLastRun makes a run the last one. The previous one goes to the head of the
// history.
func replaceLastRun(s *fissilev1.ExtendedJobStatus, run *fissilev1.Run) {
	if before := s.LastRun; before != nil && before.Number != run.Number && before.Result != "" {
		s.History = append([]fissilev1.FinishedRun{finishedRun(s)}, s.History[:min(len(s.History), maxHistory-1)]...)
	}
	s.LastRun = run
}

// finishedRun returns the last run in its short form for the history.
func finishedRun(s *fissilev1.ExtendedJobStatus) fissilev1.FinishedRun {
	run := s.LastRun
	finished := fissilev1.FinishedRun{
		Number:    run.Number,
		Cause:     run.Cause,
		RequestID: run.RequestID,
		Result:    run.Result,
		Reason:    run.Reason,
		StartTime: run.StartTime,
		JobName:   run.JobName,
	}
	if !run.CompletionTime.IsZero() {
		finished.DurationSeconds = new(int64(max(run.CompletionTime.Sub(run.StartTime.Time), 0) / time.Second))
	}
	if run.Output != nil && run.Output.Reason == fissilev1.ReasonStored {
		for _, output := range s.Outputs {
			finished.Secrets = append(finished.Secrets, output.SecretName)
		}
	}
	return finished
}

// outputsLostStatus returns the status after Secrets of the output were deleted.
func (o *Observation) outputsLostStatus(lost []string) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	s.Due = o.EJ.Status.Due
	s.Outputs = slices.DeleteFunc(s.Outputs, func(output fissilev1.OutputSecret) bool { return slices.Contains(lost, output.SecretName) })
	if run := s.LastRun; run != nil && run.Output != nil && run.Output.Reason == fissilev1.ReasonStored {
		run.Output = &fissilev1.RunOutput{
			Reason:  fissilev1.ReasonOutputDeleted,
			Message: truncate(fmt.Sprintf("Output Secrets were deleted: %s. The next run stores them again.", strings.Join(lost, ", "))),
		}
	}
	return o.withConditions(s)
}

// listsAny reports whether status.outputs lists any of the named Secrets.
func (o *Observation) listsAny(names []string) bool {
	return slices.ContainsFunc(o.EJ.Status.Outputs, func(output fissilev1.OutputSecret) bool { return slices.Contains(names, output.SecretName) })
}

// FailedStatus returns the status that says why a step fails, or nil if no run waits
// for the step.
func FailedStatus(o Observation, kind Kind, message string) *fissilev1.ExtendedJobStatus {
	message = fmt.Sprintf("%s: %s", kind, message)
	if o.activeRun() != nil {
		s := o.baseStatus()
		s.LastRun.Reason, s.LastRun.Message = fissilev1.ReasonStepFailed, truncate(message)
		return o.withConditions(s)
	}
	cause := o.due(&o.EJ.Status)
	switch kind {
	case ReadInputs, ReadNewestInputs:
		if cause == "" {
			cause = fissilev1.CauseConfigChange
		}
	case ReadTemplate:
		if cause == "" {
			cause = fissilev1.CauseTemplateChange
		}
	}
	if cause == "" {
		return nil
	}
	return o.heldStatus(cause, fissilev1.ReasonStepFailed, message)
}

// refused reports whether the API server has refused a status like this one.
func (o *Observation) refused(s *fissilev1.ExtendedJobStatus) bool {
	return o.Process.RefusedStatus == refusedStatus(o.EJ.Generation, s, o.Process.RefusedStatus.Message)
}

// StatusRefused notes that the API server refuses a status. Until the ExtendedJob is
// edited or the next run begins, a minimal status takes its place. It returns false
// if the refused status is already the minimal one.
func (p *Process) StatusRefused(ej *ExtendedJob, status *fissilev1.ExtendedJobStatus, message string) bool {
	before := p.RefusedStatus
	p.RefusedStatus = refusedStatus(ej.Generation, status, message)
	return before.Generation != p.RefusedStatus.Generation || before.Run != p.RefusedStatus.Run
}

func refusedStatus(generation int64, s *fissilev1.ExtendedJobStatus, message string) RefusedStatus {
	refused := RefusedStatus{Generation: generation, Message: message}
	if s.LastRun != nil {
		refused.Run = s.LastRun.Number
	}
	return refused
}

// minimalStatus reduces a status to what runs need to go on, and says why.
func minimalStatus(s *fissilev1.ExtendedJobStatus, refusal string) *fissilev1.ExtendedJobStatus {
	message := truncate("The API server refused the full status: " + refusal)
	minimal := s.DeepCopy()
	minimal.History, minimal.Outputs, minimal.FormerOutputs = nil, nil, nil
	if minimal.Inputs != nil {
		minimal.Inputs = &fissilev1.Inputs{Digest: minimal.Inputs.Digest, Objects: slices.DeleteFunc(minimal.Inputs.Objects, unresolved)}
	}
	if run := minimal.LastRun; run != nil {
		run.Env, run.ChangedInputs, run.Message = nil, nil, message
		if run.Reason != fissilev1.ReasonJobRejected {
			run.Reason = fissilev1.ReasonStatusRefused
		}
		if run.Output != nil {
			run.Output.Message = message
		}
	}
	if minimal.Due != nil {
		minimal.Due.Message = message
	}
	return minimal
}

func count(s *fissilev1.ExtendedJobStatus, result fissilev1.RunResult, by int64) {
	switch result {
	case fissilev1.ResultSucceeded:
		s.Succeeded = new(ptr.Deref(s.Succeeded, 0) + by)
	case fissilev1.ResultFailed, fissilev1.ResultAborted:
		s.Failed = new(ptr.Deref(s.Failed, 0) + by)
	case fissilev1.ResultCancelled:
		// It never ran.
	}
}

// SameStatus reports whether two statuses are equal.
func SameStatus(a, b *fissilev1.ExtendedJobStatus) bool {
	return apiequality.Semantic.DeepEqual(a, b)
}

// truncate shortens a message to what the status has room for.
func truncate(message string) string { return text.Truncate(message, maxMessage, "…") }
