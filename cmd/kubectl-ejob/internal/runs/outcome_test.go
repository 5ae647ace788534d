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
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func ended(name string, code int32, after time.Duration) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: code, FinishedAt: metav1.NewTime(start.Add(after)),
	}}}
}

func pod(created time.Duration, statuses ...corev1.ContainerStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(start.Add(created))},
		Status:     corev1.PodStatus{ContainerStatuses: statuses},
	}
}

func TestTheExitCodeIsThatOfTheContainerThatFailed(t *testing.T) {
	restarted := ended("main", 3, 0)
	restarted.LastTerminationState, restarted.State = restarted.State, corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}
	sidecar := pod(0, ended("main", 4, time.Second))
	sidecar.Spec.InitContainers = []corev1.Container{{Name: "proxy", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}}
	sidecar.Status.InitContainerStatuses = []corev1.ContainerStatus{ended("proxy", 143, 0)}
	initFailed := pod(0, corev1.ContainerStatus{Name: "main"})
	initFailed.Status.InitContainerStatuses = []corev1.ContainerStatus{ended("init", 5, 0)}
	for name, test := range map[string]struct {
		result fissilev1.RunResult
		reason string
		pods   []*corev1.Pod
		want   int
	}{
		"success":                     {result: succeeded, pods: []*corev1.Pod{pod(0, ended("main", 7, 0))}, want: 0},
		"failure":                     {result: failed, pods: []*corev1.Pod{pod(0, ended("main", 7, 0))}, want: 7},
		"of several, the first":       {result: failed, pods: []*corev1.Pod{pod(0, ended("a", 143, time.Second), ended("b", 7, 0), ended("c", 0, 0))}, want: 7},
		"the last attempt":            {result: failed, pods: []*corev1.Pod{pod(0, ended("main", 1, 0)), pod(time.Minute, ended("main", 2, time.Minute))}, want: 2},
		"a container that restarts":   {result: failed, pods: []*corev1.Pod{pod(0, restarted)}, want: 3},
		"not a sidecar":               {result: failed, pods: []*corev1.Pod{sidecar}, want: 4},
		"an init container":           {result: failed, pods: []*corev1.Pod{initFailed}, want: 5},
		"no pod":                      {result: failed, want: 1},
		"output refused":              {result: failed, reason: fissilev1.ReasonOutputRefused, pods: []*corev1.Pod{pod(0, ended("main", 0, 0))}, want: 1},
		"stopped at the deadline":     {result: failed, reason: "DeadlineExceeded", pods: []*corev1.Pod{pod(0, ended("main", 137, 0))}, want: 1},
		"stopped, as its Job is gone": {result: fissilev1.ResultAborted, pods: []*corev1.Pod{pod(0, ended("main", 137, 0))}, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			state := State{Run: fissilev1.Run{Result: test.result, Reason: test.reason}}
			if got := state.ExitCode(test.pods); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
}

func TestTheSummaryNamesResultReasonDurationAndSecrets(t *testing.T) {
	state := State{
		Run: fissilev1.Run{
			Number: 7, Result: failed, Reason: "BackoffLimitExceeded", Message: "Container main exited with code 7.",
			StartTime: metav1.NewTime(start), CompletionTime: metav1.NewTime(start.Add(14 * time.Second)),
		},
		Secrets: []string{"out-a", "out-b"},
	}
	const want = "Run 7 failed after 14s, BackoffLimitExceeded: Container main exited with code 7. Output: out-a, out-b."
	if got := state.Summary(); got != want {
		t.Error(got)
	}
}

func TestWhyARunWasStarted(t *testing.T) {
	for want, report := range map[string]Report{
		"ConfigMap a, Secret b":     {Cause: fissilev1.CauseConfigChange, ChangedInputs: []fissilev1.ObjectName{{Kind: "ConfigMap", Name: "a"}, {Kind: "Secret", Name: "b"}}},
		`requestID was set to "v2"`: {Cause: fissilev1.CauseRequest, RequestID: "v2"},
		`strategy was set to "now"`: {Cause: fissilev1.CauseNow},
		"one-off":                   {Cause: fissilev1.CauseOnce},
		"jobTemplate":               {Cause: fissilev1.CauseTemplateChange},
		"cancelled":                 {Cause: fissilev1.CauseNow, Result: fissilev1.ResultCancelled},
	} {
		if got := Cause(&report); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

func TestWhyNothingRunsAndWhatToDoNext(t *testing.T) {
	observed := func(ej *fissilev1.ExtendedJob) *fissilev1.ExtendedJob {
		ej.Status.ObservedGeneration = new(ej.Generation)
		return ej
	}
	due := func(reason string) *fissilev1.ExtendedJob {
		ej := observed(state(now))
		ej.Status.Due = &fissilev1.DueRun{Cause: fissilev1.CauseNow, Reason: reason, Message: "Missing: Secret s."}
		return ej
	}
	stuck := run(1, fissilev1.CauseNow, "")
	stuck.Reason, stuck.Message = fissilev1.ReasonPodsNotRunning, "ErrImagePull"
	for name, test := range map[string]struct {
		ej        *fissilev1.ExtendedJob
		why, next string
	}{
		"the operator is away": {state(now), "operator", "kubectl get pods"},
		"references missing":   {due(fissilev1.ReasonReferencesMissing), "Missing: Secret s.", "Create the missing objects"},
		"suspended":            {due(fissilev1.ReasonSuspended), "is waiting", "kubectl ejob resume errand"},
		"delayed":              {due(fissilev1.ReasonTriggerBackoff), "is waiting", "kubectl ejob cancel errand"},
		"nobody asked":         {observed(state(manual)), "errand", "kubectl ejob run errand"},
		"a one-off has been":   {observed(state(fissilev1.Trigger{Strategy: fissilev1.StrategyDone})), "updateOnConfigChange", "kubectl ejob run errand"},
		"a served request":     {observed(state(asked("a"))), "on request", "kubectl ejob run errand"},
		"the last run failed":  {observed(state(manual, run(1, fissilev1.CauseNow, failed))), "errand", "kubectl ejob logs errand"},
		"the image is missing": {observed(state(now, stuck)), "", "kubectl ejob cancel errand"},
		"a run is under way":   {observed(state(now, run(1, fissilev1.CauseNow, ""))), "", "kubectl ejob logs errand --follow"},
	} {
		t.Run(name, func(t *testing.T) {
			if why := strings.Join(Standstill(test.ej), " "); !strings.Contains(why, test.why) {
				t.Errorf("why: %q", why)
			}
			if next := Next(test.ej, command); !strings.Contains(next, test.next) {
				t.Errorf("next: %q", next)
			}
		})
	}
}
