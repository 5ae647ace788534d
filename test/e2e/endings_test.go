//go:build e2e

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

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A run", func() {
	DescribeTable("that fails tells why its Job failed (52)",
		func(ctx context.Context, script, reason string, change func(*batchv1.JobSpec)) {
			namespace := newNamespace(ctx)
			builder := shell(namespace, "errand", script).Strategy(fissilev1.StrategyNow)
			spec := &builder.Obj().Spec.JobTemplate.Spec
			spec.BackoffLimit = new(int32(0))
			change(spec)
			errand := builder.Obj()
			Expect(k8s.Create(ctx, errand)).To(Succeed())
			Eventually(the(errand)).WithContext(ctx).Should(SatisfyAll(
				ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
				ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, reason),
			))
			Expect(jobs(namespace)(ctx)).To(HaveLen(1), "the failed Job stays")
		},
		Entry("after its last attempt", "exit 3", batchv1.JobReasonBackoffLimitExceeded,
			func(*batchv1.JobSpec) {}),
		Entry("after its last restart", "exit 3", batchv1.JobReasonBackoffLimitExceeded,
			func(spec *batchv1.JobSpec) { spec.Template.Spec.RestartPolicy = corev1.RestartPolicyOnFailure }),
		Entry("at its deadline", "sleep 600", batchv1.JobReasonDeadlineExceeded,
			func(spec *batchv1.JobSpec) { spec.ActiveDeadlineSeconds = new(int64(2)) }),
		Entry("by its pod failure policy", "exit 42", batchv1.JobReasonPodFailurePolicy,
			func(spec *batchv1.JobSpec) {
				spec.BackoffLimit = new(int32(6))
				spec.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{{
					Action: batchv1.PodFailurePolicyActionFailJob,
					OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
						Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{42},
					},
				}}}
			}),
		Entry("out of memory", "tail /dev/zero", batchv1.JobReasonBackoffLimitExceeded,
			func(spec *batchv1.JobSpec) {
				spec.Template.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("16Mi")}
			}),
	)

	It("whose Job fails for a reason that is no reason of a condition fails", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyNow)
		builder.Obj().Spec.JobTemplate.Spec.ManagedBy = new("example.com/agent") // whose part the spec plays
		errand := builder.Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		var created batchv1.JobList
		Eventually(func(g Gomega) {
			g.Expect(k8s.List(ctx, &created, client.InNamespace(namespace))).To(Succeed())
			g.Expect(created.Items).To(HaveLen(1))
		}).Should(Succeed())
		job := &created.Items[0]
		now := metav1.Now()
		job.Status.StartTime = &now
		for _, conditionType := range []batchv1.JobConditionType{batchv1.JobFailureTarget, batchv1.JobFailed} {
			job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{
				Type: conditionType, Status: corev1.ConditionTrue, LastTransitionTime: now,
				Reason: "spot-reclaimed", Message: "The node was taken away.",
			})
		}
		Expect(k8s.Status().Update(ctx, job)).To(Succeed())

		Eventually(the(errand)).WithContext(ctx).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveMessage(fissilev1.ConditionFailed, ContainSubstring("The node was taken away.")),
		))
	})

	It("whose pod is evicted fails (52)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "errand", "sleep 600").Strategy(fissilev1.StrategyNow)
		builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
		errand := builder.Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		var pods corev1.PodList
		Eventually(func(g Gomega) {
			g.Expect(k8s.List(ctx, &pods, client.InNamespace(namespace))).To(Succeed())
			g.Expect(pods.Items).To(ConsistOf(HaveField("Status.Phase", corev1.PodRunning)))
		}).Should(Succeed())
		Expect(k8s.SubResource("eviction").Create(ctx, &pods.Items[0], &policyv1.Eviction{})).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, batchv1.JobReasonBackoffLimitExceeded),
		))
	})

	It("with several completions goes on until the last one (52)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyNow).HistoryLimits(1, 1)
		builder.Obj().Spec.JobTemplate.Spec.Completions = new(int32(3))
		errand := builder.Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		job := &batchv1.Job{}
		Expect(k8s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: errand.Status.LastRun.JobName}, job)).To(Succeed())
		Expect(job.Status.Succeeded).To(BeEquivalentTo(3))
	})

	DescribeTable("that succeeds leaves no Job and no pod, even if it ends at once (49, 50, 58)",
		func(ctx context.Context, labels map[string]string) {
			namespace := newNamespace(ctx)
			builder := shell(namespace, "one-off", "exit 0").Strategy(fissilev1.StrategyOnce)
			builder.Obj().Spec.JobTemplate.Spec.Template.Labels = labels
			oneOff := builder.Obj()
			Expect(k8s.Create(ctx, oneOff)).To(Succeed())
			Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
			Eventually(func() string {
				return kubectl(ctx, "--namespace="+namespace, "get", "jobs,pods", "--output=name")
			}).Should(BeEmpty())
		},
		Entry("without a label for that", nil),
		Entry("with the label by which cf-operator deleted pods", map[string]string{"delete": "pod"}),
		Entry("with another value of it", map[string]string{"delete": "other"}),
	)

	It("keeps its Job until its output is stored, whatever the Job's time to live (51)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "one-off", `echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").HistoryLimits(1, 1)
		builder.Obj().Spec.JobTemplate.Spec.TTLSecondsAfterFinished = new(int32(0))
		oneOff := builder.Obj()
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
		Eventually(jobs(namespace)).WithContext(ctx).Should(BeEmpty(), "the time to live is over")
	})
})

var _ = Describe("A namespace with ExtendedJobs", func() {
	It("can be deleted while they run, wait and rest (55)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		running := shell(namespace, "running", "sleep 600").Strategy(fissilev1.StrategyNow).Obj()
		done := shell(namespace, "done", `echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		builder := shell(namespace, "waiting", "true").Strategy(fissilev1.StrategyNow)
		builder.PodSpec().Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: "missing"},
		}}}
		waiting := builder.Obj()
		for _, ej := range []*fissilev1.ExtendedJob{running, done, waiting} {
			Expect(k8s.Create(ctx, ej)).To(Succeed())
		}
		Eventually(the(done)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Eventually(the(running)).WithContext(ctx).Should(ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonRunActive))
		Eventually(the(waiting)).WithContext(ctx).Should(ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing))

		kubectl(ctx, "delete", "namespace", namespace, "--timeout=1m")
	})
})
