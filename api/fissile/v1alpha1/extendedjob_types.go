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

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// ExtendedJob is a Job that can run again, in the format of cf-operator's
// manifests. Use v1 for new manifests.
// +genclient
// +kubebuilder:object:root=true
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

	// status is what the operator observed and did, as in v1.
	// +optional
	// +structType=atomic
	// +kubebuilder:default={"observedGeneration":-1}
	Status fissilev1.ExtendedJobStatus `json:"status,omitzero"`
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

	// template is the pod that a run starts. Its restartPolicy must be Never or
	// OnFailure.
	// +required
	Template corev1.PodTemplateSpec `json:"template,omitzero"`

	// updateOnConfigChange runs a one-off again when the data of a ConfigMap or
	// Secret that its pods use changes.
	// +optional
	UpdateOnConfigChange *bool `json:"updateOnConfigChange,omitempty"`

	// output keeps the JSON object that the containers print in Secrets. Without it
	// no output is kept.
	// +optional
	Output *Output `json:"output,omitempty"`
}

// Trigger determines when a run starts.
type Trigger struct {
	// strategy is "manual" (an errand: nothing runs), "now" (run once, then back to
	// manual), "once" (a one-off: run once at creation, then done) or "done" (a
	// one-off that has run).
	// +required
	Strategy fissilev1.TriggerStrategy `json:"strategy,omitempty"`

	// when has no effect. It belonged to a trigger on pod states that cf-operator
	// retired.
	//
	// Deprecated: remove it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	When string `json:"when,omitempty"`

	// selector has no effect. It belonged to a trigger on pod states that
	// cf-operator retired.
	//
	// Deprecated: remove it.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// Output defines how printed output is kept.
type Output struct {
	// namePrefix begins the names of the Secrets: `<namePrefix>-<container>`. A
	// prefix that ends in "-" or "." gets no second separator: "foo" and "foo-" both
	// give "foo-json" for a container named json.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:Pattern=`^[a-z0-9][-a-z0-9.]*$`
	NamePrefix string `json:"namePrefix,omitempty"`

	// outputType is the format of the output. Only "json" is supported: a flat
	// JSON object whose values are all strings.
	// +optional
	// +kubebuilder:default=json
	OutputType fissilev1.OutputType `json:"outputType,omitempty"`

	// secretLabels are added to the Secrets.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	SecretLabels map[string]string `json:"secretLabels,omitempty"`

	// writeOnFailure also keeps the output of failed runs: that of the last pod that
	// failed.
	// +optional
	WriteOnFailure *bool `json:"writeOnFailure,omitempty"`

	// versioned keeps the output of each run in new, immutable Secrets,
	// `<namePrefix>-<container>-v<N>`, instead of overwriting one.
	// +optional
	Versioned *bool `json:"versioned,omitempty"`
}
