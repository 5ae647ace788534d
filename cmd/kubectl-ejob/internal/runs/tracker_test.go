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

package runs

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// state is an ExtendedJob with runs, the newest first.
func state(trigger fissilev1.Trigger, runs ...fissilev1.Run) *fissilev1.ExtendedJob {
	ej := &fissilev1.ExtendedJob{
		ObjectMeta: metav1.ObjectMeta{Name: "errand", UID: "uid", Generation: 5, ResourceVersion: "100"},
		Spec:       fissilev1.ExtendedJobSpec{Trigger: trigger},
	}
	if len(runs) > 0 {
		ej.Status.LastRun = &runs[0]
		for _, run := range runs[1:] {
			ej.Status.History = append(ej.Status.History, fissilev1.FinishedRun{
				Number: run.Number, Cause: run.Cause, RequestID: run.RequestID, Result: run.Result,
			})
		}
	}
	return ej
}

func run(number int64, cause fissilev1.RunCause, result fissilev1.RunResult) fissilev1.Run {
	return fissilev1.Run{Number: number, Cause: cause, Result: result}
}

func request(number int64, id string, result fissilev1.RunResult) fissilev1.Run {
	return fissilev1.Run{Number: number, Cause: fissilev1.CauseRequest, RequestID: id, Result: result}
}

var (
	now    = fissilev1.Trigger{Strategy: fissilev1.StrategyNow}
	manual = fissilev1.Trigger{Strategy: fissilev1.StrategyManual}
)

func asked(id string) fissilev1.Trigger {
	return fissilev1.Trigger{Strategy: fissilev1.StrategyManual, RequestID: id}
}

const (
	succeeded = fissilev1.ResultSucceeded
	failed    = fissilev1.ResultFailed
)

