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

package fissile

import (
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/text"
)

// Reasons of events on an ExtendedJob, one for each transition. In addition, events
// report what keeps a run from starting, with the reason of the condition.
const (
	eventRunStarted          = "RunStarted"
	eventRunSucceeded        = "RunSucceeded"
	eventRunFailed           = "RunFailed"
	eventRunAborted          = "RunAborted"
	eventRunCancelled        = "RunCancelled"
	eventRequestMerged       = "RequestMerged"
	eventOutputStored        = "OutputStored"
	eventOutputLeftBehind    = "OutputLeftBehind"
	eventOutputDropped       = "OutputDropped"
	eventInputsNotComparable = "InputsNotComparable"
)

// Actions of events: what the operator was doing.
const (
	actionClaim     = "ClaimRun"
	actionCreateJob = "CreateJob"
	actionRun       = "Run"
	actionSettle    = "SettleRun"
	actionStore     = "StoreOutput"
)

// reference returns the object reference for events on an ExtendedJob.
func reference(ej *plan.ExtendedJob) *corev1.ObjectReference {
	apiVersion, kind := fissilev1.GroupVersion.WithKind("ExtendedJob").ToAPIVersionAndKind()
	return &corev1.ObjectReference{
		APIVersion: apiVersion, Kind: kind, Namespace: ej.Namespace, Name: ej.Name, UID: ej.UID, ResourceVersion: ej.ResourceVersion,
	}
}

// recordClaimed reports a run that starts because nobody can tell whether its inputs
// are unchanged.
func (r *Reconciler) recordClaimed(before, after *plan.ExtendedJob) {
	was, is := before.Status.Inputs, after.Status.Inputs
	if after.Status.LastRun.Cause == fissilev1.CauseConfigChange && was != nil && !plan.Comparable(was.Digest, is.Digest) {
		r.Recorder.Eventf(reference(after), nil, corev1.EventTypeWarning, eventInputsNotComparable, actionClaim,
			"The digest key has changed since the last run, and an input was written since then. Run %d starts, because its data may have changed.", after.Status.LastRun.Number)
	}
}

func (r *Reconciler) recordJobCreated(ej *plan.ExtendedJob, job *batchv1.Job) {
	run := ej.Status.LastRun
	r.Recorder.Eventf(reference(ej), job, corev1.EventTypeNormal, eventRunStarted, actionCreateJob,
		"Run %d (%s) started as Job %s.", run.Number, run.Cause, job.Name)
}

// recordSettled reports how a run ended, if the step settles one.
func (r *Reconciler) recordSettled(ej *plan.ExtendedJob, step plan.Step) {
	if step.Outcome == nil {
		return
	}
	runsTotal.WithLabelValues(string(step.Run.Cause), string(step.Outcome.Result)).Inc()
	eventType, reason := corev1.EventTypeWarning, eventRunFailed
	switch step.Outcome.Result {
	case fissilev1.ResultSucceeded:
		eventType, reason = corev1.EventTypeNormal, eventRunSucceeded
	case fissilev1.ResultCancelled:
		eventType, reason = corev1.EventTypeNormal, eventRunCancelled
	case fissilev1.ResultAborted:
		reason = eventRunAborted
	case fissilev1.ResultFailed:
	}
	r.Recorder.Eventf(reference(ej), nil, eventType, reason, actionSettle, "Run %d: %s", step.Run.Number, note(step.Outcome.Message))
	if step.RequestMerged {
		r.Recorder.Eventf(reference(ej), nil, corev1.EventTypeWarning, eventRequestMerged, actionSettle,
			"The ExtendedJob was edited during run %d, but not in a way that changes the run, so the edit starts no further run.", step.Run.Number)
	}
}

