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
	// ConditionReady is true when no run is due and what was requested has
	// succeeded: the one run of a one-off, or the run for a requestID. An errand
	// that nobody asked to run is ready, however its last run ended.
	ConditionReady = "Ready"
	// ConditionReconciling is true while a run is due, or one that Ready waits for
	// is active. It is absent otherwise.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true when only an edit can make the ExtendedJob Ready. It
	// is absent otherwise.
	ConditionStalled = "Stalled"
	// ConditionComplete is true when the last run's Job completed and every Secret
	// of its output, if any, is stored. It is false while a run is due or active,
	// and when the last one failed.
	ConditionComplete = "Complete"
	// ConditionFailed is true when the last run failed, was aborted, or completed
	// with output that could not be stored. It is false while a run is due or
	// active.
	ConditionFailed = "Failed"
	// ConditionRunning is true while a run is active, unknown while one is due that
	// cannot start, and false when none is due.
	ConditionRunning = "Running"
	// ConditionReferencesResolved is false while a run waits for ConfigMaps and
	// Secrets, and true when those of the last run were found. It is absent if the
	// pods read none.
	ConditionReferencesResolved = "ReferencesResolved"
	// ConditionOutputPersisted is true when the output of the last run is in its
	// Secrets. It is absent without spec.output.
	ConditionOutputPersisted = "OutputPersisted"
	// ConditionSuspended is true while spec.suspend holds back runs. It is absent
	// otherwise.
	ConditionSuspended = "Suspended"
)

// Reasons of the conditions Complete and Failed, besides the reasons of Running
// while a run is due.
const (
	// ReasonNeverRun: no run has been claimed yet.
	ReasonNeverRun = "NeverRun"
	// ReasonRunActive: a run is claimed or its Job is active.
	ReasonRunActive = "RunActive"
	// ReasonSucceeded: the Job completed and its output, if any, is stored.
	ReasonSucceeded = "Succeeded"
	// ReasonJobFailed: the Job failed without a reason of its own. If it has one,
	// such as BackoffLimitExceeded, that is used.
	ReasonJobFailed = "JobFailed"
	// ReasonJobDeleted: somebody deleted the Job before it finished.
	ReasonJobDeleted = "JobDeleted"
	// ReasonCancelled: the request was withdrawn before the Job was created.
	ReasonCancelled = "Cancelled"
	// ReasonOutputRefused: the Job completed, but its printed output or its files
	// are not valid. The Job is kept as failed history, so that its log can be read.
	ReasonOutputRefused = "OutputRefused"
	// ReasonOutputPending: the Job completed, but its output cannot be stored yet.
	// The Job is kept until it is, or until a newer run is claimed.
	ReasonOutputPending = "OutputPending"
)

// Reasons of the condition Running, besides RunActive.
const (
	// ReasonPodsNotRunning: the run's Job exists, but its pods cannot run; the
	// message says why. The run continues once the cause is gone.
	ReasonPodsNotRunning = "PodsNotRunning"
	// ReasonJobSuspended: the run's Job exists, but is suspended.
	ReasonJobSuspended = "JobSuspended"
	// ReasonIdle: no run is due.
	ReasonIdle = "Idle"
	// ReasonSuspended: a run is due but spec.suspend is true.
	ReasonSuspended = "Suspended"
	// ReasonReferencesMissing: a run is due and waits for ConfigMaps, Secrets or
	// keys of them that its pods need to start.
	ReasonReferencesMissing = "ReferencesMissing"
	// ReasonNamespaceClosed: a run is due, but runs do not start in the operator's
	// own namespace.
	ReasonNamespaceClosed = "NamespaceClosed"
	// ReasonPodsTerminating: the next run waits for pods of an earlier one.
	ReasonPodsTerminating = "PodsTerminating"
	// ReasonTriggerBackoff: a run is due, but delayed because too many started
	// within a short time.
	ReasonTriggerBackoff = "TriggerBackoff"
	// ReasonDebounce: a run is due for a change, and waits for further changes for
	// the time that spec.updateDebounce sets.
	ReasonDebounce = "Debounce"
	// ReasonRunDue: a run is due and about to start.
	ReasonRunDue = "RunDue"
	// ReasonStepFailed: the API server refuses a request that the run needs; the
	// message names it. It is retried.
	ReasonStepFailed = "StepFailed"
	// ReasonUndecodable: the operator cannot decode the stored object; the message
	// names the field. Nothing runs until it is corrected.
	ReasonUndecodable = "Undecodable"
	// ReasonStatusRefused: the API server refuses the status, so it is shortened.
	ReasonStatusRefused = "StatusRefused"
	// ReasonJobRejected: the API server refuses the Job, with the error in the
	// message. Only a change of the template helps.
	ReasonJobRejected = "JobRejected"
	// ReasonJobCreateFailed: the Job could not be created, for instance because of a
	// quota. It is retried.
	ReasonJobCreateFailed = "JobCreateFailed"
)

// ReasonNameConflict is the reason of an event: a foreign Job has the name of the
// run's Job. The run continues under the next number.
const ReasonNameConflict = "NameConflict"

// Reasons of the condition ReferencesResolved, besides ReferencesMissing.
const (
	// ReasonReferencesFound: everything that the pods need to start exists.
	ReasonReferencesFound = "ReferencesFound"
)

// Reasons of the condition OutputPersisted, besides NeverRun and RunActive.
const (
	// ReasonNotRequested: the run had no spec.output.
	ReasonNotRequested = "NotRequested"
	// ReasonStored: every container's output is in its Secret.
	ReasonStored = "Stored"
	// ReasonOutputDeleted: the output was stored, but some of its Secrets have been
	// deleted since.
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
	// ReasonOutputTooLarge: a container's document, or a file, does not fit into a
	// Secret.
	ReasonOutputTooLarge = "OutputTooLarge"
	// ReasonOutputMissing: a container left no file where spec.output.files expects
	// one.
	ReasonOutputMissing = "OutputMissing"
	// ReasonOutputUnreadable: a file of spec.output.files cannot be read, or is not
	// a regular file.
	ReasonOutputUnreadable = "OutputUnreadable"
	// ReasonOutputUnavailable: the log, or the files of spec.output.files, can no
	// longer be read.
	ReasonOutputUnavailable = "OutputUnavailable"
	// ReasonOutputSuperseded: the output of a newer run is already stored, and is
	// not replaced with an older run's.
	ReasonOutputSuperseded = "OutputSuperseded"
	// ReasonOutputConflict: a Secret with the output's name belongs to someone else.
	// The output is stored when that Secret is gone.
	ReasonOutputConflict = "OutputConflict"
	// ReasonSecretRejected: the API server refuses the Secret, for instance
	// because of a quota.
	ReasonSecretRejected = "SecretRejected"
)
