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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// ExtendedJob is a Job that can run again. It runs on demand (an errand) or once
// at creation (a one-off). Jobs that succeed are deleted, and their output can be
// kept in Secrets.
// +genclient
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ejob;ejobs
// +kubebuilder:printcolumn:name="Strategy",type=string,JSONPath=`.spec.trigger.strategy`,description="When the ExtendedJob runs"
// +kubebuilder:printcolumn:name="Suspend",type=boolean,JSONPath=`.spec.suspend`,description="Whether runs are held back"
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Running")].reason`,description="What a run that is due or active is at, else how the last run ended"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether nothing is due, and what was asked for has succeeded"
// +kubebuilder:printcolumn:name="Run",type=integer,JSONPath=`.status.lastRun.number`,description="Number of the last run"
// +kubebuilder:printcolumn:name="Last Run",type=date,JSONPath=`.status.lastRun.startTime`,description="Time since the last run started"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Cause",type=string,JSONPath=`.status.lastRun.cause`,priority=1,description="Why the last run was started"
// +kubebuilder:printcolumn:name="Job",type=string,JSONPath=`.status.lastRun.jobName`,priority=1,description="Job of the last run"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Complete")].message`,priority=1,description="The same as Status, in a sentence"
type ExtendedJob struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec defines what to run, and when.
	// +required
	Spec ExtendedJobSpec `json:"spec,omitzero"`

	// status is what the operator observed and did.
	// +optional
	// +structType=atomic
	// +kubebuilder:default={"observedGeneration":-1}
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

// ExtendedJobSpec defines what to run, and when.
type ExtendedJobSpec struct {
	// trigger determines when a run starts.
	// +required
	Trigger Trigger `json:"trigger,omitzero"`

	// jobTemplate is the Job that a run creates, as in a CronJob. backoffLimit
	// defaults to 2. The pod's restartPolicy must be Never or OnFailure.
	// +required
	JobTemplate batchv1.JobTemplateSpec `json:"jobTemplate,omitzero"`

	// suspend holds back runs while it is true. A run that is due starts when it
	// becomes false. An active run continues.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`

	// updateOnConfigChange runs a one-off again when the data of a ConfigMap or
	// Secret that its pods use changes.
	// +optional
	UpdateOnConfigChange *bool `json:"updateOnConfigChange,omitempty"`

	// updateOnTemplateChange runs a one-off again when jobTemplate changes.
	// +optional
	UpdateOnTemplateChange *bool `json:"updateOnTemplateChange,omitempty"`

	// updateDebounce delays a run for a change until nothing has changed for this
	// long, so that related changes share one run. Each further change restarts the
	// wait, up to ten times this long in total. At most 10m. Defaults to the
	// operator's configuration.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(\.[0-9]{1,9})?(ns|us|µs|ms|s|m|h)){1,3}$`
	UpdateDebounce *metav1.Duration `json:"updateDebounce,omitempty"`

	// output keeps the JSON object that containers print, or files that they write,
	// in Secrets. Without it no output is kept.
	// +optional
	Output *Output `json:"output,omitempty"`

	// successfulJobsHistoryLimit is how many Jobs of successful runs are kept, with
	// their pods, so that their logs can be read. Defaults to 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SuccessfulJobsHistoryLimit *int32 `json:"successfulJobsHistoryLimit,omitempty"`

	// failedJobsHistoryLimit is how many Jobs of failed runs are kept, with their
	// pods. Defaults to 1.
	// +optional
	// +kubebuilder:validation:Minimum=0
	FailedJobsHistoryLimit *int32 `json:"failedJobsHistoryLimit,omitempty"`
}

// Trigger determines when a run starts.
type Trigger struct {
	// strategy is "manual" (an errand: nothing runs), "now" (run once, then back to
	// manual), "once" (a one-off: run once at creation, then done) or "done" (a
	// one-off that has run).
	// +required
	Strategy TriggerStrategy `json:"strategy,omitempty"`

	// requestID requests a run: each new value, including the first, is one request,
	// for errands and one-offs alike. It can be any text, such as a version or a
	// commit. Only users write it. When the run is over, the operator copies it to
	// status.servedRequestID, and the same value does not run again.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	RequestID string `json:"requestID,omitempty"`

	// env is added to the containers of the next run on demand, and replaces
	// variables of the same name. With strategy "now" it is removed together with
	// the strategy; with requestID it belongs to that request and stays.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Env []TriggerEnvVar `json:"env,omitempty"`
}

