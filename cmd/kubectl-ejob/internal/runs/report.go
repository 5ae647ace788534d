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

package runs

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Report is a run as --output=json and yaml have it.
type Report struct {
	Namespace       string                 `json:"namespace"`
	Name            string                 `json:"name"`
	Run             int64                  `json:"run"`
	Cause           fissilev1.RunCause     `json:"cause"`
	RequestID       string                 `json:"requestID,omitempty"`
	Job             string                 `json:"job,omitempty"`
	Result          fissilev1.RunResult    `json:"result,omitempty"`
	Reason          string                 `json:"reason,omitempty"`
	Message         string                 `json:"message,omitempty"`
	ExitCode        *int                   `json:"exitCode,omitempty"`
	StartTime       *metav1.Time           `json:"startTime,omitempty"`
	DurationSeconds *int64                 `json:"durationSeconds,omitempty"`
	Secrets         []string               `json:"secrets,omitempty"`
	ChangedInputs   []fissilev1.ObjectName `json:"changedInputs,omitempty"`
}

// NewReport returns a report of a run.
func NewReport(namespace, name string, state *State) *Report {
	run := &state.Run
	report := &Report{
		Namespace:     namespace,
		Name:          name,
		Run:           run.Number,
		Cause:         run.Cause,
		RequestID:     run.RequestID,
		Job:           run.JobName,
		Result:        run.Result,
		Reason:        run.Reason,
		Message:       run.Message,
		Secrets:       state.Secrets,
		ChangedInputs: run.ChangedInputs,
	}
	if !run.StartTime.IsZero() {
		report.StartTime = &run.StartTime
	}
	if took, known := Took(run); known {
		report.DurationSeconds = new(int64(took / time.Second))
	}
	return report
}

// Reports are the runs that the status of an ExtendedJob tells of, newest first.
func Reports(ej *fissilev1.ExtendedJob) []Report {
	reports := []Report{}
	for _, run := range known(ej) {
		state := TrackRun(ej, run.Number).at(ej)
		reports = append(reports, *NewReport(ej.Namespace, ej.Name, &state))
	}
	return reports
}

// ServedBy is the number of the run that has served a requestID; false if the status
// tells of it no more.
func ServedBy(ej *fissilev1.ExtendedJob, id string) (int64, bool) {
	for _, run := range known(ej) { // newest first
		if run.RequestID == id && run.Result != "" && run.Result != fissilev1.ResultCancelled {
			return run.Number, true
		}
	}
	return 0, false
}
