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

import (
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// ExtendedJob is a Job that can be run more than once. It runs on demand (an
// errand) or once at creation (a one-off), deletes the Job when it has
// succeeded, and can keep the JSON that it printed in Secrets.
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ejob;ejobs
// +kubebuilder:printcolumn:name="Strategy",type=string,JSONPath=`.spec.trigger.strategy`,description="When the ExtendedJob runs"
// +kubebuilder:printcolumn:name="Result",type=string,JSONPath=`.status.lastRun.result`,description="How the last run ended; empty while it is active"
// +kubebuilder:printcolumn:name="Run",type=integer,JSONPath=`.status.lastRun.number`,description="Number of the last run"
// +kubebuilder:printcolumn:name="Last Run",type=date,JSONPath=`.status.lastRun.startTime`,description="Time since the last run started"
// +kubebuilder:printcolumn:name="Cause",type=string,JSONPath=`.status.lastRun.cause`,priority=1,description="Why the last run was started"
// +kubebuilder:printcolumn:name="Job",type=string,JSONPath=`.status.lastRun.jobName`,priority=1,description="Job of the last run"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.lastRun.message`,priority=1,description="What the last run came to, in a sentence"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ExtendedJob struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what to run, and when.
	// +required
	Spec ExtendedJobSpec `json:"spec,omitzero"`

	// status is what the operator observed and did.
	// +optional
	Status ExtendedJobStatus `json:"status,omitzero"`
}

// ExtendedJobList is a list of ExtendedJobs.
// +kubebuilder:object:root=true
type ExtendedJobList struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the ExtendedJobs.
	// +required
	Items []ExtendedJob `json:"items"`
}

// ExtendedJobSpec is what to run, and when.
type ExtendedJobSpec struct {
	// trigger says when a run starts.
	// +required
	Trigger Trigger `json:"trigger,omitzero"`

	// jobTemplate is the Job that a run creates, as in a CronJob. A
	// backoffLimit that is not set is 2. The pod's restartPolicy must be Never or
	// OnFailure.
	// +required
	// +kubebuilder:validation:XValidation:rule="has(self.spec) && has(self.spec.template.spec) && has(self.spec.template.spec.restartPolicy) && self.spec.template.spec.restartPolicy in ['Never', 'OnFailure']",fieldPath=".spec.template.spec.restartPolicy",message="must be Never or OnFailure"
	JobTemplate batchv1.JobTemplateSpec `json:"jobTemplate,omitzero"`

	// suspend holds back runs while it is true. What was due starts when it is
	// false again. A run that is active goes on.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`

	// updateOnConfigChange runs a one-off again when the data of a ConfigMap or
	// Secret that its pods use changes.
	// +optional
	UpdateOnConfigChange *bool `json:"updateOnConfigChange,omitempty"`

	// updateOnTemplateChange runs a one-off again when jobTemplate changes.
	// +optional
	UpdateOnTemplateChange *bool `json:"updateOnTemplateChange,omitempty"`

	// output keeps the JSON object that the containers print in Secrets.
	// Without it nothing is kept.
	// +optional
	Output *Output `json:"output,omitempty"`

	// successfulJobsHistoryLimit is how many Jobs of successful runs stay,
	// with their pods, so that their logs can be read. 0 if not set.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SuccessfulJobsHistoryLimit *int32 `json:"successfulJobsHistoryLimit,omitempty"`

	// failedJobsHistoryLimit is how many Jobs of failed runs stay, with their
	// pods. 1 if not set.
	// +optional
	// +kubebuilder:validation:Minimum=0
	FailedJobsHistoryLimit *int32 `json:"failedJobsHistoryLimit,omitempty"`
}

// Trigger says when a run starts.
type Trigger struct {
	// strategy is "manual" (an errand: nothing runs), "now" (run it once, then
	// back to manual), "once" (a one-off: run it once at creation, then done) or
	// "done" (a one-off that has run).
	// +required
	Strategy TriggerStrategy `json:"strategy,omitempty"`
}

// TriggerStrategy says when a run starts.
// +kubebuilder:validation:Enum=manual;now;once;done
type TriggerStrategy string

const (
	// StrategyManual runs nothing. It is the resting state of an errand.
	StrategyManual TriggerStrategy = "manual"
	// StrategyNow asks for one run. When that has finished, the operator sets
	// the strategy back: to manual, or to done for a one-off.
	StrategyNow TriggerStrategy = "now"
	// StrategyOnce asks for one run in the object's lifetime. When that has
	// finished, the operator sets the strategy to done.
	StrategyOnce TriggerStrategy = "once"
	// StrategyDone is the resting state of a one-off: nothing runs, except
	// after a change that the one-off asks to be run again for.
	StrategyDone TriggerStrategy = "done"
)

