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
	"fmt"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The output", func() {
	DescribeTable("is what the container printed, wherever other lines stand (61, 66)",
		func(ctx context.Context, script string, want map[string]string) {
			namespace := newNamespace(ctx)
			oneOff := shell(namespace, "one-off", script).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
			Expect(k8s.Create(ctx, oneOff)).To(Succeed())
			Eventually(the(oneOff)).WithContext(ctx).Should(SatisfyAll(
				ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone),
				ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
			))
			Expect(secret(namespace, "out-main")(ctx)).To(Equal(want))
		},
		Entry("one line", `echo '{"a":"b"}'`, map[string]string{"a": "b"}),
		Entry("several lines", `printf '{\n  "a": "b",\n  "c": "d"\n}\n'`, map[string]string{"a": "b", "c": "d"}),
		Entry("without a newline at the end", `printf '{"a":"b"}'`, map[string]string{"a": "b"}),
		Entry("between warnings on stderr", `echo before >&2; echo '{"a":"b"}'; echo after >&2`, map[string]string{"a": "b"}),
		Entry("an empty object", `echo '{}'`, map[string]string{}),
		Entry("an object of 900 KiB",
			`printf '{"a":"'; head -c 921600 /dev/zero | tr '\0' x; printf '"}'`,
			map[string]string{"a": strings.Repeat("x", 921600)}),
	)

	DescribeTable("is refused with the reason, and without a value of it (63, 64, 69, 88)",
		func(ctx context.Context, script, reason string, named ...string) {
			namespace := newNamespace(ctx)
			oneOff := shell(namespace, "one-off", script).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
			Expect(k8s.Create(ctx, oneOff)).To(Succeed())
			Eventually(the(oneOff)).WithContext(ctx).Should(SatisfyAll(
				ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyDone),
				ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputRefused),
				ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, reason),
			))
			for _, name := range append(named, "main") {
				Expect(oneOff).To(ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring(name)))
			}
			Expect(jobs(namespace)(ctx)).To(HaveLen(1), "the Job stays, so that its log can be read")

			for _, arguments := range [][]string{
				{"--namespace=" + namespace, "get", "extendedjobs,events.events.k8s.io", "--output=yaml", "--show-managed-fields"},
				{"--namespace=" + operatorNamespace, "logs", "--selector=app.kubernetes.io/component=controller-manager", "--tail=-1"},
			} {
				Expect(kubectl(ctx, arguments...)).NotTo(ContainSubstring("canary-4711"))
			}
		},
		// The script is in the template, so it assembles the value at run time.
		Entry("a number", `v=canary; echo "{\"s\":\"$v-4711\",\"n\":4711}"`, fissilev1.ReasonOutputInvalid, `"n"`, "number"),
		Entry("an object", `v=canary; echo "{\"o\":{\"s\":\"$v-4711\"}}"`, fissilev1.ReasonOutputInvalid, `"o"`, "object"),
		Entry("null", `v=canary; echo "{\"s\":\"$v-4711\",\"z\":null}"`, fissilev1.ReasonOutputInvalid, `"z"`, "null"),
		Entry("a key that no Secret has", `v=canary; echo "{\"a b\":\"$v-4711\"}"`, fissilev1.ReasonOutputInvalid, `"a b"`),
		Entry("two documents", `v=canary; for i in 1 2; do echo "{\"s\":\"$v-4711\"}"; done`, fissilev1.ReasonAmbiguousOutput),
		Entry("no document", `v=canary; echo "$v-4711"`, fissilev1.ReasonNoOutput),
		Entry("too much", `v=canary; printf "{\"s\":\"$v-4711"; head -c 1048576 /dev/zero | tr '\0' x; printf '"}'`, fissilev1.ReasonOutputTooLarge, "bytes"),
	)

	It("of each container is a Secret of its own (79)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := ejob.New(namespace, "one-off").Containers("one", "two").Strategy(fissilev1.StrategyOnce).Output("out.")
		builder.PodSpec().Containers[0].Command = []string{"echo", `{"name":"one"}`}
		builder.PodSpec().Containers[1].Command = []string{"echo", `{"name":"two"}`}
		builder.PodSpec().InitContainers = []corev1.Container{
			{Name: "init", Image: "busybox", Command: []string{"echo", "not JSON"}},
			{
				Name: "sidecar", Image: "busybox", Command: []string{"sh", "-c", `echo '{"name":"sidecar"}'; sleep 600`},
				RestartPolicy: new(corev1.ContainerRestartPolicyAlways),
			},
		}
		builder.PodSpec().TerminationGracePeriodSeconds = new(int64(1))
		ejob.Restrict(builder.PodSpec())
		Expect(k8s.Create(ctx, builder.Obj())).To(Succeed())
		Eventually(secret(namespace, "out.one")).WithContext(ctx).Should(Equal(map[string]string{"name": "one"}))
		Eventually(secret(namespace, "out.two")).WithContext(ctx).Should(Equal(map[string]string{"name": "two"}))
		Expect(kubectl(ctx, "--namespace="+namespace, "get", "secrets", "--output=name")).To(Equal("secret/out.one\nsecret/out.two\n"))
	})

	DescribeTable("of a failed run is kept if it is asked for and its log still exists (72)",
		func(ctx context.Context, end string, change func(*batchv1.JobSpec), logStays bool) {
			namespace := newNamespace(ctx)
			builder := shell(namespace, "one-off", `echo '{"a":"b"}'; `+end).Strategy(fissilev1.StrategyOnce).Output("out").WriteOnFailure()
			builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
			change(&builder.Obj().Spec.JobTemplate.Spec)
			oneOff := builder.Obj()
			Expect(k8s.Create(ctx, oneOff)).To(Succeed())
			Eventually(the(oneOff)).WithContext(ctx).WithTimeout(timeout).Should(ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyDone))
			if !logStays && meta.IsStatusConditionFalse(oneOff.Status.Conditions, fissilev1.ConditionOutputPersisted) {
				Expect(oneOff).To(ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputUnavailable))
				_, err := secret(namespace, "out-main")(ctx)
				Expect(err).To(MatchError(apierrors.IsNotFound, "IsNotFound"))
				return
			}
			Expect(oneOff).To(ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored))
			Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
		},
		Entry("exit code 1", "exit 1", func(*batchv1.JobSpec) {}, true),
		Entry("exit code 2 in the last of two attempts", "exit 2", func(job *batchv1.JobSpec) { job.BackoffLimit = new(int32(1)) }, true),
		Entry("exit code 137", "exit 137", func(*batchv1.JobSpec) {}, true),
		Entry("a policy that fails the Job", "exit 42", func(job *batchv1.JobSpec) {
			job.BackoffLimit = new(int32(3))
			job.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{{
				Action: batchv1.PodFailurePolicyActionFailJob,
				OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
					Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{42},
				},
			}}}
		}, true),
		// Kubernetes deletes the pod here, possibly before the operator reads its log.
		Entry("OnFailure", "exit 1", func(job *batchv1.JobSpec) {
			job.Template.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
		}, false),
		Entry("a deadline", "sleep 60", func(job *batchv1.JobSpec) {
			job.ActiveDeadlineSeconds = new(int64(3))
		}, false),
	)

	It("replaces that of the run before as a whole (74)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		errand := shell(namespace, "errand", `echo '{"a":"1","b":"2"}'`).Strategy(fissilev1.StrategyNow).
			Output("out").SecretLabels(map[string]string{"old": "label", "both": "1"}).Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		kubectl(ctx, "--namespace="+namespace, "annotate", "secret", "out-main", "third-party=stays")

		before := errand.DeepCopy()
		errand.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Command[2] = `echo '{"c":"3"}'`
		errand.Spec.Output.SecretLabels = map[string]string{"both": "2"}
		errand.Spec.Trigger.Strategy = fissilev1.StrategyNow
		Expect(k8s.Patch(ctx, errand, client.MergeFrom(before))).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"c": "3"}))
		output := &corev1.Secret{}
		Expect(k8s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "out-main"}, output)).To(Succeed())
		Expect(output.Labels).To(SatisfyAll(HaveKeyWithValue("both", "2"), Not(HaveKey("old"))))
		Expect(output.Annotations).To(HaveKeyWithValue("third-party", "stays"))
	})

	It("is kept in immutable versions, of which ten come after nine (80)", early, func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		errand := shell(namespace, "errand", `echo "{\"time\":\"$(date)\"}"`).Strategy(fissilev1.StrategyManual).Output("out").Obj()
		errand.Spec.Output.Versioned = new(true)
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		const runs = 12
		for run := range int64(runs) {
			// Uses requestID, because "now" would be delayed from the tenth time on.
			patch(ctx, errand, fmt.Sprintf(`{"spec":{"trigger":{"requestID":"%d"}}}`, run))
			Eventually(the(errand)).WithContext(ctx).Should(ejob.HaveSettled(run+1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		}
		Expect(recorded.Created()).To(HaveLen(runs))
		for version := range runs {
			output := &corev1.Secret{}
			name := fmt.Sprintf("out-main-v%d", version+1)
			Expect(k8s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, output)).To(Succeed())
			Expect(output.Immutable).To(HaveValue(BeTrue()))
			Expect(output.Labels).To(SatisfyAll(
				HaveKeyWithValue("fissile.cloudfoundry.org/secret-kind", "versionedSecret"),
				HaveKeyWithValue("fissile.cloudfoundry.org/secret-version", strconv.Itoa(version+1)),
			))
			Expect(output.Annotations).To(HaveKey("fissile.cloudfoundry.org/source-description"))
		}
		Expect(errand.Status.Outputs).To(ConsistOf(SatisfyAll(
			HaveField("SecretName", "out-main-v12"), HaveField("Version", int64(12)),
		)))
	})

	It("leaves a foreign Secret alone, and is stored when that is gone (75)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		foreign := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "out-main"},
			Data:       map[string][]byte{"theirs": []byte("kept")},
		}
		Expect(k8s.Create(ctx, foreign)).To(Succeed())
		oneOff := shell(namespace, "one-off", `echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict))
		Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"theirs": "kept"}))

		Expect(k8s.Delete(ctx, foreign)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionTrue, fissilev1.ReasonSucceeded))
		Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
	})

	It("is reported as lost when its Secret is deleted, and made again by the next run", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		oneOff := shell(namespace, "one-off", `echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(oneOff.Status.Outputs).To(ConsistOf(HaveField("SecretName", "out-main")))

		kubectl(ctx, "--namespace="+namespace, "delete", "secret", "out-main")
		Eventually(the(oneOff)).WithContext(ctx).Should(SatisfyAll(
			HaveField("Status.Conditions", ContainElement(SatisfyAll(
				HaveField("Type", fissilev1.ConditionOutputPersisted), HaveField("Status", metav1.ConditionFalse)))),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("out-main")),
			HaveField("Status.Outputs", BeEmpty()),
		))

		trigger(ctx, oneOff)
		Eventually(the(oneOff)).WithContext(ctx).Should(SatisfyAll(
			ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
			HaveField("Status.Outputs", ConsistOf(HaveField("SecretName", "out-main"))),
		))
		Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
	})
})
