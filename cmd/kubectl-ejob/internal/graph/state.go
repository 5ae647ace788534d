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

package graph

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// stateOf returns the state of an ExtendedJob, and why it is not running.
func stateOf(ej *fissilev1.ExtendedJob) (State, string) {
	run := ej.Status.LastRun
	switch {
	case ej.Status.Due != nil:
		return Waiting, waitingFor(ej.Status.Due)
	case run == nil && ptr.Deref(ej.Status.ObservedGeneration, -1) < 0:
		return Waiting, "not yet seen by the operator"
	case run == nil:
		return Idle, "has never run"
	case run.Result == "" && run.Message != "":
		return Running, fmt.Sprintf("run %d: %s", run.Number, run.Message)
	case run.Result == "":
		return Running, fmt.Sprintf("run %d is active", run.Number)
	case run.Result == fissilev1.ResultSucceeded:
		return Ready, fmt.Sprintf("run %d succeeded", run.Number)
	case run.Result == fissilev1.ResultCancelled:
		return Idle, fmt.Sprintf("run %d was cancelled", run.Number)
	case run.Message != "":
		return Failed, fmt.Sprintf("run %d failed: %s", run.Number, run.Message)
	default:
		return Failed, fmt.Sprintf("run %d failed: %s", run.Number, run.Reason)
	}
}

func waitingFor(due *fissilev1.DueRun) string {
	if due.Message != "" {
		return due.Message
	}
	return due.Reason
}

// OfDeployment returns a Deployment as a workload.
func OfDeployment(d *appsv1.Deployment) Workload {
	return replicated("Deployment", d.Namespace, d.Name, &d.Spec.Template.Spec, d.Status.ReadyReplicas, ptr.Deref(d.Spec.Replicas, 1))
}

// OfStatefulSet returns a StatefulSet as a workload.
func OfStatefulSet(s *appsv1.StatefulSet) Workload {
	return replicated("StatefulSet", s.Namespace, s.Name, &s.Spec.Template.Spec, s.Status.ReadyReplicas, ptr.Deref(s.Spec.Replicas, 1))
}

// OfDaemonSet returns a DaemonSet as a workload.
func OfDaemonSet(d *appsv1.DaemonSet) Workload {
	return replicated("DaemonSet", d.Namespace, d.Name, &d.Spec.Template.Spec, d.Status.NumberReady, d.Status.DesiredNumberScheduled)
}

func replicated(kind Kind, namespace, name string, pod *corev1.PodSpec, ready, wanted int32) Workload {
	workload := Workload{Kind: kind, Namespace: namespace, Name: name, Pod: pod, State: Ready}
	workload.Detail = fmt.Sprintf("%d of %d ready", ready, wanted)
	if ready < wanted {
		workload.State = Waiting
	}
	return workload
}

// OfJob returns a Job as a workload.
func OfJob(job *batchv1.Job) Workload {
	workload := Workload{Kind: "Job", Namespace: job.Namespace, Name: job.Name, Pod: &job.Spec.Template.Spec, State: Running, Detail: "is active"}
	for _, condition := range job.Status.Conditions {
		switch {
		case condition.Status != corev1.ConditionTrue:
		case condition.Type == batchv1.JobComplete:
			workload.State, workload.Detail = Ready, "completed"
		case condition.Type == batchv1.JobFailed:
			workload.State, workload.Detail = Failed, "failed: "+condition.Reason
		}
	}
	return workload
}

// OfCronJob returns a CronJob as a workload.
func OfCronJob(job *batchv1.CronJob) Workload {
	workload := Workload{Kind: "CronJob", Namespace: job.Namespace, Name: job.Name, Pod: &job.Spec.JobTemplate.Spec.Template.Spec, State: Ready, Detail: job.Spec.Schedule}
	switch {
	case ptr.Deref(job.Spec.Suspend, false):
		workload.State, workload.Detail = Idle, "suspended"
	case len(job.Status.Active) > 0:
		workload.State = Running
	}
	return workload
}