// TriggerEnvVar is an environment variable of one run.
type TriggerEnvVar struct {
	// name is the name of the variable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name,omitempty"`

	// value is the value, as in a container's env. Anyone who may read ExtendedJobs
	// can read it; use valueFrom for secrets.
	// +optional
	// +kubebuilder:validation:MaxLength=32768
	Value *string `json:"value,omitempty"`

	// valueFrom is the source of the value, as in a container's env. A run waits for
	// a ConfigMap or Secret that it names.
	// +optional
	ValueFrom *corev1.EnvVarSource `json:"valueFrom,omitempty"`

	// containers are the names of the containers and init containers that get the
	// variable. Defaults to all containers, but no init container.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Containers []string `json:"containers,omitempty"`
}

// TriggerStrategy determines when a run starts.
// +kubebuilder:validation:Enum=manual;now;once;done
type TriggerStrategy string

const (
	// StrategyManual runs nothing. It is the resting state of an errand.
	StrategyManual TriggerStrategy = "manual"
	// StrategyNow requests one run. When it is over, the operator sets the strategy
	// back: to manual, or to done for a one-off.
	StrategyNow TriggerStrategy = "now"
	// StrategyOnce requests one run in the object's lifetime. When it is over, the
	// operator sets the strategy to done.
	StrategyOnce TriggerStrategy = "once"
	// StrategyDone is the resting state of a one-off: nothing runs, except for a
	// change that the one-off is configured to follow.
	StrategyDone TriggerStrategy = "done"
)

