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
	"maps"
	"slices"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

const (
	complete = batchv1.JobComplete
	failed   = batchv1.JobFailed
)

// ran lets an errand run once for each ending. The Jobs of all runs stay.
func (w *world) ran(t *testing.T, endings ...batchv1.JobConditionType) *world {
	t.Helper()
	for _, ending := range endings {
		w.after(time.Hour).edit(now).claimed(t).job(t, ending).over(t)
	}
	return w
}

// tidied deletes Jobs as long as the next step is to delete one.
func (w *world) tidied() {
	for step := plan.Next(w.Observation); step.Kind == plan.DeleteJob; step = plan.Next(w.Observation) {
		maps.DeleteFunc(w.Jobs, func(_ int64, job *batchv1.Job) bool { return job == step.Job })
	}
}

func TestTheHistoryKeepsTheLastJobs(t *testing.T) {
	for name, test := range map[string]struct {
		succeeded, failed *int32
		endings           []batchv1.JobConditionType
		want              []int64
	}{
		"no run": {
			nil, nil, nil, nil,
		},
		"by default no success": {
			nil, nil, []batchv1.JobConditionType{complete}, nil,
		},
		"by default one failure": {
			nil, nil, []batchv1.JobConditionType{failed, failed}, []int64{2},
		},
		"no success with a limit of 0": {
			new(int32(0)), nil, []batchv1.JobConditionType{complete}, nil,
		},
		"no failure with a limit of 0": {
			nil, new(int32(0)), []batchv1.JobConditionType{failed}, nil,
		},
		"one success with a limit of 1": {
			new(int32(1)), nil, []batchv1.JobConditionType{complete}, []int64{1},
		},
		"one of two successes with a limit of 1": {
			new(int32(1)), nil, []batchv1.JobConditionType{complete, complete}, []int64{2},
		},
		"as many successes as the limit": {
			new(int32(3)), nil, []batchv1.JobConditionType{complete, complete, complete}, []int64{1, 2, 3},
		},
		"not one success more than the limit": {
			new(int32(3)), nil, []batchv1.JobConditionType{complete, complete, complete, complete}, []int64{2, 3, 4},
		},
		"as many failures as the limit": {
			nil, new(int32(3)), []batchv1.JobConditionType{failed, failed, failed}, []int64{1, 2, 3},
		},
		"not one failure more than the limit": {
			nil, new(int32(3)), []batchv1.JobConditionType{failed, failed, failed, failed}, []int64{2, 3, 4},
		},
		"successes and failures by limits of their own": {
			new(int32(1)), new(int32(2)), []batchv1.JobConditionType{complete, failed, failed, failed, complete}, []int64{3, 4, 5},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(manual)
			w.EJ.Spec.SuccessfulJobsHistoryLimit, w.EJ.Spec.FailedJobsHistoryLimit = test.succeeded, test.failed
			w.reported(t).ran(t, test.endings...).after(time.Hour).tidied()
			if got := slices.Sorted(maps.Keys(w.Jobs)); !slices.Equal(got, test.want) {
				t.Errorf("got the Jobs of runs %v, want %v", got, test.want)
			}
		})
	}
}

// The log of its pods is all that there is of output that is not stored.
func TestAJobWhoseOutputIsPendingStays(t *testing.T) {
	for name, test := range map[string]struct {
		limit int32
		want  []int64
	}{
		"with a limit of 0":          {0, []int64{2}},
		"and counts as a failed Job": {1, []int64{2}},
		"beside a failed Job":        {2, []int64{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(manual).output()
			w.EJ.Spec.FailedJobsHistoryLimit = new(test.limit)
			w.reported(t).ran(t, failed)
			w.after(time.Hour).edit(now).claimed(t).job(t, complete)
			w.Output = &plan.Output{Reason: fissilev1.ReasonOutputConflict}
			w.over(t).after(time.Hour).tidied()
			if got := slices.Sorted(maps.Keys(w.Jobs)); !slices.Equal(got, test.want) {
				t.Errorf("got the Jobs of runs %v, want %v", got, test.want)
			}
		})
	}
}

func TestHowLongTheJobOfARunThatIsOverStays(t *testing.T) {
	const forever = time.Duration(-1)
	for name, test := range map[string]struct {
		kept  int32
		ttl   *int32
		given func(w *world) *world
		want  time.Duration
	}{
		"not at all if this process made it": {
			given: (*world).byUs, want: 0,
		},
		"while a create of an earlier leader may arrive": {
			given: (*world).restarted, want: 15*time.Second + plan.CreateWindow,
		},
		"while a create that this process gave up may arrive": {
			given: func(w *world) *world {
				w.Process.Looked = true
				w.byUs().Process.CreateGivenUp(w.Now)
				return w
			},
			want: plan.CreateWindow + time.Second,
		},
		"for ever if the history keeps it": {
			kept: 1, given: (*world).byUs, want: forever,
		},
		"not at all with a time to live of 0": {
			kept: 1, ttl: new(int32(0)), given: (*world).byUs, want: 0,
		},
		"for a time to live of 1 s": {
			kept: 1, ttl: new(int32(1)), given: (*world).byUs, want: time.Second,
		},
		"for the longest time to live": {
			kept: 1, ttl: new(int32(1<<31 - 1)), given: (*world).byUs, want: (1<<31 - 1) * time.Second,
		},
		"not for its time to live if the history does not keep it": {
			ttl: new(int32(60)), given: (*world).byUs, want: 0,
		},
		"while a create may arrive, though its time to live is shorter": {
			kept: 1, ttl: new(int32(1)), given: (*world).restarted, want: 15*time.Second + plan.CreateWindow,
		},
		"for its time to live, though no create arrives any more": {
			kept: 1, ttl: new(int32(60)), given: (*world).restarted, want: time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(now)
			w.EJ.Spec.SuccessfulJobsHistoryLimit = new(test.kept)
			w.EJ.Template.TTLSecondsAfterFinished = test.ttl
			w.claimed(t)
			test.given(w).job(t, complete).over(t)
			switch test.want {
			case forever:
				w.waitsFor(t, 0)
				return
			case 0:
			default:
				w.waitsFor(t, test.want)
				w.after(test.want-time.Millisecond).waitsFor(t, time.Millisecond)
				w.after(time.Millisecond)
			}
			if step := plan.Next(w.Observation); step.Kind != plan.DeleteJob || step.Job != w.Jobs[1] {
				t.Errorf("got %s, want the Job to be deleted", step.Kind)
			}
		})
	}
}
