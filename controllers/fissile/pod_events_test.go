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
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// withoutPodsTest has errands, each with a Job without pods.
type withoutPodsTest struct {
	*outputTest
	errands []types.NamespacedName
}

// quickCache finds the one Job of an ExtendedJob without looking at all others, as a
// cache does and the fake client does not. There is nothing else to find.
type quickCache struct {
	client.Client
	jobs map[string]client.ObjectKey // by the UID of the ExtendedJob
}

func (c *quickCache) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	if err := c.Client.Create(ctx, obj, opts...); err != nil {
		return err
	}
	c.jobs[string(metav1.GetControllerOf(obj).UID)] = client.ObjectKeyFromObject(obj)
	return nil
}

func (c *quickCache) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	selected := (&client.ListOptions{}).ApplyOptions(opts).FieldSelector
	jobs, ok := list.(*batchv1.JobList)
	switch {
	case !ok:
		return nil
	case selected == nil:
		return c.Client.List(ctx, list, opts...)
	}
	uid, _ := selected.RequiresExactMatch(index.UID)
	key, created := c.jobs[uid]
	if !created {
		return nil
	}
	jobs.Items = make([]batchv1.Job, 1)
	return c.Get(ctx, key, &jobs.Items[0])
}

func newWithoutPodsTest(t *testing.T, errands int) *withoutPodsTest {
	t.Helper()
	v := &withoutPodsTest{outputTest: newOutputTest(t)}
	v.rewire(func(d *dependencies, _ *Options) { d.Client = &quickCache{v.client, make(map[string]client.ObjectKey)} })
	for i := range errands {
		errand := &fissilev1.ExtendedJob{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprintf("errand-%d", i)},
			Spec:       fissilev1.ExtendedJobSpec{Trigger: fissilev1.Trigger{Strategy: fissilev1.StrategyNow}},
		}
		errand.Spec.JobTemplate.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main"}}
		v.mustCreate(errand)
		v.errands = append(v.errands, client.ObjectKeyFromObject(errand))
	}
	v.reconcileAll()
	return v
}

func (v *withoutPodsTest) reconcileAll() {
	v.Helper()
	for _, key := range v.errands {
		if _, err := v.r.Reconcile(v.Context(), ctrl.Request{NamespacedName: key}); err != nil {
			v.Fatal(err)
		}
	}
}

// attempt lets the Job controller try to create the pods of all Jobs, each time under
// another name.
func (v *withoutPodsTest) attempt(message string) {
	v.Helper()
	var jobs batchv1.JobList
	if err := v.client.List(v.Context(), &jobs); err != nil {
		v.Fatal(err)
	}
	v.events = nil
	for _, job := range jobs.Items {
		pod := job.Name + "-" + utilrand.String(5)
		v.events = append(v.events, corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{Namespace: job.Namespace, Name: pod},
			InvolvedObject: corev1.ObjectReference{Kind: "Job", Name: job.Name, UID: job.UID},
			Type:           corev1.EventTypeWarning, Reason: "FailedCreate",
			Message:       strings.ReplaceAll(message, "POD", pod),
			LastTimestamp: metav1.NewTime(v.clock.Now()),
		})
	}
}

// kept returns the messages that say what keeps pods from running, and how many errands
// have each.
func (v *withoutPodsTest) kept() map[string]int {
	v.Helper()
	messages := make(map[string]int)
	for _, key := range v.errands {
		ej := &fissilev1.ExtendedJob{}
		if err := v.client.Get(v.Context(), key, ej); err != nil {
			v.Fatal(err)
		}
		if c := meta.FindStatusCondition(ej.Status.Conditions, fissilev1.ConditionRunning); c != nil && c.Reason == fissilev1.ReasonPodsNotRunning {
			messages[c.Message]++
		}
	}
	return messages
}

func TestManyJobsWithoutPodsShareOneReadOfEvents(t *testing.T) {
	for name, run := range map[string]struct{ errands, minutes int }{
		"many":         {200, 2},
		"for a longer": {2, 20},
	} {
		t.Run(name, func(t *testing.T) {
			v := newWithoutPodsTest(t, run.errands)
			texts := make(map[string]bool)
			for range run.minutes * 4 {
				v.pass(15 * time.Second)
				v.attempt(fmt.Sprintf(`Error creating: pods "POD" is forbidden: exceeded quota: few, requested: pods=1, used: pods=%d, limited: pods=100`, v.clock.Now().Second()))
				v.reconcileAll()
				for text := range v.kept() {
					texts[text] = true
				}
			}
			const want = "Pods cannot be created: exceeded quota: few, requested: pods=1, limited: pods=100"
			if got := v.kept(); got[want] != run.errands {
				t.Errorf("got messages %v, want %q in all", got, want)
			}
			if len(texts) != 1 {
				t.Errorf("there were %d different messages, want one that stays the same", len(texts))
			}
			t.Logf("%d lists of events for %d Jobs in %d minutes", v.eventLists, run.errands, run.minutes)
			if most := 2*run.minutes + 1; v.eventLists > most {
				t.Errorf("events were listed %d times, want %d at most", v.eventLists, most)
			}
		})
	}
}

func TestEventsThatCannotBeReadAreReadLater(t *testing.T) {
	v := newWithoutPodsTest(t, 1)
	v.listEvents = func() error { return errors.New("out of order") }
	v.pass(plan.CreateWindow)
	v.attempt(`Error creating: pods "POD" is forbidden: violates PodSecurity "restricted:latest": privileged`)
	v.reconcileAll()
	if got := v.kept(); len(got) != 0 {
		t.Errorf("got messages %v before anything is known", got)
	}
	v.listEvents = nil
	v.pass(15 * time.Second)
	v.reconcileAll()
	const want = `Pods cannot be created: violates PodSecurity "restricted:latest": privileged`
	if got := v.kept(); got[want] != 1 {
		t.Errorf("got messages %v, want %q", got, want)
	}
}

func TestNobodyWaitsWhileEventsAreReadForAnother(t *testing.T) {
	v := newWithoutPodsTest(t, 2)
	v.pass(plan.CreateWindow)
	v.attempt(`Error creating: pods "POD" is forbidden: exceeded quota: few`)
	other := v.errands[1]
	v.listEvents = func() error {
		// One worker lists events while another one looks.
		v.listEvents = nil
		_, err := v.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: other})
		return err
	}
	v.reconcileAll()
	const want = "Pods cannot be created: exceeded quota: few"
	if got := v.kept(); got[want] != 2 {
		t.Errorf("got messages %v, want %q in both", got, want)
	}
	if v.eventLists != 1 {
		t.Errorf("events were listed %d times, want once", v.eventLists)
	}
}
