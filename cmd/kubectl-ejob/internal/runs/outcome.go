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
	"fmt"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Held reports whether a run that is due or active waits for somebody to do
// something, and not only for time to pass.
func (s *State) Held() bool {
	switch s.Reason {
	case fissilev1.ReasonSuspended, fissilev1.ReasonReferencesMissing, fissilev1.ReasonNamespaceClosed,
		fissilev1.ReasonJobRejected, fissilev1.ReasonUndecodable:
		return true
	default:
		return false
	}
}

// ExitCode is the exit code for a run that is over: 0 if it succeeded, that of the
// container that made it fail, or 1 if none did. The newest pod
// that failed counts, and in it the container that failed first.
func (s *State) ExitCode(pods []*corev1.Pod) int {
	switch {
	case s.Run.Result == fissilev1.ResultSucceeded:
		return 0
	case s.Run.Result != fissilev1.ResultFailed || s.Run.Reason == batchv1.JobReasonDeadlineExceeded:
		return 1 // The exit codes of containers that were stopped mean nothing.
	}
	newestFirst := func(a, b *corev1.Pod) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) }
	for _, pod := range slices.SortedFunc(slices.Values(pods), newestFirst) {
		if code := exitCode(pod); code != 0 {
			return int(code)
		}
	}
	return 1
}

func exitCode(pod *corev1.Pod) int32 {
	var first *corev1.ContainerStateTerminated
	consider := func(status *corev1.ContainerStatus) {
		if ended := status.State.Terminated; ended != nil && ended.ExitCode == 0 {
			return // It failed before, and made up for it.
		}
		for _, ended := range []*corev1.ContainerStateTerminated{status.State.Terminated, status.LastTerminationState.Terminated} {
			if ended != nil && ended.ExitCode != 0 && (first == nil || ended.FinishedAt.Time.Before(first.FinishedAt.Time)) {
				first = ended
				return
			}
		}
	}
	sidecars := sidecarNames(pod)
	for i := range pod.Status.InitContainerStatuses {
		if status := &pod.Status.InitContainerStatuses[i]; !slices.Contains(sidecars, status.Name) {
			consider(status)
		}
	}
	for i := range pod.Status.ContainerStatuses {
		consider(&pod.Status.ContainerStatuses[i])
	}
	if first == nil {
		return 0
	}
	return first.ExitCode
}

// sidecarNames are the init containers that are stopped at the end of a pod, and
// do not decide about its result.
func sidecarNames(pod *corev1.Pod) []string {
	var names []string
	for i := range pod.Spec.InitContainers {
		if ptr.Deref(pod.Spec.InitContainers[i].RestartPolicy, "") == corev1.ContainerRestartPolicyAlways {
			names = append(names, pod.Spec.InitContainers[i].Name)
		}
	}
	return names
}

// Summary says in a sentence or two how a run ended.
func (s *State) Summary() string {
	var text strings.Builder
	fmt.Fprintf(&text, "Run %d %s", s.Run.Number, strings.ToLower(string(s.Run.Result)))
	if took, known := Took(&s.Run); known {
		fmt.Fprintf(&text, " after %s", duration.HumanDuration(took))
	}
	if s.Run.Reason != "" && s.Run.Reason != string(s.Run.Result) {
		fmt.Fprintf(&text, ", %s", s.Run.Reason)
	}
	if s.Run.Message == "" {
		text.WriteString(".")
	} else {
		fmt.Fprintf(&text, ": %s", s.Run.Message)
	}
	if len(s.Secrets) > 0 {
		fmt.Fprintf(&text, " Output: %s.", strings.Join(s.Secrets, ", "))
	}
	return text.String()
}

// Took is how long a run took, if that is known.
func Took(run *fissilev1.Run) (time.Duration, bool) {
	if run.CompletionTime.IsZero() || run.StartTime.IsZero() {
		return 0, false
	}
	return max(run.CompletionTime.Sub(run.StartTime.Time), 0), true
}
