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

package fissile

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// start claims a run and creates its Job.
func (v *outputTest) start() *batchv1.Job {
	v.Helper()
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
	return v.activeJob()
}

// activeJob is the one Job that has not finished.
func (v *outputTest) activeJob() *batchv1.Job {
	v.Helper()
	var jobs batchv1.JobList
	if err := v.client.List(v.Context(), &jobs); err != nil {
		v.Fatal(err)
	}
	for i := range jobs.Items {
		if plan.Finished(&jobs.Items[i]) == nil {
			return &jobs.Items[i]
		}
	}
	v.Fatalf("got Jobs %v, want one that has not finished", jobs.Items)
	return nil
}

// createPod makes a pod of a Job.
func (v *outputTest) createPod(job *batchv1.Job, name string, status corev1.PodStatus) *corev1.Pod {
	v.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: job.Namespace, Name: name, GenerateName: job.Name + "-",
			Labels:          plan.Merged(plan.Labels(v.ej), map[string]string{batchv1.ControllerUidLabel: string(job.UID)}),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job"))},
		},
		Status: status,
	}
	v.mustCreate(pod)
	return pod
}

// finish ends a Job.
func (v *outputTest) finish(job *batchv1.Job, condition batchv1.JobConditionType) {
	v.Helper()
	job.Status.Conditions = []batchv1.JobCondition{{Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(v.clock.Now())}}
	if err := v.client.Status().Update(v.Context(), job); err != nil {
		v.Fatal(err)
	}
}

// warn has the cluster say something of a pod or a Job.
func (v *outputTest) warn(about corev1.ObjectReference, reason, message string) {
	now := metav1.NewTime(v.clock.Now())
	v.events = append(v.events, corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: v.ej.Namespace}, InvolvedObject: about,
		Type: corev1.EventTypeWarning, Reason: reason, Message: message, FirstTimestamp: now, LastTimestamp: now,
	})
}

// expectRunning fails unless the condition Running is true with a reason and, if
// it is not empty, a message.
func (v *outputTest) expectRunning(reason, message string) {
	v.Helper()
	v.edit(func() {})
	running := meta.FindStatusCondition(v.ej.Status.Conditions, fissilev1.ConditionRunning)
	if running == nil || running.Status != metav1.ConditionTrue || running.Reason != reason || message != "" && running.Message != message {
		v.Errorf("got condition %+v, want %s: %s", running, reason, message)
	}
}

func TestAQuotaIsToldWhileAFailedJobIsKept(t *testing.T) {
	v := newOutputTest(t)
	job := v.start()
	v.createPod(job, "failed", corev1.PodStatus{Phase: corev1.PodFailed})
	v.finish(job, batchv1.JobFailed)
	v.reconcile()

	v.pass(time.Minute)
	job = v.start()
	v.warn(corev1.ObjectReference{Kind: "Job", UID: job.UID}, "FailedCreate", `Error creating: pods "x" is forbidden: exceeded quota: few`)
	v.pass(plan.Fence)
	v.reconcile()
	v.expectRunning(fissilev1.ReasonPodsNotRunning, "Pods cannot be created: exceeded quota: few")
}

func TestAQuotaIsToldThatComesBeforeARetry(t *testing.T) {
	v := newOutputTest(t)
	job := v.start()
	about := corev1.ObjectReference{Kind: "Job", UID: job.UID}
	v.warn(about, "FailedCreate", `Error creating: pods "x" is forbidden: exceeded quota: before`)
	v.pass(plan.Fence)
	v.createPod(job, "failed", corev1.PodStatus{Phase: corev1.PodFailed})
	v.reconcile()
	v.expectRunning(fissilev1.ReasonRunActive, "") // the pod was created since

	v.warn(about, "FailedCreate", `Error creating: pods "x" is forbidden: exceeded quota: few`)
	v.pass(v.requeueAfter)
	v.reconcile()
	v.expectRunning(fissilev1.ReasonPodsNotRunning, "Pods cannot be created: exceeded quota: few")
}

func TestAMountThatFailsIsToldUntilThePodRuns(t *testing.T) {
	v := newOutputTest(t)
	job := v.start()
	pod := v.createPod(job, "errand-x7k2p", corev1.PodStatus{Phase: corev1.PodPending, Conditions: onNode})
	v.reconcile()
	v.expectRunning(fissilev1.ReasonRunActive, "")
	v.warn(corev1.ObjectReference{Kind: "Pod", UID: pod.UID}, "FailedMount", `MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`)
	v.pass(v.requeueAfter)
	v.reconcile()
	v.expectRunning(fissilev1.ReasonPodsNotRunning, `FailedMount: MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`)
	if v.requeueAfter == 0 {
		t.Error("want another look at events later: another thing may go wrong")
	}

	v.pass(time.Minute)
	running := pod.DeepCopy()
	running.Status.Phase = corev1.PodRunning
	running.Status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(v.clock.Now())}},
	}}
	if !podPredicate().Update(event.UpdateEvent{ObjectOld: pod, ObjectNew: running}) {
		t.Error("nobody looks again when the pod runs")
	}
	if err := v.client.Status().Update(t.Context(), running); err != nil {
		t.Fatal(err)
	}
	v.reconcile()
	v.expectRunning(fissilev1.ReasonRunActive, "")
}

