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

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// A trigger that comes back right after each run was not set by a person: a GitOps
// controller applies "now" over and over, or ExtendedJobs trigger each other in a
// circle. Such runs are delayed, and never dropped.
const (
	initialBackoff = 10 * time.Second
	maxBackoff     = 5 * time.Minute
)

// burst is how many consecutive runs are not delayed. Runs are consecutive if the next
// one starts within `within` of the earliest time it could.
type burst struct {
	runs   int32
	within time.Duration
}

func burstOf(cause fissilev1.RunCause) burst {
	switch cause {
	case fissilev1.CauseNow:
		return burst{runs: 9, within: time.Minute}
	case fissilev1.CauseConfigChange, fissilev1.CauseTemplateChange:
		return burst{runs: 5, within: 10 * time.Second}
	case fissilev1.CauseOnce, fissilev1.CauseRequest:
	}
	return burst{}
}

// streak returns the number of consecutive runs, including the next one, and how long
// after the end of the previous run that one may start.
func (o *Observation) streak(cause fissilev1.RunCause) (int32, time.Duration) {
	run := o.lastRun()
	burst := burstOf(cause)
	if run == nil || run.Cause != cause || burst.runs == 0 {
		return 1, 0
	}
	streak := max(run.Streak, 1) + 1
	delay := backoff(streak-burst.runs, initialBackoff, maxBackoff)
	if o.Now.Sub(endOf(run)) > delay+burst.within {
		return 1, 0
	}
	return streak, delay
}

// backoff returns the n-th of the delays that begin with an initial one and double up
// to a limit, or 0 if n is less than 1.
func backoff(n int32, initial, limit time.Duration) time.Duration {
	if n < 1 {
		return 0
	}
	delay := initial
	for range n - 1 {
		if delay *= 2; delay >= limit {
			return limit
		}
	}
	return delay
}

func endOf(run *fissilev1.Run) time.Time {
	if run.CompletionTime.IsZero() {
		return run.StartTime.Time
	}
	return run.CompletionTime.Time
}
