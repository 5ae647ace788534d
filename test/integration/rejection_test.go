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
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A Job that cannot be created", func() {
	It("because of its template is tried once, shown with the API server's words, and tried again after an edit (case 8)", func() {
		ej := create(ejob.New(namespace, "rejected").Strategy(fissilev1.StrategyNow).Containers("Not_A_Label"))
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionFalse, fissilev1.ReasonJobRejected),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("spec.template.spec.containers[0].name")),
			ejob.HaveStrategy(fissilev1.StrategyNow),
		))
		Consistently(func() []int32 { return plane.audit.creations(namespace, "jobs") }).Should(Equal([]int32{422}))
		Expect(eventsOn(ej)()).To(ConsistOf(HaveField("Reason", fissilev1.ReasonJobRejected)))

		edit(ej, func() { ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Name = "a-label" })
		Eventually(jobsEver).Should(Equal(1))
		complete(activeJob(ej, ej.Status.LastRun.Number), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(ej.Status.LastRun.Number, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Consistently(jobsEver).Should(Equal(1))
	})

	It("because of a quota is tried again until there is room (case 56)", func() {
		const jobs = corev1.ResourceName("count/jobs.batch")
		quota := &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "no-jobs"},
			Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{jobs: resource.MustParse("0")}},
		}
		Expect(plane.client.Create(context.Background(), quota)).To(Succeed())
		setHard := func(hard string) { // plays the quota controller
			quota.Status.Hard = corev1.ResourceList{jobs: resource.MustParse(hard)}
			quota.Status.Used = corev1.ResourceList{jobs: resource.MustParse("0")}
			Expect(plane.client.Status().Update(context.Background(), quota)).To(Succeed())
		}
		setHard("0")

		ej := create(ejob.New(namespace, "rejected").Strategy(fissilev1.StrategyNow))
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionFalse, fissilev1.ReasonJobCreateFailed),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("exceeded quota: no-jobs")),
		))
		Expect(jobsEver()).To(BeZero())
		setHard("1")
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(jobsEver()).To(Equal(1))
	})
})