// recordStatus reports what keeps a run from starting, and what became of pending
// output, when it first appears in the status.
func (r *Reconciler) recordStatus(before, after *plan.ExtendedJob) {
	r.recordPending(before, after)
	r.recordLeftBehind(before, after)
	if due, was := after.Status.Due, before.Status.Due; due != nil && (was == nil || was.Reason != due.Reason || was.Message != due.Message) {
		switch due.Reason {
		case fissilev1.ReasonReferencesMissing, fissilev1.ReasonTriggerBackoff, fissilev1.ReasonStepFailed:
			r.Recorder.Eventf(reference(after), nil, corev1.EventTypeWarning, due.Reason, actionClaim, "%s", note(due.Message))
		}
	}
	run, was := after.Status.LastRun, before.Status.LastRun
	if run == nil || run.Result != "" || was != nil && was.Reason == run.Reason && was.Message == run.Message {
		return
	}
	switch run.Reason {
	case fissilev1.ReasonJobRejected, fissilev1.ReasonJobCreateFailed:
		r.recordRejected(after, &plan.Rejection{Reason: run.Reason, Message: run.Message})
	case fissilev1.ReasonPodsNotRunning, fissilev1.ReasonStepFailed:
		r.Recorder.Eventf(reference(after), nil, corev1.EventTypeWarning, run.Reason, actionRun, "Run %d: %s", run.Number, note(run.Message))
	}
}

// recordPending reports what became of the pending output of a run, once it is no
// longer pending.
func (r *Reconciler) recordPending(before, after *plan.ExtendedJob) {
	was, run := before.Status.LastRun, after.Status.LastRun
	if was == nil || was.Output == nil || !plan.Pending(was.Output.Reason) || run == nil {
		return
	}
	switch {
	case run.Number != was.Number:
		r.Recorder.Eventf(reference(after), nil, corev1.EventTypeWarning, eventOutputDropped, actionClaim,
			"The output of run %d is dropped, because a new run starts. It was not stored: %s", was.Number, note(was.Output.Message))
	case run.Output == nil || plan.Pending(run.Output.Reason):
	case run.Output.Reason == fissilev1.ReasonStored:
		r.Recorder.Eventf(reference(after), nil, corev1.EventTypeNormal, eventOutputStored, actionStore, "The output of run %d has been stored.", run.Number)
	default:
		r.Recorder.Eventf(reference(after), nil, corev1.EventTypeWarning, eventOutputDropped, actionStore,
			"The output of run %d is dropped: %s", run.Number, note(run.Output.Message))
	}
}

// recordLeftBehind reports Secrets that no run writes any longer.
func (r *Reconciler) recordLeftBehind(before, after *plan.ExtendedJob) {
	var left []string
	for _, name := range after.Status.FormerOutputs {
		if !slices.Contains(before.Status.FormerOutputs, name) {
			left = append(left, name)
		}
	}
	if len(left) > 0 {
		r.Recorder.Eventf(reference(after), nil, corev1.EventTypeNormal, eventOutputLeftBehind, actionStore,
			"Runs no longer write these Secrets, because nothing in the ExtendedJob has their names any more: %s. Delete them if nothing reads them.", note(strings.Join(left, ", ")))
	}
}

func (r *Reconciler) recordRejected(ej *plan.ExtendedJob, rejection *plan.Rejection) {
	r.Recorder.Eventf(reference(ej), nil, corev1.EventTypeWarning, rejection.Reason, actionCreateJob, "%s", note(rejection.Message))
}

// recordStepFailed reports a step that the API server refuses and that no run waits
// for.
func (r *Reconciler) recordStepFailed(ej *plan.ExtendedJob, kind plan.Kind, failure error) {
	r.Recorder.Eventf(reference(ej), nil, corev1.EventTypeWarning, fissilev1.ReasonStepFailed, string(kind), "%s: %s", kind, note(failure.Error()))
}

// recordOutputsLost reports that Secrets of the output were deleted.
func (r *Reconciler) recordOutputsLost(ej *plan.ExtendedJob, names []string) {
	r.Recorder.Eventf(reference(ej), nil, corev1.EventTypeWarning, fissilev1.ReasonOutputDeleted, actionStore,
		"Output Secrets were deleted: %s. The next run stores them again.", note(strings.Join(names, ", ")))
}

// maxNote limits how much of a message goes into an event along with its own words.
// The API server refuses more than 1 KiB in total.
const maxNote = 900

func note(message string) string { return text.Truncate(message, maxNote, "…") }
