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

package fissile

import (
	"fmt"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// This file holds everything that the check reads of the operator's own bookkeeping:
// status fields, conditions, and what a process remembers. If these change, nothing
// else in the model has to.

// lastRun returns the number of the last run that was claimed, or 0 if there is none.
func lastRun(ej *fissilev1.ExtendedJob) int {
	if run := ej.Status.LastRun; run != nil {
		return int(run.Number)
	}
	return 0
}

// claimOf returns the ID of the claim of the last run, or "" if there is none.
func claimOf(ej *fissilev1.ExtendedJob) string {
	if run := ej.Status.LastRun; run != nil && run.Claim != nil {
		return run.Claim.ID
	}
	return ""
}

// causeOf returns the cause of the last run, or "" if there is none.
func causeOf(ej *fissilev1.ExtendedJob) fissilev1.RunCause {
	if run := ej.Status.LastRun; run != nil {
		return run.Cause
	}
	return ""
}

// resultOf returns the result of the last run, or "" if there is none or it is active.
func resultOf(ej *fissilev1.ExtendedJob) fissilev1.RunResult {
	if run := ej.Status.LastRun; run != nil {
		return run.Result
	}
	return ""
}

// succeededBy reports whether the status says that a run succeeded, or knows nothing of
// it.
func succeededBy(ej *fissilev1.ExtendedJob, number int) bool {
	if lastRun(ej) == number {
		return resultOf(ej) == fissilev1.ResultSucceeded
	}
	for _, run := range ej.Status.History {
		if int(run.Number) == number {
			return run.Result == fissilev1.ResultSucceeded
		}
	}
	return true
}

// settledRun returns the last run that is over, according to annotation and status.
func settledRun(ej *fissilev1.ExtendedJob) (int, fissilev1.RunResult) {
	annotation := plan.ReadSettled(ej)
	if number := settledInStatus(ej); number > int(annotation.Number) {
		return number, resultOf(ej)
	}
	return int(annotation.Number), annotation.Result
}

// settledInStatus returns the last run that is over according to the status.
func settledInStatus(ej *fissilev1.ExtendedJob) int {
	if ej.Status.SettledRun == nil {
		return 0
	}
	return int(*ej.Status.SettledRun)
}

// isDue reports whether the status says that a run is due. For a change of the inputs
// it also says so if the Job has already read the changed data.
func isDue(ej *fissilev1.ExtendedJob) bool { return ej.Status.Due != nil }

// recordsJob reports whether the status records that the last run's Job existed.
func recordsJob(ej *fissilev1.ExtendedJob) bool {
	run := ej.Status.LastRun
	return run != nil && run.Claim != nil && run.Claim.JobUID != ""
}

// sawLeave reports whether the operator has seen a different strategy during the last
// run.
func sawLeave(ej *fissilev1.ExtendedJob) bool {
	run := ej.Status.LastRun
	return run != nil && run.Claim != nil && run.Claim.StrategyChanged
}

// observes reports whether the status is about the newest generation.
func observes(ej *fissilev1.ExtendedJob) bool {
	return ej.Status.ObservedGeneration != nil && *ej.Status.ObservedGeneration == ej.Generation
}

// says reports whether a condition has that status for the newest generation.
func says(ej *fissilev1.ExtendedJob, conditionType string, status metav1.ConditionStatus) bool {
	c := meta.FindStatusCondition(ej.Status.Conditions, conditionType)
	return c != nil && c.Status == status && c.ObservedGeneration == ej.Generation
}

// claims reports whether a process remembers that a claim is its own.
func (p *process) claims(claim string) bool {
	return p.memory != nil && p.memory.process.Run.ClaimID == claim
}

// createdJob reports whether a process remembers that it created a Job.
func (p *process) createdJob(uid types.UID) bool {
	return p.memory != nil && p.memory.process.Run.JobUID == uid
}

// memory encodes what a process remembers, and times as far as they are still ahead.
func (e *encoder) memory(m processState) {
	if written, err := strconv.ParseInt(m.written, 10, 64); err == nil {
		e.revision(written)
	}
	e.age(m.storeFailingFrom, modelTTL)
	e.knowledge(m.process)
	m.written, m.storeFailingFrom, m.process = "", time.Time{}, plan.Process{}
	e.text(fmt.Sprintf("%+v", m))
}

// notice encodes what a process knows of a change, and removes it. Anything beyond when
// the change was first noticed matters only with updateDebounce.
func (e *encoder) notice(n *plan.ChangeTracker) {
	if wait := e.world.scenario.updateDebounce; wait != 0 {
		e.text(fmt.Sprint(min(e.world.now.Sub(n.At), 10*wait), min(e.world.now.Sub(n.LastAt), wait), n.Digest))
	} else {
		e.age(n.At, e.world.scenario.debounce)
	}
	*n = plan.ChangeTracker{Looked: n.Looked}
}

// knowledge encodes what a process bases decisions on beyond what is stored.
func (e *encoder) knowledge(known plan.Process) {
	e.age(known.InheritedAt, leaseDuration+plan.CreateWindow)
	e.age(known.LateCreateUntil, 0)
	e.age(known.Run.ClaimedAt, plan.CreateWindow)
	e.age(known.Run.JobSince, jobRecorded)
	e.notice(&known.Inputs)
	e.notice(&known.Template)
	e.age(known.OutputRetryAt, 0)
	if rejection := known.Run.Rejection; rejection != nil {
		e.age(rejection.At, longTime)
		e.text(fmt.Sprint(rejection.Reason, rejection.NeedsEdit, min(rejection.Attempts, 7)))
	}
	known.InheritedAt, known.LateCreateUntil, known.OutputRetryAt = time.Time{}, time.Time{}, time.Time{}
	known.Run.ClaimedAt, known.Run.JobSince, known.Run.Rejection = time.Time{}, time.Time{}, nil
	e.text(fmt.Sprintf("%+v", known))
}
