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

package fissile

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// story is one schedule in the model, event by event.
type story struct {
	*testing.T
	*world
}

// tellStory begins with the start of the operator.
func tellStory(t *testing.T, s scenario) *story {
	t.Helper()
	s.budget = budget{edits: 100, faults: 100, kills: 100, pauses: 100}
	e := exploration{scenario: &s}
	told := &story{T: t, world: e.begin()}
	told.happens("the operator starts")
	return told
}

// happens triggers the first event whose name contains the given parts.
func (s *story) happens(parts ...string) {
	s.Helper()
	s.tracing = true
	for _, next := range s.successors() {
		has := true
		for _, part := range parts {
			has = has && strings.Contains(next.event, part)
		}
		if has {
			s.Log(append([]string{next.event}, next.world.notes...))
			s.world = next.world
			return
		}
	}
	s.Fatalf("%q cannot happen", parts)
}

// edits lets the user make edits.
func (s *story) edits(edits ...edit) {
	s.Helper()
	for _, e := range edits {
		s.happens(e.name)
	}
}

// rests lets everything come to rest by itself.
func (s *story) rests() { s.world = s.rested() }

// reconciles lets the operator reconcile once, and returns its error.
func (s *story) reconciles() error {
	next := *s.world
	next.notes = nil
	err := next.reconcile(&next.leader, failure{}).err
	next.keepUp()
	s.Log(next.notes)
	s.world = &next
	return err
}

// condition returns a condition of the ExtendedJob, or nil if it does not exist.
func (s *story) condition(conditionType string) *metav1.Condition {
	return meta.FindStatusCondition(s.extendedJob().Status.Conditions, conditionType)
}

// jobOf returns the Job of a run, or nil if there is none.
func (s *story) jobOf(run int64) *version {
	return find(s.objects[jobs], runjob.JobName(s.extendedJob(), run))
}

// TestRestingStrategy checks that a "now" that has to wait does not change the resting
// strategy of an ExtendedJob.
func TestRestingStrategy(t *testing.T) {
	for _, test := range []struct {
		name     string
		strategy fissilev1.TriggerStrategy
		before   func(s *story)
		expected fissilev1.TriggerStrategy
	}{
		{
			"a one-off that never ran", fissilev1.StrategyDone,
			func(s *story) { s.rests(); s.edits(suspend) },
			fissilev1.StrategyDone,
		},
		{
			"a one-off that waits for its run", fissilev1.StrategyOnce,
			func(s *story) { s.edits(suspend); s.rests() },
			fissilev1.StrategyDone,
		},
		{
			"a one-off that became an errand", fissilev1.StrategyOnce,
			func(s *story) { s.rests(); s.edits(setManual); s.rests(); s.edits(suspend) },
			fissilev1.StrategyManual,
		},
		{
			"an errand that became a one-off", fissilev1.StrategyNow,
			func(s *story) { s.rests(); s.edits(setDone); s.rests(); s.edits(suspend) },
			fissilev1.StrategyDone,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := tellStory(t, scenario{strategy: test.strategy, edits: []edit{suspend, resume, setNow, setManual, setDone}})
			test.before(s)
			s.rests()
			s.edits(setNow)
			s.rests()
			s.edits(resume)
			s.rests()
			if strategy := s.extendedJob().Spec.Trigger.Strategy; strategy != test.expected {
				t.Errorf("after the run the strategy is %s, want %s", strategy, test.expected)
			}
		})
	}
}

// TestTemplateThatCannotBeTried checks that the status says why a changed template does
// not run while the API server cannot complete it.
func TestTemplateThatCannotBeTried(t *testing.T) {
	s := tellStory(t, scenario{
		strategy: fissilev1.StrategyOnce, onTemplateChange: true,
		edits: []edit{refuseJobs(quota), editPods},
	})
	s.rests()
	s.edits(refuseJobs(quota), editPods)
	_ = s.reconciles()
	running := s.condition(fissilev1.ConditionRunning)
	if running.ObservedGeneration != s.extendedJob().Generation || running.Status == metav1.ConditionFalse || !strings.Contains(running.Message, "exceeded quota") {
		t.Errorf("at generation %d, Running does not tell of the quota: %+v", s.extendedJob().Generation, running)
	}
	s.rests()
	if s.record.ran != 1 {
		t.Error("the changed template is not run when the quota is gone")
	}
}

