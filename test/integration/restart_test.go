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
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A restart of the manager", func() {
	It("writes nothing and starts nothing when there is nothing to do", func() {
		// settled are ExtendedJobs of every kind, at rest.
		settled := map[string]*fissilev1.ExtendedJob{}
		rest := func(name string, strategy fissilev1.TriggerStrategy, finish func(*batchv1.Job, logs), result fissilev1.RunResult, end fissilev1.TriggerStrategy) {
			b := ejob.New(namespace, name).Strategy(strategy).Output(name)
			settled[name] = create(b)
			finish(activeJob(settled[name], 1), logs{"main": `{"a":"1"}`})
			Eventually(komega.Object(settled[name])).Should(ejob.HaveSettled(1, result, end))
		}
		rest("errand", fissilev1.StrategyNow, complete, fissilev1.ResultSucceeded, fissilev1.StrategyManual)
		rest("errand-failed", fissilev1.StrategyNow, fail, fissilev1.ResultFailed, fissilev1.StrategyManual)
		rest("one-off", fissilev1.StrategyOnce, complete, fissilev1.ResultSucceeded, fissilev1.StrategyDone)
		rest("one-off-failed", fissilev1.StrategyOnce, fail, fissilev1.ResultFailed, fissilev1.StrategyDone)
		settled["manual"] = create(ejob.New(namespace, "manual").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(settled["manual"])).Should(ejob.BeIdle())
		settled["suspended"] = create(ejob.New(namespace, "suspended").Strategy(fissilev1.StrategyOnce).Suspend())
		Eventually(komega.Object(settled["suspended"])).Should(
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionFalse, fissilev1.ReasonSuspended))
		rejected := ejob.New(namespace, "rejected").Strategy(fissilev1.StrategyNow).Suspend()
		rejected.PodSpec().Containers[0].Image = "forbidden"
		settled["rejected"] = create(rejected)
		forbidImage("forbidden")
		edit(settled["rejected"], func() { settled["rejected"].Spec.Suspend = nil })
		Eventually(komega.Object(settled["rejected"])).Should(
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionFalse, fissilev1.ReasonJobRejected))
		settled["running"] = create(ejob.New(namespace, "running").Strategy(fissilev1.StrategyNow))
		startPod(activeJob(settled["running"], 1))
		Eventually(komega.Object(settled["running"])).WithTimeout(longTimeout).Should(
			HaveField("Status.LastRun.JobUID", Not(BeEmpty())), "a run that lasts")

		operator.stop()
		start := plane.audit.end()
		operator.start()
		Eventually(operator.workedOff).WithArguments(len(settled)).Should(Succeed())
		Consistently(plane.audit.writes).WithArguments(start).Should(BeEmpty())
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

	It("does not lose what was asked for while it was down", func() {
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