// Output defines how the output that containers print, and the files that they
// write, are kept.
// +kubebuilder:validation:MinProperties=1
type Output struct {
	// namePrefix begins the names of the Secrets for printed output:
	// `<namePrefix>-<container>`. A prefix that ends in "-" or "." gets no second
	// separator: "foo" and "foo-" both give "foo-json" for a container named json.
	// Required unless there are files. Without it, printed output is not kept.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:Pattern=`^[a-z0-9][-a-z0-9.]*$`
	NamePrefix string `json:"namePrefix,omitempty"`

	// containers are the names of the containers that print output. Any other
	// printed text is ignored. Defaults to all of the template's containers that
	// files does not name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Containers []string `json:"containers,omitempty"`

	// outputType is the format of the output. Only "json" is supported: a flat
	// JSON object whose values are all strings.
	// +optional
	// +kubebuilder:default=json
	OutputType OutputType `json:"outputType,omitempty"`

	// directory is where each container that files names finds an empty directory of
	// its own to write to. Defaults to "/mnt/quarks".
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^/[^:]+$`
	Directory string `json:"directory,omitempty"`

	// files are the files that containers write for Secrets. They are encrypted in
	// the pod, and only the operator can decrypt them. They do not appear in any
	// log.
	// +optional
	// +listType=map
	// +listMapKey=container
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=64
	Files []OutputFile `json:"files,omitempty"`

	// secretLabels are added to the Secrets.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	SecretLabels map[string]string `json:"secretLabels,omitempty"`

	// secretAnnotations are added to the Secrets.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	SecretAnnotations map[string]string `json:"secretAnnotations,omitempty"`

	// writeOnFailure also keeps the output of failed runs: that of the last pod that
	// failed.
	// +optional
	WriteOnFailure *bool `json:"writeOnFailure,omitempty"`

	// versioned keeps the printed output of each run in new, immutable Secrets,
	// `<namePrefix>-<container>-v<N>`, instead of overwriting one.
	// +optional
	Versioned *bool `json:"versioned,omitempty"`

	// versionsToKeep is how many versions of a versioned Secret are kept. The
	// newest, and any that a waiting or running Job refers to, are always kept.
	// Defaults to all.
	// +optional
	// +kubebuilder:validation:Minimum=1
	VersionsToKeep int32 `json:"versionsToKeep,omitempty"`

	// deletionPolicy is what happens to the Secrets when the ExtendedJob is deleted:
	// "Delete" deletes them, "Retain" keeps them. Defaults to Delete.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// ifExists is what a run does with Secrets that already exist, from an earlier
	// run or retained from an earlier ExtendedJob of this name. "Overwrite" replaces
	// them. "Keep" leaves them and creates only missing ones, so that a password is
	// generated once; with versioned, the newest existing version is kept, and no
	// other is created. Defaults to Overwrite.
	// +optional
	IfExists ExistingOutput `json:"ifExists,omitempty"`
}

// OutputFile is a file that a container writes, and the Secret for it.
type OutputFile struct {
	// container is the name of the container, or init container, that writes the
	// file. Its printed output is kept only if containers names it, too.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Container string `json:"container,omitempty"`

	// path is the path of the file in the directory. A file that is written in
	// pieces is complete when the pod ends.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Path string `json:"path,omitempty"`

	// secretName is the name of the Secret. Versions add `-v<N>`.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9][-a-z0-9.]*$`
	SecretName string `json:"secretName,omitempty"`

	// layout is how the file becomes a Secret. "Keys": the file is a flat JSON
	// object of strings, the keys of the Secret. "SecretPerKey": it is such an
	// object, whose strings are again such objects, and each becomes a Secret of its
	// own, `<secretName>-<key>`. Secrets of removed keys are deleted, unless
	// deletionPolicy is Retain. "File": any content becomes one key of the Secret.
	// Defaults to Keys.
	// +optional
	Layout OutputLayout `json:"layout,omitempty"`

	// key is the Secret's key with the layout File. Defaults to the name of the
	// file.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`

	// type is the type of the Secret. Kubernetes' own types require keys:
	// kubernetes.io/tls, for instance, tls.crt and tls.key. Defaults to Opaque.
	// +optional
	Type OutputSecretType `json:"type,omitempty"`

	// versioned keeps the file of each run in a new, immutable Secret,
	// `<secretName>-v<N>`, instead of overwriting one.
	// +optional
	Versioned *bool `json:"versioned,omitempty"`

	// versionsToKeep is how many versions of a versioned Secret are kept. The
	// newest, and any that a waiting or running Job refers to, are always kept.
	// Defaults to all.
	// +optional
	// +kubebuilder:validation:Minimum=1
	VersionsToKeep int32 `json:"versionsToKeep,omitempty"`

	// skipUnchanged creates no version whose data, labels and annotations equal
	// those of the newest one.
	// +optional
	SkipUnchanged *bool `json:"skipUnchanged,omitempty"`

	// secretLabels are added to the Secret, besides those of the output.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	SecretLabels map[string]string `json:"secretLabels,omitempty"`

	// secretAnnotations are added to the Secret, besides those of the output.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	SecretAnnotations map[string]string `json:"secretAnnotations,omitempty"`

	// whenMissing is what happens if a run does not leave the file: "Fail" stores
	// none of its output, "Ignore" stores the other output. Defaults to Fail.
	// +optional
	WhenMissing MissingFile `json:"whenMissing,omitempty"`
}

// OutputLayout is how a file becomes a Secret.
// +kubebuilder:validation:Enum=Keys;SecretPerKey;File
type OutputLayout string

const (
	// LayoutKeys turns the keys of a flat JSON object into those of the Secret.
	LayoutKeys OutputLayout = "Keys"
	// LayoutSecretPerKey turns each key of a JSON object into a Secret.
	LayoutSecretPerKey OutputLayout = "SecretPerKey"
	// LayoutFile turns the file into one key of the Secret, unchanged.
	LayoutFile OutputLayout = "File"
)

// OutputSecretType is a type that an output Secret can have.
// +kubebuilder:validation:Enum=Opaque;kubernetes.io/tls;kubernetes.io/dockerconfigjson;kubernetes.io/basic-auth;kubernetes.io/ssh-auth
type OutputSecretType string

// MissingFile is what happens if a run does not leave a file.
// +kubebuilder:validation:Enum=Fail;Ignore
type MissingFile string

const (
	// MissingFileFail stores none of the run's output.
	MissingFileFail MissingFile = "Fail"
	// MissingFileIgnore stores the other output.
	MissingFileIgnore MissingFile = "Ignore"
)

