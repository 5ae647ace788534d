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

package index

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// WaitReasons are the keys of Wait: reasons of the condition Running that a run waits
// for. Any other counts as the last of them.
var WaitReasons = []string{
	fissilev1.ReasonDebounce,
	fissilev1.ReasonJobCreateFailed,
	fissilev1.ReasonJobRejected,
	fissilev1.ReasonJobSuspended,
	fissilev1.ReasonNameConflict,
	fissilev1.ReasonNamespaceClosed,
	fissilev1.ReasonPodsNotRunning,
	fissilev1.ReasonPodsTerminating,
	fissilev1.ReasonReferencesMissing,
	fissilev1.ReasonRunDue,
	fissilev1.ReasonStatusRefused,
	fissilev1.ReasonStepFailed,
	fissilev1.ReasonSuspended,
	fissilev1.ReasonTriggerBackoff,
	otherReason,
}

const otherReason = "Other"

// waitKeys returns what the run of an ExtendedJob waits for, or nothing if none is due
// or its pods run.
func waitKeys(ej *plan.ExtendedJob) []string {
	running := meta.FindStatusCondition(ej.Status.Conditions, fissilev1.ConditionRunning)
	switch {
	case running == nil, running.Status == metav1.ConditionFalse, running.Reason == fissilev1.ReasonRunActive:
		return nil
	case slices.Contains(WaitReasons, running.Reason):
		return []string{running.Reason}
	default:
		return []string{otherReason}
	}
}
