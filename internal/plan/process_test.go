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
	"time"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestChangeTracker(t *testing.T) {
	// look is one look at the inputs, a second after the one before.
	type look struct {
		changed bool
		digest  string
	}
	at := func(look int) time.Time { return start.Add(time.Duration(look) * time.Second) }
	for name, test := range map[string]struct {
		looks []look
		// These are when the first and the last change were noticed.
		first, last time.Time
	}{
		"none before the first look":                   {},
		"none if there was a change at the first look": {looks: []look{{true, "a"}}},
		"none if nothing changed":                      {looks: []look{{false, "a"}, {false, "a"}}},
		"a change since the first look":                {looks: []look{{false, "a"}, {true, "b"}}, first: at(1), last: at(1)},
		"a change that is seen twice":                  {looks: []look{{false, "a"}, {true, "b"}, {true, "b"}}, first: at(1), last: at(1)},
		"a change after a change":                      {looks: []look{{false, "a"}, {true, "b"}, {true, "c"}}, first: at(1), last: at(2)},
		"none once the change is taken back":           {looks: []look{{false, "a"}, {true, "b"}, {false, "a"}}},
		"a change after one that was taken back":       {looks: []look{{false, "a"}, {true, "b"}, {false, "a"}, {true, "b"}}, first: at(3), last: at(3)},
	} {
		t.Run(name, func(t *testing.T) {
			var tracker plan.ChangeTracker
			for i, look := range test.looks {
				tracker.Track(look.changed, look.digest, at(i))
			}
			if !tracker.At.Equal(test.first) || !tracker.LastAt.Equal(test.last) {
				t.Errorf("got changes from %s to %s, want %s to %s", tracker.At, tracker.LastAt, test.first, test.last)
			}
		})
	}
}

func TestWhatAProcessKnowsOfARunCountsForItsClaimOnly(t *testing.T) {
	w := given(once).claimed(t).byUs().rejected()
	w.EJ.Status.LastRun.Claim.ID = "another-claim"
	if step := plan.Next(w.Observation); step.Kind != plan.ReadLive {
		t.Errorf("got %s, want a look at the claim of another process", step.Kind)
	}
	w.Process.Observe(w.EJ, w.Jobs, w.Now)
	if got := w.Process.Run; got != (plan.RunState{ClaimID: "another-claim"}) {
		t.Errorf("got %+v, want nothing but the claim", got)
	}
}

// The create may still arrive, so a second one waits.
func TestACreateThatIsGivenUpIsWaitedFor(t *testing.T) {
	w := given(now).claimed(t).byUs()
	w.Process.CreateGivenUp(w.Now)
	w.live().waitsFor(t, plan.CreateWindow+time.Second)
	w.after(plan.CreateWindow+time.Second-time.Millisecond).live().waitsFor(t, time.Millisecond)
	if step := plan.Next(w.after(time.Millisecond).live().Observation); step.Kind != plan.CreateJob {
		t.Errorf("got %s, want another try", step.Kind)
	}
}

func TestAJobThatIsNotAsItWasAskedForIsDeleted(t *testing.T) {
	w := given(once).claimed(t).byUs()
	w.Process.JobAltered("job-uid", plan.Rejection{Reason: fissilev1.ReasonJobRejected, Message: "altered", NeedsEdit: true}, w.Now)
	w.job(t)
	if step := plan.Next(w.Observation); step.Kind != plan.DeleteJob || step.Job != w.Jobs[1] {
		t.Fatalf("got %s, want the Job to be deleted", step.Kind)
	}
	clear(w.Jobs)
	if got := conditionReason(w.reported(t).EJ, fissilev1.ConditionComplete); got != fissilev1.ReasonJobRejected {
		t.Errorf("got reason %s, want %s", got, fissilev1.ReasonJobRejected)
	}
}
