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

package runjob

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

// defaultBackoffLimit is how often a Job is retried if the template does not say.
// batch/v1's own default is 6.
const defaultBackoffLimit = 2

// New returns the Job of a run. It adds to the template only our names, the
// settings that the end of the run needs, the variables of the request, and the names
// of the versions that the claim settled on. It returns an error if spec.output is
// set and the template allows more than one pod.
func New(ej *fissilev1.ExtendedJob, run *fissilev1.Run) (*batchv1.Job, error) {
	template := ej.Spec.JobTemplate.DeepCopy()
	if ej.Spec.Output != nil && (ptr.Deref(template.Spec.Completions, 1) > 1 || ptr.Deref(template.Spec.Parallelism, 1) > 1) {
		return nil, errors.New("spec.output keeps the output of one pod: set spec.jobTemplate.spec.completions and parallelism to 1, or remove spec.output")
	}
	identity := Labels(ej)
	annotations := Annotations(ej.Status.Inputs, run)
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
			Labels:          labels.Merge(UserKeys(labelsOfJob(template)), identity),
			Annotations:     labels.Merge(UserKeys(template.Annotations), annotations),
			OwnerReferences: []metav1.OwnerReference{OwnerReference(ej)},
		},
		Spec: template.Spec,
	}
	job.Spec.Template.Labels = labels.Merge(job.Spec.Template.Labels, identity)
	// The API server's TTL controller would not wait until the output is stored.
	job.Spec.TTLSecondsAfterFinished = nil
	// A backoffLimitPerIndex has its own default for the whole Job.
	if job.Spec.BackoffLimit == nil && job.Spec.BackoffLimitPerIndex == nil {
		job.Spec.BackoffLimit = new(int32(defaultBackoffLimit))
	}
	return job, nil
}

// Annotations returns the annotations that identify a run on its Job.
func Annotations(inputs *fissilev1.Inputs, run *fissilev1.Run) map[string]string {
	annotations := map[string]string{
		fissilev1.AnnotationRun:      strconv.FormatInt(run.Number, 10),
		fissilev1.AnnotationRunCause: string(run.Cause),
		fissilev1.AnnotationClaim:    ptr.Deref(run.Claim, fissilev1.Claim{}).ID,
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
