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
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

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
