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
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// start claims a run and creates its Job.
func (v *outputTest) start() *batchv1.Job {
	v.Helper()
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
	return v.activeJob()
}

// activeJob returns the one Job that has not finished.
func (v *outputTest) activeJob() *batchv1.Job {
	v.Helper()
	var jobs batchv1.JobList
	if err := v.client.List(v.Context(), &jobs); err != nil {
		v.Fatal(err)
	}
	for i := range jobs.Items {
		if runjob.Finished(&jobs.Items[i]) == nil {
			return &jobs.Items[i]
		}
	}
	v.Fatalf("got Jobs %v, want one that has not finished", jobs.Items)
	return nil
}

// createPod creates a pod of a Job.
func (v *outputTest) createPod(job *batchv1.Job, name string, status corev1.PodStatus) *corev1.Pod {
	v.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: job.Namespace, Name: name, GenerateName: job.Name + "-",
			Labels:          labels.Merge(runjob.Labels(v.ej), map[string]string{batchv1.ControllerUidLabel: string(job.UID)}),
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

// warn records a warning event of the cluster about a pod or Job.
func (v *outputTest) warn(about corev1.ObjectReference, reason, message string) {
	now := metav1.NewTime(v.clock.Now())
	v.events = append(v.events, corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: v.ej.Namespace}, InvolvedObject: about,
		Type: corev1.EventTypeWarning, Reason: reason, Message: message, FirstTimestamp: now, LastTimestamp: now,
	})
}

// expectRunning fails unless the condition Running is true with that reason and, if it
// is not empty, that message.
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
	v.pass(plan.CreateWindow)
	v.reconcile()
	v.expectRunning(fissilev1.ReasonPodsNotRunning, "Pods cannot be created: exceeded quota: few")
}

func TestAQuotaIsToldThatComesBeforeARetry(t *testing.T) {
	v := newOutputTest(t)
	job := v.start()
	about := corev1.ObjectReference{Kind: "Job", UID: job.UID}
	v.warn(about, "FailedCreate", `Error creating: pods "x" is forbidden: exceeded quota: before`)
	v.pass(plan.CreateWindow)
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
	pod := v.createPod(job, "errand-x7k2p", corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
	}})
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
	if !runpods.Predicate().Update(event.UpdateEvent{ObjectOld: pod, ObjectNew: running}) {
		t.Error("nobody looks again when the pod runs")
	}
	if err := v.client.Status().Update(t.Context(), running); err != nil {
		t.Fatal(err)
	}
	v.reconcile()
	v.expectRunning(fissilev1.ReasonRunActive, "")
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
		"an orphan":                   {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) { orphan(runjob.JobName(ej, 7)+"-")(pod, ej) }, true},
		"an orphan with an index":     {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) { orphan(runjob.JobName(ej, 7)+"-3-")(pod, ej) }, true},
		"an orphan with an index and a name that is cut": {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) {
			orphan(runjob.JobName(ej, 7)[:8]+"-3-")(pod, ej)
		}, true},
		"a debug copy":                        {orphan(""), false},
		"a pod that somebody made":            {orphan("mine-"), false},
		"a pod of another kind of controller": {controller("ReplicaSet", "web-7d4b9c"), false},
		"a pod of another's Job":              {controller("Job", "other-1"), false},
		"a pod of another Job of our name": {func(pod *corev1.Pod, ej *fissilev1.ExtendedJob) {
			controller("Job", runjob.JobName(ej, 1))(pod, ej)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			v.finish(v.start(), batchv1.JobFailed)
			v.reconcile()
			v.pass(time.Hour)
			gone := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: runjob.JobName(v.ej, 7), UID: "gone"}}
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

