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
	"fmt"
	"strings"

	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Cause says in a sentence why a run was started.
func Cause(report *Report) string {
	number := fmt.Sprintf("Run %d was started", report.Run)
	if report.Result == fissilev1.ResultCancelled {
		number = fmt.Sprintf("Run %d was cancelled before it started; it was due", report.Run)
	}
	switch report.Cause {
	case fissilev1.CauseOnce:
		return number + " because this is a one-off: it runs once."
	case fissilev1.CauseNow:
		return number + ` because the strategy was set to "now".`
	case fissilev1.CauseRequest:
		return fmt.Sprintf("%s because requestID was set to %q.", number, report.RequestID)
	case fissilev1.CauseTemplateChange:
		return number + " because jobTemplate was edited."
	case fissilev1.CauseConfigChange:
		if len(report.ChangedInputs) == 0 {
			return number + " because an input changed."
		}
		return fmt.Sprintf("%s because of a change to %s.", number, Objects(report.ChangedInputs))
	default:
		return number + "."
	}
}

// Objects names ConfigMaps and Secrets.
func Objects(objects []fissilev1.ObjectName) string {
	var names []string
	for _, object := range objects {
		names = append(names, fmt.Sprintf("%s %s", object.Kind, object.Name))
	}
	return strings.Join(names, ", ")
}

// Standstill says in sentences why no run is under way: what the next one waits for,
// or why none is due.
func Standstill(ej *fissilev1.ExtendedJob) []string {
	status, trigger := &ej.Status, &ej.Spec.Trigger
	switch {
	case Unseen(ej):
		return []string{unseen}
	case status.Due != nil:
		return []string{fmt.Sprintf("A run is due (%s) and is waiting: %s", status.Due.Cause, status.Due.Message)}
	}
	var reasons []string
	if ptr.Deref(ej.Spec.Suspend, false) {
		reasons = append(reasons, "The ExtendedJob is suspended: runs that become due wait.")
	}
	switch trigger.Strategy {
	case fissilev1.StrategyManual:
		reasons = append(reasons, `This is an errand: it runs on request, and no request is open (strategy "manual").`)
	case fissilev1.StrategyDone:
		reasons = append(reasons, "This is a one-off, and it has run.", changes(ej))
	case fissilev1.StrategyNow, fissilev1.StrategyOnce:
	}
	if id := trigger.RequestID; id != "" && id == status.ServedRequestID {
		reasons = append(reasons, fmt.Sprintf("Request %q has been served: set a new value to run it again.", id))
	}
	return reasons
}

const unseen = "The operator has not seen the last edit yet. If this persists, the operator is not running or does not watch this namespace."

// Unseen reports whether the operator has yet to look at the last edit.
func Unseen(ej *fissilev1.ExtendedJob) bool {
	return ptr.Deref(ej.Status.ObservedGeneration, -1) < ej.Generation
}

// changes says which changes run a one-off again.
func changes(ej *fissilev1.ExtendedJob) string {
	inputs, template := ptr.Deref(ej.Spec.UpdateOnConfigChange, false), ptr.Deref(ej.Spec.UpdateOnTemplateChange, false)
	switch {
	case inputs && template:
		return "A change to its inputs or to jobTemplate would run it again; there has been none since the last run."
	case inputs:
		return "A change to its inputs would run it again; there has been none since the last run. An edit of jobTemplate starts no run (updateOnTemplateChange is not set)."
	case template:
		return "An edit of jobTemplate would run it again; there has been none since the last run. A change to its inputs starts no run (updateOnConfigChange is not set)."
	default:
		return "Changes start no run (updateOnConfigChange and updateOnTemplateChange are not set)."
	}
}

// Next is the one thing to do next.
func Next(ej *fissilev1.ExtendedJob, command Command) string {
	status := &ej.Status
	run := status.LastRun
	switch {
	case Unseen(ej):
		return "If this persists, check whether the operator is running: kubectl get pods --all-namespaces --selector=app.kubernetes.io/name=extendedjob-operator"
	case status.Due != nil && status.Due.Reason == fissilev1.ReasonSuspended:
		return command("resume", ej.Name)
	case status.Due != nil && status.Due.Reason == fissilev1.ReasonReferencesMissing:
		return "Create the missing objects; the run then starts by itself."
	case status.Due != nil:
		return "Wait, or withdraw the request: " + command("cancel", ej.Name)
	case active(status) && run.Reason != "":
		return "Fix what the run is waiting for, or cancel it: " + command("cancel", ej.Name)
	case active(status):
		return command("logs", ej.Name, "--follow")
	case run != nil && run.Reason == fissilev1.ReasonOutputPending:
		return "Fix what keeps the output from being stored; it is then stored automatically."
	case run != nil && (run.Result == fissilev1.ResultFailed):
		return command("logs", ej.Name)
	case ptr.Deref(ej.Spec.Suspend, false):
		return command("resume", ej.Name)
	case len(status.Outputs) > 0:
		return command("output", ej.Name)
	default:
		return command("run", ej.Name, "--logs")
	}
}

// Activity says in a sentence what is going on: the run that is under way or due, or
// how the last one ended.
func Activity(ej *fissilev1.ExtendedJob) string {
	run := ej.Status.LastRun
	switch {
	case Unseen(ej):
		return unseen
	case ej.Status.Due != nil:
		return fmt.Sprintf("A run is due (%s) and is waiting: %s", ej.Status.Due.Cause, ej.Status.Due.Message)
	case run == nil:
		return "The ExtendedJob has not run yet."
	case run.Result == "" && run.Message != "":
		return fmt.Sprintf("Run %d is under way and is waiting: %s", run.Number, run.Message)
	case run.Result == "":
		return fmt.Sprintf("Run %d is under way.", run.Number)
	default:
		state := TrackRun(ej, run.Number).at(ej)
		return state.Summary()
	}
}

// Kind says what kind of ExtendedJob it is.
func Kind(ej *fissilev1.ExtendedJob) string {
	switch cmp.Or(ej.Status.RestingStrategy, ej.Spec.Trigger.Strategy) {
	case fissilev1.StrategyOnce, fissilev1.StrategyDone:
		return "one-off"
	default:
		return "errand"
	}
}
