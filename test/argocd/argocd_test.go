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

// Package argocd runs the scripts for Argo CD on ExtendedJobs in all states. It
// is a Go module of its own so that the operator does not require a Lua.
package argocd

import (
	"os"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

const (
	patchFile = "../../docs/argocd/argocd-cm.yaml"
	kind      = "fissile.cloudfoundry.org_ExtendedJob"
)

// scripts are what Argo CD finds in its ConfigMap.
type scripts struct {
	health  string
	actions struct {
		Discovery   string `json:"discovery.lua"`
		Definitions []struct {
			Name   string `json:"name"`
			Action string `json:"action.lua"`
		} `json:"definitions"`
	}
}

func readScripts(t *testing.T) scripts {
	t.Helper()
	content, err := os.ReadFile(patchFile)
	if err != nil {
		t.Fatal(err)
	}
	var patch struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.UnmarshalStrict(content, &patch); err != nil {
		t.Fatal(err)
	}
	s := scripts{health: patch.Data["resource.customizations.health."+kind]}
	if err := yaml.UnmarshalStrict([]byte(patch.Data["resource.customizations.actions."+kind]), &s.actions); err != nil {
		t.Fatal(err)
	}
	return s
}

// state is an ExtendedJob, and what Argo CD is to show of it.
type state struct {
	strategy fissilev1.TriggerStrategy
	spec     func(*fissilev1.ExtendedJobSpec)
	status   fissilev1.ExtendedJobStatus
	// unseen is true if the operator has not seen the newest edit.
	unseen bool

	health, message string
	// enabled are the actions that make sense.
	enabled []string
	// cancelled is the strategy after the action cancel.
	cancelled fissilev1.TriggerStrategy
}

var (
	succeeded = &fissilev1.Run{Number: 1, Result: fissilev1.ResultSucceeded}
	failed    = &fissilev1.Run{Number: 1, Result: fissilev1.ResultFailed, Reason: "BackoffLimitExceeded", Message: "Job failed."}
	aborted   = &fissilev1.Run{Number: 1, Result: fissilev1.ResultAborted, Reason: fissilev1.ReasonJobDeleted, Message: "Job was deleted."}
	active    = &fissilev1.Run{Number: 1, JobName: "job-1"}
)

func due(reason string) *fissilev1.DueRun {
	return &fissilev1.DueRun{Cause: fissilev1.CauseNow, Reason: reason, Message: "It waits."}
}

// of is a run for a requestID.
func of(run *fissilev1.Run, id string) *fissilev1.Run {
	requested := run.DeepCopy()
	requested.RequestID = id
	return requested
}

func suspend(spec *fissilev1.ExtendedJobSpec) { spec.Suspend = new(true) }

func request(spec *fissilev1.ExtendedJobSpec) { spec.Trigger.RequestID = "v2" }

var states = map[string]state{
	"that the operator has not seen": {
		strategy: "now", unseen: true,
		health: "Progressing", message: "Waiting for the operator.",
		enabled: []string{"cancel", "suspend"}, cancelled: "manual",
	},
	"an errand that has never run": {
		strategy: "manual",
		health:   "Healthy", message: "The ExtendedJob has not run yet.",
		enabled: []string{"run", "suspend"},
	},
	"an errand that runs": {
		strategy: "now", status: fissilev1.ExtendedJobStatus{LastRun: active, Active: "job-1"},
		health: "Healthy", message: "Run 1 is under way as Job job-1.",
		enabled: []string{"suspend"},
	},
	"an errand that succeeded": {
		strategy: "manual", status: fissilev1.ExtendedJobStatus{LastRun: succeeded},
		health: "Healthy", message: "Run 1 succeeded.",
		enabled: []string{"run", "suspend"},
	},
	"an errand that failed": {
		strategy: "manual", status: fissilev1.ExtendedJobStatus{LastRun: failed},
		health: "Healthy", message: "Job failed.",
		enabled: []string{"run", "suspend"},
	},
	"an errand that waits for a Secret": {
		strategy: "now", status: fissilev1.ExtendedJobStatus{LastRun: succeeded, Due: due(fissilev1.ReasonReferencesMissing), RestingStrategy: "manual"},
		health: "Progressing", message: "It waits.",
		enabled: []string{"cancel", "suspend"}, cancelled: "manual",
	},
	"an errand that is delayed": {
		strategy: "now", status: fissilev1.ExtendedJobStatus{LastRun: succeeded, Due: due(fissilev1.ReasonTriggerBackoff)},
		health: "Progressing", message: "It waits.",
		enabled: []string{"cancel", "suspend"}, cancelled: "manual",
	},
	"a suspended errand": {
		strategy: "manual", spec: suspend,
		health: "Suspended", message: "spec.suspend holds back runs.",
		enabled: []string{"run", "resume"},
	},
	"a suspended errand that is due": {
		strategy: "now", spec: suspend, status: fissilev1.ExtendedJobStatus{Due: due(fissilev1.ReasonSuspended)},
		health: "Suspended", message: "spec.suspend holds back runs.",
		enabled: []string{"cancel", "resume"}, cancelled: "manual",
	},
	"a suspended one-off whose run goes on": {
		strategy: "once", spec: suspend, status: fissilev1.ExtendedJobStatus{LastRun: active, Active: "job-1", RestingStrategy: "done"},
		health: "Progressing", message: "Run 1 is under way as Job job-1.",
		enabled: []string{"resume"},
	},
	"a request that is due": {
		strategy: "manual", spec: request, status: fissilev1.ExtendedJobStatus{LastRun: succeeded, Due: due(fissilev1.ReasonRunDue)},
		health: "Progressing", message: "It waits.",
		enabled: []string{"run", "suspend"},
	},
	"a request that runs": {
		strategy: "manual", spec: request, status: fissilev1.ExtendedJobStatus{LastRun: of(active, "v2"), Active: "job-1"},
		health: "Progressing", message: "Run 1 is under way as Job job-1.",
		enabled: []string{"run", "suspend"},
	},
	"a request that succeeded": {
		strategy: "manual", spec: request, status: fissilev1.ExtendedJobStatus{LastRun: of(succeeded, "v2"), ServedRequestID: "v2"},
		health: "Healthy", message: "Run 1 succeeded.",
		enabled: []string{"run", "suspend"},
	},
	"a request that failed": {
		strategy: "manual", spec: request, status: fissilev1.ExtendedJobStatus{LastRun: of(failed, "v2"), ServedRequestID: "v2"},
		health: "Degraded", message: "Job failed.",
		enabled: []string{"run", "suspend"},
	},
	"a one-off that waits": {
		strategy: "once", status: fissilev1.ExtendedJobStatus{Due: due(fissilev1.ReasonReferencesMissing), RestingStrategy: "done"},
		health: "Progressing", message: "It waits.",
		enabled: []string{"cancel", "suspend"}, cancelled: "done",
	},
	"a one-off that runs": {
		strategy: "once", status: fissilev1.ExtendedJobStatus{LastRun: active, Active: "job-1", RestingStrategy: "done"},
		health: "Progressing", message: "Run 1 is under way as Job job-1.",
		enabled: []string{"suspend"},
	},
	"a one-off that is done": {
		strategy: "done", status: fissilev1.ExtendedJobStatus{LastRun: succeeded, RestingStrategy: "done", OneOffDone: true},
		health: "Healthy", message: "Run 1 succeeded.",
		enabled: []string{"run", "suspend"},
	},
	"a one-off that is applied again": {
		strategy: "once", status: fissilev1.ExtendedJobStatus{LastRun: succeeded, RestingStrategy: "done", OneOffDone: true},
		health: "Healthy", message: "Run 1 succeeded.",
		enabled: []string{"suspend"},
	},
	"a one-off that failed": {
		strategy: "done", status: fissilev1.ExtendedJobStatus{LastRun: failed, RestingStrategy: "done", OneOffDone: true},
		health: "Degraded", message: "Job failed.",
		enabled: []string{"run", "suspend"},
	},
	"a one-off whose Job was deleted": {
		strategy: "done", status: fissilev1.ExtendedJobStatus{LastRun: aborted, RestingStrategy: "done", OneOffDone: true},
		health: "Degraded", message: "Job was deleted.",
		enabled: []string{"run", "suspend"},
	},
	"a one-off that is asked to run again": {
		strategy: "now", status: fissilev1.ExtendedJobStatus{LastRun: succeeded, Due: due(fissilev1.ReasonRunDue), RestingStrategy: "done", OneOffDone: true},
		health: "Progressing", message: "It waits.",
		enabled: []string{"cancel", "suspend"}, cancelled: "done",
	},
	"a template that the API server refuses": {
		strategy: "once", status: fissilev1.ExtendedJobStatus{LastRun: &fissilev1.Run{Number: 1, Reason: fissilev1.ReasonJobRejected, Message: "No image."}, RestingStrategy: "done"},
		health: "Degraded", message: "No image.",
		enabled: []string{"cancel", "suspend"}, cancelled: "done",
	},
}

func (s *state) object(t *testing.T) map[string]any {
	t.Helper()
	ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: "ej", Generation: 2}}
	ej.Spec.Trigger.Strategy = s.strategy
	if s.spec != nil {
		s.spec(&ej.Spec)
	}
	ej.Status = *s.status.DeepCopy()
	ej.Status.ObservedGeneration = new(ej.Generation)
	ej.Status.Conditions = plan.Conditions(plan.WithoutTemplate(ej), time.Now())
	if s.unseen {
		ej.Status = fissilev1.ExtendedJobStatus{ObservedGeneration: new(int64(-1))}
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ej)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func TestHealth(t *testing.T) {
	script := readScripts(t).health
	for name, state := range states {
		t.Run(name, func(t *testing.T) {
			health := run(t, script, state.object(t)).(*lua.LTable)
			if status, message := text(health, "status"), text(health, "message"); status != state.health || message != state.message {
				t.Errorf("got %s, %q, want %s, %q", status, message, state.health, state.message)
			}
		})
	}
}

