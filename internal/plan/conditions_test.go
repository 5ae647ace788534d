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
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func TestConditions(t *testing.T) {
	type conditions map[string]string // "<status> <reason>" by type
	for name, test := range map[string]struct {
		given func(t *testing.T) *world
		want  conditions
	}{
		"an errand that has never run": {
			func(t *testing.T) *world { return given(manual).reported(t) },
			conditions{
				"Ready": "True Idle", "Complete": "False NeverRun", "Failed": "False NeverRun", "Running": "False Idle",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"an errand that has never run, with output": {
			func(t *testing.T) *world { return given(manual).output().reported(t) },
			conditions{
				"Ready": "True Idle", "Complete": "False NeverRun", "Failed": "False NeverRun", "Running": "False Idle",
				"ReferencesResolved": "True ReferencesFound", "OutputPersisted": "False NeverRun",
			},
		},
		"a run that waits for what is missing": {
			func(t *testing.T) *world {
				w := given(once)
				w.Inputs.Missing = []string{"Secret a"}
				return w.reported(t)
			},
			conditions{
				"Ready": "False ReferencesMissing", "Reconciling": "True ReferencesMissing",
				"Complete": "False ReferencesMissing", "Failed": "False ReferencesMissing", "Running": "Unknown ReferencesMissing",
				"ReferencesResolved": "False ReferencesMissing",
			},
		},
		"a run that is suspended": {
			func(t *testing.T) *world { return given(once).suspended().reported(t) },
			conditions{
				"Ready": "False Suspended", "Reconciling": "True Suspended",
				"Complete": "False Suspended", "Failed": "False Suspended", "Running": "Unknown Suspended",
				"Suspended": "True Suspended",
			},
		},
		"an errand that runs stays ready": {
			func(t *testing.T) *world { return given(now).claimed(t) },
			conditions{
				"Ready": "True RunActive", "Complete": "False RunActive", "Failed": "False RunActive", "Running": "True RunActive",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"an errand that runs for a request is not ready": {
			func(t *testing.T) *world { return given(manual).request("v1").claimed(t) },
			conditions{
				"Ready": "False RunActive", "Reconciling": "True RunActive",
				"Complete": "False RunActive", "Failed": "False RunActive", "Running": "True RunActive",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"a request that was taken back while it runs": {
			func(t *testing.T) *world {
				return given(manual).request("v1").claimed(t).job(t).request("").reported(t)
			},
			conditions{
				"Ready": "False RunActive", "Reconciling": "True RunActive",
				"Complete": "False RunActive", "Failed": "False RunActive", "Running": "True RunActive",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"a one-off that runs, with output": {
			func(t *testing.T) *world { return given(once).output().claimed(t) },
			conditions{
				"Ready": "False RunActive", "Reconciling": "True RunActive",
				"Complete": "False RunActive", "Failed": "False RunActive", "Running": "True RunActive",
				"ReferencesResolved": "True ReferencesFound", "OutputPersisted": "False RunActive",
			},
		},
		"a run whose Job is refused": {
			func(t *testing.T) *world { return given(once).claimed(t).byUs().rejected().reported(t) },
			conditions{
				"Ready": "False JobRejected", "Stalled": "True JobRejected", "Reconciling": "True JobRejected",
				"Complete": "False JobRejected", "Failed": "False JobRejected", "Running": "Unknown JobRejected",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"a one-off that failed is stalled": {
			func(t *testing.T) *world { return given(once).claimed(t).job(t, batchv1.JobFailed).over(t) },
			conditions{
				"Ready": "False JobFailed", "Stalled": "True JobFailed",
				"Complete": "False JobFailed", "Failed": "True JobFailed", "Running": "False Failed",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"an errand that failed is ready": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobFailed).over(t) },
			conditions{
				"Ready": "True Idle", "Complete": "False JobFailed", "Failed": "True JobFailed", "Running": "False Failed",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"a request that was taken back": {
			func(t *testing.T) *world { return given(once).claimed(t).edit(manual).live().reported(t) },
			conditions{
				"Ready": "True Idle", "Complete": "False Cancelled", "Failed": "False Cancelled", "Running": "False Cancelled",
				"ReferencesResolved": "True ReferencesFound",
			},
		},
		"output that came after the run": {
			func(t *testing.T) *world {
				return given(now).claimed(t).job(t, batchv1.JobComplete).over(t).output().reported(t)
			},
			conditions{
				"Ready": "True Idle", "Complete": "True Succeeded", "Failed": "False Succeeded", "Running": "False Succeeded",
				"ReferencesResolved": "True ReferencesFound", "OutputPersisted": "False NotRequested",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := conditions{}
			for _, c := range test.given(t).EJ.Status.Conditions {
				got[c.Type] = string(c.Status) + " " + c.Reason
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAConditionKeepsTheTimeOfItsTransition(t *testing.T) {
	w := given(manual).reported(t)
	w.after(time.Hour).edit(now).claimed(t)
	for conditionType, want := range map[string]time.Time{
		fissilev1.ConditionReady:   start, // still true
		fissilev1.ConditionRunning: start.Add(time.Hour),
	} {
		if got := meta.FindStatusCondition(w.EJ.Status.Conditions, conditionType).LastTransitionTime; !got.Time.Equal(want) {
			t.Errorf("%s: got a transition at %s, want %s", conditionType, got, want)
		}
	}
}

// Anyone who may write a Job's status may give any reason.
func TestAReasonThatNoConditionMayHaveIsReplaced(t *testing.T) {
	for name, test := range map[string]struct{ reason, want string }{
		"not that of a Job":             {"BackoffLimitExceeded", "BackoffLimitExceeded"},
		"none":                          {"", fissilev1.ReasonJobFailed},
		"words":                         {"it failed", fissilev1.ReasonJobFailed},
		"one that begins with a number": {"1st", fissilev1.ReasonJobFailed},
		"not one of 1024 bytes":         {strings.Repeat("a", 1024), strings.Repeat("a", 1024)},
		"one of 1025 bytes":             {strings.Repeat("a", 1025), fissilev1.ReasonJobFailed},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(now).claimed(t).job(t, batchv1.JobFailed)
			w.Jobs[1].Status.Conditions[0].Reason = test.reason
			if got := conditionReason(w.over(t).EJ, fissilev1.ConditionFailed); got != test.want {
				t.Errorf("got reason %q, want %q", got, test.want)
			}
		})
	}
}

func TestAOneOffThatWasEditedSaysHowToRunItAgain(t *testing.T) {
	const hint = "The template has been edited since run 1. To run it, set spec.trigger.requestID to a new value, or spec.trigger.strategy to now."
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