func TestTheTrackerReportsTheRunThatWasAskedFor(t *testing.T) {
	const byNow, changed = fissilev1.CauseNow, fissilev1.CauseConfigChange
	before := run(7, byNow, failed)
	edited := func(ej *fissilev1.ExtendedJob) *fissilev1.ExtendedJob {
		ej.Generation = 8
		return ej
	}
	for name, test := range map[string]struct {
		id     string
		asked  *fissilev1.ExtendedJob
		gap    bool
		states []*fissilev1.ExtendedJob
		phase  Phase
		number int64
		says   string
	}{
		"the run before is another one": {
			asked: state(now, before), states: nil, phase: Due,
		},
		"it is under way": {
			asked: state(now, before), states: []*fissilev1.ExtendedJob{state(now, run(8, byNow, ""), before)},
			phase: Active, number: 8,
		},
		"it is over": {
			asked: state(now, before), states: []*fissilev1.ExtendedJob{state(now, run(8, byNow, ""), before), state(manual, run(8, byNow, succeeded), before)},
			phase: Over, number: 8,
		},
		"it is the first": {
			asked: state(now), states: []*fissilev1.ExtendedJob{state(manual, run(1, byNow, succeeded))},
			phase: Over, number: 1,
		},
		"others followed while nobody looked": {
			asked: state(now, before), gap: true,
			states: []*fissilev1.ExtendedJob{state(manual, run(10, byNow, failed), run(9, byNow, failed), run(8, byNow, succeeded), before)},
			phase:  Over, number: 8,
		},
		"it was edited while nobody looked": {
			asked: state(now, before), gap: true, states: []*fissilev1.ExtendedJob{edited(state(manual, run(8, byNow, succeeded), before))},
			phase: Lost, says: "may not be the one that was requested",
		},
		"it was edited after it had started": {
			asked: state(now, before), states: []*fissilev1.ExtendedJob{state(now, run(8, byNow, ""), before), edited(state(manual, run(8, byNow, succeeded), before))},
			phase: Over, number: 8,
		},
		"more followed than the history has": {
			asked: state(now, before), states: []*fissilev1.ExtendedJob{state(now, run(8, byNow, ""), before), state(manual, run(20, byNow, failed), run(19, byNow, failed))},
			phase: Lost, says: "no longer in the history",
		},
		"somebody took it back": {
			asked: state(now, before), states: []*fissilev1.ExtendedJob{state(manual, before)},
			phase: Lost, says: "the request was withdrawn",
		},
		"somebody took it back, and a change ran": {
			asked: state(now, before), states: []*fissilev1.ExtendedJob{state(fissilev1.Trigger{Strategy: fissilev1.StrategyDone}, run(8, changed, succeeded), before)},
			phase: Lost, says: "run 8 is for a change",
		},
		"it has got another number": {
			asked: state(now, before), states: []*fissilev1.ExtendedJob{state(now, run(8, byNow, ""), before), state(now, run(9, byNow, ""), before), state(manual, run(9, byNow, succeeded), before)},
			phase: Over, number: 9,
		},
		"a requestID is served": {
			id: "b", asked: state(asked("b"), request(7, "a", succeeded)),
			states: []*fissilev1.ExtendedJob{state(asked("b"), request(8, "b", failed), request(7, "a", succeeded))},
			phase:  Over, number: 8,
		},
		"a requestID is served after a run of somebody else": {
			id: "b", asked: state(asked("b"), before),
			states: []*fissilev1.ExtendedJob{state(asked("b"), run(8, byNow, succeeded), before), state(asked("b"), request(9, "b", failed), run(8, byNow, succeeded), before)},
			phase:  Over, number: 9,
		},
		"a requestID waits while somebody else's run is over": {
			id: "b", asked: state(asked("b"), before), states: []*fissilev1.ExtendedJob{state(asked("b"), run(8, byNow, succeeded), before)},
			phase: Due,
		},
		"a requestID that was served long ago is due again": {
			id: "a", asked: state(asked("a"), request(7, "b", succeeded), request(6, "a", failed)),
			phase: Due,
		},
		"a requestID was replaced": {
			id: "b", asked: state(asked("b"), before), states: []*fissilev1.ExtendedJob{state(asked("c"), request(8, "c", succeeded), before)},
			phase: Lost, says: `requestID is now "c"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			tracker := Track(test.asked, test.id)
			got := tracker.See(test.asked)
			if test.gap {
				tracker.NoteGap()
			}
			for _, ej := range test.states {
				got = tracker.See(ej)
			}
			if got.Phase != test.phase || got.Run.Number != test.number || !strings.Contains(got.Message, test.says) {
				t.Errorf("phase %d, run %d, %q; want phase %d, run %d, %q", got.Phase, got.Run.Number, got.Message, test.phase, test.number, test.says)
			}
		})
	}
}

func TestTheTrackerDoesNotTakeANewObjectOfTheSameNameForTheOldOne(t *testing.T) {
	tracker := Track(state(now), "")
	created := state(manual, run(1, fissilev1.CauseNow, succeeded))
	created.UID = "another"
	if got := tracker.See(created); got.Phase != Lost {
		t.Errorf("phase %d, run %d", got.Phase, got.Run.Number)
	}
}

func TestAPipelineThatIsRepeatedJoinsItsRun(t *testing.T) {
	ej := state(asked("b"), request(8, "b", ""), request(7, "a", succeeded))
	if got := Join(ej, "b").See(ej); got.Phase != Active || got.Run.Number != 8 {
		t.Errorf("phase %d, run %d", got.Phase, got.Run.Number)
	}
}

func TestTheSecretsAreThoseOfTheRun(t *testing.T) {
	ej := state(manual, run(2, fissilev1.CauseNow, succeeded), run(1, fissilev1.CauseNow, succeeded))
	ej.Status.LastRun.Output = &fissilev1.RunOutput{Reason: fissilev1.ReasonStored}
	ej.Status.Outputs = []fissilev1.OutputSecret{{SecretName: "out-v2"}}
	ej.Status.History[0].Secrets = []string{"out-v1"}
	for number, want := range map[int64]string{1: "out-v1", 2: "out-v2"} {
		got := TrackRun(ej, number).See(ej)
		if len(got.Secrets) != 1 || got.Secrets[0] != want {
			t.Errorf("run %d: %v", number, got.Secrets)
		}
	}
}