func TestActions(t *testing.T) {
	s := readScripts(t)
	for name, state := range states {
		t.Run(name, func(t *testing.T) {
			offered := run(t, s.actions.Discovery, state.object(t)).(*lua.LTable)
			enabled := map[string]bool{}
			for _, action := range state.enabled {
				enabled[action] = true
			}
			for _, definition := range s.actions.Definitions {
				action, ok := offered.RawGetString(definition.Name).(*lua.LTable)
				if !ok {
					t.Fatalf("%s is not offered", definition.Name)
				}
				if disabled := lua.LVAsBool(action.RawGetString("disabled")); disabled == enabled[definition.Name] {
					t.Errorf("%s is disabled: %t", definition.Name, disabled)
				}
				if enabled[definition.Name] {
					state.act(t, definition.Name, definition.Action)
				}
			}
		})
	}
}

// act runs an action, and looks at what it changes.
func (s *state) act(t *testing.T, name, script string) {
	t.Helper()
	spec := run(t, script, s.object(t)).(*lua.LTable).RawGetString("spec").(*lua.LTable)
	strategy := text(spec.RawGetString("trigger").(*lua.LTable), "strategy")
	suspended := lua.LVAsBool(spec.RawGetString("suspend"))
	want := map[string]bool{
		"run":     strategy == "now",
		"cancel":  strategy == string(s.cancelled),
		"suspend": suspended,
		"resume":  !suspended,
	}
	if !want[name] {
		t.Errorf("%s makes the strategy %s, and suspended %t", name, strategy, suspended)
	}
}

// run runs a script as Argo CD does: the resource is the global obj.
func run(t *testing.T, script string, object map[string]any) lua.LValue {
	t.Helper()
	state := lua.NewState()
	t.Cleanup(state.Close)
	state.SetGlobal("obj", value(state, object))
	if err := state.DoString(script); err != nil {
		t.Fatal(err)
	}
	return state.Get(-1)
}

// value is JSON in Lua.
func value(state *lua.LState, content any) lua.LValue {
	switch content := content.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, field := range content {
			table.RawSetString(key, value(state, field))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, item := range content {
			table.Append(value(state, item))
		}
		return table
	case string:
		return lua.LString(content)
	case bool:
		return lua.LBool(content)
	case int64:
		return lua.LNumber(content)
	default:
		return lua.LNil
	}
}

func text(table *lua.LTable, key string) string { return lua.LVAsString(table.RawGetString(key)) }