// TestPruneManyVersions checks that more versions than a reconcile has steps are
// deleted without an error, which would make the operator wait.
func TestPruneManyVersions(t *testing.T) {
	const versions = 40
	s := tellStory(t, scenario{
		strategy: fissilev1.StrategyNow,
		output:   &fissilev1.Output{NamePrefix: "out", Versioned: new(true), VersionsToKeep: 1},
		edits:    []edit{editLabels},
	})
	s.rests()
	first := find(s.objects[secrets], outputSecret+"-v1").Object.(*corev1.Secret)
	for n := 2; n <= versions; n++ {
		secret := first.DeepCopy()
		secret.Name = fmt.Sprintf("%s-v%d", outputSecret, n)
		secret.Labels[versionedsecret.LabelVersion] = strconv.Itoa(n)
		reseal(secret)
		s.mustCreate(secret)
	}
	s.edits(editLabels)
	for range versions {
		if err := s.reconciles(); err != nil {
			t.Fatalf("with %d versions: %v", len(s.objects[secrets]), err)
		}
	}
	if left := len(s.objects[secrets]); left != 1 {
		t.Errorf("%d versions are left, want the newest", left)
	}
}

// TestRequestDuringPendingOutput checks that a request does not wait for the output of
// the previous run if that still cannot be stored.
func TestRequestDuringPendingOutput(t *testing.T) {
	s := tellStory(t, scenario{
		strategy: fissilev1.StrategyNow, output: toSecret, foreign: obstructOutput,
		edits: []edit{freeOutput, setNow},
	})
	s.rests()
	s.failing = "create Secret"
	s.edits(freeOutput, setNow)
	_ = s.reconciles()
	_ = s.reconciles()
	if s.jobOf(2) == nil {
		t.Error("run 2 has not begun")
	}
}

// TestResultAfterRequestIsTakenBack checks that a request that is withdrawn is
// recorded as Cancelled, and that the history keeps why the previous run failed.
// Pending output remains that of the last run.
func TestResultAfterRequestIsTakenBack(t *testing.T) {
	for _, test := range []struct {
		reason   string
		scenario scenario
		ends     string
	}{
		{"BackoffLimitExceeded", scenario{jobsFail: true}, "fails"},
		{fissilev1.ReasonOutputRefused, scenario{output: toSecret, prints: "no JSON"}, "completes"},
		{fissilev1.ReasonOutputPending, scenario{output: toSecret, foreign: obstructOutput}, "completes"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			test.scenario.strategy = fissilev1.StrategyNow
			test.scenario.edits = []edit{suspend, setNow, setManual}
			s := tellStory(t, test.scenario)
			s.happens("the operator reconciles")
			s.happens(test.ends)
			s.rests()
			if before := s.condition(fissilev1.ConditionFailed); before.Reason != test.reason {
				t.Fatalf("Failed has the reason %s", before.Reason)
			}
			s.edits(suspend, setNow)
			s.rests()
			s.edits(setManual)
			s.rests()
			if test.reason == fissilev1.ReasonOutputPending {
				if after := s.condition(fissilev1.ConditionFailed); after.Status != metav1.ConditionTrue || after.Reason != test.reason {
					t.Errorf("Failed is %s with the reason %s", after.Status, after.Reason)
				}
				return
			}
			status := s.extendedJob().Status
			if status.LastRun.Result != fissilev1.ResultCancelled {
				t.Errorf("the last run is %s", status.LastRun.Result)
			}
			if len(status.History) != 1 || status.History[0].Reason != test.reason {
				t.Errorf("the history is %+v", status.History)
			}
		})
	}
}

// TestReferencesAfterRequestIsTakenBack checks that nothing is reported missing when no
// run needs it.
func TestReferencesAfterRequestIsTakenBack(t *testing.T) {
	s := tellStory(t, scenario{strategy: fissilev1.StrategyNow, input: true, edits: []edit{setManual}})
	s.rests()
	if resolved := s.condition(fissilev1.ConditionReferencesResolved); resolved == nil || resolved.Status != metav1.ConditionFalse {
		t.Fatalf("ReferencesResolved does not tell that the Secret is missing: %+v", resolved)
	}
	s.edits(setManual)
	s.rests()
	if resolved := s.condition(fissilev1.ConditionReferencesResolved); resolved != nil && resolved.Status == metav1.ConditionFalse {
		t.Errorf("ReferencesResolved stays False: %s", resolved.Message)
	}
}

