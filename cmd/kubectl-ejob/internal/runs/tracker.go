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
	"slices"

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

// Join returns a Tracker for a request with a requestID that was made before.
func Join(ej *fissilev1.ExtendedJob, id string) *Tracker {
	t := Track(ej, id)
	t.before = 0
	return t
}

// TrackRun returns a Tracker for a run that is known already.
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
	// Due: the run has not started yet.
	Due Phase = iota
	// Active: the run has started.
	Active
	// Over: the run has ended.
	Over
	// Lost: there will be no such run, or nobody can tell which it is.
	Lost
)

// State is what an ExtendedJob says of the run that is tracked.
type State struct {
	Phase Phase
	// Run is the run, once it has started. Of one that another followed it has what
	// the history tells.
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
	if run := ej.Status.LastRun; t.number == 0 || run != nil && run.Number > t.number && run.Number <= t.number+2 && t.renumbered(ej) {
		if state, found := t.find(ej); !found {
			return state
		}
	}
	return t.at(ej)
}

// Deleted is the state after the ExtendedJob is gone.
func (t *Tracker) Deleted() State {
	return lost("ExtendedJob %s was deleted, and its runs with it", t.name)
}

func lost(format string, args ...any) State {
	return State{Phase: Lost, Message: fmt.Sprintf(format, args...)}
}

// renumbered reports whether a run has got another number before its Job was made,
// because somebody else's Job had its name. Then no state knows it under the old
// one any more.
func (t *Tracker) renumbered(ej *fissilev1.ExtendedJob) bool {
	return !slices.ContainsFunc(ej.Status.History, func(run fissilev1.FinishedRun) bool { return run.Number == t.number }) &&
		(len(ej.Status.History) == 0 || ej.Status.History[0].Number < t.number)
}

// find finds the number of the run. It is false as long as there is none, with what
// that state is.
func (t *Tracker) find(ej *fissilev1.ExtendedJob) (State, bool) {
	first, request, cause := t.first(ej)
	switch {
	case t.id != "" && first == 0 && ej.Spec.Trigger.RequestID != t.id:
		return lost("request %s of %s was taken back or replaced before its run started: requestID is now %q", t.id, t.name, ej.Spec.Trigger.RequestID), false
	case t.id == "" && first == 0 && ej.Spec.Trigger.Strategy != fissilev1.StrategyNow:
		return lost("somebody took the request back before the run of %s started: its strategy is %s again", t.name, ej.Spec.Trigger.Strategy), false
	case first == 0:
		return due(ej), false
	case t.id != "" && request == t.id:
	case t.id != "" || cause == fissilev1.CauseConfigChange || cause == fissilev1.CauseTemplateChange:
		return lost("somebody took the request back before the run of %s started: run %d is another one", t.name, first), false
	case t.gap && ej.Generation > t.generation+1:
		return lost("the connection was lost and %s was edited meanwhile: nobody can tell whether run %d is the one that was asked for", t.name, first), false
	}
	t.number = first
	return State{}, true
}

// first is the first run that can be the one, of those that the status tells of; 0
// if there is none. With a requestID it is the newest run that serves it.
func (t *Tracker) first(ej *fissilev1.ExtendedJob) (int64, string, fissilev1.RunCause) {
	var number int64
	var request string
	var cause fissilev1.RunCause
	consider := func(n int64, id string, c fissilev1.RunCause) bool {
		if n <= t.before || t.id != "" && number != 0 && request == t.id {
			return false
		}
		number, request, cause = n, id, c
		return true
	}
	if run := ej.Status.LastRun; run != nil {
		consider(run.Number, run.RequestID, run.Cause)
	}
	for i := range ej.Status.History { // newest first
		run := &ej.Status.History[i]
		consider(run.Number, run.RequestID, run.Cause)
	}
	if t.id != "" && request != t.id && ej.Spec.Trigger.RequestID == t.id {
		return 0, "", "" // Others came first; it is still due.
	}
	return number, request, cause
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
	return lost("run %d of %s is over, and too many have followed to tell how it ended", t.number, t.name)
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
		run.CompletionTime.Time = before.StartTime.Add(seconds(*before.DurationSeconds))
	}
	return run
}
