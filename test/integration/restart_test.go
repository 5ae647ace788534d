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
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A restart of the manager", func() {
	It("writes nothing and starts nothing for 200 ExtendedJobs of every kind at rest", early, func(ctx context.Context) {
		var settled []*fissilev1.ExtendedJob
		// rest creates ExtendedJobs that are at rest after a run.
		rest := func(count int, kind string, strategy fissilev1.TriggerStrategy, finish func(*batchv1.Job, logs), result fissilev1.RunResult, end fissilev1.TriggerStrategy) {
			GinkgoHelper()
			for i := range count {
				name := fmt.Sprintf("%s-%d", kind, i)
				settled = append(settled, create(ejob.New(namespace, name).Strategy(strategy).Output(name)))
			}
			for _, ej := range settled[len(settled)-count:] {
				finish(activeJob(ej, 1), logs{"main": `{"a":"1"}`})
			}
			for _, ej := range settled[len(settled)-count:] {
				Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, result, end))
			}
		}
		rest(40, "errand", fissilev1.StrategyNow, complete, fissilev1.ResultSucceeded, fissilev1.StrategyManual)
		rest(20, "errand-failed", fissilev1.StrategyNow, fail, fissilev1.ResultFailed, fissilev1.StrategyManual)
		rest(40, "one-off", fissilev1.StrategyOnce, complete, fissilev1.ResultSucceeded, fissilev1.StrategyDone)
		rest(20, "one-off-failed", fissilev1.StrategyOnce, fail, fissilev1.ResultFailed, fissilev1.StrategyDone)
		for i := range 40 {
			manual := create(ejob.New(namespace, fmt.Sprintf("manual-%d", i)).Strategy(fissilev1.StrategyManual))
			suspended := create(ejob.New(namespace, fmt.Sprintf("suspended-%d", i)).Strategy(fissilev1.StrategyOnce).Suspend())
			settled = append(settled, manual, suspended)
			Eventually(komega.Object(manual)).Should(ejob.BeIdle())
			Eventually(komega.Object(suspended)).Should(
				ejob.BeHeld(fissilev1.ReasonSuspended))
		}
		Expect(settled).To(HaveLen(200))

		By("adding what waits")
		Eventually(komega.Object(rejected(ctx, "rejected"))).Should(ejob.BeHeld(fissilev1.ReasonJobRejected))
		running := create(ejob.New(namespace, "running").Strategy(fissilev1.StrategyNow))
		startPod(activeJob(running, 1))
		Eventually(komega.Object(running)).WithTimeout(longTimeout).Should(
			HaveField("Status.LastRun.Claim.JobUID", Not(BeEmpty())), "a run that lasts")

		operator.stop()
		start := plane.audit.now()
		operator.start()
		Eventually(operator.workedOff).WithArguments(len(settled) + 2).Should(Succeed())
		Consistently(plane.audit.writes).WithArguments(start, namespace, operatorNamespace).Should(BeEmpty())
	})

	It("twice while a request waits for a Secret does not lose it (case 17)", func() {
		builder := ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyNow)
		builder.PodSpec().Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: "late"},
		}}}
		ej := create(builder)
		waits := SatisfyAll(
			ejob.HaveStrategy(fissilev1.StrategyNow),
			ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing),
			ejob.HaveMessage(fissilev1.ConditionReferencesResolved, ContainSubstring("Secret late")),
		)
		Eventually(komega.Object(ej)).Should(waits)
		for range 2 {
			operator.stop()
			operator.start()
			Eventually(operator.workedOff).WithArguments(1).Should(Succeed())
			Consistently(komega.Object(ej)).Should(waits)
		}
		Expect(jobsEver()).To(BeZero())

		Expect(plane.client.Create(context.Background(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "late"}})).To(Succeed())
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(jobsEver()).To(Equal(1))
	})

	It("in the middle of a run, by SIGKILL, loses and doubles nothing (cases 85, 86)", func() {
		ej := create(ejob.New(namespace, "killed").Strategy(fissilev1.StrategyOnce).Output("foo"))
		job := activeJob(ej, 1)
		operator.kill()
		DeferCleanup(startAgain)
		complete(job, logs{"main": `{"a":"1"}`})
		operator.start()

		Eventually(komega.Object(ej)).WithTimeout(longTimeout).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secret("foo-main")()).To(HaveField("Data", HaveKeyWithValue("a", []byte("1"))))
		Eventually(jobsOf(ej)).WithTimeout(longTimeout).Should(BeEmpty())
		Expect(jobsEver()).To(Equal(1))
	})

	It("right after the start of a run does not run it again if its Job was deleted meanwhile", func() {
		ej := create(ejob.New(namespace, "young").Strategy(fissilev1.StrategyNow))
		job := activeJob(ej, 1)
		operator.stop()
		DeferCleanup(startAgain)
		Expect(plane.client.Delete(context.Background(), job, client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
		operator.start()
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultAborted, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonJobDeleted),
		))
		Expect(jobsEver()).To(Equal(1))
	})

	It("does not lose what was asked for while it was down", compat, func() {
		errand := create(ejob.New(namespace, "asked").Strategy(fissilev1.StrategyManual))
		oneOff := create(ejob.New(namespace, "suspended").Strategy(fissilev1.StrategyOnce).Suspend())
		Eventually(komega.Object(errand)).Should(ejob.BeIdle())
		operator.stop()
		DeferCleanup(startAgain)
		setStrategy(errand, fissilev1.StrategyNow)
		edit(oneOff, func() { oneOff.Spec.Suspend = nil })
		operator.start()
		for _, ej := range []*fissilev1.ExtendedJob{errand, oneOff} {
			complete(activeJob(ej, 1), nil)
		}
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Consistently(jobsEver).Should(Equal(2))
	})
})
