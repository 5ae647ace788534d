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

package plan_test

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestTemplateDigest(t *testing.T) {
	for name, test := range map[string]struct {
		change func(template *batchv1.JobTemplateSpec, completed *batchv1.Job)
		// These report whether the two parts of the digest differ.
		written, completed bool
	}{
		"is the same for the same template": {
			func(*batchv1.JobTemplateSpec, *batchv1.Job) {}, false, false,
		},
		"leaves out the selector": {
			func(_ *batchv1.JobTemplateSpec, job *batchv1.Job) {
				job.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{batchv1.ControllerUidLabel: "another"}}
			}, false, false,
		},
		"leaves out the labels of the API server and of the operator": {
			func(_ *batchv1.JobTemplateSpec, job *batchv1.Job) {
				for _, key := range []string{batchv1.ControllerUidLabel, batchv1.JobNameLabel, "controller-uid", "job-name", fissilev1.LabelUID} {
					job.Spec.Template.Labels[key] = "another"
				}
			}, false, false,
		},
		"has other labels": {
			func(_ *batchv1.JobTemplateSpec, job *batchv1.Job) { job.Spec.Template.Labels["team"] = "a" }, false, true,
		},
		"tells a default that is written out, which is no change": {
			func(template *batchv1.JobTemplateSpec, _ *batchv1.Job) {
				template.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
			}, true, false,
		},
		"tells a default that has changed": {
			func(_ *batchv1.JobTemplateSpec, job *batchv1.Job) { job.Spec.Template.Spec.SchedulerName = "another" }, false, true,
		},
		"has the annotations of the Job": {
			func(template *batchv1.JobTemplateSpec, _ *batchv1.Job) {
				template.Annotations = map[string]string{"a": "b"}
			}, true, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			digest := func(change func(*batchv1.JobTemplateSpec, *batchv1.Job)) (written, completed string) {
				template, job := &batchv1.JobTemplateSpec{}, &batchv1.Job{}
				job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
				job.Spec.Template.Labels = map[string]string{}
				change(template, job)
				written, completed, _ = strings.Cut(plan.TemplateDigest(template, job), ":")
				return written, completed
			}
			written, completed := digest(func(*batchv1.JobTemplateSpec, *batchv1.Job) {})
			gotWritten, gotCompleted := digest(test.change)
			if (gotWritten != written) != test.written || (gotCompleted != completed) != test.completed {
				t.Errorf("got %s:%s, %s:%s without the change", gotWritten, gotCompleted, written, completed)
			}
		})
	}
}

func TestUpdateOnTemplateChangeRunsNothingForEditsBeforeIt(t *testing.T) {
	w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
	clear(w.Jobs)
	w.editTemplate(func(pod *corev1.PodSpec) { pod.Hostname = "edited" })
	w.EJ.Spec.UpdateOnTemplateChange = new(true)
	w.completeTemplate()
	w.reported(t)
	if step := plan.Next(w.Observation); step.Kind != plan.Wait {
		t.Errorf("got the step %s, want none", step.Kind)
	}
	w.editTemplate(func(pod *corev1.PodSpec) { pod.Hostname = "edited again" }).completeTemplate()
	if step := plan.Next(w.Observation); step.Kind != plan.Claim {
		t.Errorf("got the step %s, want the run for an edit that came later", step.Kind)
	}
}
