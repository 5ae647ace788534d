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
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A Job that cannot be created", compat, func() {
	It("because of its template is tried once, shown with the API server's words, and tried again after an edit (case 8)", func(ctx context.Context) {
		ej := rejected(ctx, "rejected")
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.BeHeld(fissilev1.ReasonJobRejected),
			ejob.HaveCondition(fissilev1.ConditionStalled, metav1.ConditionTrue, fissilev1.ReasonJobRejected),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("spec.backoffLimit")),
			ejob.HaveStrategy(fissilev1.StrategyNow),
		))
		Consistently(func() []int32 { return plane.audit.creations(namespace, "jobs") }).Should(Equal([]int32{http.StatusUnprocessableEntity}))
		Eventually(eventsOn(ej)).Should(ConsistOf(HaveField("Reason", fissilev1.ReasonJobRejected)))

		edit(ej, func() { ej.Spec.JobTemplate.Spec.BackoffLimit = nil })
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Consistently(jobsEver).Should(Equal(1))
	})

	It("because of a policy is tried again until the policy is lifted", func() {
		ej := create(ejob.New(namespace, "rejected").Strategy(fissilev1.StrategyNow).Suspend())
		lift := forbidImage("busybox")
		edit(ej, func() { ej.Spec.Suspend = nil })
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.BeHeld(fissilev1.ReasonJobCreateFailed),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("the image busybox is forbidden")),
			ejob.HaveNoCondition(fissilev1.ConditionStalled),
		))
		lift()
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(jobsEver()).To(Equal(1))
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
			ejob.BeHeld(fissilev1.ReasonJobCreateFailed),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("exceeded quota: no-jobs")),
		))
		Expect(jobsEver()).To(BeZero())
		setHard("1")
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(jobsEver()).To(Equal(1))
	})
})

// rejected creates an ExtendedJob whose Job is refused, bypassing the validation
// that would report it.
func rejected(ctx context.Context, name string) *fissilev1.ExtendedJob {
	GinkgoHelper()
	bypassValidation(ctx)
	b := ejob.New(namespace, name).Strategy(fissilev1.StrategyNow)
	b.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(-1))
	Eventually(func() error { return plane.client.Create(ctx, b.Obj()) }).Should(Succeed())
	return b.Obj()
}

// forbidImage makes the API server refuse Jobs with this image in the spec's
// namespace, until it is lifted.
func forbidImage(image string) (lift func()) {
	GinkgoHelper()
	lift = refuse(metav1.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}, admissionregistrationv1.Validation{
		Expression: "object.spec.template.spec.containers.all(c, c.image != '" + image + "')",
		Message:    "the image " + image + " is forbidden",
	}, admissionregistrationv1.Create)

	By("waiting until the policy holds")
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "trial"},
		Spec:       batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: *ejob.New("", "").PodSpec()}},
	}
	job.Spec.Template.Spec.Containers[0].Image = image
	Eventually(func() error { return plane.client.Create(context.Background(), job.DeepCopy(), client.DryRunAll) }).
		Should(MatchError(apierrors.IsInvalid, "IsInvalid"))
	return lift
}
