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
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// Reasons of events on an ExtendedJob, one for each transition. Beside them,
// what keeps a run from starting is reported with the reason of the condition.
const (
	eventRunStarted          = "RunStarted"
	eventRunSucceeded        = "RunSucceeded"
	eventRunFailed           = "RunFailed"
	eventRunAborted          = "RunAborted"
	eventRunCancelled        = "RunCancelled"
	eventRequestMerged       = "RequestMerged"
	eventOutputStored        = "OutputStored"
	eventOutputDropped       = "OutputDropped"
	eventInputsNotComparable = "InputsNotComparable"
)

// Actions of events: what the operator was doing.
const (
	actionReadInputs = "ReadInputs"
	actionClaim      = "ClaimRun"
	actionCreateJob  = "CreateJob"
	actionSettle     = "SettleRun"
	actionStore      = "StoreOutput"
)

// claimed reports a run that starts because nothing tells whether its inputs are
// what they were.
func (r *Reconciler) claimed(before, after *fissilev1.ExtendedJob) {
	was, is := before.Status.Inputs, after.Status.Inputs
	if after.Status.LastRun.Cause == fissilev1.CauseConfigChange && was != nil && !plan.Comparable(was.Digest, is.Digest) {
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, eventInputsNotComparable, actionClaim,
			"The key of the digests is not that of the last run, and an input was written since: run %d starts, as its data may have changed.", after.Status.LastRun.Number)
	}
}

func (r *Reconciler) jobCreated(ej *fissilev1.ExtendedJob, job *batchv1.Job) {
	run := ej.Status.LastRun
	r.Recorder.Eventf(ej, job, corev1.EventTypeNormal, eventRunStarted, actionCreateJob,
		"Run %d (%s) started as Job %s.", run.Number, run.Cause, job.Name)
}

func (r *Reconciler) runSettled(ej *fissilev1.ExtendedJob, step plan.Step) {
	if step.Outcome == nil {
		return
	}
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
	r.Recorder.Eventf(ej, nil, eventType, reason, actionSettle, "Run %d: %s", step.Settled.Number, note(step.Outcome.Message))
	if step.Merged {
		r.Recorder.Eventf(ej, nil, corev1.EventTypeWarning, eventRequestMerged, actionSettle,
			"The ExtendedJob was edited during run %d and its strategy was still now: that counts as the same request.", step.Settled.Number)
	}
}

// statusWritten reports what keeps a run from starting, and what became of
// output that was pending, when the status says so first.
func (r *Reconciler) statusWritten(before, after *fissilev1.ExtendedJob) {
	if was := meta.FindStatusCondition(before.Status.Conditions, fissilev1.ConditionOutputPersisted); was != nil && plan.Pending(was.Reason) {
		r.pendingEnded(before.Status.LastRun, was, after)
	}
	if c := news(before, after, fissilev1.ConditionRunning); c != nil &&
		(c.Reason == fissilev1.ReasonJobRejected || c.Reason == fissilev1.ReasonJobCreateFailed) {
		r.jobRejected(after, &plan.Rejection{Reason: c.Reason, Message: c.Message})
	}
	if c := news(before, after, fissilev1.ConditionRunning); c != nil && c.Reason == fissilev1.ReasonTriggerBackoff {
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, c.Reason, actionClaim, "%s", note(c.Message))
	}
	if c := news(before, after, fissilev1.ConditionReferencesResolved); c != nil && c.Status == metav1.ConditionFalse {
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, c.Reason, actionReadInputs, "%s", note(c.Message))
	}
}

// pendingEnded reports what became of the pending output of a run, if it is not
// pending any more.
func (r *Reconciler) pendingEnded(run *fissilev1.Run, was *metav1.Condition, after *fissilev1.ExtendedJob) {
	is := meta.FindStatusCondition(after.Status.Conditions, fissilev1.ConditionOutputPersisted)
	switch {
	case run == nil || is == nil || plan.Pending(is.Reason):
	case after.Status.LastRun == nil || after.Status.LastRun.Number != run.Number:
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, eventOutputDropped, actionClaim,
			"A new run starts, so the output of run %d is dropped. It was not stored: %s", run.Number, note(was.Message))
	case is.Reason == fissilev1.ReasonStored:
		r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, eventOutputStored, actionStore, "The output of run %d is stored now.", run.Number)
	default:
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, eventOutputDropped, actionStore,
			"The output of run %d is dropped: %s", run.Number, note(is.Message))
	}
}

// news is the condition after a write, if its reason or message is not what it
// was before.
func news(before, after *fissilev1.ExtendedJob, conditionType string) *metav1.Condition {
	was := meta.FindStatusCondition(before.Status.Conditions, conditionType)
	is := meta.FindStatusCondition(after.Status.Conditions, conditionType)
	if was != nil && is != nil && was.Reason == is.Reason && was.Message == is.Message {
		return nil
	}
	return is
}

func (r *Reconciler) jobRejected(ej *fissilev1.ExtendedJob, rejection *plan.Rejection) {
	r.Recorder.Eventf(ej, nil, corev1.EventTypeWarning, rejection.Reason, actionCreateJob, "%s", note(rejection.Message))
}

// maxNote is how much of a message an event takes beside its own words; the API
// server refuses more than 1 KiB in all.
const maxNote = 900

func note(message string) string {
	if len(message) <= maxNote {
		return message
	}
	return strings.ToValidUTF8(message[:maxNote], "") + "…"
}
