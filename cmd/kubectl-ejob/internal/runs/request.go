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
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Request is what a user asks for.
type Request struct {
	// ID is the requestID. Without one the run is asked for by strategy "now".
	ID string
	// Env are the variables of the run.
	Env []fissilev1.TriggerEnvVar
}

// Command returns a command of the plugin, to be copied from a message.
type Command func(arguments ...string) string

// Refusal returns an error if the run cannot be asked for, whatever else is under
// way.
func (r Request) Refusal(ej *fissilev1.ExtendedJob, command Command) error {
	switch {
	case !ej.DeletionTimestamp.IsZero():
		return fmt.Errorf("%s is being deleted: create it again to run it", ej.Name)
	case ej.Spec.Suspend != nil && *ej.Spec.Suspend:
		return fmt.Errorf("%s is suspended: resume it with %s", ej.Name, command("resume", ej.Name))
	case r.ID == "" && len(r.Env) > 0 && ej.Spec.Trigger.RequestID != "":
		return errors.New("spec.trigger.env belongs to spec.trigger.requestID, and --env would replace it for good: use --request-id with a new value")
	default:
		return nil
	}
}

// Patch returns the merge patch that asks for the run. It applies only to the
// ExtendedJob as it was read: the next run that the operator starts is then the
// one that was asked for.
func (r Request) Patch(ej *fissilev1.ExtendedJob) ([]byte, error) {
	trigger := map[string]any{}
	if r.ID != "" {
		trigger["requestID"] = r.ID
	} else {
		trigger["strategy"] = fissilev1.StrategyNow
	}
	switch {
	case len(r.Env) > 0:
		trigger["env"] = r.Env
	case r.ID != "" && len(ej.Spec.Trigger.Env) > 0:
		trigger["env"] = nil // It was for the request before.
	}
	return json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": ej.ResourceVersion, "uid": ej.UID},
		"spec":     map[string]any{"trigger": trigger},
	})
}

// Standing is how an ExtendedJob is placed for a request.
type Standing int

const (
	// Idle means that no run is due or active.
	Idle Standing = iota
	// Busy means that a run is due or active that somebody else asked for.
	Busy
	// Asked means that the request was made already, and its run is due or active.
	Asked
	// Served means that the request was made already, and its run is over.
	Served
)

// Standing returns the state of an ExtendedJob with regard to the request.
func (r Request) Standing(ej *fissilev1.ExtendedJob) Standing {
	status, trigger := &ej.Status, &ej.Spec.Trigger
	if r.ID != "" && trigger.RequestID == r.ID {
		if status.ServedRequestID == r.ID {
			return Served
		}
		return Asked
	}
	outstanding := trigger.RequestID != "" && trigger.RequestID != status.ServedRequestID
	one := trigger.Strategy == fissilev1.StrategyOnce && !status.OneOffDone
	if status.Due != nil || active(status) || outstanding || one || trigger.Strategy == fissilev1.StrategyNow {
		return Busy
	}
	return Idle
}

func active(status *fissilev1.ExtendedJobStatus) bool {
	return status.LastRun != nil && status.LastRun.Result == ""
}

// Underway names the run that is due or active.
func Underway(ej *fissilev1.ExtendedJob) string {
	if run := ej.Status.LastRun; active(&ej.Status) {
		return fmt.Sprintf("run %d of %s", run.Number, ej.Name)
	}
	return fmt.Sprintf("a run of %s", ej.Name)
}

// TakeBack returns the merge patch that withdraws the request for a run that has not
// started. It applies only to the ExtendedJob as it was read.
func TakeBack(ej *fissilev1.ExtendedJob, command Command) ([]byte, error) {
	status, trigger := &ej.Status, map[string]any{}
	switch ej.Spec.Trigger.Strategy {
	case fissilev1.StrategyNow:
		trigger["strategy"] = cmp.Or(status.RestingStrategy, fissilev1.StrategyManual)
		if ej.Spec.Trigger.RequestID == "" && len(ej.Spec.Trigger.Env) > 0 {
			trigger["env"] = nil // It was for that run.
		}
	case fissilev1.StrategyOnce:
		if !status.OneOffDone {
			trigger["strategy"] = fissilev1.StrategyDone
		}
	case fissilev1.StrategyManual, fissilev1.StrategyDone:
	}
	if id := ej.Spec.Trigger.RequestID; id != "" && id != status.ServedRequestID {
		trigger["requestID"] = nil
		if status.ServedRequestID != "" {
			trigger["requestID"] = status.ServedRequestID
		}
	}
	switch {
	case len(trigger) > 0:
	case status.Due != nil || active(status):
		return nil, fmt.Errorf("the run of %s is for a change and cannot be withdrawn: hold it back with %s", ej.Name, command("suspend", ej.Name))
	default:
		return nil, fmt.Errorf("no run of %s is due or under way: there is nothing to cancel", ej.Name)
	}
	return json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": ej.ResourceVersion, "uid": ej.UID},
		"spec":     map[string]any{"trigger": trigger},
	})
}
