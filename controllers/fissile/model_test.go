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

// The model check drives the real Reconcile against a model of everything around
// it, through every interleaving up to a bound, and judges what it does.
//
// # What is modelled
//
//   - The API server: resourceVersions, generations, the status as a subresource,
//     merge and JSON patches, preconditions, dry runs of Jobs, and the quotas,
//     policies and templates that make it refuse (model_store_test.go).
//   - The garbage collector, and Jobs with their pods, which succeed, fail or are
//     retried (model_world_test.go).
//   - The operator's processes: caches that lag behind, or are filled from an API
//     server that does, the queue and its timers, the memory of a process. A process
//     is killed between any two calls, shuts down in good order, or is held up while
//     another one takes over. Requests fail, conflict, get no answer, or arrive after
//     their process has given them up (model_process_test.go).
//   - The user, who edits at any moment (model_scenarios_test.go).
//
// # What is not modelled
//
// Time passes in steps of five seconds or two minutes, and never within a reconcile
// that is not held up. There is one ExtendedJob with one container. The caches show
// changes of one kind in their order. Other tests cover conversion, validation, the
// schema, events, metrics and several containers.
//
// # What is judged
//
// The check judges each write of the operator, as the server sees it, and each state
// in which nothing happens any longer (model_check_test.go). The expected behaviour
// follows from the user's edits alone, which the record notes. Only
// model_bookkeeping_test.go reads the operator's own bookkeeping.
//
// # Adding a scenario
//
// A scenario has a beginning, the edits that a user may make, and a budget: how many
// edits, faults, kills and pauses a schedule may have. The check walks every
// combination of them, so keep budgets small, let a cache lag only where that is the
// point, and set rested where the first run does not matter. A new edit notes in
// the record what it asks for. A new piece of the world's state belongs in identity:
// otherwise different states count as the same one.
//
//	go test ./controllers/fissile -run 'TestModel/a_one-off_with_output' -v
//	go test ./controllers/fissile -run TestModel -timeout=0 -args -model.more=1
//
// # Reading a failing schedule
//
// The check prints a shortest schedule. Each event has a number; indented below a
// reconcile are its calls and their answers. The state of an ExtendedJob is in
// parentheses: "Complete=True@3" is a condition and the generation that it is about.
// The last line names the broken guarantee:
//
//	an errand that is edited during its run:
//	  1. the operator starts
//	  2. the operator reconciles
//	       patch ExtendedJob status: ok ExtendedJob (now, generation 1, last run 1, settled 0, Complete=False@1, …)
//	       create Job: ok Job ej-69f19f51-1 (unfinished)
//	  3. ej-69f19f51-1 completes
//	  4. the user edits the pod template
//	  5. the operator reconciles
//	       patch ExtendedJob: ok ExtendedJob (manual, generation 3, last run 1, settled 1, …)
//	=> request 1 for edition 1 is set back, and run 1 was claimed for request 1 and ran edition 0
//
// docs/debugging.md goes through one line by line. If a single schedule is enough, a
// story plays it (model_stories_test.go).

package fissile

import (
	"flag"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

var (
	modelMore = flag.Int("model.more", 0, "how many more edits, faults, kills and pauses the model check allows in a schedule")
	modelMost = flag.Int("model.most", 3_000_000, "how many states of a scenario the model check looks at")
)

// node is a state that was reached, and how.
type node struct {
	parent int32
	choice int32
	// next is the state after the first fair event, or the state itself at rest.
	next  int32
	depth int16
}

// exploration walks everything that may happen in a scenario, breadth first, so that
// the first schedule that breaks a guarantee is a shortest one.
type exploration struct {
	scenario    *scenario
	nodes       []node
	known       map[[16]byte]int32
	transitions int
	resting     int
	cut         bool
}

// TestModel drives the real Reconcile against a model of everything around it. It
// checks the guarantees in every state that can be reached. It also checks that from
// each of them everything comes to rest once nobody interferes.
func TestModel(t *testing.T) {
	// Worlds live long, so frequent garbage collection gains little.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	begin := time.Now()
	states, transitions := 0, 0
	for i := range scenarios {
		t.Run(scenarios[i].name, func(t *testing.T) {
			e := exploration{scenario: &scenarios[i], known: map[[16]byte]int32{}}
			start := time.Now()
			schedule := e.explore()
			t.Logf("%d states, %d at rest, %d transitions, schedules of up to %d events, all=%t, %.1f s",
				len(e.nodes), e.resting, e.transitions, e.nodes[len(e.nodes)-1].depth, !e.cut, time.Since(start).Seconds())
			if schedule != "" {
				t.Error(schedule)
			}
			states += len(e.nodes)
			transitions += e.transitions
		})
	}
	t.Logf("%d scenarios, %d states, %d transitions, %.1f s", len(scenarios), states, transitions, time.Since(begin).Seconds())
}

// begin returns the first world: the ExtendedJob was just created, and the operator has
// just started.
func (e *exploration) begin() *world {
	w := &world{scenario: e.scenario, now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), dead: true}
	w.budget = e.scenario.budget
	for _, b := range []*int8{&w.budget.edits, &w.budget.faults, &w.budget.kills, &w.budget.pauses} {
		if *b > 0 {
			*b += int8(*modelMore)
		}
	}
	w.createExtendedJob()
	if e.scenario.foreign != nil {
		e.scenario.foreign(w)
	}
	if e.scenario.rested {
		w = w.rested()
	}
	return w
}

