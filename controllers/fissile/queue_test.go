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
	"slices"
	"strconv"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func TestRunsThatHaveFinishedAreWorkedOnFirst(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := fissilev1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(fissilev1.GroupVersion.WithKind("ExtendedJob"), meta.RESTScopeNamespace)
	jobs := finishedFirst{handler.EnqueueRequestForOwner(scheme, mapper, &fissilev1.ExtendedJob{}, handler.OnlyControllerOwner())}
	queue := newFairQueue("", newRetryLimiter())
	defer queue.ShutDown()

	queue.Add(request("created-before"))
	jobs.Update(t.Context(), changed("running"), queue)
	jobs.Update(t.Context(), changed("complete", batchv1.JobComplete), queue)
	queue.Add(request("created-after"))
	jobs.Update(t.Context(), changed("failed", batchv1.JobFailed), queue)

	for _, want := range []string{"complete", "failed", "created-before", "running", "created-after"} {
		got, _ := queue.Get()
		if got.Name != want {
			t.Errorf("got %s, want %s", got.Name, want)
		}
		queue.Done(got)
	}
}

func TestNamespacesTakeTurnsInTheQueue(t *testing.T) {
	queue := newFairQueue("", newRetryLimiter()).(priorityqueue.PriorityQueue[reconcile.Request])
	defer queue.ShutDown()
	in := func(namespace, name string) reconcile.Request {
		return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
	}
	for i := range 1000 {
		queue.Add(in("busy", strconv.Itoa(i)))
	}
	queue.Add(in("calm", "first"))
	queue.Add(in("calm", "second"))
	queue.Add(in("quiet", "only"))
	queue.AddWithOpts(priorityqueue.AddOpts{Priority: new(1)}, in("busy", "999"), in("quiet", "urgent"))
	queue.AddWithOpts(priorityqueue.AddOpts{Priority: new(handler.LowPriority)}, in("late", "at the start"))

	var order []string
	for range 8 {
		got, _, _ := queue.GetWithPriority()
		order = append(order, got.String())
		queue.Done(got)
	}
	if want := []string{
		"busy/999", "quiet/urgent", "busy/0", "calm/first", "quiet/only", "busy/1", "calm/second", "busy/2",
	}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
	for range 996 {
		got, priority, _ := queue.GetWithPriority()
		if got.Namespace != "busy" || priority != 0 {
			t.Fatalf("got %s with priority %d, want what is left of the busy namespace", got, priority)
		}
		queue.Done(got)
	}
	if last, priority, _ := queue.GetWithPriority(); last != in("late", "at the start") || priority != handler.LowPriority {
		t.Errorf("got %s with priority %d at last", last, priority)
	}
	if n := queue.Len(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// changed returns the event for a change of an ExtendedJob's Job to these conditions.
func changed(extendedJob string, conditions ...batchv1.JobConditionType) event.UpdateEvent {
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
		Namespace: "default", ResourceVersion: "1",
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob", Name: extendedJob, Controller: new(true),
		}},
	}}
	after := job.DeepCopy()
	after.ResourceVersion = "2"
	for _, condition := range conditions {
		after.Status.Conditions = append(after.Status.Conditions, batchv1.JobCondition{Type: condition, Status: corev1.ConditionTrue})
	}
	return event.UpdateEvent{ObjectOld: job, ObjectNew: after}
}

func request(extendedJob string) reconcile.Request {
	r := reconcile.Request{}
	r.Namespace, r.Name = "default", extendedJob
	return r
}

func TestAReconcileThatWaitsForALogDoesNotEndASeriesOfFailures(t *testing.T) {
	reading := true
	limiter := retryLimiter{newRetryLimiter(), func(types.NamespacedName) bool { return reading }}
	item := request("ej")
	limiter.When(item)
	limiter.Forget(item)
	if limiter.NumRequeues(item) != 1 {
		t.Error("the failures are forgotten while the log is read")
	}
	reading = false
	limiter.Forget(item)
	if limiter.NumRequeues(item) != 0 {
		t.Error("the failures are not forgotten after the log was read")
	}
}
