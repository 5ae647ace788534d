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
	"cmp"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Output is the result of storing a run's output.
type Output struct {
	// Reason is a reason of the condition OutputPersisted.
	Reason string
	// Message gives details, but never a value that a container printed.
	Message string
	// Secrets hold the output of all containers of the run; empty if it is not
	// stored.
	Secrets []fissilev1.OutputSecret
	// Kept are the names of the Secrets that already existed and stay as they were.
	Kept []string
	// Deleted are the names of the Secrets that were deleted because the key of a
	// file that they held is gone.
	Deleted []string
}

// Stored reports whether every container's output is in its Secret.
func (o Output) Stored() bool { return o.Reason == fissilev1.ReasonStored }

// Pending reports whether the output may still be stored when something else in the
// cluster changes.
func (o Output) Pending() bool { return Pending(o.Reason) }

// Pending reports whether a reason of the condition OutputPersisted says that the
// output may still be stored.
func Pending(reason string) bool {
	return reason == fissilev1.ReasonOutputConflict || reason == fissilev1.ReasonSecretRejected
}

// recorded returns the output as the status records it, or nil if the run had none.
func (o Output) recorded() *fissilev1.RunOutput {
	if o.Reason == fissilev1.ReasonNotRequested {
		return nil
	}
	if o.Stored() {
		return &fissilev1.RunOutput{Reason: o.Reason, Message: truncate(o.keptMessage())}
	}
	return &fissilev1.RunOutput{Reason: o.Reason, Message: truncate(o.Message)}
}

// keptMessage says which of the Secrets already existed; empty if none did.
func (o Output) keptMessage() string {
	kept := strings.Join(o.Kept, ", ")
	switch len(o.Kept) {
	case 0:
		return ""
	case len(o.Secrets):
		return fmt.Sprintf("The output already existed and is kept: %s.", kept)
	default:
		return fmt.Sprintf("The output is stored, and Secrets that already existed are kept: %s.", kept)
	}
}

// outputPending reports whether a run is over and its output is still to be stored.
func outputPending(run *fissilev1.Run) bool {
	return run.Result != "" && run.Output != nil && Pending(run.Output.Reason)
}

// pendingOutput returns the Job of the last run if its output is still to be stored,
// and otherwise nil.
func (o *Observation) pendingOutput() *batchv1.Job {
	if run := o.lastRun(); run != nil && outputPending(run) {
		return o.Jobs[run.Number]
	}
	return nil
}

// Outcome is how a run ended.
type Outcome struct {
	Result fissilev1.RunResult
	// Reason is a reason of the conditions Complete and Failed.
	Reason  string
	Message string
	// CompletionTime is when the Job finished; zero if there is none.
	CompletionTime metav1.Time
	Output         Output
}

// recorded returns the reason and the message as the status records them: nothing
// that the result already says.
func (o Outcome) recorded() (reason, message string) {
	if o.Result == fissilev1.ResultSucceeded {
		return "", truncate(o.Output.keptMessage())
	}
	return o.Reason, truncate(o.Message)
}

// wantsOutput reports whether the output of a finished Job is to be stored, according
// to the settings as of the run's start.
func wantsOutput(job *batchv1.Job) bool {
	settings, err := runjob.OutputSettings(job)
	if err != nil || settings == nil {
		return false
	}
	return runjob.Succeeded(job) || ptr.Deref(settings.WriteOnFailure, false)
}