// Output says how to keep what the containers print.
type Output struct {
	// namePrefix starts the names of the Secrets: `<namePrefix>-<container>`. A
	// prefix that ends in "-" or "." gets no second separator, so "foo" and
	// "foo-" both give "foo-json" for a container named json.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^([a-z0-9]([-a-z0-9]*[a-z0-9])?\\.)*([a-z0-9][-a-z0-9]*)?$')",message="the name of a Secret consists of lower case letters, digits, '-' and '.', and begins with a letter or digit: for instance 'database'"
	NamePrefix string `json:"namePrefix,omitempty"`

	// outputType is the format of the output. Only "json" is supported: a flat
	// JSON object whose values are all strings.
	// +optional
	// +kubebuilder:default=json
	OutputType OutputType `json:"outputType,omitempty"`

	// secretLabels are put on the Secrets.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	SecretLabels map[string]string `json:"secretLabels,omitempty"`

	// secretAnnotations are put on the Secrets.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	SecretAnnotations map[string]string `json:"secretAnnotations,omitempty"`

	// writeOnFailure keeps the output of a failed run, too: that of the last
	// pod that failed.
	// +optional
	WriteOnFailure *bool `json:"writeOnFailure,omitempty"`

	// versioned keeps the output of every run in new, immutable Secrets,
	// `<namePrefix>-<container>-v<N>`, instead of overwriting one.
	// +optional
	Versioned *bool `json:"versioned,omitempty"`

	// versionsToKeep is how many versions of a versioned Secret stay. The newest
	// one, and one that a waiting or running Job refers to, stay in any case.
	// All, if not set.
	// +optional
	// +kubebuilder:validation:Minimum=1
	VersionsToKeep int32 `json:"versionsToKeep,omitempty"`

	// deletionPolicy says what happens to the Secrets when the ExtendedJob is
	// deleted: with "Delete" they go with it, with "Retain" they stay. Delete,
	// if not set.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// OutputType is the format of an output.
// +kubebuilder:validation:Enum=json
type OutputType string

// OutputTypeJSON is a flat JSON object whose values are all strings.
const OutputTypeJSON OutputType = "json"

// DeletionPolicy says what happens to output Secrets when their ExtendedJob is
// deleted.
// +kubebuilder:validation:Enum=Delete;Retain
type DeletionPolicy string

const (
	// DeletionPolicyDelete deletes the Secrets with the ExtendedJob.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyRetain leaves the Secrets when the ExtendedJob is deleted.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)

// ExtendedJobStatus is what the operator observed and did.
type ExtendedJobStatus struct {
	// conditions are Complete, Failed, Running, OutputPersisted and Suspended.
	// Complete and Failed are about the last run, so that
	// "kubectl wait --for=condition=Complete" waits for it.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the metadata.generation that this status is about.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// observedStrategy is the strategy that this status is about. A "now" that
	// follows another strategy is a new request.
	// +optional
	ObservedStrategy TriggerStrategy `json:"observedStrategy,omitempty"`

	// runs is how many runs were claimed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Runs *int64 `json:"runs,omitempty"`

	// succeeded is how many runs succeeded.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Succeeded *int64 `json:"succeeded,omitempty"`

	// failed is how many runs failed or were aborted.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Failed *int64 `json:"failed,omitempty"`

	// settledRun is the number of the last run that was settled: its output
	// stored or given up, and the strategy set back.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SettledRun *int64 `json:"settledRun,omitempty"`

	// active is the name of the Job of the run that is active now.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Active string `json:"active,omitempty"`

	// lastRun is the latest run that was claimed.
	// +optional
	LastRun *Run `json:"lastRun,omitempty"`

	// inputs are the ConfigMaps and Secrets that the last run was claimed with.
	// +optional
	Inputs *Inputs `json:"inputs,omitempty"`

	// templateDigest tells the jobTemplate that the last run was claimed with from
	// others. Not set without updateOnTemplateChange.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	TemplateDigest string `json:"templateDigest,omitempty"`

	// outputs are the Secrets that hold the newest stored output.
	// +optional
	// +listType=map
	// +listMapKey=container
	// +kubebuilder:validation:MaxItems=1024
	Outputs []OutputSecret `json:"outputs,omitempty"`
}

// Run is one execution of the template: one Job.
type Run struct {
	// number counts the runs of the ExtendedJob from 1.
	// +required
	// +kubebuilder:validation:Minimum=1
	Number int64 `json:"number,omitempty"`

	// cause is why the run was started.
	// +required
	Cause RunCause `json:"cause,omitempty"`

	// streak is how many runs in a row, with this one, were triggered in the same
	// way right after the one before. A long streak delays the next run.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Streak int32 `json:"streak,omitempty"`

	// claimID identifies the claim: the status write that began the run.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	ClaimID string `json:"claimID,omitempty"`

	// generation is the metadata.generation that the run was claimed for.
	// +required
	// +kubebuilder:validation:Minimum=1
	Generation int64 `json:"generation,omitempty"`

	// strategy is the trigger strategy that the run was claimed for.
	// +required
	Strategy TriggerStrategy `json:"strategy,omitempty"`

	// setBackTo is the strategy that a "now" or "once" becomes when the run is
	// settled: manual for an errand, done for a one-off.
	// +required
	SetBackTo TriggerStrategy `json:"setBackTo,omitempty"`

	// strategyChanged is true once another strategy was seen while the run was
	// active. The run's strategy, found again at its end, is then a new request.
	// +optional
	StrategyChanged *bool `json:"strategyChanged,omitempty"`

	// changedInputs are the objects that were found changed when a run with cause
	// ConfigChange was claimed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	ChangedInputs []ObjectName `json:"changedInputs,omitempty"`

	// inputsChanged is true once an input was seen to differ from what the run
	// was claimed with while it was active. A one-off that is updated on
	// configuration change then runs once more, whatever the input is at its end.
	// +optional
	InputsChanged *bool `json:"inputsChanged,omitempty"`

	// jobName is the name of the run's Job.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	JobName string `json:"jobName,omitempty"`

	// jobUID is the UID of the run's Job, once it has been seen to last. A Job
	// that was seen and is gone was deleted by somebody; one that was never seen
	// may not have been created yet.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	JobUID types.UID `json:"jobUID,omitempty"`

	// startTime is when the run was claimed.
	// +required
	StartTime metav1.Time `json:"startTime,omitzero"`

	// completionTime is when the run's Job finished.
	// +optional
	CompletionTime metav1.Time `json:"completionTime,omitzero"`

	// result is how the run ended. Empty while it is active.
	// +optional
	Result RunResult `json:"result,omitempty"`

	// message says in a sentence what the run came to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// RunCause is why a run was started.
// +kubebuilder:validation:Enum=Once;Now;ConfigChange;TemplateChange
type RunCause string

const (
	// CauseOnce is the one run of a one-off at its creation.
	CauseOnce RunCause = "Once"
	// CauseNow is a run on demand.
	CauseNow RunCause = "Now"
	// CauseConfigChange is a run of a one-off after the data of a ConfigMap or
	// Secret that it uses changed.
	CauseConfigChange RunCause = "ConfigChange"
	// CauseTemplateChange is a run of a one-off after its jobTemplate changed.
	CauseTemplateChange RunCause = "TemplateChange"
)

// RunResult is how a run ended.
// +kubebuilder:validation:Enum=Succeeded;Failed;Aborted;Cancelled
type RunResult string

const (
	// ResultSucceeded says that the Job completed and its output, if any, is
	// stored.
	ResultSucceeded RunResult = "Succeeded"
	// ResultFailed says that the Job failed, or its output could not be stored.
	ResultFailed RunResult = "Failed"
	// ResultAborted says that somebody deleted the Job before it finished.
	ResultAborted RunResult = "Aborted"
	// ResultCancelled says that the trigger was taken back before the Job was
	// created.
	ResultCancelled RunResult = "Cancelled"
)

// Inputs are the ConfigMaps and Secrets that a run was claimed with.
type Inputs struct {
	// digest is a keyed digest of their data: `<encoding>:<key ID>:<MAC>`.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Digest string `json:"digest,omitempty"`

	// objects are the ConfigMaps and Secrets, as they were.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=4096
	Objects []InputObject `json:"objects,omitempty"`
}

// InputObject is a ConfigMap or Secret that a run was claimed with.
type InputObject struct {
	ObjectName `json:",inline"`

	// resolvedName is the name of the version that was used for a versioned Secret.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	ResolvedName string `json:"resolvedName,omitempty"`

	// uid is the object's UID. Not set if there was none, or if it is an output of
	// the ExtendedJob itself.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	UID types.UID `json:"uid,omitempty"`

	// resourceVersion is the object's resourceVersion. Not set where uid is not.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	ResourceVersion string `json:"resourceVersion,omitempty"`
}

// ObjectName names a ConfigMap or Secret in the namespace.
type ObjectName struct {
	// kind is "ConfigMap" or "Secret".
	// +required
	Kind InputKind `json:"kind,omitempty"`

	// name is the object's name, as the template has it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// InputKind is the kind of an input.
// +kubebuilder:validation:Enum=ConfigMap;Secret
type InputKind string

const (
	// InputConfigMap is a ConfigMap.
	InputConfigMap InputKind = "ConfigMap"
	// InputSecret is a Secret.
	InputSecret InputKind = "Secret"
)

// OutputSecret is a Secret that holds the output of a container.
type OutputSecret struct {
	// container is the name of the container.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Container string `json:"container,omitempty"`

	// secretName is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// version is the ordinal of a versioned Secret.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Version int64 `json:"version,omitempty"`

	// keys is how many keys the Secret has. Not set if the operator was
	// restarted while it stored the output.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Keys *int64 `json:"keys,omitempty"`

	// bytes is how many bytes its values have in all. Not set if the operator
	// was restarted while it stored the output.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Bytes *int64 `json:"bytes,omitempty"`

	// storedAt is when the output was stored. Not set if the operator was
	// restarted while it stored the output.
	// +optional
	StoredAt metav1.Time `json:"storedAt,omitzero"`
}
