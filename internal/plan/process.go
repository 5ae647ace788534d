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
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// lateMargin is how much longer a process waits for a request that it gave up on than
// the API server has to carry it out.
const lateMargin = time.Second

// Process is what the deciding process knows of an ExtendedJob beyond what is stored.
// It saves requests and bounds retries: a process that starts with the zero value
// makes the same decisions, later.
//
// All its times are from the process's own clock, so clocks that differ between nodes
// do not matter.
type Process struct {
	// Looked is true once the process has looked at the ExtendedJob.
	Looked bool
	// InheritedAt is when it last found a run that another process had started; zero
	// if it never did.
	InheritedAt time.Time
	// Run is what it knows of a run. It counts only for the run with that claim.
	Run RunState
	// LateCreateUntil is until when a create that this process has given up on may
	// still reach the API server; zero if there is none.
	LateCreateUntil time.Time
	// Inputs and Template are when it noticed that they differ from those that the
	// last run was started with.
	Inputs, Template ChangeTracker
	// OutputRetryAt is when pending output may be stored again; at once if zero.
	OutputRetryAt time.Time
	// RefusedStatus is the status that the API server refused.
	RefusedStatus RefusedStatus
}

// RunState is what a process knows of one run.
type RunState struct {
	// ClaimID is the claim of the run.
	ClaimID string
	// ClaimedAt is when this process claimed it; zero if another one did.
	ClaimedAt time.Time
	// JobUID is the UID of the run's Job, once this process has created or seen it.
	// JobSince is when it first did.
	JobUID   types.UID
	JobSince time.Time
	// OnlyCreate is true if this process made the first claim of the run, sent one
	// request to create its Job, and got the answer. No other create can then be
	// under way.
	OnlyCreate bool
	// Rejection is the API server's last answer to the run's Job, if it was a
	// refusal.
	Rejection *Rejection
	// Unwanted is the UID of the Job if the API server created a different one than
	// it was asked for. That Job is to be deleted.
	Unwanted types.UID
}

// ChangeTracker records when a process noticed a change.
type ChangeTracker struct {
	// Looked is true once the process has looked.
	Looked bool
	// At is when it noticed the change. It is zero if there is no change, and also if
	// there was one at the first look, which may be acted on at once.
	At time.Time
	// LastAt is when it noticed the last of the changes since then.
	LastAt time.Time
	// Digest is the digest of what it saw.
	Digest string
}

// RefusedStatus identifies a status that the API server refused.
type RefusedStatus struct {
	Generation, Run int64
	// Message is the API server's message.
	Message string
}

// Observe notes what is seen of the ExtendedJob and its Jobs.
func (p *Process) Observe(ej *ExtendedJob, jobs map[int64]*batchv1.Job, now time.Time) {
	run := ej.Status.LastRun
	if !p.Looked && (run != nil || ReadSettled(ej).Number > 0) {
		p.InheritedAt = now
	}
	p.Looked = true
	if run == nil || run.Claim == nil {
		return
	}
	if run.Claim.ID != p.Run.ClaimID {
		p.Run = RunState{ClaimID: run.Claim.ID}
		p.InheritedAt = now
	}
	if job := jobs[run.Number]; job != nil && adoptedClaim(job) == run.Claim.ID {
		p.Run.noteJob(job.UID, now)
	}
}

// Claimed notes that this process claims a run. The given time is before the write:
// the claim may be stored at any time after it.
func (p *Process) Claimed(id string, renewed bool, at time.Time) {
	p.Run = RunState{ClaimID: id, ClaimedAt: at, OnlyCreate: !renewed}
	p.Inputs.forget()
	p.Template.forget()
}

// JobCreated notes that the API server has created the run's Job.
func (p *Process) JobCreated(uid types.UID, now time.Time) {
	p.Run.Rejection = nil
	p.Run.noteJob(uid, now)
}

// CreateGivenUp notes that a request to create the run's Job was sent and not
// answered.
func (p *Process) CreateGivenUp(now time.Time) {
	p.Run.OnlyCreate = false
	p.LateCreateUntil = now.Add(CreateWindow + lateMargin)
}

// JobRejected notes that the API server refused the run's Job.
func (p *Process) JobRejected(rejection Rejection, now time.Time) {
	rejection.Attempts = 1
	if p.Run.Rejection != nil {
		rejection.Attempts = p.Run.Rejection.Attempts + 1
	}
	rejection.At = now
	p.Run.Rejection = &rejection
}

// JobAltered notes that the API server has created a Job that cannot be the run's.
// The reason counts as a rejection.
func (p *Process) JobAltered(uid types.UID, rejection Rejection, now time.Time) {
	p.JobRejected(rejection, now)
	p.Run.Unwanted = uid
}

func (s *RunState) noteJob(uid types.UID, now time.Time) {
	if s.JobUID != uid && s.Unwanted != uid {
		s.JobUID, s.JobSince = uid, now
	}
}

// Track notes whether there is a change now, and the digest of the current state.
func (c *ChangeTracker) Track(changed bool, digest string, now time.Time) {
	switch {
	case !changed:
		c.forget()
	case c.Looked && c.At.IsZero():
		c.At, c.LastAt = now, now
	case !c.At.IsZero() && digest != c.Digest:
		c.LastAt = now
	}
	c.Looked, c.Digest = true, digest
}

func (c *ChangeTracker) forget() {
	c.At, c.LastAt = time.Time{}, time.Time{}
}

// runState returns what the process knows of a run. That is nothing if it knows the run
// only under another claim.
func (o *Observation) runState(run *fissilev1.Run) RunState {
	if state := o.Process.Run; state.ClaimID != "" && state.ClaimID == claimOf(run).ID {
		return state
	}
	return RunState{}
}

// nameHeldUntil returns how long the Job of a run that is over has to stay, because
// its name keeps a late create from making a second one. Requests of an earlier
// leader arrive within its lease and the create window; requests that this process
// gave up on, within the time that they were given.
func (o *Observation) nameHeldUntil(job *batchv1.Job) time.Time {
	until, inherited := o.Process.LateCreateUntil, o.Process.InheritedAt
	if inherited.IsZero() || o.Process.Run.OnlyCreate && o.Process.Run.JobUID == job.UID {
		return until
	}
	if late := inherited.Add(o.LeaseDuration + CreateWindow); late.After(until) {
		return late
	}
	return until
}
