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

	batchv1 "k8s.io/api/batch/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// maxMessage is the longest message in a status; API servers and Job
// controllers are quoted in it.
const maxMessage = 1024

// status is a status under construction.
type status struct {
	fissilev1.ExtendedJobStatus
	observed *Observation
}

// baseStatus is the status as it is, brought up to the observed spec.
func (o *Observation) baseStatus() *status {
	s := &status{ExtendedJobStatus: *o.EJ.Status.DeepCopy(), observed: o}
	s.ObservedGeneration = new(o.EJ.Generation)
	s.ObservedStrategy = o.EJ.Spec.Trigger.Strategy
	for i := range s.Conditions {
		s.Conditions[i].ObservedGeneration = o.EJ.Generation
	}
	if s.LastRun == nil {
		for _, t := range []string{fissilev1.ConditionComplete, fissilev1.ConditionFailed, fissilev1.ConditionOutputPersisted} {
			s.set(t, metav1.ConditionFalse, fissilev1.ReasonNeverRun, "It has not run yet.")
		}
	}
	switch {
	case o.Inputs != nil && len(o.Inputs.Missing) > 0:
		s.set(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing, o.inputsMissing())
	case o.Inputs != nil:
		s.set(fissilev1.ConditionReferencesResolved, metav1.ConditionTrue, fissilev1.ReasonReferencesFound, "Everything that the pods read is there.")
	case condition(o.EJ, fissilev1.ConditionReferencesResolved) == nil:
		s.set(fissilev1.ConditionReferencesResolved, metav1.ConditionUnknown, fissilev1.ReasonReferencesNotChecked, "No run needed them yet.")
	}
	if value(o.EJ.Spec.Suspend) {
		s.set(fissilev1.ConditionSuspended, metav1.ConditionTrue, fissilev1.ReasonSuspended, "spec.suspend holds back runs.")
	} else {
		s.set(fissilev1.ConditionSuspended, metav1.ConditionFalse, fissilev1.ReasonNotSuspended, "spec.suspend is not set.")
	}
	return s
}

// claimedStatus claims a run.
func (o *Observation) claimedStatus(run fissilev1.Run) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	if s.LastRun == nil || s.LastRun.Number < run.Number {
		s.Runs = new(value(s.Runs) + 1)
	}
	s.LastRun = &run
	if o.Inputs != nil {
		s.Inputs = &o.Inputs.Inputs
	}
	s.TemplateDigest = o.recordTemplate()
	s.Active = run.JobName
	message := fmt.Sprintf("Run %d is under way as Job %s.", run.Number, run.JobName)
	s.set(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonRunActive, message)
	s.set(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonRunActive, message)
	s.set(fissilev1.ConditionFailed, metav1.ConditionFalse, fissilev1.ReasonRunActive, message)
	s.set(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonRunActive, message)
	return &s.ExtendedJobStatus
}

// activeStatus is the status while the run's Job has not finished.
func (o *Observation) activeStatus(run *fissilev1.Run, job *batchv1.Job) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	if !o.Now.Before(run.StartTime.Add(Fence)) {
		// If it is gone after this, somebody deleted it. Short runs do without the
		// write.
		s.LastRun.JobUID = job.UID
	}
	if o.EJ.Spec.Trigger.Strategy != run.Strategy {
		s.LastRun.StrategyChanged = new(true)
	}
	if o.InputsChanged() {
		s.LastRun.InputsChanged = new(true)
	}
	s.Active = run.JobName
	reason, message := fissilev1.ReasonRunActive, fmt.Sprintf("Run %d is under way as Job %s.", run.Number, run.JobName)
	switch {
	case suspended(job):
		reason, message = fissilev1.ReasonJobSuspended, fmt.Sprintf("Job %s is suspended: set its spec.suspend to false, or wait for the queue that suspended it.", job.Name)
	case o.Obstacle != "":
		reason, message = fissilev1.ReasonPodsNotRunning, o.Obstacle
	}
	s.set(fissilev1.ConditionRunning, metav1.ConditionTrue, reason, message)
	return &s.ExtendedJobStatus
}

// rejectedStatus is the status while the run's Job cannot be created.
func (o *Observation) rejectedStatus() *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	s.Active = ""
	if o.JobRejection != nil {
		s.set(fissilev1.ConditionRunning, metav1.ConditionFalse, o.JobRejection.Reason, o.JobRejection.Message)
	}
	return &s.ExtendedJobStatus
}