// ExistingOutput is what a run does with output Secrets that already exist.
// +kubebuilder:validation:Enum=Overwrite;Keep
type ExistingOutput string

const (
	// ExistingOutputOverwrite replaces existing Secrets.
	ExistingOutputOverwrite ExistingOutput = "Overwrite"
	// ExistingOutputKeep leaves existing Secrets, and creates missing ones.
	ExistingOutputKeep ExistingOutput = "Keep"
)

// OutputType is the format of an output.
// +kubebuilder:validation:Enum=json
type OutputType string

// OutputTypeJSON is a flat JSON object whose values are all strings.
const OutputTypeJSON OutputType = "json"

// DeletionPolicy is what happens to output Secrets when their ExtendedJob is
// deleted.
// +kubebuilder:validation:Enum=Delete;Retain
type DeletionPolicy string

const (
	// DeletionPolicyDelete deletes the Secrets with the ExtendedJob.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyRetain keeps the Secrets when the ExtendedJob is deleted.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)

// ExtendedJobStatus is what the operator observed and did. Only the operator
// writes it, as a whole. Values that others determine, such as names and reasons
// on a Job, are not bounded: if the API server refused the status, the
// ExtendedJob would stop.
type ExtendedJobStatus struct {
	// conditions are Ready, Complete, Failed and Running and, where they apply,
	// Reconciling, Stalled, ReferencesResolved, OutputPersisted and Suspended.
	// Complete and Failed describe the last run, or the one that is due.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the metadata.generation that this status describes, or
	// -1 until the operator has seen the ExtendedJob.
	// +optional
	ObservedGeneration *int64 `json:"observedGeneration,omitempty"`

	// restingStrategy is the strategy while no run is due: manual for an errand,
	// done for a one-off. "now" is set back to it when the run is over.
	// +optional
	RestingStrategy TriggerStrategy `json:"restingStrategy,omitempty"`

	// oneOffDone is true when the one run of a one-off is over. Strategy "once" then
	// no longer runs anything.
	// +optional
	OneOffDone bool `json:"oneOffDone,omitempty"`

	// runs is how many runs have been started.
	// +optional
	Runs *int64 `json:"runs,omitempty"`

	// succeeded is how many runs succeeded.
	// +optional
	Succeeded *int64 `json:"succeeded,omitempty"`

	// failed is how many runs failed or were aborted.
	// +optional
	Failed *int64 `json:"failed,omitempty"`

	// settledRun is the number of the last run that is over: its output is stored or
	// given up, and the strategy is set back.
	// +optional
	SettledRun *int64 `json:"settledRun,omitempty"`

	// servedRequestID is the last spec.trigger.requestID whose run is over.
	// +optional
	ServedRequestID string `json:"servedRequestID,omitempty"`

	// active is the name of the Job of the active run.
	// +optional
	Active string `json:"active,omitempty"`

	// due is the run that is due and waits to start, if any.
	// +optional
	Due *DueRun `json:"due,omitempty"`

	// lastRun is the latest run, active or over.
	// +optional
	LastRun *Run `json:"lastRun,omitempty"`

	// history lists the runs before the last one, newest first, at most ten.
	// +optional
	// +listType=atomic
	History []FinishedRun `json:"history,omitempty"`

	// inputs are the ConfigMaps and Secrets that the last run was started with.
	// +optional
	Inputs *Inputs `json:"inputs,omitempty"`

	// templateDigest identifies the jobTemplate that the last run was started with:
	// as it was written and, with updateOnTemplateChange, as the API server
	// completed it.
	// +optional
	TemplateDigest string `json:"templateDigest,omitempty"`

	// outputs are the Secrets that hold the newest output, without those that were
	// deleted.
	// +optional
	// +listType=map
	// +listMapKey=secretName
	Outputs []OutputSecret `json:"outputs,omitempty"`

	// formerOutputs are Secrets with output of earlier runs that no run writes any
	// longer, because a container or namePrefix was renamed: the last 16 at most.
	// Only the newest version of a versioned Secret is listed. They stay until they
	// or the ExtendedJob are deleted.
	// +optional
	// +listType=atomic
	FormerOutputs []string `json:"formerOutputs,omitempty"`
}

// DueRun is a run that is due and waits to start.
type DueRun struct {
	// cause is why the run is due.
	// +required
	Cause RunCause `json:"cause,omitempty"`

	// requestID is the spec.trigger.requestID that asks for the run.
	// +optional
	RequestID string `json:"requestID,omitempty"`

	// reason is why the run waits, in one word: the reason of the condition Running.
	// +required
	Reason string `json:"reason,omitempty"`

	// message says the same in a sentence.
	// +optional
	Message string `json:"message,omitempty"`
}

// Run is one execution of the template: one Job.
type Run struct {
	// number counts the runs of the ExtendedJob from 1.
	// +required
	Number int64 `json:"number,omitempty"`

	// cause is why the run was started.
	// +required
	Cause RunCause `json:"cause,omitempty"`

	// requestID is the spec.trigger.requestID that the run serves.
	// +optional
	RequestID string `json:"requestID,omitempty"`

	// env names the variables of spec.trigger.env that the run was started with.
	// +optional
	// +listType=atomic
	Env []string `json:"env,omitempty"`

	// jobName is the name of the run's Job.
	// +optional
	JobName string `json:"jobName,omitempty"`

	// startTime is when the run was started.
	// +required
	StartTime metav1.Time `json:"startTime,omitzero"`

	// completionTime is when the run's Job finished.
	// +optional
	CompletionTime metav1.Time `json:"completionTime,omitzero"`

	// result is how the run ended. Not set while it is active.
	// +optional
	Result RunResult `json:"result,omitempty"`

	// reason is why the run did not succeed, in one word. While the run is active,
	// it is what keeps the pods from running, if anything does.
	// +optional
	Reason string `json:"reason,omitempty"`

	// message says the same in a sentence. For a run that succeeded, it names the
	// output that was kept unchanged, if any.
	// +optional
	Message string `json:"message,omitempty"`

	// output is what happened to the run's output. Not set while the run is active,
	// or without spec.output.
	// +optional
	Output *RunOutput `json:"output,omitempty"`

	// changedInputs are the objects whose change caused a run with cause
	// ConfigChange.
	// +optional
	// +listType=atomic
	ChangedInputs []ObjectName `json:"changedInputs,omitempty"`

	// inputsChanged is true once an input changed while the run was active. With
	// updateOnConfigChange, another run follows.
	// +optional
	InputsChanged bool `json:"inputsChanged,omitempty"`

	// streak is how many consecutive runs, including this one, had the same trigger
	// right after the previous one ended. Not set for the first. A long streak
	// delays the next run.
	// +optional
	Streak int32 `json:"streak,omitempty"`

	// claim is the operator's own record of an active run. It is removed when the
	// run is over.
	// +optional
	Claim *Claim `json:"claim,omitempty"`
}

// RunOutput is what happened to a run's output.
type RunOutput struct {
	// reason is a reason of the condition OutputPersisted.
	// +required
	Reason string `json:"reason,omitempty"`

	// message says the same in a sentence.
	// +optional
	Message string `json:"message,omitempty"`
}

// Claim is the operator's own record of an active run.
type Claim struct {
	// id identifies the status write that started the run.
	// +required
	ID string `json:"id,omitempty"`

	// generation is the metadata.generation that the run was started for.
	// +required
	Generation int64 `json:"generation,omitempty"`

	// strategy is the strategy that the run was started for.
	// +required
	Strategy TriggerStrategy `json:"strategy,omitempty"`

	// specDigest identifies the jobTemplate, output and env that the run was started
	// with. If they were edited since, a "now" that remains when the run is over is
	// a new request.
	// +optional
	SpecDigest string `json:"specDigest,omitempty"`

	// strategyChanged is true once another strategy was seen while the run was
	// active. If the run's strategy is back at its end, it is a new request.
	// +optional
	StrategyChanged bool `json:"strategyChanged,omitempty"`

	// jobUID is the UID of the run's Job, once it has existed for some time. A Job
	// that was seen and is gone was deleted; one that was never seen may not have
	// been created yet.
	// +optional
	// +kubebuilder:validation:Type=string
	JobUID types.UID `json:"jobUID,omitempty"`
}

// FinishedRun summarizes a run that is over.
type FinishedRun struct {
	// number is the number of the run.
	// +required
	Number int64 `json:"number,omitempty"`

	// cause is why the run was started.
	// +required
	Cause RunCause `json:"cause,omitempty"`

	// requestID is the spec.trigger.requestID that the run served.
	// +optional
	RequestID string `json:"requestID,omitempty"`

	// result is how the run ended.
	// +required
	Result RunResult `json:"result,omitempty"`

	// reason is why the run did not succeed, in one word.
	// +optional
	Reason string `json:"reason,omitempty"`

	// startTime is when the run was started.
	// +optional
	StartTime metav1.Time `json:"startTime,omitzero"`

	// durationSeconds is the time from the start of the run to the end of its Job.
	// Not set if no Job of the run finished.
	// +optional
	DurationSeconds *int64 `json:"durationSeconds,omitempty"`

	// jobName is the name of the run's Job, which may no longer exist.
	// +optional
	JobName string `json:"jobName,omitempty"`

	// secrets are the names of the Secrets that the run's output was stored in.
	// +optional
	// +listType=atomic
	Secrets []string `json:"secrets,omitempty"`
}

// RunCause is why a run was started.
// +kubebuilder:validation:Enum=Once;Now;Request;ConfigChange;TemplateChange
type RunCause string

const (
	// CauseOnce is the one run of a one-off at its creation.
	CauseOnce RunCause = "Once"
	// CauseNow is a run on demand, by strategy "now".
	CauseNow RunCause = "Now"
	// CauseRequest is a run on demand, by a new requestID.
	CauseRequest RunCause = "Request"
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
	// ResultSucceeded means that the Job completed and its output, if any, is
	// stored.
	ResultSucceeded RunResult = "Succeeded"
	// ResultFailed means that the Job failed, or its output could not be stored.
	ResultFailed RunResult = "Failed"
	// ResultAborted means that somebody deleted the Job before it finished.
	ResultAborted RunResult = "Aborted"
	// ResultCancelled means that the request was withdrawn before the Job was
	// created.
	ResultCancelled RunResult = "Cancelled"
)

// Inputs are the ConfigMaps and Secrets that a run was started with.
type Inputs struct {
	// digest is a keyed digest of their data: `<encoding>:<key ID>:<MAC>`.
	// +required
	Digest string `json:"digest,omitempty"`

	// objects are the ConfigMaps and Secrets, as they were then.
	// +optional
	// +listType=atomic
	Objects []InputObject `json:"objects,omitempty"`
}

// InputObject is a ConfigMap or Secret that a run was started with.
type InputObject struct {
	ObjectName `json:",inline"`

	// resolvedName is the version that was used for a versioned Secret.
	// +optional
	ResolvedName string `json:"resolvedName,omitempty"`

	// uid is the object's UID. Not set if the object did not exist, or is an output
	// of the ExtendedJob itself.
	// +optional
	// +kubebuilder:validation:Type=string
	UID types.UID `json:"uid,omitempty"`

	// resourceVersion is the object's resourceVersion. Not set without uid.
	// +optional
	ResourceVersion string `json:"resourceVersion,omitempty"`
}

// ObjectName names a ConfigMap or Secret in the namespace.
type ObjectName struct {
	// kind is "ConfigMap" or "Secret".
	// +required
	Kind InputKind `json:"kind,omitempty"`

	// name is the object's name, as in the template.
	// +required
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
	Container string `json:"container,omitempty"`

	// secretName is the name of the Secret.
	// +required
	SecretName string `json:"secretName,omitempty"`

	// version is the ordinal of a versioned Secret.
	// +optional
	Version int64 `json:"version,omitempty"`

	// keys is how many keys the Secret has. Not set if the operator restarted while
	// it stored the output.
	// +optional
	Keys *int64 `json:"keys,omitempty"`

	// bytes is the total size of its values. Not set if the operator restarted while
	// it stored the output.
	// +optional
	Bytes *int64 `json:"bytes,omitempty"`

	// storedAt is when the output was stored. Not set if the operator restarted
	// while it stored the output.
	// +optional
	StoredAt metav1.Time `json:"storedAt,omitzero"`
}
