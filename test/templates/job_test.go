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

package templates

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// differOfRun describes how the Job of a run differs from a plain Job, if it does.
func (w *world) differOfRun(ctx context.Context, m manifest, plain, ej verdict) (string, error) {
	var stored fissilev1.ExtendedJob
	if err := json.Unmarshal(encode(ej.object), &stored); err != nil {
		return fmt.Sprintf("it is stored, and cannot be decoded: %v", err), nil
	}
	planned, err := runjob.New(&stored, &fissilev1.Run{Number: 1, JobName: runjob.JobName(&stored, 1)})
	if err != nil {
		return "", err
	}
	planned.SetGroupVersionKind(batchv1.SchemeGroupVersion.WithKind("Job"))
	planned.OwnerReferences = nil
	created, err := w.dryRun(ctx, job, strict, "", planned)
	if err != nil {
		return "", err
	}
	if !created.accepted {
		return "the run's Job is refused: " + created.message, nil
	}
	return differOfJobs(m, plain.object, created.object), nil
}

// differOfJobs describes how a run's Job differs from a plain one, apart from the
// differences in the user guide.
func differOfJobs(m manifest, plain, ofRun map[string]any) string {
	want, got := essence(m, plain), essence(m, ofRun)
	if equality.Semantic.DeepEqual(want, got) { // equal quantities may be spelled differently
		return ""
	}
	return "the run's Job is another (-plain +run's): " + cmp.Diff(plainJSON(want), plainJSON(got))
}

// fromTemplate holds the parts of a Job that come from its template.
type fromTemplate struct {
	Labels, Annotations map[string]string
	Spec                batchv1.JobSpec
}

// essence returns the parts of a Job that come from its template, not from the
// operator.
func essence(m manifest, object map[string]any) fromTemplate {
	var job batchv1.Job
	if err := json.Unmarshal(encode(object), &job); err != nil {
		panic(err) // it comes from the API server
	}
	job.Spec.Selector = nil
	job.Spec.TTLSecondsAfterFinished = nil
	written, _ := m.template["spec"].(map[string]any)
	if written["backoffLimit"] == nil && written["backoffLimitPerIndex"] == nil {
		job.Spec.BackoffLimit = nil
	}
	job.Spec.Template.Labels = own(job.Spec.Template.Labels)
	return fromTemplate{Labels: own(job.Labels), Annotations: own(job.Annotations), Spec: job.Spec}
}

// own returns the labels or annotations of the user.
func own(all map[string]string) map[string]string {
	kept := map[string]string{}
	for key, value := range all {
		switch {
		case strings.HasPrefix(key, "fissile.cloudfoundry.org/"), strings.HasPrefix(key, "batch.kubernetes.io/"):
		case key == "controller-uid", key == "job-name":
		default:
			kept[key] = value
		}
	}
	return kept
}
