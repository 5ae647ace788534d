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
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

// defaultBackoffLimit is how often a Job is retried if the template does not say.
// batch/v1's own default is 6.
const defaultBackoffLimit = 2

// NewJob returns the Job of a run. It adds to the template only our names, the
// settings that the end of the run needs, the variables of the request, and the names
// of the versions that the claim settled on. It returns an error if spec.output is
// set and the template allows more than one pod.
func NewJob(ej *fissilev1.ExtendedJob, run *fissilev1.Run) (*batchv1.Job, error) {
	template := ej.Spec.JobTemplate.DeepCopy()
	if ej.Spec.Output != nil && (ptr.Deref(template.Spec.Completions, 1) > 1 || ptr.Deref(template.Spec.Parallelism, 1) > 1) {
		return nil, errors.New("spec.output keeps the output of one pod: set spec.jobTemplate.spec.completions and parallelism to 1, or remove spec.output")
	}
	labels := Labels(ej)
	annotations := runAnnotations(ej.Status.Inputs, run)
	addEnv(&template.Spec.Template.Spec, envOf(&ej.Spec.Trigger, run))
	if inputs := ej.Status.Inputs; inputs != nil {
		configrefs.Rename(&template.Spec.Template.Spec, resolvedNames(inputs))
	}
	if ej.Spec.Output != nil {
		settings, err := json.Marshal(ej.Spec.Output)
		if err != nil {
			return nil, fmt.Errorf("encode spec.output: %w", err)
		}
		annotations[fissilev1.AnnotationOutput] = string(settings)
		annotations[fissilev1.AnnotationOutputContainers] = strings.Join(PrintingContainers(&ej.Spec), ",")
	}

	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name:            run.JobName,
			Namespace:       ej.Namespace,
			Labels:          Merged(UserKeys(labelsOfJob(template)), labels),
			Annotations:     Merged(UserKeys(template.Annotations), annotations),
			OwnerReferences: []metav1.OwnerReference{OwnerReference(ej)},
		},
		Spec: template.Spec,
	}
	job.Spec.Template.Labels = Merged(job.Spec.Template.Labels, labels)
	// The API server's TTL controller would not wait until the output is stored.
	job.Spec.TTLSecondsAfterFinished = nil
	// A backoffLimitPerIndex has its own default for the whole Job.
	if job.Spec.BackoffLimit == nil && job.Spec.BackoffLimitPerIndex == nil {
		job.Spec.BackoffLimit = new(int32(defaultBackoffLimit))
	}
	return job, nil
}

// jobAnnotations are the annotations on a Job that the operator relies on.
var jobAnnotations = []string{
	fissilev1.AnnotationRun,
	fissilev1.AnnotationRunCause,
	fissilev1.AnnotationRequestID,
	fissilev1.AnnotationClaim,
	fissilev1.AnnotationInputsDigest,
	fissilev1.AnnotationOutput,
	fissilev1.AnnotationOutputContainers,
}

// runAnnotations returns the annotations that identify the run on its Job.
func runAnnotations(inputs *fissilev1.Inputs, run *fissilev1.Run) map[string]string {
	annotations := map[string]string{
		fissilev1.AnnotationRun:      strconv.FormatInt(run.Number, 10),
		fissilev1.AnnotationRunCause: string(run.Cause),
		fissilev1.AnnotationClaim:    claimOf(run).ID,
	}
	if run.RequestID != "" {
		annotations[fissilev1.AnnotationRequestID] = run.RequestID
	}
	if inputs != nil {
		annotations[fissilev1.AnnotationInputsDigest] = inputs.Digest
	}
	return annotations
}

// labelsOfJob returns the labels that the API server gives to a Job of the template.
func labelsOfJob(template *batchv1.JobTemplateSpec) map[string]string {
	if len(template.Labels) == 0 {
		return template.Spec.Template.Labels
	}
	return template.Labels
}

// Labels returns the labels of an ExtendedJob's Jobs and pods.
func Labels(ej metav1.Object) map[string]string {
	return map[string]string{
		fissilev1.LabelExtendedJob: "true",
		fissilev1.LabelName:        NameLabel(ej.GetName()),
		fissilev1.LabelUID:         string(ej.GetUID()),
	}
}

// labelled reports whether a Job has the label that selects it for the cache.
func labelled(job *batchv1.Job) bool {
	return job.Labels[fissilev1.LabelExtendedJob] == "true"
}

// OwnerReference returns a reference that deletes an object with the ExtendedJob. It
// does not block that deletion: under OwnerReferencesPermissionEnforcement, as on
// OpenShift, setting blockOwnerDeletion takes an additional permission, and fails for
// half a minute after the CRD was created.
func OwnerReference(ej metav1.Object) metav1.OwnerReference {
	reference := *metav1.NewControllerRef(ej, fissilev1.GroupVersion.WithKind("ExtendedJob"))
	reference.BlockOwnerDeletion = nil
	return reference
}

// resolvedNames returns the names of the versions that the claim settled on.
func resolvedNames(inputs *fissilev1.Inputs) map[string]string {
	names := make(map[string]string)
	for _, object := range inputs.Objects {
		if object.Kind == fissilev1.InputSecret && object.ResolvedName != "" {
			names[object.Name] = object.ResolvedName
		}
	}
	return names
}

// SealedParts returns what the seal of a Job vouches for: its owner, and everything
// that the end of its run relies on.
func SealedParts(ej metav1.Object, job *batchv1.Job) []string {
	parts := []string{"Job", job.Namespace, string(ej.GetUID()), job.Name}
	for _, key := range jobAnnotations {
		if value, ok := job.Annotations[key]; ok {
			parts = append(parts, key, value)
		}
	}
	return parts
}

// Distrusted returns a Job that belongs to a run by its UID, but whose annotations
// somebody has changed. The status identifies the run instead, and the output
// settings are replaced with unreadable ones.
func Distrusted(ej *ExtendedJob, run *fissilev1.Run, job *batchv1.Job) *batchv1.Job {
	distrusted := job.DeepCopy()
	distrusted.Annotations = Merged(UserKeys(job.Annotations), runAnnotations(ej.Status.Inputs, run))
	if ej.Spec.Output != nil {
		distrusted.Annotations[fissilev1.AnnotationOutput] = "not to be trusted"
	}
	return distrusted
}

// OutputSettings returns the output settings as of the run's start, or nil if the run
// had none.
func OutputSettings(job *batchv1.Job) (*fissilev1.Output, error) {
	encoded, ok := job.Annotations[fissilev1.AnnotationOutput]
	if !ok {
		return nil, nil
	}
	settings := &fissilev1.Output{}
	if err := json.Unmarshal([]byte(encoded), settings); err != nil {
		return nil, fmt.Errorf("decode annotation %s: %w", fissilev1.AnnotationOutput, err)
	}
	return settings, nil
}

// Merged returns the union of both maps. Our values win.
func Merged(theirs, ours map[string]string) map[string]string {
	all := maps.Clone(theirs)
	if all == nil {
		all = make(map[string]string, len(ours))
	}
	maps.Copy(all, ours)
	return all
}
