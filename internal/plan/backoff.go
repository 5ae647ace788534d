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
	backoffFirst = 10 * time.Second
	backoffMost  = 5 * time.Minute
)

// patience is how many consecutive runs are not delayed. Runs are consecutive if the
// next one starts within `within` of the earliest time it could.
type patience struct {
	runs   int32
	within time.Duration
}

func patienceWith(cause fissilev1.RunCause) patience {
	switch cause {
	case fissilev1.CauseNow:
		return patience{runs: 9, within: time.Minute}
	case fissilev1.CauseConfigChange, fissilev1.CauseTemplateChange:
		return patience{runs: 5, within: 10 * time.Second}
	case fissilev1.CauseOnce, fissilev1.CauseRequest:
	}
	return patience{}
}

// streak returns the number of consecutive runs, including the next one, and how long
// after the end of the previous run that one may start.
func (o *Observation) streak(cause fissilev1.RunCause) (int32, time.Duration) {
	run := o.lastRun()
	p := patienceWith(cause)
	if run == nil || run.Cause != cause || p.runs == 0 {
		return 1, 0
	}
	streak := max(run.Streak, 1) + 1
	delay := backoff(streak - p.runs)
	if o.Now.Sub(endOf(run)) > delay+p.within {
		return 1, 0
	}
	return streak, delay
}

// backoff returns the delay of the n-th run of a streak beyond patience.
func backoff(n int32) time.Duration {
	if n < 1 {
		return 0
	}
	delay := backoffFirst
	for range n - 1 {
		if delay *= 2; delay >= backoffMost {
			return backoffMost
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