// TestJobOfAnEarlierClaim checks that a Job that a late request made for an earlier
// claim is recognized as such: it runs the template of that claim.
func TestJobOfAnEarlierClaim(t *testing.T) {
	s := tellStory(t, scenario{strategy: fissilev1.StrategyNow, late: true, edits: []edit{editPods}})
	s.happens("create Job", string(late))
	s.edits(editPods)
	s.happens("the request on its way arrives: create Job")
	s.rests()
	if s.record.ran != 1 {
		t.Error("the template that the user wrote last is not run")
	}
}

// TestRunOfTheNextLeader checks that a leader that was held up does not give up a run
// that its successor has claimed.
func TestRunOfTheNextLeader(t *testing.T) {
	s := tellStory(t, scenario{strategy: fissilev1.StrategyNow, lags: []kind{jobs}, edits: []edit{setNow}})
	s.happens("the operator reconciles")
	s.happens("completes")
	s.happens("5 s pass")
	s.happens("read ExtendedJob", string(heldUp))
	s.happens("another replica takes over")
	s.happens("the operator starts")
	s.happens("the operator reconciles")
	s.edits(setNow)
	s.happens("patch ExtendedJob status", string(killed))
	s.happens("the old leader goes on")
	s.rests()
	if got := s.extendedJob().Status.LastRun; got.Number != 2 || got.Result != fissilev1.ResultSucceeded {
		t.Errorf("run %d is %s", got.Number, got.Result)
	}
}

// TestVersionOfAnEarlierRun checks that a leader that was held up makes no version of
// its run's output if the newest version is that of a later run.
func TestVersionOfAnEarlierRun(t *testing.T) {
	s := tellStory(t, scenario{
		strategy: fissilev1.StrategyNow, oldFollows: true,
		output: &fissilev1.Output{NamePrefix: "out", Versioned: new(true)},
		edits:  []edit{setNow, deleteVersion},
	})
	s.happens("the operator reconciles")
	s.happens("completes")
	s.happens("read log", string(heldUp))
	s.happens("another replica takes over")
	s.happens("the operator starts")
	s.happens("the operator reconciles")
	s.edits(setNow)
	for s.jobOf(2) == nil {
		s.happens("the operator reconciles")
	}
	s.happens("completes")
	s.happens("the operator reconciles")
	s.edits(deleteVersion)
	s.happens("the old leader's caches catch up")
	s.happens("the old leader goes on")
	for _, v := range s.objects[secrets] {
		if printedByRun(v) != 2 {
			t.Errorf("%s holds the output of run %d", v.GetName(), printedByRun(v))
		}
	}
}

// TestOldJobAfterStatusIsLost checks that the output of an earlier run counts as
// history if status and annotation are gone and a Secret holds the output of a newer
// run.
func TestOldJobAfterStatusIsLost(t *testing.T) {
	s := tellStory(t, scenario{
		strategy: fissilev1.StrategyNow, output: toSecret, foreign: obstructOutput,
		edits: []edit{keepJobs, setNow, freeOutput, loseAll},
	})
	s.edits(keepJobs)
	s.rests()
	s.edits(setNow)
	for s.jobOf(2) == nil {
		s.happens("the operator reconciles")
	}
	s.edits(freeOutput)
	s.rests()
	if s.jobOf(1) == nil || !s.stored(2) {
		t.Fatal("Job 1 is not kept, or the output of run 2 is not stored")
	}
	s.remove(jobs, s.jobOf(2))
	s.edits(loseAll)
	s.rests()
	if err := s.reconciles(); err != nil {
		t.Errorf("it never comes to an end: %v", err)
	}
	s.edits(setNow)
	s.rests()
	if strategy := s.extendedJob().Spec.Trigger.Strategy; strategy != fissilev1.StrategyManual || !s.stored(3) {
		t.Errorf("the next request is not served: strategy %s, last run %d", strategy, lastRun(s.extendedJob()))
	}
}

// keepJobs keeps Jobs that have completed.
var keepJobs = edit{"the user keeps Jobs", present, func(w *world) {
	w.change(func(ej *fissilev1.ExtendedJob) { ej.Spec.SuccessfulJobsHistoryLimit = new(int32(3)) })
}}

// loseAll removes everything that the ExtendedJob knows about its runs.
var loseAll = edit{"status and annotations are lost", present, func(w *world) {
	ej := w.extendedJob().DeepCopy()
	ej.Status, ej.Annotations = fissilev1.ExtendedJobStatus{}, nil
	w.put(extendedJobs, find(w.objects[extendedJobs], key.Name), ej)
}}
