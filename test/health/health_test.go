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

// Package health has the tools that people wait with judge an ExtendedJob in
// every state that it can be in: kstatus, by which Flux and Helm wait, and
// kubectl wait. It is a Go module of its own so that the operator does not
// require them.
package health

import (
	"slices"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// now is later than everything in the states.
var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// asStored is the ExtendedJob with the conditions that the operator derives, as
// a tool reads it from the API server.
func asStored(t *testing.T, ej *fissilev1.ExtendedJob) *unstructured.Unstructured {
	t.Helper()
	stored := ej.DeepCopy()
	if *stored.Status.ObservedGeneration >= 0 {
		stored.Status.Conditions = plan.Conditions(plan.WithoutTemplate(stored), now)
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(stored)
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{Object: content}
	object.SetGroupVersionKind(fissilev1.GroupVersion.WithKind("ExtendedJob"))
	return object
}

func kstatusOf(t *testing.T, object *unstructured.Unstructured) status.Status {
	t.Helper()
	result, err := status.Compute(object)
	if err != nil {
		t.Fatal(err)
	}
	return result.Status
}

func TestToolsSeeTheStateOfAnExtendedJob(t *testing.T) {
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) {
			object := asStored(t, s.ej)
			if got := kstatusOf(t, object); got != s.kstatus {
				t.Errorf("kstatus: %s, want %s", got, s.kstatus)
			}
			if got := conditionsMet(t, object); !slices.Equal(got, s.met) {
				t.Errorf("kubectl wait returns for %q, want %q", got, s.met)
			}
			if t.Failed() {
				t.Logf("conditions: %v", object.Object["status"].(map[string]any)["conditions"])
			}
		})
	}
}

// Until the operator has looked at an edit, what it wrote is about the spec
// before.
func TestNothingIsSaidAboutAnEditThatWasNotSeen(t *testing.T) {
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) {
			object := asStored(t, s.ej)
			object.SetGeneration(object.GetGeneration() + 1)
			want := status.InProgressStatus
			if s.kstatus == status.TerminatingStatus {
				want = s.kstatus
			}
			if got := kstatusOf(t, object); got != want {
				t.Errorf("kstatus: %s, want %s", got, want)
			}
			if got := conditionsMet(t, object); len(got) > 0 {
				t.Errorf("kubectl wait returns for %q", got)
			}
		})
	}
}

// Whatever the last run came to, nobody who waits for the one that is due is told
// that.
func TestNoToolTakesTheLastRunForTheOneThatIsDue(t *testing.T) {
	for _, s := range states() {
		if s.kstatus == status.TerminatingStatus || *s.ej.Status.ObservedGeneration < 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			s.ej.Status.Due = &fissilev1.DueRun{Cause: fissilev1.CauseNow, Reason: fissilev1.ReasonRunDue}
			object := asStored(t, s.ej)
			if got := kstatusOf(t, object); got != status.InProgressStatus {
				t.Errorf("kstatus: %s, want %s", got, status.InProgressStatus)
			}
			if got := conditionsMet(t, object); len(got) > 0 {
				t.Errorf("kubectl wait returns for %q", got)
			}
		})
	}
}

func TestConditionsThatMeanNothingAreNotThere(t *testing.T) {
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) {
			conditions := plan.Conditions(plan.WithoutTemplate(s.ej), now)
			var types []string
			for _, condition := range conditions {
				types = append(types, condition.Type)
				switch condition.Type {
				case fissilev1.ConditionReconciling, fissilev1.ConditionStalled, fissilev1.ConditionSuspended:
					if condition.Status != metav1.ConditionTrue {
						t.Errorf("%s is %s", condition.Type, condition.Status)
					}
				}
			}
			for _, always := range []string{
				fissilev1.ConditionReady, fissilev1.ConditionComplete, fissilev1.ConditionFailed, fissilev1.ConditionRunning,
			} {
				if !slices.Contains(types, always) {
					t.Errorf("there is no condition %s", always)
				}
			}
			if s.ej.Spec.Output == nil && slices.Contains(types, fissilev1.ConditionOutputPersisted) {
				t.Error("there is a condition OutputPersisted without spec.output")
			}
		})
	}
}
