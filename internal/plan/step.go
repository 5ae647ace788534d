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

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Kind is the kind of a Step.
type Kind string

const (
	// Wait does nothing until something changes, or until After has passed.
	Wait Kind = "Wait"
	// ReadLive reads the ExtendedJob and the Job of its last run from the API
	// server instead of the cache.
	ReadLive Kind = "ReadLive"
	// ReadInputs reads the ConfigMaps and Secrets that the template refers to, unless
	// they are known.
	ReadInputs Kind = "ReadInputs"
	// ReadNewestInputs does the same, with the newest versions of versioned Secrets
	// that the API server knows.
	ReadNewestInputs Kind = "ReadNewestInputs"
	// ReadTemplate asks the API server to complete the template.
	ReadTemplate Kind = "ReadTemplate"
	// Claim writes Status, and thereby claims the run in its lastRun.
	Claim Kind = "Claim"
	// CreateJob creates the Job of the last run.
	CreateJob Kind = "CreateJob"
	// LabelJob restores the labels of the ExtendedJob's Jobs on Job.
	LabelJob Kind = "LabelJob"
	// StoreOutput reads the output of the finished Job and writes it to its Secrets.
	StoreOutput Kind = "StoreOutput"
	// Settle sets the strategy to Strategy and records Settled.
	Settle Kind = "Settle"
	// WriteStatus writes Status.
	WriteStatus Kind = "WriteStatus"
	// DeleteJob deletes Job with its pods. A Job that had not finished is deleted
	// only if it is still as observed.
	DeleteJob Kind = "DeleteJob"
	// ReadOutputs looks for the Secrets of the output that the cache does not show.
	ReadOutputs Kind = "ReadOutputs"
	// SyncOwner makes the owner references of Secrets in OwnershipDrift match the
	// deletion policy, as many as one step takes.
	SyncOwner Kind = "SyncOwner"
	// DeleteVersion deletes Prunable versions of the output if they are still as
	// observed, as many as one step takes.
	DeleteVersion Kind = "DeleteVersion"
)

// Step is the one next thing to do. Kind determines which fields are set.
type Step struct {
	Kind     Kind
	After    time.Duration
	Status   *fissilev1.ExtendedJobStatus
	Job      *batchv1.Job
	Strategy fissilev1.TriggerStrategy
	Settled  Settled
	// Run is the run that Settle or WriteStatus settles, and Outcome how it ended.
	// Both are nil if the step settles none.
	Run     *fissilev1.Run
	Outcome *Outcome
	// Renewed is true when Claim renews an earlier claim of the same run.
	Renewed bool
	// RequestMerged is true when Settle sets back a request although the ExtendedJob
	// was edited during the run.
	RequestMerged bool
}
