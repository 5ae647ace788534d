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

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestResult(t *testing.T) {
	stored := &plan.Output{Reason: fissilev1.ReasonStored, Secrets: []fissilev1.OutputSecret{{Container: "c", SecretName: "out-c"}}}
	for name, test := range map[string]struct {
		output *plan.Output
		ending batchv1.JobConditionType
		result fissilev1.RunResult
		// These report whether the three conditions are true; reason is that of
		// Complete.
		complete, failed, persisted bool
		reason                      string
	}{
		"completed with output stored": {
			stored, batchv1.JobComplete, fissilev1.ResultSucceeded, true, false, true, fissilev1.ReasonSucceeded,
		},
		"completed with output refused": {
			&plan.Output{Reason: fissilev1.ReasonOutputInvalid}, batchv1.JobComplete,
			fissilev1.ResultFailed, false, true, false, fissilev1.ReasonOutputRefused,
		},
		"completed with output in conflict": {
			&plan.Output{Reason: fissilev1.ReasonOutputConflict}, batchv1.JobComplete,
			fissilev1.ResultFailed, false, true, false, fissilev1.ReasonOutputPending,
		},
		"failed": {
			nil, batchv1.JobFailed, fissilev1.ResultFailed, false, true, false, fissilev1.ReasonJobFailed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(once).output().claimed(t).job(t, test.ending)
			w.Output = test.output
			w.over(t)
			got := map[string]bool{}
			for _, c := range w.EJ.Status.Conditions {
				got[c.Type] = c.Status == metav1.ConditionTrue
			}
			want := map[string]bool{
				fissilev1.ConditionReady:              test.complete,
				fissilev1.ConditionComplete:           test.complete,
				fissilev1.ConditionFailed:             test.failed,
				fissilev1.ConditionOutputPersisted:    test.persisted,
				fissilev1.ConditionReferencesResolved: true,
				fissilev1.ConditionRunning:            false,
			}
			if test.failed {
				want[fissilev1.ConditionStalled] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("true conditions (-want +got):\n%s", diff)
			}
			if got := w.EJ.Status.LastRun.Result; got != test.result {
				t.Errorf("want result %s, got %s", test.result, got)
			}
			if got := conditionReason(w.EJ, fissilev1.ConditionComplete); got != test.reason {
				t.Errorf("want reason %s, got %s", test.reason, got)
			}
		})
	}
}

func TestOutputThatIsStoredLateCompletesTheRun(t *testing.T) {
	w := given(once).output().claimed(t).job(t, batchv1.JobComplete)
	w.Output = &plan.Output{Reason: fissilev1.ReasonOutputConflict, Message: "in the way"}
	w.over(t)
	w.Output = nil

	if got := plan.Next(w.after(plan.OutputRetry).Observation).Kind; got != plan.StoreOutput {
		t.Fatalf("want another try, got %s", got)
	}
	w.Output = &plan.Output{Reason: fissilev1.ReasonStored}
	w.reported(t)
	if !meta.IsStatusConditionTrue(w.EJ.Status.Conditions, fissilev1.ConditionComplete) {
		t.Error("the run is not complete")
	}
	if got := *w.EJ.Status.Succeeded; got != 1 {
		t.Errorf("want 1 run succeeded, got %d", got)
	}
	if got := *w.EJ.Status.Failed; got != 0 {
		t.Errorf("want 0 runs failed, got %d", got)
	}
}
