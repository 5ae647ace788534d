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

package integration

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// logs is what each container of a pod prints.
type logs map[string]string

// jobsOf lists the Jobs of an ExtendedJob.
func jobsOf(ej *fissilev1.ExtendedJob) func() ([]batchv1.Job, error) {
	return func() ([]batchv1.Job, error) {
		var list batchv1.JobList
		err := plane.client.List(context.Background(), &list, client.InNamespace(ej.Namespace),
			client.MatchingLabels{fissilev1.LabelUID: string(ej.UID)})
		return list.Items, err
	}
}

// jobsEver returns how many Jobs the operator has created in the spec's namespace.
func jobsEver() int {
	var created int
	for _, code := range plane.audit.creations(namespace, "jobs") {
		if code < 300 {
			created++
		}
	}
	return created
}

// activeJob waits until the Job of a run exists.
func activeJob(ej *fissilev1.ExtendedJob, number int64) *batchv1.Job {
	GinkgoHelper()
	job := &batchv1.Job{}
	Eventually(func(g Gomega) {
		current := &fissilev1.ExtendedJob{}
		g.Expect(plane.client.Get(context.Background(), client.ObjectKeyFromObject(ej), current)).To(Succeed())
		g.Expect(current.Status.LastRun).To(HaveValue(HaveField("Number", number)))
		key := client.ObjectKey{Namespace: ej.Namespace, Name: current.Status.LastRun.JobName}
		g.Expect(plane.client.Get(context.Background(), key, job)).To(Succeed())
	}).Should(Succeed())
	return job
}

// complete plays the Job controller and the kubelet for a Job whose pod
// succeeds.
func complete(job *batchv1.Job, printed logs) {
	GinkgoHelper()
	end(startPod(job), corev1.PodSucceeded, printed)
	succeed(job)
}

// succeed completes a Job whose pods are not used.
func succeed(job *batchv1.Job) {
	GinkgoHelper()
	job.Status.Succeeded = 1
	job.Status.CompletionTime = new(metav1.Now())
	finish(job, batchv1.JobComplete, batchv1.JobReasonCompletionsReached)
}

// fail plays them for a Job whose pods have failed too often.
func fail(job *batchv1.Job, printed logs) {
	GinkgoHelper()
	end(startPod(job), corev1.PodFailed, printed)
	job.Status.Failed = 1
	finish(job, batchv1.JobFailed, batchv1.JobReasonBackoffLimitExceeded)
}

// finish ends a Job like the Job controller of the API server's version.
func finish(job *batchv1.Job, end batchv1.JobConditionType, reason string) {
	GinkgoHelper()
	conditions := []batchv1.JobConditionType{end}
	if endsAreAnnounced.there() {
		before := map[batchv1.JobConditionType]batchv1.JobConditionType{
			batchv1.JobComplete: batchv1.JobSuccessCriteriaMet,
			batchv1.JobFailed:   batchv1.JobFailureTarget,
		}
		conditions = []batchv1.JobConditionType{before[end], end}
	}
	now := metav1.Now()
	job.Status.StartTime = new(job.CreationTimestamp)
	for _, conditionType := range conditions {
		job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{
			Type:               conditionType,
			Status:             corev1.ConditionTrue,
			Reason:             reason,
			Message:            "This is how it ended.",
			LastProbeTime:      now,
			LastTransitionTime: now,
		})
	}
	Expect(plane.client.Status().Update(context.Background(), job)).To(Succeed())
}

// end plays the kubelet for a pod that ends. It returns once a watch shows that.
func end(pod *corev1.Pod, phase corev1.PodPhase, printed logs) {
	GinkgoHelper()
	watching, err := plane.client.Watch(context.Background(), &corev1.PodList{}, client.InNamespace(pod.Namespace),
		client.MatchingFields{"metadata.name": pod.Name}, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: pod.ResourceVersion}})
	Expect(err).NotTo(HaveOccurred())
	defer watching.Stop()
	pod.Status.Phase = phase
	for _, container := range pod.Spec.Containers {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: container.Name,
			State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				ContainerID: "containerd://" + string(pod.UID),
				FinishedAt:  metav1.Now(),
			}},
		})
		node.print(pod, container.Name, printed[container.Name])
	}
	Expect(plane.client.Status().Update(context.Background(), pod)).To(Succeed())
	// The Job controller, too, learns from a watch that a pod has ended, before it counts the pod.
	Eventually(watching.ResultChan()).Should(Receive(HaveField("Object.Status.Phase", phase)))
}

// startPod plays the Job controller and the scheduler: it creates a pod of a Job.
func startPod(job *batchv1.Job) *corev1.Pod {
	GinkgoHelper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName:    job.Name + "-",
			Namespace:       job.Namespace,
			Labels:          job.Spec.Template.Labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job"))},
		},
		Spec: job.Spec.Template.Spec,
	}
	pod.Spec.NodeName = node.node
	Expect(plane.client.Create(context.Background(), pod)).To(Succeed())
	return pod
}
