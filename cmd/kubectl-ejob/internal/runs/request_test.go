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
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func command(arguments ...string) string {
	return "kubectl ejob " + strings.Join(arguments, " ")
}

func TestARunIsAskedForOnlyWhenNoneIsDueOrActive(t *testing.T) {
	served := func(ej *fissilev1.ExtendedJob, id string) *fissilev1.ExtendedJob {
		ej.Status.ServedRequestID = id
		return ej
	}
	due := state(manual)
	due.Status.Due = &fissilev1.DueRun{Cause: fissilev1.CauseConfigChange}
	before := run(7, fissilev1.CauseNow, failed)
	for name, test := range map[string]struct {
		id   string
		ej   *fissilev1.ExtendedJob
		want Standing
	}{
		"it never ran":                              {ej: state(manual), want: Idle},
		"the last run is over":                      {ej: state(manual, before), want: Idle},
		"a run is active":                           {ej: state(manual, run(8, fissilev1.CauseNow, ""), before), want: Busy},
		"somebody has just asked":                   {ej: state(now, before), want: Busy},
		"a run is due":                              {ej: due, want: Busy},
		"the one run of a one-off is to come":       {ej: state(fissilev1.Trigger{Strategy: fissilev1.StrategyOnce}), want: Busy},
		"somebody has just set a requestID":         {ej: state(asked("a"), before), want: Busy},
		"a requestID has been served":               {ej: served(state(asked("a"), before), "a"), want: Idle},
		"a new requestID":                           {id: "b", ej: served(state(asked("a"), before), "a"), want: Idle},
		"a new requestID, while another one is due": {id: "b", ej: state(asked("a"), before), want: Busy},
		"this requestID is due":                     {id: "a", ej: state(asked("a"), before), want: Asked},
		"this requestID has been served":            {id: "a", ej: served(state(asked("a"), before), "a"), want: Served},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (Request{ID: test.id}).Standing(test.ej); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
}

func TestThePatchAppliesOnlyToWhatWasRead(t *testing.T) {
	patch, err := Request{Env: []fissilev1.TriggerEnvVar{{Name: "A", Value: new("")}}}.Patch(state(manual))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(patch, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"metadata": map[string]any{"resourceVersion": "100", "uid": "uid"},
		"spec": map[string]any{"trigger": map[string]any{
			"strategy": "now",
			"env":      []any{map[string]any{"name": "A", "value": ""}},
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s", patch)
	}
}

func TestVariablesOfTheRequestBeforeAreNotThoseOfTheNext(t *testing.T) {
	before := state(asked("a"))
	before.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{{Name: "DRY_RUN", Value: new("1")}}
	patch, err := Request{ID: "b"}.Patch(before)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(patch), `"env":null`) {
		t.Errorf("%s leaves them", patch)
	}
}

func TestWhatCannotBeAskedForIsRefusedWithTheCure(t *testing.T) {
	suspended := state(manual)
	suspended.Spec.Suspend = new(true)
	for name, test := range map[string]struct {
		request Request
		ej      *fissilev1.ExtendedJob
		want    string
	}{
		"suspended": {ej: suspended, want: "kubectl ejob resume errand"},
		"variables that would stay": {
			request: Request{Env: []fissilev1.TriggerEnvVar{{Name: "A"}}}, ej: state(asked("a")), want: "--request-id",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.request.Refusal(test.ej, command); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Error(err)
			}
		})
	}
}

func TestARequestIsTakenBack(t *testing.T) {
	done := fissilev1.Trigger{Strategy: fissilev1.StrategyDone}
	withEnv := fissilev1.Trigger{Strategy: fissilev1.StrategyNow, Env: []fissilev1.TriggerEnvVar{{Name: "A"}}}
	served := func(ej *fissilev1.ExtendedJob, id string) *fissilev1.ExtendedJob {
		ej.Status.ServedRequestID = id
		return ej
	}
	oneOff := state(now)
	oneOff.Status.RestingStrategy = fissilev1.StrategyDone
	change := state(done)
	change.Status.Due = &fissilev1.DueRun{Cause: fissilev1.CauseConfigChange}
	for name, test := range map[string]struct {
		ej    *fissilev1.ExtendedJob
		want  string
		fails string
	}{
		"of an errand":         {ej: state(now), want: `{"strategy":"manual"}`},
		"of a one-off":         {ej: oneOff, want: `{"strategy":"done"}`},
		"with its variables":   {ej: state(withEnv), want: `{"env":null,"strategy":"manual"}`},
		"the one run":          {ej: state(fissilev1.Trigger{Strategy: fissilev1.StrategyOnce}), want: `{"strategy":"done"}`},
		"the first requestID":  {ej: state(asked("a")), want: `{"requestID":null}`},
		"another requestID":    {ej: served(state(asked("b")), "a"), want: `{"requestID":"a"}`},
		"for a change":         {ej: change, fails: "kubectl ejob suspend errand"},
		"that nobody has made": {ej: state(manual), fails: "nothing to cancel"},
	} {
		t.Run(name, func(t *testing.T) {
			patch, err := TakeBack(test.ej, command)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Error(err)
				}
				return
			}
			if err != nil || !strings.Contains(string(patch), `"trigger":`+test.want) || !strings.Contains(string(patch), `"resourceVersion":"100"`) {
				t.Errorf("%s, %v", patch, err)
			}
		})
	}
}