// jobOutcome returns the outcome of a run whose Job has finished. If wantsOutput is
// true, the output must have been observed.
func (o *Observation) jobOutcome(job *batchv1.Job) Outcome {
	finished := runjob.Finished(job)
	outcome := Outcome{CompletionTime: finished.LastTransitionTime}
	if job.Status.CompletionTime != nil {
		outcome.CompletionTime = *job.Status.CompletionTime
	}

	settings, err := runjob.OutputSettings(job)
	switch {
	case err != nil:
		outcome.Output = Output{Reason: fissilev1.ReasonOutputUnavailable, Message: fmt.Sprintf("The output settings on Job %s cannot be read.", job.Name)}
	case settings == nil:
		outcome.Output = Output{Reason: fissilev1.ReasonNotRequested}
	case o.Output != nil:
		outcome.Output = *o.Output
	default:
		outcome.Output = Output{Reason: fissilev1.ReasonRunFailed, Message: "The run failed and spec.output.writeOnFailure is not set."}
	}

	switch {
	case finished.Type == batchv1.JobFailed:
		outcome.Result = fissilev1.ResultFailed
		outcome.Reason = validReason(finished.Reason, fissilev1.ReasonJobFailed)
		outcome.Message = fmt.Sprintf("Job %s failed: %s", job.Name, cmp.Or(finished.Message, finished.Reason, "no reason was given."))
		if o.Ending != "" {
			outcome.Message = fmt.Sprintf("%s. %s", strings.TrimSuffix(outcome.Message, "."), o.Ending)
		}
	case outcome.Output.Stored():
		outcome.Result = fissilev1.ResultSucceeded
		outcome.Reason = fissilev1.ReasonSucceeded
		outcome.Message = fmt.Sprintf("Job %s completed. %s", job.Name, cmp.Or(outcome.Output.keptMessage(), "The output is stored."))
	case outcome.Output.Reason == fissilev1.ReasonNotRequested:
		outcome.Result = fissilev1.ResultSucceeded
		outcome.Reason = fissilev1.ReasonSucceeded
		outcome.Message = fmt.Sprintf("Job %s completed.", job.Name)
	case outcome.Output.Pending():
		outcome.Result = fissilev1.ResultFailed
		outcome.Reason = fissilev1.ReasonOutputPending
		outcome.Message = fmt.Sprintf("Job %s completed but its output is not stored yet: %s", job.Name, outcome.Output.Message)
	default:
		outcome.Result = fissilev1.ResultFailed
		outcome.Reason = fissilev1.ReasonOutputRefused
		outcome.Message = fmt.Sprintf("Job %s completed but its output is not stored: %s", job.Name, outcome.Output.Message)
	}
	return outcome
}

// outputLost returns the outcome of a run whose Job was deleted before its output
// could be stored.
func outputLost(run *fissilev1.Run) Outcome {
	lost := fmt.Sprintf("Job %s was deleted before its output could be stored.", run.JobName)
	outcome := Outcome{
		Result:         run.Result,
		Reason:         run.Reason,
		Message:        run.Message,
		CompletionTime: run.CompletionTime,
		Output:         Output{Reason: fissilev1.ReasonOutputUnavailable, Message: lost},
	}
	if run.Reason == fissilev1.ReasonOutputPending {
		outcome.Reason, outcome.Message = fissilev1.ReasonOutputRefused, lost
	}
	return outcome
}

// endedWithoutJob derives the outcome of a run that is over from its result, because
// there is no Job to say more.
func endedWithoutJob(run *fissilev1.Run, result fissilev1.RunResult) Outcome {
	outcome := Outcome{Result: result, Output: Output{Reason: fissilev1.ReasonNotRequested}}
	switch result {
	case fissilev1.ResultSucceeded:
		outcome.Reason = fissilev1.ReasonSucceeded
		outcome.Message = fmt.Sprintf("Job %s completed.", run.JobName)
	case fissilev1.ResultAborted:
		outcome.Reason = fissilev1.ReasonJobDeleted
		outcome.Message = fmt.Sprintf("Job %s was deleted before it finished.", run.JobName)
	case fissilev1.ResultCancelled:
		outcome.Reason = fissilev1.ReasonCancelled
		outcome.Message = "The request was withdrawn before its Job was created."
		if !onDemand(run.Cause) {
			outcome.Message = "The run was called off before its Job was created."
		}
	default:
		outcome.Result = fissilev1.ResultFailed
		outcome.Reason = fissilev1.ReasonJobFailed
		outcome.Message = fmt.Sprintf("Job %s failed.", run.JobName)
	}
	return outcome
}
