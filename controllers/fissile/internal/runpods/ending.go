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
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Ending returns which container of a failed Job ended last with an error, how it ended
// and, if the Job stays, how to read its log. It returns "" if no pod shows that.
func Ending(job *batchv1.Job, pods []corev1.Pod, stays bool) string {
	if job == nil {
		return ""
	}
	if finished := runjob.Finished(job); finished == nil || finished.Type != batchv1.JobFailed {
		return ""
	}
	var last *corev1.Pod
	var status *corev1.ContainerStatus
	for i := range pods {
		pod := &pods[i]
		if owner := metav1.GetControllerOf(pod); owner == nil || owner.UID != job.UID {
			continue
		}
		if failed := failedContainer(pod); failed != nil && (last == nil || CompareEnds(*pod, *last) > 0) {
			last, status = pod, failed
		}
	}
	if last == nil {
		return ""
	}
	how := fmt.Sprintf("exited with code %d", status.State.Terminated.ExitCode)
	if reason := status.State.Terminated.Reason; reason != "" && reason != "Error" {
		how = fmt.Sprintf("%s (%s)", how, reason)
	}
	if !stays {
		return fmt.Sprintf("Container %s %s.", status.Name, how)
	}
	return fmt.Sprintf("Container %s %s; its log: kubectl logs -n %s %s -c %s", status.Name, how, last.Namespace, last.Name, status.Name)
}

// failedContainer returns the first container of a pod, init containers first, that
// ended with an error, or nil if none did. It skips the collector, which is not the
// user's.
func failedContainer(pod *corev1.Pod) *corev1.ContainerStatus {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range statuses {
			if ended := statuses[i].State.Terminated; ended != nil && ended.ExitCode != 0 && statuses[i].Name != runjob.CollectorContainer {
				return &statuses[i]
			}
		}
	}
	return nil
}
