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
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Two digests identify a template: one of what the user wrote and, if that differs,
// one of what the API server makes of it. Writing out a default is no change.

func writtenDigest(template *batchv1.JobTemplateSpec) string { return digestOf(template) }

// TemplateDigest returns the digest of a Job template: as written, and as the API
// server completed it in the given Job.
func TemplateDigest(template *batchv1.JobTemplateSpec, completed *batchv1.Job) string {
	job := completed.DeepCopy()
	// These do not come from the template.
	job.Spec.Selector = nil
	for _, key := range []string{
		batchv1.ControllerUidLabel, batchv1.JobNameLabel, "controller-uid", "job-name",
		fissilev1.LabelExtendedJob, fissilev1.LabelName, fissilev1.LabelUID,
	} {
		delete(job.Spec.Template.Labels, key)
	}
	return writtenDigest(template) + ":" + digestOf(struct {
		Labels, Annotations map[string]string
		Spec                batchv1.JobSpec
	}{template.Labels, template.Annotations, job.Spec})
}

// InvalidTemplateDigest returns the digest of a Job template that the API server does
// not accept.
func InvalidTemplateDigest(template *batchv1.JobTemplateSpec) string {
	return writtenDigest(template) + ":invalid"
}

// specDigest returns a digest of everything that a run on demand consists of.
func specDigest(ej *ExtendedJob) string {
	return digestOf(struct {
		Template string
		Output   *fissilev1.Output
		Env      []fissilev1.TriggerEnvVar
	}{ej.Template.Digest, ej.Spec.Output, ej.Spec.Trigger.Env})
}

// digestOf returns a digest of Kubernetes API types.
func digestOf(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		// All of them can be encoded; a value that cannot equals no other.
		encoded = []byte(err.Error())
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:16])
}

// watchesTemplate reports whether a change of the template runs the ExtendedJob.
func (o *Observation) watchesTemplate() bool {
	return ptr.Deref(o.EJ.Spec.UpdateOnTemplateChange, false)
}

// needsTemplate reports whether only the API server can say if the template changed.
func (o *Observation) needsTemplate() bool {
	if !o.watchesTemplate() || o.TemplateDigest != "" {
		return false
	}
	written, _ := completedTemplate(&o.EJ.Status)
	return written != o.EJ.Template.Digest
}

// completedTemplate returns the digests of the template that the last run was started
// with, as written and as completed. They are empty if it was not completed, because
// a change did not matter.
func completedTemplate(status *fissilev1.ExtendedJobStatus) (written, completed string) {
	if written, completed, ok := strings.Cut(status.TemplateDigest, ":"); ok {
		return written, completed
	}
	return "", ""
}

// editedSince reports whether the template is written differently than for the last
// run. That may make no difference.
func editedSince(ej *ExtendedJob) bool {
	written, _, _ := strings.Cut(ej.Status.TemplateDigest, ":")
	return written != "" && written != ej.Template.Digest
}

// TemplateChanged reports whether the template is known to differ from that of the
// last claim.
func (o *Observation) TemplateChanged() bool {
	_, before := completedTemplate(&o.EJ.Status)
	if !o.watchesTemplate() || o.TemplateDigest == "" || before == "" {
		return false
	}
	_, now, _ := strings.Cut(o.TemplateDigest, ":")
	return before != now
}

// recordTemplate returns the template's digest as a claim records it: only as
// written, if a change does not matter.
func (o *Observation) recordTemplate() string {
	switch {
	case !o.watchesTemplate():
		return o.EJ.Template.Digest
	case o.TemplateDigest != "":
		return o.TemplateDigest
	default:
		return o.EJ.Status.TemplateDigest
	}
}
