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

package health

import (
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// state is an ExtendedJob as it can be found, and what tools are to make of it.
type state struct {
	name    string
	ej      *fissilev1.ExtendedJob
	kstatus status.Status
	// met are those of waitedFor for which kubectl wait returns.
	met []string
}

// states are all that an ExtendedJob can be in, with all that can hold back or
// end a run.
func states() []state {
	var (
		none      []string
		ready     = []string{"Ready", "Running=false"}
		succeeded = []string{"Complete", "Ready", "Running=false"}
		failed    = []string{"Failed", "Running=false"}
		atRest    = []string{"Failed", "Ready", "Running=false"} // after a failure
	)
	all := []state{
		{"one-off, not seen yet", oneOff("once").notSeen().ej, status.InProgressStatus, none},
		{"one-off, running", oneOff("once").running("Once").ej, status.InProgressStatus, none},
		{"one-off, running, its pods are kept from running", oneOff("once").running("Once").because("PodsNotRunning").ej, status.InProgressStatus, none},
		{"one-off, running, its Job is suspended", oneOff("once").running("Once").because("JobSuspended").ej, status.InProgressStatus, none},
		{"one-off, set back, its end not reported yet", oneOff("done").running("Once").ej, status.InProgressStatus, none},
		{"one-off, complete", oneOff("done").ran("Once", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"one-off, complete and output stored", oneOff("done").output("Stored").ran("Once", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"one-off, failed", oneOff("done").ran("Once", "Failed").ej, status.FailedStatus, failed},
		{"one-off, aborted", oneOff("done").ran("Once", "Aborted").ej, status.FailedStatus, failed},
		{"one-off, output refused", oneOff("done").output("NoOutput").ran("Once", "Failed").because("OutputRefused").ej, status.FailedStatus, failed},
		{"one-off, complete and suspended", oneOff("done").ran("Once", "Succeeded").suspended().ej, status.CurrentStatus, succeeded},
		{"one-off, set to once again", oneOff("once").ran("Once", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"one-off, running after a change", oneOff("done").ran("Once", "Succeeded").running("ConfigChange").ej, status.InProgressStatus, none},
		{"one-off, run again after a change", oneOff("done").ran("Once", "Failed").ran("ConfigChange", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"one-off, failed after a change", oneOff("done").ran("Once", "Succeeded").ran("TemplateChange", "Failed").ej, status.FailedStatus, failed},
		{"one-off, running for now", oneOff("now").ran("Once", "Succeeded").running("Now").ej, status.InProgressStatus, none},
		{"one-off, run by now", oneOff("done").ran("Once", "Failed").ran("Now", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"one-off, now failed", oneOff("done").ran("Once", "Succeeded").ran("Now", "Failed").ej, status.FailedStatus, failed},
		{"one-off, requested run active", oneOff("done").ran("Once", "Succeeded").requests("v1").running("Request").ej, status.InProgressStatus, none},
		{"one-off, requested run succeeded", oneOff("done").ran("Once", "Failed").requests("v1").ran("Request", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"one-off, requested run failed", oneOff("done").ran("Once", "Succeeded").requests("v1").ran("Request", "Failed").ej, status.FailedStatus, failed},

		{"errand, not seen yet", errand("manual").notSeen().ej, status.InProgressStatus, none},
		{"errand at rest, never run", errand("manual").ej, status.CurrentStatus, ready},
		{"errand at rest, never run, suspended", errand("manual").suspended().ej, status.CurrentStatus, ready},
		{"errand at rest, last run succeeded", errand("manual").ran("Now", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"errand at rest, last run failed", errand("manual").ran("Now", "Failed").ej, status.CurrentStatus, atRest},
		{"errand at rest, last run aborted", errand("manual").ran("Now", "Aborted").ej, status.CurrentStatus, atRest},
		{"errand at rest, request taken back", errand("manual").ran("Now", "Succeeded").ran("Now", "Cancelled").ej, status.CurrentStatus, ready},
		{"errand, running for now", errand("now").ran("Now", "Failed").running("Now").ej, status.CurrentStatus, []string{"Ready"}},
		{"errand, running for now, a requestID is due", errand("now").running("Now").requests("v1").ej, status.InProgressStatus, none},
		{"errand, set back, its end not reported yet", errand("manual").running("Now").ej, status.CurrentStatus, []string{"Ready"}},
		{"errand, requested run active", errand("manual").requests("v1").running("Request").ej, status.InProgressStatus, none},
		{"errand, requestID taken back during its run", errand("manual").requests("v1").running("Request").requests("").ej, status.InProgressStatus, none},
		{"errand, requested run succeeded", errand("manual").requests("v1").ran("Request", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"errand, requested run failed", errand("manual").requests("v1").ran("Request", "Failed").ej, status.FailedStatus, failed},
		{"errand, requested run aborted", errand("manual").requests("v1").ran("Request", "Aborted").ej, status.FailedStatus, failed},
		{"errand, requested run's output refused", errand("manual").output("OutputInvalid").requests("v1").ran("Request", "Failed").because("OutputRefused").ej, status.FailedStatus, failed},
		{"errand, requested run failed, then one by now succeeded", errand("manual").requests("v1").ran("Request", "Failed").ran("Now", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"errand, requested run succeeded, then one by now failed", errand("manual").requests("v1").ran("Request", "Succeeded").ran("Now", "Failed").ej, status.CurrentStatus, atRest},
		{"errand, requested run taken back", errand("manual").requests("v1").ran("Request", "Cancelled").ej, status.FailedStatus, []string{"Running=false"}},
		{"errand, next requestID during the run of the first", errand("manual").requests("v1").running("Request").requests("v2").ej, status.InProgressStatus, none},
		{"errand, next requested run succeeded", errand("manual").requests("v1").ran("Request", "Failed").requests("v2").ran("Request", "Succeeded").ej, status.CurrentStatus, succeeded},
		{"errand, being deleted", errand("now").running("Now").deleted().ej, status.TerminatingStatus, []string{"Ready"}},
	}
	for _, reason := range []string{"Suspended", "ReferencesMissing", "PodsTerminating", "TriggerBackoff", "StepFailed", "RunDue"} {
		due := func(name string, o *object, cause fissilev1.RunCause) {
			all = append(all, state{name + ", held back: " + reason, o.due(cause, reason).ej, status.InProgressStatus, none})
		}
		due("one-off", oneOff("once"), "Once")
		due("one-off, by change", oneOff("done").ran("Once", "Succeeded"), "ConfigChange")
		due("one-off, now", oneOff("now").ran("Once", "Succeeded"), "Now")
		due("one-off, requestID", oneOff("done").ran("Once", "Failed").requests("v1"), "Request")
		due("errand, now", errand("now"), "Now")
		due("errand, now again", errand("now").ran("Now", "Succeeded"), "Now")
		due("errand, requestID", errand("manual").requests("v1"), "Request")
		due("errand, requestID again", errand("manual").requests("v1").ran("Request", "Succeeded").requests("v2"), "Request")
		due("errand, requestID after a failure", errand("manual").requests("v1").ran("Request", "Failed").requests("v2"), "Request")
	}
	for reason, kstatus := range map[string]status.Status{
		"JobCreateFailed": status.InProgressStatus,
		"JobRejected":     status.FailedStatus, // nothing but an edit goes on from here: it is no use to wait
	} {
		withoutJob := func(name string, o *object, cause fissilev1.RunCause) {
			all = append(all, state{name + ", has no Job: " + reason, o.running(cause).withoutJob(reason).ej, kstatus, none})
		}
		withoutJob("one-off", oneOff("once"), "Once")
		withoutJob("one-off, by change", oneOff("done").ran("Once", "Succeeded"), "TemplateChange")
		withoutJob("errand, now", errand("now").ran("Now", "Succeeded"), "Now")
		withoutJob("errand, requestID", errand("manual").requests("v1"), "Request")
	}
	return all
}

// object is an ExtendedJob under construction.
type object struct{ ej *fissilev1.ExtendedJob }

func errand(strategy fissilev1.TriggerStrategy) *object {
	return newObject(strategy, fissilev1.StrategyManual)
}

func oneOff(strategy fissilev1.TriggerStrategy) *object {
	return newObject(strategy, fissilev1.StrategyDone)
}

func newObject(strategy, resting fissilev1.TriggerStrategy) *object {
	ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "ej", UID: "uid", Generation: 3}}
	ej.Spec.Trigger.Strategy = strategy
	ej.Status.ObservedGeneration = new(ej.Generation)
	ej.Status.RestingStrategy = resting
	return &object{ej}
}

// notSeen is the status that the API server gives a new ExtendedJob.
func (o *object) notSeen() *object {
	o.ej.Status = fissilev1.ExtendedJobStatus{ObservedGeneration: new(int64(-1))}
	return o
}

func (o *object) requests(id string) *object {
	o.ej.Spec.Trigger.RequestID = id
	return o
}

func (o *object) suspended() *object {
	o.ej.Spec.Suspend = new(true)
	return o
}

func (o *object) deleted() *object {
	o.ej.DeletionTimestamp = new(metav1.NewTime(now))
	return o
}

// output has the next run's output stored, or not for a reason.
func (o *object) output(reason string) *object {
	o.ej.Spec.Output = &fissilev1.Output{NamePrefix: "out"}
	if reason == fissilev1.ReasonStored {
		o.ej.Status.Outputs = []fissilev1.OutputSecret{{Container: "main", SecretName: "out-main", StoredAt: metav1.NewTime(now.Add(-time.Hour))}}
	}
	o.ej.Status.LastRun = &fissilev1.Run{Output: &fissilev1.RunOutput{Reason: reason}}
	return o
}

// due has a run be due and say why it does not start.
func (o *object) due(cause fissilev1.RunCause, reason string) *object {
	o.ej.Status.Due = &fissilev1.DueRun{Cause: cause, Reason: reason, Message: "It waits."}
	if cause == fissilev1.CauseRequest {
		o.ej.Status.Due.RequestID = o.ej.Spec.Trigger.RequestID
	}
	if reason == fissilev1.ReasonSuspended {
		o.suspended()
	}
	return o
}

// withoutJob has the API server refuse the Job of the active run.
func (o *object) withoutJob(reason string) *object {
	o.ej.Status.Active = ""
	return o.because(reason)
}

// running claims the next run.
func (o *object) running(cause fissilev1.RunCause) *object {
	s := &o.ej.Status
	run := &fissilev1.Run{
		Number: 1, Cause: cause, JobName: "ej-1",
		StartTime: metav1.NewTime(now.Add(-time.Minute)),
		Claim:     &fissilev1.Claim{ID: "claim", Generation: o.ej.Generation, Strategy: o.ej.Spec.Trigger.Strategy},
	}
	if last := s.LastRun; last != nil {
		run.Number = last.Number + 1
		run.Output = last.Output
	}
	if cause == fissilev1.CauseRequest {
		run.RequestID = o.ej.Spec.Trigger.RequestID
	}
	s.Due, s.LastRun, s.Active, s.Runs = nil, run, run.JobName, new(run.Number)
	return o
}

// ran has the next run come to its end.
func (o *object) ran(cause fissilev1.RunCause, result fissilev1.RunResult) *object {
	o.running(cause)
	s := &o.ej.Status
	run := s.LastRun
	run.Claim, run.Result, run.CompletionTime = nil, result, metav1.NewTime(now.Add(-time.Second))
	switch result {
	case fissilev1.ResultSucceeded: // says all
	case fissilev1.ResultFailed:
		run.Reason = batchv1.JobReasonBackoffLimitExceeded
	case fissilev1.ResultAborted:
		run.Reason = fissilev1.ReasonJobDeleted
	case fissilev1.ResultCancelled:
		run.Reason = fissilev1.ReasonCancelled
	}
	s.Active, s.SettledRun = "", new(run.Number)
	s.OneOffDone = s.OneOffDone || cause == fissilev1.CauseOnce
	if cause == fissilev1.CauseRequest {
		s.ServedRequestID = run.RequestID
	}
	s.History = append([]fissilev1.FinishedRun{{Number: run.Number, Cause: cause, Result: result, Reason: run.Reason}}, s.History...)
	return o
}

// because gives the last run another reason.
func (o *object) because(reason string) *object {
	o.ej.Status.LastRun.Reason = reason
	return o
}
