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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("An ExtendedJob that is deleted", compat, func() {
	DescribeTable("during a run does not store its output any more (case 54)", func(propagation metav1.DeletionPropagation) {
		ej := create(ejob.New(namespace, "deleted").Strategy(fissilev1.StrategyNow).Output("foo"))
		job := activeJob(ej, 1)
		Expect(plane.client.Delete(context.Background(), ej, client.PropagationPolicy(propagation))).To(Succeed())
		complete(job, logs{"main": `{"a":"1"}`})
		Consistently(secretNames).Should(BeEmpty())
	},
		Entry("in the background", metav1.DeletePropagationBackground),
		Entry("in the foreground", metav1.DeletePropagationForeground),
		Entry("as an orphan", metav1.DeletePropagationOrphan),
	)

	It("starts no run, and is held back by nothing of the operator's", func() {
		ej := create(ejob.New(namespace, "deleted").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(ej)).Should(ejob.BeIdle())
		Expect(ej.Finalizers).To(BeEmpty())

		By("being deleted in the foreground, which there is nobody here to finish")
		Expect(plane.client.Delete(context.Background(), ej, client.PropagationPolicy(metav1.DeletePropagationForeground))).To(Succeed())
		setStrategy(ej, fissilev1.StrategyNow)
		Consistently(jobsEver).Should(BeZero())
	})

	It("does not pass its run on to a new one of the same name", func() {
		ej := create(ejob.New(namespace, "deleted").Strategy(fissilev1.StrategyNow))
		job := activeJob(ej, 1)
		Expect(plane.client.Delete(context.Background(), ej, client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
		again := create(ejob.New(namespace, "deleted").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(again)).Should(ejob.BeIdle())
		complete(job, nil)
		Consistently(komega.Object(again)).Should(SatisfyAll(ejob.BeIdle(), HaveField("Status.LastRun", BeNil())))
	})
})
