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
	"k8s.io/apimachinery/pkg/api/meta"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func TestAOneOffThatWasEditedSaysHowToRunItAgain(t *testing.T) {
	const hint = "The template was edited since run 1: to run it, set spec.trigger.requestID to a new value, or spec.trigger.strategy to now."
	edited := func(pod *corev1.PodSpec) { pod.Hostname = "edited" }
	for name, test := range map[string]struct {
		prepare func(*world)
		end     batchv1.JobConditionType
		want    bool
	}{
		"after a success": {prepare: func(w *world) { w.editTemplate(edited) }, end: batchv1.JobComplete, want: true},
		"after a failure": {prepare: func(w *world) { w.editTemplate(edited) }, end: batchv1.JobFailed, want: true},
		"not unless it was edited": {prepare: func(w *world) {
			w.EJ.Spec.Suspend = new(true)
			w.EJ.Generation++
		}, end: batchv1.JobComplete},
		"not if it is an errand now": {prepare: func(w *world) { w.editTemplate(edited).edit(manual) }, end: batchv1.JobComplete},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(once).claimed(t).job(t, test.end).over(t)
			clear(w.Jobs)
			test.prepare(w)
			w.reported(t)
			for _, conditionType := range []string{fissilev1.ConditionReady, fissilev1.ConditionComplete} {
				got := meta.FindStatusCondition(w.EJ.Status.Conditions, conditionType)
				if strings.HasPrefix(got.Message, hint) != test.want {
					t.Errorf("%s says %q", conditionType, got.Message)
				}
			}
		})
	}
}

func TestAnEditThatRunsNothingRefreshesTheConditions(t *testing.T) {
	w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
	w.EJ.Generation++
	w.reported(t)
	for _, c := range w.EJ.Status.Conditions {
		if c.ObservedGeneration != w.EJ.Generation {
			t.Errorf("condition %s is about generation %d, the spec has %d", c.Type, c.ObservedGeneration, w.EJ.Generation)
		}
	}
}
