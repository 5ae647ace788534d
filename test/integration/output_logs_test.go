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
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The log", func() {
	DescribeTable("is read again when it is not all that the container printed (case 71)", compat, func(f fault) {
		ej := create(ejob.New(namespace, "log").Strategy(fissilev1.StrategyNow).Output("foo"))
		job := activeJob(ej, 1)
		node.failOnce(f)
		complete(job, logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secret("foo-main")()).To(HaveField("Data", HaveKeyWithValue("a", []byte("1"))))
	},
		Entry("the connection to the kubelet breaks, and the API server does not tell", breaksOff),
		Entry("the kubelet cannot read it, and says so in the log", appendsError),
		Entry("the kubelet has lost its beginning", isRotated),
	)

	It("that cannot be read is given up after a time, and the Job is kept (case 71)", func() {
		ej := create(ejob.New(namespace, "log").Strategy(fissilev1.StrategyNow).Output("foo"))
		job := activeJob(ej, 1)
		node.setDown(true)
		DeferCleanup(node.setDown, false)
		complete(job, logs{"main": `{"a":"canary"}`})
		Eventually(komega.Object(ej)).WithTimeout(longTimeout).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputRefused),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputUnavailable),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("the kubelet is not well")),
		))
		Expect(jobsOf(ej)()).To(HaveLen(1))
	})

	DescribeTable("of a pod that is gone is given up (case 71)", func(ctx context.Context, lose func(*corev1.Pod), message string) {
		ej := create(ejob.New(namespace, "log").Strategy(fissilev1.StrategyNow).Output("foo"))
		job := activeJob(ej, 1)
		node.setDown(true)
		DeferCleanup(node.setDown, false)
		complete(job, logs{"main": `{"a":"1"}`})
		var pods corev1.PodList
		Expect(plane.client.List(ctx, &pods, client.InNamespace(namespace))).To(Succeed())
		lose(&pods.Items[0])
		Eventually(komega.Object(ej)).WithTimeout(longTimeout).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputUnavailable),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, MatchRegexp(message)),
		))
		Expect(jobsOf(ej)()).To(HaveLen(1))
	},
		Entry("itself", func(pod *corev1.Pod) {
			Expect(plane.client.Delete(context.Background(), pod, client.GracePeriodSeconds(0))).To(Succeed())
			// The cache may or may not know it before the log is read again.
		}, "has no pod left|pod .* no longer exists"),
		Entry("with its node", func(*corev1.Pod) {
			node.vanish(plane.client)
			DeferCleanup(func() { node.register(plane.client) })
		}, "node node of pod .* no longer exists"),
	)

	It("of the last pod that failed counts, however the Job failed (case 72)", func() {
		ej := create(ejob.New(namespace, "log").Strategy(fissilev1.StrategyNow).Output("foo").WriteOnFailure())
		job := activeJob(ej, 1)
		end(startPod(job), corev1.PodFailed, logs{"main": `{"attempt":"1"}`})
		last := startPod(job)
		// FinishedAt has a resolution of seconds.
		Eventually(func() bool { return metav1.Now().Unix() > job.CreationTimestamp.Unix()+1 }).Should(BeTrue())
		end(last, corev1.PodFailed, logs{"main": `{"attempt":"2"}`})
		evicted := startPod(job)
		evicted.Status.Phase, evicted.Status.Reason = corev1.PodFailed, "Evicted"
		Expect(plane.client.Status().Update(context.Background(), evicted)).To(Succeed())
		job.Status.Failed = 3
		finish(job, batchv1.JobFailed, batchv1.JobReasonDeadlineExceeded)
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, "DeadlineExceeded"),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
		))
		Expect(secret("foo-main")()).To(HaveField("Data", HaveKeyWithValue("attempt", []byte("2"))))
	})
})