func TestAnInitContainerThatWorksIsNoReasonToAskForEvents(t *testing.T) {
	for name, policy := range map[string]*corev1.ContainerRestartPolicy{"an init container": nil, "a sidecar": new(corev1.ContainerRestartPolicyAlways)} {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{
				Spec: corev1.PodSpec{InitContainers: []corev1.Container{{Name: "first", RestartPolicy: policy}}},
				Status: corev1.PodStatus{Phase: corev1.PodPending, InitContainerStatuses: []corev1.ContainerStatus{{
					Name: "first", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, Started: new(false),
				}}},
			}
			if _, err := stripPod(pod); err != nil {
				t.Fatal(err)
			}
			const told = "Container first: its startup probe has not succeeded."
			if isPending, what := pending(pod), startupProbe(pod); isPending != (policy != nil) || (what == told) != (policy != nil) {
				t.Errorf("pending is %t and the obstacle %q", isPending, what)
			}
		})
	}
}

func TestWhichPodsHoldUpTheNextRun(t *testing.T) {
	type change func(pod *corev1.Pod, ej *fissilev1.ExtendedJob)
	orphan := func(generateName string) change {
		return func(pod *corev1.Pod, _ *fissilev1.ExtendedJob) {
			pod.OwnerReferences, pod.GenerateName = nil, generateName
		}
	}
	controller := func(kind, name string) change {
		return func(pod *corev1.Pod, _ *fissilev1.ExtendedJob) {
			pod.OwnerReferences[0].Kind, pod.OwnerReferences[0].Name = kind, name
		}
	}
	for name, test := range map[string]struct {
		change change
		holds  bool
	}{
		"a pod of a Job that is gone": {func(*corev1.Pod, *fissilev1.ExtendedJob) {}, true},
		"an orphan":                   {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) { orphan(plan.JobName(ej, 7)+"-")(pod, ej) }, true},
		"an orphan with an index":     {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) { orphan(plan.JobName(ej, 7)+"-3-")(pod, ej) }, true},
		"an orphan with an index and a name that is cut": {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) {
			orphan(plan.JobName(ej, 7)[:8]+"-3-")(pod, ej)
		}, true},
		"a debug copy":                        {orphan(""), false},
		"a pod that somebody made":            {orphan("mine-"), false},
		"a pod of another kind of controller": {controller("ReplicaSet", "web-7d4b9c"), false},
		"a pod of another's Job":              {controller("Job", "other-1"), false},
		"a pod of another Job of our name": {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) {
			controller("Job", plan.JobName(ej, 1))(pod, ej)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			v.finish(v.start(), batchv1.JobFailed)
			v.reconcile()
			v.pass(time.Hour)
			gone := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: plan.JobName(v.ej, 7), UID: "gone"}}
			pod := v.createPod(gone, "running", corev1.PodStatus{Phase: corev1.PodRunning})
			pod.Labels[batchv1.JobNameLabel] = gone.Name
			test.change(pod, v.ej)
			if err := v.client.Update(t.Context(), pod); err != nil {
				t.Fatal(err)
			}
			v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
			v.reconcile()
			v.edit(func() {})
			if holds := *v.ej.Status.Runs == 1; holds != test.holds {
				t.Errorf("it holds up the next run: %t, want %t", holds, test.holds)
			}
		})
	}
}

func TestTheOutputIsThatOfThePodOfTheJob(t *testing.T) {
	v := newOutputTest(t)
	job := v.start()
	own := v.createPod(job, "own", corev1.PodStatus{Phase: corev1.PodSucceeded})
	delete(own.Labels, batchv1.ControllerUidLabel) // the Job has a selector of its own
	if err := v.client.Update(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	v.pass(time.Minute)
	foreign := v.createPod(job, "planted", corev1.PodStatus{Phase: corev1.PodSucceeded})
	foreign.OwnerReferences = nil
	if err := v.client.Update(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	v.finish(job, batchv1.JobComplete)
	v.reconcile()
	v.expectPrinted("out-main-v1", "own")
}

// expectPrinted fails unless a Secret holds what a pod printed.
func (v *outputTest) expectPrinted(secret, pod string) {
	v.Helper()
	stored := &corev1.Secret{}
	if err := v.client.Get(v.Context(), client.ObjectKey{Namespace: "ns", Name: secret}, stored); err != nil {
		v.edit(func() {})
		v.Fatalf("%v; the status is %+v", err, v.ej.Status.Conditions)
	}
	if got := string(stored.Data["printed-by"]); got != pod {
		v.Errorf("Secret %s was printed by pod %q, want %q", secret, got, pod)
	}
}