func TestTheOutputIsThatOfTheLastAttempt(t *testing.T) {
	failedAt := func(end time.Time) corev1.PodStatus {
		return corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{ContainerID: "containerd://1", FinishedAt: metav1.NewTime(end)},
		}}}}
	}
	for name, test := range map[string]struct {
		// cached is false if the cache does not show the last pod yet.
		cached bool
		apart  time.Duration
	}{
		"when the cache lags behind the Job": {false, 30 * time.Second},
		"when both ended in the same second": {true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			v.edit(func() { v.ej.Spec.Output.WriteOnFailure = new(true) })
			job := v.start()
			v.createPod(job, "z-first", failedAt(v.clock.Now()))
			second := v.createPod(job, "a-second", failedAt(v.clock.Now().Add(test.apart)))
			second.Finalizers = []string{batchv1.JobTrackingFinalizer} // a later write than that of the first
			if err := v.client.Update(t.Context(), second); err != nil {
				t.Fatal(err)
			}
			if !test.cached {
				v.rewire(func(d *dependencies, _ *Options) { d.Client = laggingPods{v.client, "a-second"} })
			}
			job.Status.Failed = 2
			v.finish(job, batchv1.JobFailed)
			v.reconcile()
			v.expectPrinted("out-main-v1", "a-second")
		})
	}
}

// laggingPods is a cache that does not show a pod yet.
type laggingPods struct {
	client.Client
	missing string
}

func (c laggingPods) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := c.Client.List(ctx, list, opts...); err != nil {
		return err
	}
	if pods, ok := list.(*corev1.PodList); ok {
		pods.Items = slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return pod.Name == c.missing })
	}
	return nil
}

func TestAContainerThatNeverStartedHasNoLog(t *testing.T) {
	waiting := []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "PodInitializing"}}}}
	for want, status := range map[string]corev1.PodStatus{
		"Container main has no log: the container never started, because init container wait-for-db failed with exit code 3.": {
			ContainerStatuses: waiting,
			InitContainerStatuses: []corev1.ContainerStatus{{Name: "wait-for-db", State: corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{ContainerID: "containerd://1", ExitCode: 3},
			}}},
		},
		"Container main has no log: the container never started, because the pod was stopped: Evicted: The node was low on resource: memory.": {
			Reason: "Evicted", Message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi.",
		},
		"Container main has no log: the container never started: ContainerStatusUnknown: The container could not be located when the pod was terminated.": {
			ContainerStatuses: []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				ExitCode: 137, Reason: "ContainerStatusUnknown", Message: "The container could not be located when the pod was terminated",
			}}}},
		},
	} {
		v := newOutputTest(t)
		v.edit(func() { v.ej.Spec.Output.WriteOnFailure = new(true) })
		// The API server answers so each time that it is asked.
		v.logFailure = apierrors.NewBadRequest(`container "main" in pod "failed" is waiting to start: PodInitializing`)
		job := v.start()
		status.Phase = corev1.PodFailed
		v.createPod(job, "failed", status)
		v.finish(job, batchv1.JobFailed)
		if _, err := v.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)}); err != nil {
			t.Error(err)
		}
		v.expectPersisted(fissilev1.ReasonOutputUnavailable)
		persisted := meta.FindStatusCondition(v.ej.Status.Conditions, fissilev1.ConditionOutputPersisted)
		if persisted == nil || persisted.Message != want {
			t.Errorf("got condition %+v\nwant %s", persisted, want)
		}
	}
}

func TestAFailedRunTellsItsEnding(t *testing.T) {
	v := newOutputTest(t)
	v.edit(func() { v.ej.Spec.Trigger.Strategy = "now" })
	v.reconcile()
	var jobs batchv1.JobList
	if err := v.client.List(t.Context(), &jobs); err != nil || len(jobs.Items) != 1 {
		t.Fatalf("got Jobs %v, error %v, want one", jobs.Items, err)
	}
	job := &jobs.Items[0]
	v.mustCreate(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "failed", Labels: job.Spec.Template.Labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job"))},
		},
		Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "main", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 3, Reason: "Error"}},
		}}},
	})
	job.Status.Conditions = []batchv1.JobCondition{{
		Type: batchv1.JobFailed, Status: corev1.ConditionTrue, Reason: "BackoffLimitExceeded",
		Message: "Job has reached the specified backoff limit", LastTransitionTime: metav1.NewTime(v.clock.Now().Truncate(time.Second)),
	}}
	if err := v.client.Status().Update(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	v.reconcile()
	v.edit(func() {})
	want := "Job has reached the specified backoff limit. Container main exited with code 3; its log: kubectl logs -n ns failed -c main"
	if got := v.ej.Status.LastRun.Message; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want %q at the end", got, want)
	}
}
