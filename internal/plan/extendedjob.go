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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// ExtendedJob is the part of an ExtendedJob that decisions need. It lacks the
// template, which may be large; code that uses the template takes a whole
// ExtendedJob.
type ExtendedJob struct {
	metav1.ObjectMeta `json:"metadata"`

	Spec     Spec                        `json:"spec"`
	Template Template                    `json:"template"`
	Status   fissilev1.ExtendedJobStatus `json:"status"`
}

// Spec is the spec of an ExtendedJob without its template.
type Spec struct {
	Trigger                    fissilev1.Trigger `json:"trigger,omitzero"`
	Suspend                    *bool             `json:"suspend,omitempty"`
	UpdateOnConfigChange       *bool             `json:"updateOnConfigChange,omitempty"`
	UpdateOnTemplateChange     *bool             `json:"updateOnTemplateChange,omitempty"`
	UpdateDebounce             *metav1.Duration  `json:"updateDebounce,omitempty"`
	Output                     *fissilev1.Output `json:"output,omitempty"`
	SuccessfulJobsHistoryLimit *int32            `json:"successfulJobsHistoryLimit,omitempty"`
	FailedJobsHistoryLimit     *int32            `json:"failedJobsHistoryLimit,omitempty"`
}

// Template is the part of a template that decisions need.
type Template struct {
	// Digest is the digest of the template as it is written.
	Digest string `json:"digest"`
	// Containers are the names of its containers, in their order.
	Containers []string `json:"containers,omitempty"`
	// References are the ConfigMaps and Secrets that it names.
	References []configrefs.Reference `json:"references,omitempty"`
	// TTLSecondsAfterFinished is how long a Job in the history stays.
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// WithoutTemplate returns the part of an ExtendedJob that decisions need. The result
// shares memory with its argument.
func WithoutTemplate(ej *fissilev1.ExtendedJob) *ExtendedJob {
	spec := &ej.Spec
	return &ExtendedJob{
		ObjectMeta: metadataOf(ej),
		Spec: Spec{
			Trigger:                    spec.Trigger,
			Suspend:                    spec.Suspend,
			UpdateOnConfigChange:       spec.UpdateOnConfigChange,
			UpdateOnTemplateChange:     spec.UpdateOnTemplateChange,
			UpdateDebounce:             spec.UpdateDebounce,
			Output:                     spec.Output,
			SuccessfulJobsHistoryLimit: spec.SuccessfulJobsHistoryLimit,
			FailedJobsHistoryLimit:     spec.FailedJobsHistoryLimit,
		},
		Template: Template{
			Digest:                  writtenDigest(&spec.JobTemplate),
			Containers:              runjob.ContainerNames(&spec.JobTemplate),
			References:              configrefs.Of(&spec.JobTemplate.Spec.Template.Spec),
			TTLSecondsAfterFinished: spec.JobTemplate.Spec.TTLSecondsAfterFinished,
		},
		Status: ej.Status,
	}
}

// metadataOf returns the metadata that decisions need. Other annotations may be
// large: kubectl writes the template to one.
func metadataOf(ej *fissilev1.ExtendedJob) metav1.ObjectMeta {
	metadata := metav1.ObjectMeta{
		Namespace:         ej.Namespace,
		Name:              ej.Name,
		UID:               ej.UID,
		ResourceVersion:   ej.ResourceVersion,
		Generation:        ej.Generation,
		CreationTimestamp: ej.CreationTimestamp,
		DeletionTimestamp: ej.DeletionTimestamp,
	}
	if settled, ok := ej.Annotations[fissilev1.AnnotationSettledRun]; ok {
		metadata.Annotations = map[string]string{fissilev1.AnnotationSettledRun: settled}
	}
	return metadata
}

// Key returns the namespace and name of the ExtendedJob.
func (ej *ExtendedJob) Key() types.NamespacedName {
	return types.NamespacedName{Namespace: ej.Namespace, Name: ej.Name}
}

// Targets returns where the output goes: first for the containers whose output is
// printed, in the order of the template, then for the files.
func (ej *ExtendedJob) Targets() []runjob.Target {
	return runjob.TargetsOf(ej.Spec.Output, ej.Template.Containers)
}

// FormerTargets returns the targets of containers whose printed output is no longer
// kept.
func (ej *ExtendedJob) FormerTargets() []runjob.Target {
	return runjob.FormerTargets(ej.Spec.Output, ej.Template.Containers)
}
