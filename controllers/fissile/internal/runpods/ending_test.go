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

package runpods

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAFailedRunSaysWhichContainerFailedAndWhereItsLogIs(t *testing.T) {
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "ej-1", UID: "job"},
		Status:     batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue}}},
	}
	completed := job.DeepCopy()
	completed.Status.Conditions[0].Type = batchv1.JobComplete
	terminated := func(container string, code int32, reason string, at int64) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: container, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: code, Reason: reason, FinishedAt: metav1.Unix(at, 0), Message: "text that nobody asked for",
		}}}
	}
	pod := func(name string, statuses ...corev1.ContainerStatus) corev1.Pod {
		return corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: "ns", Name: name,
				OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job"))},
			},
			Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: statuses},
		}
	}
	foreign := pod("foreign", terminated("main", 9, "Error", 9))
	foreign.OwnerReferences[0].UID = "another"
	prepared := pod("ej-1-a")
	prepared.Status.InitContainerStatuses = []corev1.ContainerStatus{terminated("prepare", 1, "Error", 1)}

	for name, test := range map[string]struct {
		job  *batchv1.Job
		pods []corev1.Pod
		gone bool
		want string
	}{
		"by its exit code": {
			job: job, pods: []corev1.Pod{pod("ej-1-a", terminated("main", 3, "Error", 1))},
			want: "Container main exited with code 3; its log: kubectl logs -n ns ej-1-a -c main",
		},
		"with the kubelet's reason": {
			job: job, pods: []corev1.Pod{pod("ej-1-a", terminated("main", 137, "OOMKilled", 1))},
			want: "Container main exited with code 137 (OOMKilled); its log: kubectl logs -n ns ej-1-a -c main",
		},
		"of the newest attempt": {
			job: job, pods: []corev1.Pod{pod("ej-1-b", terminated("main", 4, "Error", 2)), pod("ej-1-a", terminated("main", 3, "Error", 1)), foreign},
			want: "Container main exited with code 4; its log: kubectl logs -n ns ej-1-b -c main",
		},
		"of several containers": {
			job: job, pods: []corev1.Pod{pod("ej-1-a", terminated("main", 0, "Completed", 2), terminated("helper", 2, "Error", 1))},
			want: "Container helper exited with code 2; its log: kubectl logs -n ns ej-1-a -c helper",
		},
		"of an init container": {
			job: job, pods: []corev1.Pod{prepared},
			want: "Container prepare exited with code 1; its log: kubectl logs -n ns ej-1-a -c prepare",
		},
		"without a log that will be gone": {
			job: job, pods: []corev1.Pod{pod("ej-1-a", terminated("main", 3, "Error", 1))}, gone: true,
			want: "Container main exited with code 3.",
		},
		"not if no container failed":   {job: job, pods: []corev1.Pod{pod("ej-1-a", terminated("main", 0, "Completed", 1))}},
		"not if its pods are gone":     {job: job},
		"not if the Job has succeeded": {job: completed, pods: []corev1.Pod{pod("ej-1-a", terminated("main", 3, "Error", 1))}},
		"not without a Job":            {pods: []corev1.Pod{pod("ej-1-a", terminated("main", 3, "Error", 1))}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Ending(test.job, test.pods, !test.gone); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
