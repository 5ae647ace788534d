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

package plan

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// due returns the cause of the run that is to start while no run is active, according
// to the spec and the given status, or "" if none is. One run serves everything that
// asks for it when it is claimed.
func (o *Observation) due(status *fissilev1.ExtendedJobStatus) fissilev1.RunCause {
	strategy := o.EJ.Spec.Trigger.Strategy
	switch {
	case strategy == fissilev1.StrategyOnce && !status.OneOffDone && !ReadSettled(o.EJ).OneOffDone:
		return fissilev1.CauseOnce
	case o.outstandingRequest(status) != "":
		return fissilev1.CauseRequest
	case strategy == fissilev1.StrategyNow:
		return fissilev1.CauseNow
	case strategy == fissilev1.StrategyDone && o.watchesInputs() && (o.InputsChanged() || carriedOver(status, fissilev1.CauseConfigChange)):
		return fissilev1.CauseConfigChange
	case strategy == fissilev1.StrategyDone && o.watchesTemplate() && (o.TemplateChanged() || carriedOver(status, fissilev1.CauseTemplateChange)):
		return fissilev1.CauseTemplateChange
	default:
		return ""
	}
}

// carriedOver reports whether the last run leaves a change to the next one: an input
// that changed while it was active, or the change that it was for if it was called
// off.
func carriedOver(status *fissilev1.ExtendedJobStatus, cause fissilev1.RunCause) bool {
	run := status.LastRun
	return run != nil && (cause == fissilev1.CauseConfigChange && run.InputsChanged ||
		run.Cause == cause && run.Result == fissilev1.ResultCancelled)
}

// outstandingRequest returns the requestID if no run has served it, and otherwise "".
func (o *Observation) outstandingRequest(status *fissilev1.ExtendedJobStatus) string {
	if id := o.EJ.Spec.Trigger.RequestID; id != status.ServedRequestID {
		return id
	}
	return ""
}

// onDemand reports whether a person or a program asked for the run, and may take that
// back.
func onDemand(cause fissilev1.RunCause) bool {
	return cause == fissilev1.CauseOnce || cause == fissilev1.CauseNow || cause == fissilev1.CauseRequest
}

// calledOff reports whether the request that the status calls due was withdrawn
// before it was claimed.
func (o *Observation) calledOff(cause fissilev1.RunCause) bool {
	due, run := o.EJ.Status.Due, o.lastRun()
	if run != nil && outputPending(run) {
		return false // It stays the last run until its output is stored or a newer one begins.
	}
	return due != nil && onDemand(due.Cause) && !onDemand(cause)
}

// recordCancelled records that a request was withdrawn before its run was claimed,
// so that nobody takes the previous run's result for the answer to it.
func (o *Observation) recordCancelled() Step {
	due := o.EJ.Status.Due
	number := o.greatestRun() + 1
	run := &fissilev1.Run{
		Number:    number,
		Cause:     due.Cause,
		RequestID: due.RequestID,
		StartTime: metav1.NewTime(o.Now.Truncate(time.Second)),
	}
	settled := o.settled()
	settled.Number, settled.Result = number, fissilev1.ResultCancelled
	outcome := endedWithoutJob(run, fissilev1.ResultCancelled)
	return Step{Kind: WriteStatus, Status: o.settledStatus(run, settled, outcome), Run: run, Outcome: &outcome}
}

// hold is what a due run waits for.
type hold struct {
	reason, message string
	// after is how long to wait before looking again without an event; 0 means never.
	after time.Duration
}

// hold returns what keeps a due run from being claimed, apart from missing
// references, or nil if nothing does.
func (o *Observation) hold(cause fissilev1.RunCause) *hold {
	_, delay := o.streak(cause)
	debounce := o.debounce()
	switch set := o.EJ.Spec.UpdateDebounce; {
	case o.NamespaceClosed:
		return &hold{reason: fissilev1.ReasonNamespaceClosed, message: "ExtendedJobs do not run in the operator's namespace: create this one in another namespace, or set runInOwnNamespace in the operator's configuration."}
	case ptr.Deref(o.EJ.Spec.Suspend, false):
		return &hold{reason: fissilev1.ReasonSuspended, message: "A run is due and starts when spec.suspend is false."}
	case o.PodsRunning:
		return &hold{reason: fissilev1.ReasonPodsTerminating, message: "A run is due and starts when the pods of earlier runs have ended."}
	case set != nil && !onDemand(cause) && !debounce.until.IsZero():
		message := fmt.Sprintf("A run is due and starts when nothing has changed for %s, at the latest at %s.",
			set.Duration, debounce.latest.UTC().Format(time.RFC3339))
		return &hold{reason: fissilev1.ReasonDebounce, message: message, after: debounce.until.Sub(o.Now)}
	case delay > 0 && o.Now.Before(endOf(o.lastRun()).Add(delay)):
		at := endOf(o.lastRun()).Add(delay)
		message := fmt.Sprintf("Runs are triggered too frequently. The next one starts at %s.", at.UTC().Format(time.RFC3339))
		if cause == fissilev1.CauseNow {
			message += " To start one immediately, set spec.trigger.requestID to a new value."
		}
		return &hold{reason: fissilev1.ReasonTriggerBackoff, message: message, after: at.Sub(o.Now)}
	default:
		return nil
	}
}
