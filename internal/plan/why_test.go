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

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestWhy(t *testing.T) {
	for name, test := range map[string]struct {
		given func(t *testing.T) *world
		kind  plan.Kind
		run   int64
		want  string
	}{
		"an errand that waits has no run": {
			func(t *testing.T) *world { return given(manual).reported(t) }, plan.Wait, 0, fissilev1.ReasonIdle,
		},
		"an ExtendedJob without a status is new": {
			func(*testing.T) *world {
				w := given(now)
				w.Inputs = nil
				return w
			}, plan.ReadInputs, 0, "New",
		},
		"a claim has a cause": {
			func(*testing.T) *world { return given(now) }, plan.Claim, 1, "Now",
		},
		"a Job has the cause of its claim": {
			func(t *testing.T) *world { return given(once).claimed(t).byUs() }, plan.CreateJob, 1, "Once",
		},
		"a claim without a Job is looked up": {
			func(t *testing.T) *world { return given(now).claimed(t) }, plan.ReadLive, 1, "StatusAndJobsDisagree",
		},
		"an active run waits": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t) }, plan.Wait, 1, fissilev1.ReasonRunActive,
		},
		"output is stored when the Job has ended": {
			func(t *testing.T) *world { return given(now).output().claimed(t).job(t, batchv1.JobComplete) }, plan.StoreOutput, 1, "JobComplete",
		},
		"a run is settled with a result": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobFailed) }, plan.Settle, 1, "Failed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := test.given(t).Observation
			step := plan.Next(o)
			if run, why := plan.RunOf(o, step).Number, plan.Why(o, step); step.Kind != test.kind || run != test.run || why != test.want {
				t.Errorf("want %s of run %d because of %s, got %s of run %d because of %s", test.kind, test.run, test.want, step.Kind, run, why)
			}
		})
	}
}
