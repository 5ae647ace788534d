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
	"regexp"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Conditions derives all conditions from the spec and the rest of the status of an
// ExtendedJob. The conditions that it already has serve only to keep the times of
// their transitions.
//
// While a run is due or active, no condition lets a waiting client believe that it is
// over: neither Complete nor Failed is true, and Running is not false.
func Conditions(ej *ExtendedJob, now time.Time) []metav1.Condition {
	b := conditions{ej: ej, run: ej.Status.LastRun, due: ej.Status.Due, now: metav1.NewTime(now.Truncate(time.Second))}
	b.ready()
	b.completeAndFailed()
	b.running()
	b.references()
	b.output()
	if ptr.Deref(ej.Spec.Suspend, false) {
		b.set(fissilev1.ConditionSuspended, metav1.ConditionTrue, fissilev1.ReasonSuspended, "spec.suspend holds back runs.")
	}
	return b.all
}

type conditions struct {
	ej  *ExtendedJob
	run *fissilev1.Run
	due *fissilev1.DueRun
	now metav1.Time
	all []metav1.Condition
}

// active reports whether a run is under way.
func (b *conditions) active() bool { return b.run != nil && b.run.Result == "" }

// progress returns the reason and the message while a run is due or active.
func (b *conditions) progress() (reason, message string) {
	switch {
	case b.due != nil:
		return b.due.Reason, b.due.Message
	case b.run.Reason != "":
		return b.run.Reason, b.run.Message
	default:
		return fissilev1.ReasonRunActive, fmt.Sprintf("Run %d is under way as Job %s.", b.run.Number, b.run.JobName)
	}
}

// completeAndFailed sets Complete and Failed. Users see the message of Complete in the
// column Message.
func (b *conditions) completeAndFailed() {
	switch {
	case b.due != nil || b.active():
		reason, message := b.progress()
		b.set(fissilev1.ConditionComplete, metav1.ConditionFalse, reason, message)
		b.set(fissilev1.ConditionFailed, metav1.ConditionFalse, reason, message)
	case b.run == nil:
		b.set(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonNeverRun, "The ExtendedJob has not run yet.")
		b.set(fissilev1.ConditionFailed, metav1.ConditionFalse, fissilev1.ReasonNeverRun, "The ExtendedJob has not run yet.")
	case b.run.Result == fissilev1.ResultSucceeded:
		message := b.run.Message
		if message == "" {
			message = fmt.Sprintf("Run %d succeeded.", b.run.Number)
		}
		b.set(fissilev1.ConditionComplete, metav1.ConditionTrue, fissilev1.ReasonSucceeded, b.withRerunHint(message))
		b.set(fissilev1.ConditionFailed, metav1.ConditionFalse, fissilev1.ReasonSucceeded, "")
	default:
		b.set(fissilev1.ConditionComplete, metav1.ConditionFalse, b.run.Reason, b.withRerunHint(b.run.Message))
		b.set(fissilev1.ConditionFailed, conditionStatus(failed(b.run.Result)), b.run.Reason, b.run.Message)
	}
}

// running sets Running. Users see its reason in the column Status.
func (b *conditions) running() {
	switch {
	case b.due != nil || b.active() && b.ej.Status.Active == "":
		reason, message := b.progress()
		b.set(fissilev1.ConditionRunning, metav1.ConditionUnknown, reason, message)
	case b.active():
		reason, message := b.progress()
		b.set(fissilev1.ConditionRunning, metav1.ConditionTrue, reason, message)
	case b.run == nil:
		b.set(fissilev1.ConditionRunning, metav1.ConditionFalse, fissilev1.ReasonIdle, "")
	default:
		b.set(fissilev1.ConditionRunning, metav1.ConditionFalse, string(b.run.Result), "")
	}
}

// withRerunHint prepends how to run a one-off again to a message, if its template was
// edited since its run and that alone does not start another.
func (b *conditions) withRerunHint(message string) string {
	if b.ej.Spec.Trigger.Strategy != fissilev1.StrategyDone || ptr.Deref(b.ej.Spec.UpdateOnTemplateChange, false) || !editedSince(b.ej) {
		return message
	}
	return fmt.Sprintf("The template has been edited since run %d. To run it, set spec.trigger.requestID to a new value, or spec.trigger.strategy to now. %s",
		b.run.Number, message)
}

