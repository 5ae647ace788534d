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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A one-off", func() {
	It("runs when it is created, and is done when the run has ended and its output is stored (case 21)", compat, func() {
		oneOff := create(ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce).Containers("json").Output("foo"))
		job := activeJob(oneOff, 1)
		Consistently(komega.Object(oneOff)).Should(ejob.HaveStrategy(fissilev1.StrategyOnce))
		node.setDown(true)
		DeferCleanup(node.setDown, false)
		complete(job, logs{"json": `{"a":"1"}`})
		Consistently(komega.Object(oneOff)).Should(ejob.HaveStrategy(fissilev1.StrategyOnce))

		node.setDown(false)
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secret("foo-json")()).To(HaveField("Data", HaveKeyWithValue("a", []byte("1"))))
		Eventually(jobsOf(oneOff)).Should(BeEmpty())
		Consistently(jobsEver).Should(Equal(1))
	})

	It("runs nothing when it is done and its template or output is edited (case 22)", func() {
		oneOff := create(ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce))
		complete(activeJob(oneOff, 1), nil)
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		edit(oneOff, func() {
			oneOff.Spec.JobTemplate.Labels = map[string]string{"team": "blue"}
			oneOff.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image = "busybox:1.37"
			oneOff.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Command = []string{"true"}
			oneOff.Spec.Output = &fissilev1.Output{NamePrefix: "foo"}
		})
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Consistently(jobsEver).Should(Equal(1))
	})

	It("is done after a run that failed, with the Job kept (case 24)", func() {
		oneOff := create(ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce))
		job := activeJob(oneOff, 1)
		fail(job, nil)
		Eventually(komega.Object(oneOff)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyDone),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, "BackoffLimitExceeded"),
		))
		Consistently(jobsOf(oneOff)).Should(ConsistOf(HaveField("Name", job.Name)))
		Expect(jobsEver()).To(Equal(1))
	})

	It("is done again at once when its manifest with once is applied again", func() {
		manifest, err := yaml.Marshal(manifest(ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce).Obj()))
		Expect(err).NotTo(HaveOccurred())
		kubectlWithInput(string(manifest), "apply", "--filename=-")
		oneOff := ejob.New(namespace, "one-off").Obj()
		Expect(komega.Get(oneOff)()).To(Succeed())
		complete(activeJob(oneOff, 1), nil)
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))

		Expect(kubectlWithInput(string(manifest), "apply", "--filename=-")).To(ContainSubstring("configured"))
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Consistently(jobsEver).Should(Equal(1))
	})

	It("waits while it is suspended, and then runs once (case 59)", func() {
		oneOff := create(ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce).Suspend())
		Eventually(komega.Object(oneOff)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionSuspended, metav1.ConditionTrue, fissilev1.ReasonSuspended),
			ejob.BeHeld(fissilev1.ReasonSuspended),
		))
		Consistently(jobsEver).Should(BeZero())

		edit(oneOff, func() { oneOff.Spec.Suspend = nil })
		complete(activeJob(oneOff, 1), nil)
		Eventually(komega.Object(oneOff)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone),
			ejob.HaveNoCondition(fissilev1.ConditionSuspended),
		))
		Consistently(jobsEver).Should(Equal(1))
	})

	It("runs nothing if its strategy is set to manual before it could start (case 27)", func() {
		oneOff := create(ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce).Suspend())
		Eventually(komega.Object(oneOff)).Should(ejob.BeHeld(fissilev1.ReasonSuspended))
		edit(oneOff, func() {
			oneOff.Spec.Trigger.Strategy = fissilev1.StrategyManual
			oneOff.Spec.Suspend = nil
		})
		Eventually(komega.Object(oneOff)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultCancelled, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonCancelled),
		))
		Eventually(eventsOn(oneOff)).Should(ConsistOf(HaveField("Reason", "RunCancelled")))
		Consistently(jobsEver).Should(BeZero())
	})
})