// idleStatus is the status while no run is under way.
func (o *Observation) idleStatus(reason, message string) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	s.Active = ""
	if o.Inputs != nil && len(o.Inputs.Missing) == 0 && o.inputsState() == inputsUnrecorded {
		// From here on a change can be told.
		s.Inputs = &o.Inputs.Inputs
	}
	if o.TemplateDigest != "" && !o.TemplateChanged() {
		s.TemplateDigest = o.TemplateDigest
	}
	s.set(fissilev1.ConditionRunning, metav1.ConditionFalse, reason, message)
	if reason != fissilev1.ReasonIdle {
		// Who waits for Complete waits for the run that is due.
		s.set(fissilev1.ConditionComplete, metav1.ConditionFalse, reason, message)
		s.set(fissilev1.ConditionFailed, metav1.ConditionFalse, reason, message)
	} else if complete := condition(o.EJ, fissilev1.ConditionComplete); complete != nil && waits(complete.Reason) {
		// It was called off before it was claimed.
		s.setLastResult()
	}
	return &s.ExtendedJobStatus
}

// waits tells whether a reason is why a run that is due does not start.
func waits(reason string) bool {
	switch reason {
	case fissilev1.ReasonSuspended, fissilev1.ReasonReferencesMissing, fissilev1.ReasonPodsTerminating, fissilev1.ReasonTriggerBackoff:
		return true
	default:
		return false
	}
}

// setLastResult makes Complete and Failed be about the last run again.
func (s *status) setLastResult() {
	run := s.LastRun
	if run == nil || run.Result == "" {
		return // Never run, or under way.
	}
	ended := endedWithoutJob(run, run.Result)
	s.set(fissilev1.ConditionComplete, conditionStatus(run.Result == fissilev1.ResultSucceeded), ended.Reason, run.Message)
	s.set(fissilev1.ConditionFailed, conditionStatus(failed(run.Result)), ended.Reason, run.Message)
}

// failed tells whether a result counts as a failure.
func failed(result fissilev1.RunResult) bool {
	return result == fissilev1.ResultFailed || result == fissilev1.ResultAborted
}

// settledStatus is the status after a run. The run is nil if the status was
// wiped since.
func (o *Observation) settledStatus(run *fissilev1.Run, settled Settled, outcome Outcome) *fissilev1.ExtendedJobStatus {
	s := o.baseStatus()
	if value(s.SettledRun) < settled.Number {
		s.count(outcome.Result, 1)
	} else {
		s.count(run.Result, -1)
		s.count(outcome.Result, 1)
	}
	s.SettledRun = new(settled.Number)
	s.Active = ""
	if run != nil {
		s.LastRun.Result = outcome.Result
		s.LastRun.CompletionTime = outcome.CompletionTime
		s.LastRun.Message = truncate(outcome.Message)
	}
	if outcome.Output.Stored() {
		s.Outputs = outcome.Output.Secrets
	}

	s.set(fissilev1.ConditionRunning, metav1.ConditionFalse, fissilev1.ReasonIdle, "No run is due.")
	s.set(fissilev1.ConditionComplete, conditionStatus(outcome.Result == fissilev1.ResultSucceeded), outcome.Reason, outcome.Message)
	s.set(fissilev1.ConditionFailed, conditionStatus(failed(outcome.Result)), outcome.Reason, outcome.Message)
	s.set(fissilev1.ConditionOutputPersisted, conditionStatus(outcome.Output.Stored()), outcome.Output.Reason, outcome.Output.Message)
	return &s.ExtendedJobStatus
}

func (s *status) count(result fissilev1.RunResult, by int64) {
	switch result {
	case fissilev1.ResultSucceeded:
		s.Succeeded = new(value(s.Succeeded) + by)
	case fissilev1.ResultFailed, fissilev1.ResultAborted:
		s.Failed = new(value(s.Failed) + by)
	case fissilev1.ResultCancelled:
		// It never ran.
	}
}

func (s *status) set(conditionType string, value metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&s.Conditions, metav1.Condition{
		Type:               conditionType,
		Status:             value,
		ObservedGeneration: s.observed.EJ.Generation,
		LastTransitionTime: metav1.NewTime(s.observed.Now.Truncate(time.Second)),
		Reason:             reason,
		Message:            truncate(message),
	})
}

func condition(ej *fissilev1.ExtendedJob, conditionType string) *metav1.Condition {
	return meta.FindStatusCondition(ej.Status.Conditions, conditionType)
}

func conditionStatus(b bool) metav1.ConditionStatus {
	if b {
		return metav1.ConditionTrue
	}
	return metav1.ConditionFalse
}

func sameStatus(a, b *fissilev1.ExtendedJobStatus) bool {
	return apiequality.Semantic.DeepEqual(a, b)
}

// truncate shortens a message by whole characters.
func truncate(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	const ellipsis = "…"
	cut := maxMessage - len(ellipsis)
	for cut > 0 && message[cut]&0xC0 == 0x80 {
		cut--
	}
	return message[:cut] + ellipsis
}
