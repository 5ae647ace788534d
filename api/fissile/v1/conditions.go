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

package v1

// Types of conditions. Package plan derives all of them from spec and status.
const (
	// ConditionReady is true when nothing is due and what was asked for has
	// succeeded: the one run of a one-off, the run of a requestID. An errand that
	// nobody asked to run is ready, however its last run ended.
	ConditionReady = "Ready"
	// ConditionReconciling is true while a run is due, and while one is active that
	// Ready waits for. It is not there otherwise.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true when nothing but an edit brings the ExtendedJob to
	// Ready. It is not there otherwise.
	ConditionStalled = "Stalled"
	// ConditionComplete is true when the last run's Job completed and, with output,
	// every Secret is stored. False while a run is due or active, and when it
	// failed.
	ConditionComplete = "Complete"
	// ConditionFailed is true when the last run failed, was aborted, or completed
	// with output that could not be stored. False while a run is due or active.
	ConditionFailed = "Failed"
	// ConditionRunning is true while a run is active, unknown while one is due that
	// cannot start, and false when none is due.
	ConditionRunning = "Running"
	// ConditionReferencesResolved is false while a run waits for ConfigMaps and
	// Secrets, and true when those of the last run were found. It is not there if
	// the pods read none.
	ConditionReferencesResolved = "ReferencesResolved"
	// ConditionOutputPersisted is true when the output of the last run is in its
	// Secrets. It is not there without spec.output.
	ConditionOutputPersisted = "OutputPersisted"
	// ConditionSuspended is true while spec.suspend holds back runs. It is not there
	// otherwise.
	ConditionSuspended = "Suspended"
)

// Reasons of the conditions Complete and Failed, beside those that a run waits for.
const (
	// ReasonNeverRun: no run has been claimed yet.
	ReasonNeverRun = "NeverRun"
	// ReasonRunActive: a run is claimed or its Job is active.
	ReasonRunActive = "RunActive"
	// ReasonSucceeded: the Job completed and its output, if any, is stored.
	ReasonSucceeded = "Succeeded"
	// ReasonJobFailed: the Job failed without naming a reason of its own;
	// otherwise the Job's reason (such as BackoffLimitExceeded) is used.
	ReasonJobFailed = "JobFailed"
	// ReasonJobDeleted: somebody deleted the Job before it finished.
	ReasonJobDeleted = "JobDeleted"
	// ReasonCancelled: the trigger was taken back before the Job was created.
	ReasonCancelled = "Cancelled"
	// ReasonOutputRefused: the Job completed but what it printed, or left in files, is
	// not what the output is to be. The Job is kept as failed history, so that its log can be read.
	ReasonOutputRefused = "OutputRefused"
	// ReasonOutputPending: the Job completed but its output cannot be stored
	// now. The Job is kept until it is, or until a newer run is claimed.
	ReasonOutputPending = "OutputPending"
)

// Reasons of the condition Running, beside RunActive.
const (
	// ReasonPodsNotRunning: the run's Job is there, but something keeps its pods
	// from running; the message says what. It goes on by itself when that is
	// gone.
	ReasonPodsNotRunning = "PodsNotRunning"
	// ReasonJobSuspended: the run's Job is there, but suspended.
	ReasonJobSuspended = "JobSuspended"
	// ReasonIdle: no run is due.
	ReasonIdle = "Idle"
	// ReasonSuspended: a run is due but spec.suspend is true.
	ReasonSuspended = "Suspended"
	// ReasonReferencesMissing: a run is due and waits for ConfigMaps, Secrets or
	// keys of them that its pods cannot start without.
	ReasonReferencesMissing = "ReferencesMissing"
	// ReasonNamespaceClosed: a run is due, and does not start in the operator's own
	// namespace.
	ReasonNamespaceClosed = "NamespaceClosed"
	// ReasonPodsTerminating: the next run waits for pods of an earlier one.
	ReasonPodsTerminating = "PodsTerminating"
	// ReasonTriggerBackoff: a run is due and is delayed, because several followed
	// each other within a short time.
	ReasonTriggerBackoff = "TriggerBackoff"
	// ReasonDebounce: a run is due for a change, and waits for others to come with
	// it, as spec.updateDebounce says.
	ReasonDebounce = "Debounce"
	// ReasonRunDue: a run is due and about to start.
	ReasonRunDue = "RunDue"
	// ReasonStepFailed: the API server refuses a request that the run needs; the
	// message says which. It is tried again.
	ReasonStepFailed = "StepFailed"
	// ReasonUndecodable: the API server stores what the operator cannot decode; the
	// message says in which field. Nothing runs until that is corrected.
	ReasonUndecodable = "Undecodable"
	// ReasonStatusRefused: the API server refuses the status, which is shortened for
	// that.
	ReasonStatusRefused = "StatusRefused"
	// ReasonJobRejected: the API server refuses the Job. Nothing but a change
	// of the template cures it; the message is the API server's.
	ReasonJobRejected = "JobRejected"
	// ReasonJobCreateFailed: the Job could not be created now, for instance
	// because of a quota; it is retried.
	ReasonJobCreateFailed = "JobCreateFailed"
)

// ReasonNameConflict is the reason of an event: a foreign Job has the name of
// the run's Job. The run goes on under the next number.
const ReasonNameConflict = "NameConflict"

// Reasons of the condition ReferencesResolved, beside ReferencesMissing.
const (
	// ReasonReferencesFound: everything that the pods cannot start without is
	// there.
	ReasonReferencesFound = "ReferencesFound"
)

// Reasons of the condition OutputPersisted, beside NeverRun and RunActive.
const (
	// ReasonNotRequested: the run had no spec.output.
	ReasonNotRequested = "NotRequested"
	// ReasonStored: every container's output is in its Secret.
	ReasonStored = "Stored"
	// ReasonOutputDeleted: the output was stored, and Secrets of it were deleted
	// since.
	ReasonOutputDeleted = "OutputDeleted"
	// ReasonRunFailed: the run failed and spec.output.writeOnFailure is not set.
	ReasonRunFailed = "RunFailed"
	// ReasonNoOutput: a container printed no JSON object.
	ReasonNoOutput = "NoOutput"
	// ReasonAmbiguousOutput: a container printed several JSON objects, any of
	// which could be the output.
	ReasonAmbiguousOutput = "AmbiguousOutput"
	// ReasonOutputInvalid: a container's document is not a flat JSON object of
	// strings with keys that a Secret allows.
	ReasonOutputInvalid = "OutputInvalid"
	// ReasonOutputTooLarge: a container's document, or a file, is more than a Secret
	// holds.
	ReasonOutputTooLarge = "OutputTooLarge"
	// ReasonOutputMissing: a container left no file where spec.output.files expects
	// one.
	ReasonOutputMissing = "OutputMissing"
	// ReasonOutputUnreadable: a file of spec.output.files cannot be read, or is no
	// regular file.
	ReasonOutputUnreadable = "OutputUnreadable"
	// ReasonOutputUnavailable: the log, or the files of spec.output.files, cannot be
	// read any more.
	ReasonOutputUnavailable = "OutputUnavailable"
	// ReasonOutputSuperseded: the output of a newer run is stored already, and an
	// older run's does not replace it.
	ReasonOutputSuperseded = "OutputSuperseded"
	// ReasonOutputConflict: a Secret of the output's name belongs to somebody
	// else. It is stored when that Secret is gone.
	ReasonOutputConflict = "OutputConflict"
	// ReasonSecretRejected: the API server refuses the Secret, for instance
	// because of a quota.
	ReasonSecretRejected = "SecretRejected"
)
