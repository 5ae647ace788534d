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
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// rollout returns a one-off whose changes wait for a minute.
func rollout(t *testing.T) *world {
	t.Helper()
	w := oneOffThatRan(t)
	clear(w.Jobs)
	w.EJ.Spec.UpdateDebounce = &metav1.Duration{Duration: time.Minute}
	return w
}

func TestARunForAChangeStartsWhenNothingChangesAnyMore(t *testing.T) {
	w := rollout(t).noticed("a").reported(t)
	w.waitsFor(t, time.Minute)
	w.after(59*time.Second).noticed("b").waitsFor(t, time.Minute)
	w.after(59*time.Second).noticed("b").waitsFor(t, time.Second) // which is no change
	w.after(time.Second).claims(t)
}

func TestChangesThatGoOnDelayARunTenTimes(t *testing.T) {
	w := rollout(t).noticed("first").reported(t)
	for i := range 18 {
		w.after(30*time.Second).noticed(fmt.Sprint(i)).waitsFor(t, time.Minute)
	}
	w.after(30*time.Second).noticed("last").waitsFor(t, 30*time.Second)
	w.after(30 * time.Second).claims(t)
}

func TestByDefaultFurtherChangesDoNotDelayARun(t *testing.T) {
	w := rollout(t)
	w.EJ.Spec.UpdateDebounce = nil
	w.noticed("a").after(w.Debounce/2).noticed("b").waitsFor(t, w.Debounce/2)
}

func TestARunDoesNotWaitWithADebounceOfNothing(t *testing.T) {
	w := rollout(t)
	w.EJ.Spec.UpdateDebounce = &metav1.Duration{}
	w.noticed("a").claims(t)
}

func TestARunOnDemandDoesNotWaitForChanges(t *testing.T) {
	rollout(t).noticed("a").reported(t).request("1").claims(t)
}

func TestAChangeThatIsTakenBackRunsNothing(t *testing.T) {
	w := rollout(t).noticed("a").reported(t).after(time.Second)
	w.Inputs = inputs("before")
	w.reported(t).waitsFor(t, 0)
	if complete := meta.FindStatusCondition(w.EJ.Status.Conditions, fissilev1.ConditionComplete); complete.Status != metav1.ConditionTrue {
		t.Errorf("got %v, want Complete for the run that there was", complete)
	}
}

// A client that waits must not take the result of the last run for that of the run that
// is still waiting.
func TestNoConditionSaysThatARunIsOverWhichWaitsForChanges(t *testing.T) {
	w := rollout(t).noticed("a").reported(t)
	for conditionType, want := range map[string]metav1.ConditionStatus{
		fissilev1.ConditionComplete: metav1.ConditionFalse,
		fissilev1.ConditionFailed:   metav1.ConditionFalse,
		fissilev1.ConditionReady:    metav1.ConditionFalse,
		fissilev1.ConditionRunning:  metav1.ConditionUnknown,
	} {
		got := meta.FindStatusCondition(w.EJ.Status.Conditions, conditionType)
		if got == nil || got.Status != want || got.Reason != fissilev1.ReasonDebounce {
			t.Errorf("got %v, want %s with reason %s", got, want, fissilev1.ReasonDebounce)
		}
	}
	want := fmt.Sprintf("A run is due and starts when nothing has changed for 1m0s, at the latest at %s.", w.Now.Add(10*time.Minute).UTC().Format(time.RFC3339))
	if got := meta.FindStatusCondition(w.EJ.Status.Conditions, fissilev1.ConditionRunning).Message; got != want {
		t.Errorf("got message %q, want %q", got, want)
	}
}
