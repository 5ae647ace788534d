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
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The Job of a run", compat, func() {
	DescribeTable("tells whose it is, and is the template with nothing injected (case 48)", func(name string) {
		builder := ejob.New(namespace, name).Strategy(fissilev1.StrategyNow)
		template := &builder.Obj().Spec.JobTemplate
		template.Labels = map[string]string{"team": "blue"}
		template.Annotations = map[string]string{"note": "of the Job"}
		template.Spec.Template.Labels = map[string]string{"tier": "batch"}
		template.Spec.Template.Annotations = map[string]string{"note": "of the pod"}
		pod := builder.PodSpec()
		pod.ServiceAccountName = "robot"
		pod.Volumes = []corev1.Volume{{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		pod.Containers[0].Env = []corev1.EnvVar{{Name: "COLOUR", Value: "blue"}}
		pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "scratch", MountPath: "/scratch"}}
		ej := create(builder)
		job := activeJob(ej, 1)

		Expect(validation.IsDNS1123Subdomain(job.Name)).To(BeEmpty())
		Expect(len(job.Name)).To(BeNumerically("<=", validation.DNS1123LabelMaxLength))
		Expect(metav1.IsControlledBy(job, ej)).To(BeTrue())
		ours := labels.Set{fissilev1.LabelExtendedJob: "true", fissilev1.LabelUID: string(ej.UID)}
		for _, on := range []map[string]string{job.Labels, job.Spec.Template.Labels} {
			Expect(ours.AsSelector().Matches(labels.Set(on))).To(BeTrue())
			Expect(validation.IsValidLabelValue(on[fissilev1.LabelName])).To(BeEmpty())
			Expect(name).To(HavePrefix(strings.TrimRight(on[fissilev1.LabelName][:min(len(name), 50)], "-.")))
		}
		Expect(job.Labels).To(HaveKeyWithValue("team", "blue"))
		Expect(job.Annotations).To(HaveKeyWithValue("note", "of the Job"))
		Expect(job.Spec.Template.Labels).To(HaveKeyWithValue("tier", "batch"))
		Expect(job.Spec.Template.Annotations).To(Equal(map[string]string{"note": "of the pod"}))

		By("comparing its pod with that of a Job which the user makes of the same template")
		bare := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bare"}, Spec: *ej.Spec.JobTemplate.Spec.DeepCopy()}
		Expect(plane.client.Create(context.Background(), bare, client.DryRunAll)).To(Succeed())
		Expect(job.Spec.Template.Spec).To(Equal(bare.Spec.Template.Spec))
	},
		Entry("with a short name", "errand"),
		Entry("with a name of 253 characters", strings.Repeat("errand.of.", 25)+"day"),
		Entry("with a name that would be cut at a dot", strings.Repeat("a", 38)+"."+strings.Repeat("b", 30)),
	)

	It("may be suspended by a queue, which the condition Running tells", func() {
		ej := create(ejob.New(namespace, "queued").Strategy(fissilev1.StrategyNow))
		job := activeJob(ej, 1)
		job.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobSuspended, Status: corev1.ConditionTrue}}
		job.Spec.Suspend = new(true)
		suspended := job.Status
		Expect(plane.client.Update(context.Background(), job)).To(Succeed())
		job.Status = suspended
		Expect(plane.client.Status().Update(context.Background(), job)).To(Succeed())
		Eventually(komega.Object(ej)).Should(ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonJobSuspended))

		job.Spec.Suspend = new(false)
		Expect(plane.client.Update(context.Background(), job)).To(Succeed())
		job.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobSuspended, Status: corev1.ConditionFalse}}
		Expect(plane.client.Status().Update(context.Background(), job)).To(Succeed())
		Eventually(komega.Object(ej)).Should(ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonRunActive))
		complete(job, nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
	})

	It("keeps the label by which its end is noticed", func() {
		ej := create(ejob.New(namespace, "unlabelled").Strategy(fissilev1.StrategyNow))
		job := activeJob(ej, 1)
		Eventually(komega.Update(job, func() { delete(job.Labels, fissilev1.LabelExtendedJob) })).Should(Succeed())
		Eventually(komega.Object(job)).Should(HaveField("Labels", HaveKeyWithValue(fissilev1.LabelExtendedJob, "true")))
		complete(job, nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(jobsEver()).To(Equal(1))
	})

	It("is left to whoever manages it, and its end is the run's", func() {
		jobsAreManaged.required()
		builder := ejob.New(namespace, "managed").Strategy(fissilev1.StrategyNow)
		builder.Obj().Spec.JobTemplate.Spec.ManagedBy = new("example.com/another")
		ej := create(builder)
		job := activeJob(ej, 1)
		Expect(job.Spec.ManagedBy).To(HaveValue(Equal("example.com/another")))
		complete(job, nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
	})

	It("is not over when its success is certain, but when its pods have ended", func() {
		endsAreAnnounced.required()
		ej := create(ejob.New(namespace, "certain").Strategy(fissilev1.StrategyNow))
		job := activeJob(ej, 1)
		job.Status.StartTime = new(job.CreationTimestamp)
		job.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobSuccessCriteriaMet, Status: corev1.ConditionTrue}}
		Expect(plane.client.Status().Update(context.Background(), job)).To(Succeed())
		Consistently(komega.Object(ej)).Should(ejob.HaveStrategy(fissilev1.StrategyNow))
		job.Status.Conditions = nil
		complete(job, nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
	})
})

var _ = Describe("A namespace that is being deleted", compat, func() {
	It("is no reason for errors without end (case 55)", func() {
		missing := ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyNow)
		missing.PodSpec().Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: "missing"},
		}}}
		waiting := create(missing)
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual))
		running := create(ejob.New(namespace, "running").Strategy(fissilev1.StrategyNow).Output("foo"))
		job := activeJob(running, 1)
		Eventually(komega.Object(waiting)).Should(
			ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing))

		// No controller here finishes it.
		Expect(plane.client.Delete(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		setStrategy(errand, fissilev1.StrategyNow)
		Eventually(komega.Object(errand)).Should(SatisfyAll(
			ejob.BeHeld(fissilev1.ReasonJobCreateFailed),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("is being terminated")),
		))
		finish(job, batchv1.JobFailed, batchv1.JobReasonBackoffLimitExceeded)
		Eventually(komega.Object(running)).Should(ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual))

		failed := func() (float64, error) {
			return operator.metric("controller_runtime_reconcile_errors_total", map[string]string{"controller": "extendedjob"})
		}
		before, err := failed()
		Expect(err).NotTo(HaveOccurred())
		Consistently(failed).WithTimeout(timeout / 2).Should(Equal(before))
	})
})
