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
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("An errand", func() {
	It("runs nothing while its strategy is manual, whatever else is edited (case 12)", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual).Output("foo"))
		Eventually(komega.Object(errand)).Should(ejob.BeIdle())
		edit(errand, func() {
			metav1.SetMetaDataLabel(&errand.ObjectMeta, "team", "blue")
			errand.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image = "busybox:1.37"
			errand.Spec.Output.NamePrefix = "bar"
		})
		Eventually(komega.Object(errand)).Should(ejob.BeIdle())
		Consistently(jobsEver).Should(BeZero())
	})

	DescribeTable("runs once when its strategy is set to now, and is manual again when the run has ended (case 13)", compat,
		func(ask func(*fissilev1.ExtendedJob) error) {
			errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual))
			Eventually(komega.Object(errand)).Should(ejob.BeIdle())
			Expect(ask(errand)).To(Succeed())
			job := activeJob(errand, 1)

			By("running")
			Eventually(komega.Object(errand)).Should(SatisfyAll(
				ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonRunActive),
				ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonRunActive),
				HaveField("Status.Active", job.Name),
			))
			Consistently(komega.Object(errand)).Should(ejob.HaveStrategy(fissilev1.StrategyNow))

			By("having run")
			complete(job, nil)
			Eventually(komega.Object(errand)).Should(SatisfyAll(
				ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
				ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionTrue, fissilev1.ReasonSucceeded),
				HaveField("Status.LastRun.Cause", fissilev1.CauseNow),
			))
			Eventually(jobsOf(errand)).Should(BeEmpty())
			Consistently(jobsEver).Should(Equal(1))
		},
		Entry("by an update", func(ej *fissilev1.ExtendedJob) error {
			return komega.Update(ej, func() { ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })()
		}),
		Entry("by a merge patch", func(ej *fissilev1.ExtendedJob) error {
			return plane.client.Patch(context.Background(), ej,
				client.RawPatch(types.MergePatchType, []byte(`{"spec":{"trigger":{"strategy":"now"}}}`)))
		}),
		Entry("by a JSON patch", func(ej *fissilev1.ExtendedJob) error {
			return plane.client.Patch(context.Background(), ej,
				client.RawPatch(types.JSONPatchType, []byte(`[{"op":"replace","path":"/spec/trigger/strategy","value":"now"}]`)))
		}),
		Entry("by server-side apply", func(ej *fissilev1.ExtendedJob) error {
			apply := manifest(ejob.New(ej.Namespace, ej.Name).Strategy(fissilev1.StrategyNow).Obj())
			return plane.client.Apply(context.Background(), client.ApplyConfigurationFromUnstructured(apply),
				client.FieldOwner("someone"), client.ForceOwnership)
		}),
		Entry("in v1alpha1", func(ej *fissilev1.ExtendedJob) error {
			return plane.client.Patch(context.Background(), inV1alpha1(ej),
				client.RawPatch(types.MergePatchType, []byte(`{"spec":{"trigger":{"strategy":"now"}}}`)))
		}),
	)

	It("costs seven API requests a run with one output, beside events", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual).Output("foo"))
		Eventually(komega.Object(errand)).Should(ejob.BeIdle())
		start := plane.audit.now()
		setStrategy(errand, fissilev1.StrategyNow)
		complete(activeJob(errand, 1), logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Eventually(jobsOf(errand)).Should(BeEmpty())
		Consistently(plane.audit.requests).WithArguments(start, namespace).Should(Equal([]string{
			"patch extendedjobs/status", // the claim
			"create jobs",
			"get pods/log",
			"create secrets",
			"patch extendedjobs", // the strategy set back, and the run settled
			"patch extendedjobs/status",
			"delete jobs",
		}))
	})

	It("runs at once if it is created with now (case 14)", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyNow))
		complete(activeJob(errand, 1), nil)
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Consistently(jobsEver).Should(Equal(1))
	})

	It("runs once more, and not at the same time, if it is asked for again during a run (case 15)", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyNow))
		first := activeJob(errand, 1)
		setStrategy(errand, fissilev1.StrategyManual)
		Eventually(komega.Object(errand)).Should(ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonRunActive))
		setStrategy(errand, fissilev1.StrategyNow)
		Consistently(jobsEver).Should(Equal(1))

		complete(first, nil)
		complete(activeJob(errand, 2), nil)
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Consistently(jobsEver).Should(Equal(2))
	})

	It("is manual again after a run that failed, and runs when it is asked for again (case 18)", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyNow))
		fail(activeJob(errand, 1), nil)
		Eventually(komega.Object(errand)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, "BackoffLimitExceeded"),
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionFalse, "BackoffLimitExceeded"),
		))

		setStrategy(errand, fissilev1.StrategyNow)
		complete(activeJob(errand, 2), nil)
		Eventually(komega.Object(errand)).Should(SatisfyAll(
			ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionFalse, fissilev1.ReasonSucceeded),
		))
	})

	It("is manual again when somebody deletes its Job, and does not run again", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyNow))
		job := activeJob(errand, 1)
		Expect(plane.client.Delete(context.Background(), job, client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
		Eventually(komega.Object(errand)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultAborted, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonJobDeleted),
		))
		Consistently(jobsEver).Should(Equal(1))
	})

	It("waits until the pods of its last run have ended", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyNow))
		job := activeJob(errand, 1)
		lingering := startPod(job)
		fail(job, nil)
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual))
		setStrategy(errand, fissilev1.StrategyNow)
		Eventually(komega.Object(errand)).Should(
			ejob.BeHeld(fissilev1.ReasonPodsTerminating))
		Consistently(jobsEver).Should(Equal(1))

		end(lingering, corev1.PodFailed, nil)
		complete(activeJob(errand, 2), nil)
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
	})

	It("runs at once each time that a person asks for it, five times in a row", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual))
		for number := int64(1); number <= 5; number++ {
			asked := time.Now()
			setStrategy(errand, fissilev1.StrategyNow)
			job := activeJob(errand, number)
			Expect(time.Since(asked)).To(BeNumerically("<", 5*time.Second), "run %d", number)
			complete(job, nil)
			Eventually(komega.Object(errand)).Should(ejob.HaveSettled(number, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		}
		Expect(backoffEvents(errand)()).To(BeEmpty())
	})

	It("is delayed, and says so once, when a controller asks for it again right after each run (case 19)", func(ctx context.Context) {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyNow))
		heal(ctx, errand)
		const free = 9 // Users may do this, too.
		for number := int64(1); number <= free; number++ {
			complete(activeJob(errand, number), nil)
		}
		Eventually(komega.Object(errand)).Should(SatisfyAll(
			ejob.BeHeld(fissilev1.ReasonTriggerBackoff),
			ejob.HaveStrategy(fissilev1.StrategyNow),
			HaveField("Status.Due.Message", ContainSubstring("set spec.trigger.requestID to a new value")),
		))
		Consistently(jobsEver).Should(Equal(free))
		Eventually(backoffEvents(errand)).Should(HaveLen(1))

		By("doing as the message says")
		edit(errand, func() { errand.Spec.Trigger.RequestID = "at once" })
		Expect(activeJob(errand, free+1).Annotations).To(HaveKeyWithValue(fissilev1.AnnotationRequestID, "at once"))
	})
})

// heal plays a GitOps tool whose manifest has strategy now: it restores that as soon
// as it sees another one.
func heal(ctx context.Context, ej *fissilev1.ExtendedJob) {
	GinkgoHelper()
	watcher, err := plane.client.Watch(ctx, &fissilev1.ExtendedJobList{}, client.InNamespace(ej.Namespace))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(watcher.Stop)
	now := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"trigger":{"strategy":"now"}}}`))
	go func() {
		for event := range watcher.ResultChan() {
			if seen, ok := event.Object.(*fissilev1.ExtendedJob); ok && seen.Spec.Trigger.Strategy != fissilev1.StrategyNow {
				_ = plane.client.Patch(ctx, seen, now) // the spec fails without it
			}
		}
	}()
}

// backoffEvents returns the events that report a delay.
func backoffEvents(ej *fissilev1.ExtendedJob) func() ([]eventsv1.Event, error) {
	return func() ([]eventsv1.Event, error) {
		events, err := eventsOn(ej)()
		return slices.DeleteFunc(events, func(e eventsv1.Event) bool { return e.Reason != fissilev1.ReasonTriggerBackoff }), err
	}
}
