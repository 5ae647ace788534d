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
	"k8s.io/apimachinery/pkg/api/meta"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestARequestThatIsTakenBackIsCancelled(t *testing.T) {
	w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
	clear(w.Jobs)
	w.suspended().edit(now).reported(t)
	if meta.IsStatusConditionTrue(w.EJ.Status.Conditions, fissilev1.ConditionComplete) {
		t.Error("it is complete although a run is due")
	}
	w.edit(done).reported(t)
	if got := w.EJ.Status.LastRun; got.Number != 2 || got.Result != fissilev1.ResultCancelled {
		t.Errorf("want run 2 to be cancelled, got run %d: %s", got.Number, got.Result)
	}
	if meta.IsStatusConditionTrue(w.EJ.Status.Conditions, fissilev1.ConditionComplete) {
		t.Error("it is complete for a request that was never run")
	}
	if got := plan.Next(w.Observation).Kind; got != plan.Wait {
		t.Errorf("want nothing more to do, got %s", got)
	}
}
