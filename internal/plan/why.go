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

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Why returns the reason for a step in a word or two, for the log: the cause of a
// run, the result of a run, the end of a Job, or the reason of the condition Running.
func Why(o Observation, step Step) string {
	switch {
	case step.Outcome != nil:
		return string(step.Outcome.Result)
	case step.Kind == Claim || step.Kind == CreateJob:
		return string(RunOf(o, step).Cause)
	case step.Status != nil:
		return runningReason(step.Status)
	case step.Job != nil:
		return jobState(step.Job)
	case step.Kind == ReadLive:
		return "StatusAndJobsDisagree"
	default:
		return runningReason(&o.EJ.Status)
	}
}

// RunOf returns the run that a step is about: the last one, as the step leaves it.
// The run is empty if there has been none.
func RunOf(o Observation, step Step) fissilev1.Run {
	status := &o.EJ.Status
	if step.Status != nil {
		status = step.Status
	}
	return ptr.Deref(status.LastRun, fissilev1.Run{})
}

// runningReason returns the reason of the condition Running, or "New" for an
// ExtendedJob without conditions.
func runningReason(status *fissilev1.ExtendedJobStatus) string {
	return cmp.Or(ptr.Deref(meta.FindStatusCondition(status.Conditions, fissilev1.ConditionRunning), metav1.Condition{}).Reason, "New")
}

func jobState(job *batchv1.Job) string {
	if finished := runjob.Finished(job); finished != nil {
		return "Job" + string(finished.Type)
	}
	return "JobActive"
}