// rested returns the world after everything has come to rest by itself, or has failed
// to for longer than it may take.
func (w *world) rested() *world {
	for range 200 {
		next := w.fairly()
		if next == nil {
			break
		}
		w = next
	}
	return w
}

// fairly returns the world after the next fair event, or nil at rest.
func (w *world) fairly() *world {
	id := w.identity()
	for _, s := range w.successors() {
		if s.fair && s.world.identity() != id {
			return s.world
		}
	}
	return nil
}

// explore returns a schedule that breaks a guarantee, or "" if none does.
func (e *exploration) explore() string {
	first := e.begin()
	e.known[first.identity()] = 0
	e.nodes = append(e.nodes, node{parent: -1})
	worlds := []*world{first}
	for at := int32(0); int(at) < len(e.nodes); at++ {
		if len(e.nodes) >= *modelMost {
			e.cut = true
			break
		}
		w := worlds[at]
		worlds[at] = nil
		e.nodes[at].next = at
		for choice, s := range w.successors() {
			e.transitions++
			if s.world.violation != "" {
				return e.schedule(at, choice) + "=> " + s.world.violation
			}
			id := s.world.identity()
			to, known := e.known[id]
			if !known {
				to = int32(len(e.nodes))
				e.known[id] = to
				// It counts as at rest until it is looked at.
				e.nodes = append(e.nodes, node{parent: at, choice: int32(choice), next: to, depth: e.nodes[at].depth + 1})
				worlds = append(worlds, s.world)
			}
			if s.fair && e.nodes[at].next == at {
				e.nodes[at].next = to
			}
		}
		if e.nodes[at].next == at {
			e.resting++
			if w.checkRest(); w.violation != "" {
				return e.schedule(at, -1) + "=> at rest: " + w.violation
			}
		}
	}
	return e.unrest()
}

// unrest returns a schedule after which fair events go on for ever.
func (e *exploration) unrest() string {
	settles := make([]bool, len(e.nodes))
	for start := range e.nodes {
		var chain []int32
		at := int32(start)
		for !settles[at] && e.nodes[at].next != at {
			if slices.Contains(chain, at) {
				return e.schedule(int32(start), -1) + "=> it never comes to rest:\n" + e.fairSchedule(int32(start), len(chain))
			}
			chain = append(chain, at)
			at = e.nodes[at].next
		}
		settles[at] = true
		for _, c := range chain {
			settles[c] = true
		}
	}
	return ""
}

// schedule describes how a state was reached, and what an event does to it.
func (e *exploration) schedule(at int32, last int) string {
	var path []int
	if last >= 0 {
		path = append(path, last)
	}
	for ; e.nodes[at].parent >= 0; at = e.nodes[at].parent {
		path = append(path, int(e.nodes[at].choice))
	}
	slices.Reverse(path)
	out := &strings.Builder{}
	w := e.begin()
	fmt.Fprintf(out, "%s:\n", e.scenario.name)
	for i, choice := range path {
		w.tracing = true
		s := w.successors()[choice]
		w = s.world
		tell(out, i+1, s)
	}
	return out.String()
}

func tell(out *strings.Builder, number int, s successor) {
	fmt.Fprintf(out, "%3d. %s\n", number, s.event)
	for _, line := range s.world.notes {
		fmt.Fprintf(out, "     %s\n", line)
	}
}

// fairSchedule describes what happens from a state if nobody interferes.
func (e *exploration) fairSchedule(at int32, events int) string {
	var path []int
	for n := at; e.nodes[n].parent >= 0; n = e.nodes[n].parent {
		path = append(path, int(e.nodes[n].choice))
	}
	slices.Reverse(path)
	w := e.begin()
	for _, choice := range path {
		w = w.successors()[choice].world
	}
	out := &strings.Builder{}
	for i := range events {
		w.tracing = true
		id := w.identity()
		for _, s := range w.successors() {
			if s.fair && s.world.identity() != id {
				tell(out, i+1, s)
				w = s.world
				break
			}
		}
	}
	return out.String()
}

// describeConditions describes the conditions that people wait for, with their
// generations.
func describeConditions(conditions []metav1.Condition) string {
	var words strings.Builder
	for _, t := range []string{fissilev1.ConditionComplete, fissilev1.ConditionFailed, fissilev1.ConditionRunning} {
		if c := meta.FindStatusCondition(conditions, t); c != nil {
			fmt.Fprintf(&words, ", %s=%s@%d", t, c.Status, c.ObservedGeneration)
		}
	}
	return words.String()
}

// describe describes what matters about a stored object in a schedule.
func describe(v *version) string {
	switch obj := v.Object.(type) {
	case *fissilev1.ExtendedJob:
		settled, _ := settledRun(obj)
		return fmt.Sprintf("ExtendedJob (%s, generation %d, last run %d, settled %d%s)",
			obj.Spec.Trigger.Strategy, obj.Generation, lastRun(obj), settled, describeConditions(obj.Status.Conditions))
	case *batchv1.Job:
		ending := "unfinished"
		if finished := runjob.Finished(obj); finished != nil {
			ending = string(finished.Type)
		}
		return fmt.Sprintf("Job %s (%s)", obj.Name, ending)
	case *corev1.Secret:
		return fmt.Sprintf("Secret %s (run %d)", obj.Name, printedByRun(obj))
	default:
		return "pod " + obj.GetName()
	}
}