// ready sets Ready, Reconciling and Stalled, from which kstatus tells users' tools
// the state of the ExtendedJob.
func (b *conditions) ready() {
	switch {
	case b.due != nil || b.active() && b.waitedFor():
		reason, message := b.progress()
		b.set(fissilev1.ConditionReady, metav1.ConditionFalse, reason, message)
		if reason == fissilev1.ReasonJobRejected {
			// Stalled precedes Reconciling: kstatus goes by the first of them.
			b.set(fissilev1.ConditionStalled, metav1.ConditionTrue, reason, message)
		}
		b.set(fissilev1.ConditionReconciling, metav1.ConditionTrue, reason, message)
	case b.active():
		reason, message := b.progress()
		b.set(fissilev1.ConditionReady, metav1.ConditionTrue, reason, message)
	case b.run == nil:
		b.set(fissilev1.ConditionReady, metav1.ConditionTrue, fissilev1.ReasonIdle, "No run is due.")
	case b.run.Result != fissilev1.ResultSucceeded && b.lastRunCounts():
		b.set(fissilev1.ConditionReady, metav1.ConditionFalse, b.run.Reason, b.withRerunHint(b.run.Message))
		b.set(fissilev1.ConditionStalled, metav1.ConditionTrue, b.run.Reason, b.withRerunHint(b.run.Message))
	default:
		b.set(fissilev1.ConditionReady, metav1.ConditionTrue, fissilev1.ReasonIdle, b.withRerunHint("No run is due."))
	}
}

// waitedFor reports whether Ready waits for the active run, or for one that was
// requested in the meantime. An errand that runs by strategy "now" stays ready.
func (b *conditions) waitedFor() bool {
	return b.ej.Status.RestingStrategy == fissilev1.StrategyDone || b.run.RequestID != "" ||
		b.ej.Spec.Trigger.RequestID != b.ej.Status.ServedRequestID || b.ej.Status.Active == ""
}

// lastRunCounts reports whether a last run that did not succeed makes the ExtendedJob
// not ready: that of a one-off, or of a requestID.
func (b *conditions) lastRunCounts() bool {
	return b.ej.Status.RestingStrategy == fissilev1.StrategyDone || b.run.RequestID != ""
}

func (b *conditions) references() {
	switch inputs := b.ej.Status.Inputs; {
	case b.due != nil && b.due.Reason == fissilev1.ReasonReferencesMissing:
		b.set(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, b.due.Reason, b.due.Message)
	case inputs != nil && len(inputs.Objects) > 0:
		b.set(fissilev1.ConditionReferencesResolved, metav1.ConditionTrue, fissilev1.ReasonReferencesFound, "Everything that the pods need was found.")
	}
}

func (b *conditions) output() {
	switch {
	case b.ej.Spec.Output == nil:
	case b.run == nil:
		b.set(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonNeverRun, "The ExtendedJob has not run yet.")
	case b.active():
		b.set(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonRunActive, fmt.Sprintf("Run %d is under way.", b.run.Number))
	case b.run.Output == nil:
		b.set(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonNotRequested, fmt.Sprintf("Run %d has no output.", b.run.Number))
	default:
		b.set(fissilev1.ConditionOutputPersisted, conditionStatus(b.run.Output.Reason == fissilev1.ReasonStored), b.run.Output.Reason, b.run.Output.Message)
	}
}

func (b *conditions) set(conditionType string, status metav1.ConditionStatus, reason, message string) {
	c := metav1.Condition{
		Type:               conditionType,
		Status:             status,
		ObservedGeneration: b.ej.Generation,
		LastTransitionTime: b.now,
		Reason:             validReason(reason, fissilev1.ReasonIdle),
		Message:            truncate(message),
	}
	if before := meta.FindStatusCondition(b.ej.Status.Conditions, conditionType); before != nil && before.Status == status {
		c.LastTransitionTime = before.LastTransitionTime
	}
	b.all = append(b.all, c)
}

// reasonPattern is the pattern that metav1.Condition demands of a reason.
var reasonPattern = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)

// validReason returns the reason if a condition may have it, and otherwise the other
// one: anyone may write any text to a Job.
func validReason(reason, otherwise string) string {
	if len(reason) > maxMessage || !reasonPattern.MatchString(reason) {
		return otherwise
	}
	return reason
}

func conditionStatus(b bool) metav1.ConditionStatus {
	if b {
		return metav1.ConditionTrue
	}
	return metav1.ConditionFalse
}

// failed reports whether a result counts as a failure.
func failed(result fissilev1.RunResult) bool {
	return result == fissilev1.ResultFailed || result == fissilev1.ResultAborted
}
