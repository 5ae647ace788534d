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
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Tracker follows the one run that was asked for through the states of its
// ExtendedJob.
//
// The request is a patch that applies only to the state that it was decided on, in
// which no run was due or active. The operator fences its claims the same way, so
// the next run that it starts has seen the request. A requestID names its run as
// well.
type Tracker struct {
	name string
	uid  types.UID
	// id is the requestID; empty for a request by strategy "now".
	id string
	// generation is that of the patch.
	generation int64
	// before is the greatest number of a run that cannot be the one.
	before int64
	// number is that of the run; 0 until it is known.
	number int64
	// gap is true once states may have been missed while the number was not known.
	gap bool
}

// Track returns a Tracker for a request that was just made; ej is what the patch
// returned.
func Track(ej *fissilev1.ExtendedJob, id string) *Tracker {
	return &Tracker{name: ej.Name, uid: ej.UID, id: id, generation: ej.Generation, before: lastNumber(ej)}
}

// Join returns a Tracker for a requestID that was asked for before and whose run is
// not over.
func Join(ej *fissilev1.ExtendedJob, id string) *Tracker {
	t := Track(ej, id)
	if active(&ej.Status) && ej.Status.LastRun.RequestID == id {
		t.number = ej.Status.LastRun.Number
	}
	return t
}

// TrackRun returns a Tracker for a run with a known number.
func TrackRun(ej *fissilev1.ExtendedJob, number int64) *Tracker {
	t := Track(ej, "")
	t.number = number
	return t
}

func lastNumber(ej *fissilev1.ExtendedJob) int64 {
	if ej.Status.LastRun == nil {
		return 0
	}
	return ej.Status.LastRun.Number
}

// Phase is what a run is at.
type Phase int

const (
	// Due means that the run has not started yet.
	Due Phase = iota
	// Active means that the run has started.
	Active
	// Over means that the run has ended.
	Over
	// Lost means that there will be no such run, or nobody can tell which it is.
	Lost
)

// State is what an ExtendedJob says of the run that is tracked.
type State struct {
	Phase Phase
	// Run is the run, once it has started. If another one has followed, it
	// has only the fields of the history.
	Run fissilev1.Run
	// Secrets are the names of the Secrets with the run's output.
	Secrets []string
	// Reason and Message say what a run that is due or active waits for, or why it is
	// lost; empty if nothing is to be said.
	Reason, Message string
}

// NoteGap tells the Tracker that states may have been missed.
func (t *Tracker) NoteGap() {
	t.gap = t.gap || t.number == 0
}

// See looks at the next state of the ExtendedJob.
func (t *Tracker) See(ej *fissilev1.ExtendedJob) State {
	if ej.UID != t.uid {
		return t.Deleted()
	}
	if t.number == 0 {
		number, state := t.find(ej)
		if number == 0 {
			return state
		}
		t.number = number
	}
	return t.at(ej)
}

// Deleted is the state after the ExtendedJob is gone.
func (t *Tracker) Deleted() State {
	return lost("ExtendedJob %s was deleted together with its runs", t.name)
}

func lost(format string, args ...any) State {
	return State{Phase: Lost, Message: fmt.Sprintf(format, args...)}
}

// find returns the number of the run. As long as there is none, it returns 0, and
// what that state is.
func (t *Tracker) find(ej *fissilev1.ExtendedJob) (int64, State) {
	trigger := &ej.Spec.Trigger
	run := t.candidate(ej)
	switch {
	case run == nil && t.id != "" && trigger.RequestID != t.id:
		return 0, lost("request %s of %s was withdrawn or replaced before its run started: requestID is now %q", t.id, t.name, trigger.RequestID)
	case run == nil && t.id == "" && trigger.Strategy != fissilev1.StrategyNow:
		return 0, lost("the request was withdrawn before the run of %s started: strategy is now %s", t.name, trigger.Strategy)
	case run == nil:
		return 0, due(ej)
	case run.Cause == fissilev1.CauseConfigChange || run.Cause == fissilev1.CauseTemplateChange:
		return 0, lost("the request was withdrawn before the run of %s started: run %d is for a change", t.name, run.Number)
	case t.id == "" && t.gap && ej.Generation > t.generation+1: // The operator's own edit sets the strategy back.
		return 0, lost("the connection was lost and %s was edited in the meantime, so run %d may not be the one that was requested", t.name, run.Number)
	default:
		return run.Number, State{}
	}
}

// candidate is the first run after the request, or of those the first that serves
// the requestID; nil if there is none.
func (t *Tracker) candidate(ej *fissilev1.ExtendedJob) *fissilev1.Run {
	var first *fissilev1.Run
	for _, run := range known(ej) { // newest first
		if run.Number > t.before && (t.id == "" || run.RequestID == t.id) {
			first = &run
		}
	}
	return first
}

// known are the runs that the status tells of, newest first.
func known(ej *fissilev1.ExtendedJob) []fissilev1.Run {
	var runs []fissilev1.Run
	if ej.Status.LastRun != nil {
		runs = append(runs, *ej.Status.LastRun)
	}
	for i := range ej.Status.History {
		runs = append(runs, finished(&ej.Status.History[i]))
	}
	return runs
}

func due(ej *fissilev1.ExtendedJob) State {
	state := State{Phase: Due}
	if waits := ej.Status.Due; waits != nil {
		state.Reason, state.Message = waits.Reason, waits.Message
	}
	return state
}

// at is what the run with the known number is at.
func (t *Tracker) at(ej *fissilev1.ExtendedJob) State {
	run := ej.Status.LastRun
	switch {
	case run == nil:
		return State{Phase: Due}
	case run.Number == t.number && run.Result == "":
		return State{Phase: Active, Run: *run.DeepCopy(), Reason: run.Reason, Message: run.Message}
	case run.Number == t.number:
		return State{Phase: Over, Run: *run.DeepCopy(), Secrets: stored(ej)}
	case run.Number < t.number:
		return State{Phase: Due}
	}
	for i := range ej.Status.History {
		if before := &ej.Status.History[i]; before.Number == t.number {
			return State{Phase: Over, Run: finished(before), Secrets: before.Secrets}
		}
	}
	if run.Number == t.number+1 && (len(ej.Status.History) == 0 || ej.Status.History[0].Number < t.number) {
		// It got another number before its Job was made: somebody else's Job had its name.
		t.number = run.Number
		return t.at(ej)
	}
	return lost("run %d of %s is over and no longer in the history, so its result is unknown", t.number, t.name)
}

// stored are the Secrets of the last run.
func stored(ej *fissilev1.ExtendedJob) []string {
	run := ej.Status.LastRun
	if run.Output == nil || run.Output.Reason != fissilev1.ReasonStored {
		return nil
	}
	var names []string
	for i := range ej.Status.Outputs {
		names = append(names, ej.Status.Outputs[i].SecretName)
	}
	return names
}

// finished is a run as the history tells of it.
func finished(before *fissilev1.FinishedRun) fissilev1.Run {
	run := fissilev1.Run{
		Number:    before.Number,
		Cause:     before.Cause,
		RequestID: before.RequestID,
		JobName:   before.JobName,
		StartTime: before.StartTime,
		Result:    before.Result,
		Reason:    before.Reason,
	}
	if before.DurationSeconds != nil {
		run.CompletionTime.Time = before.StartTime.Add(time.Duration(*before.DurationSeconds) * time.Second)
	}
	return run
}
