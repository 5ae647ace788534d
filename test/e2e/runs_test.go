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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("An errand", func() {
	It("runs once each time it is told to (12, 13)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		errand := shell(namespace, "errand", "sleep 1").Strategy(fissilev1.StrategyManual).Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(ejob.BeIdle())
		Consistently(recorded.Created).Should(BeEmpty())

		for run := range int64(2) {
			trigger(ctx, errand)
			kubectl(ctx, "--namespace="+namespace, "wait", "--for=condition=Complete", "ejob/errand", "--timeout=1m")
			Eventually(the(errand)).WithContext(ctx).Should(ejob.HaveSettled(run+1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		}
		Eventually(jobs(namespace)).WithContext(ctx).Should(BeEmpty())
		Expect(recorded.Created()).To(HaveLen(2))
		Expect(kubectl(ctx, "--namespace="+namespace, "get", "ejob", "errand")).To(MatchRegexp(`errand\s+manual\s+Succeeded\s+True\s+2\s`))
	})

	It("goes back to manual when its run fails, and keeps the failed Job (18, 51)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "errand", "exit 3").Strategy(fissilev1.StrategyNow)
		builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
		errand := builder.Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, "BackoffLimitExceeded"),
		))
		Consistently(jobs(namespace)).WithContext(ctx).Should(HaveLen(1))
	})

	It("says what keeps its pods from running, and goes on when that is gone (52)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyNow)
		builder.PodSpec().NodeSelector = map[string]string{"e2e": namespace}
		errand := builder.Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonPodsNotRunning),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("Unschedulable")),
		))

		var nodes corev1.NodeList
		Expect(k8s.List(ctx, &nodes)).To(Succeed())
		kubectl(ctx, "label", "node", nodes.Items[0].Name, "e2e="+namespace)
		DeferCleanup(func(ctx context.Context) { kubectl(ctx, "label", "node", nodes.Items[0].Name, "e2e-") })
		Eventually(the(errand)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
	})

	It("says what keeps its pods from being created (56)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyNow)
		builder.PodSpec().SecurityContext = nil
		errand := builder.Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Eventually(the(errand)).WithContext(ctx).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionTrue, fissilev1.ReasonPodsNotRunning),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("violates PodSecurity")),
		))
	})
})

var _ = Describe("A one-off", func() {
	It("runs once when it is created, and nothing is left of it when it is deleted (21, 49)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		oneOff := shell(namespace, "one-off", `echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Eventually(secret(namespace, "out-main")).WithContext(ctx).Should(Equal(map[string]string{"a": "b"}))

		patch(ctx, oneOff, `{"spec":{"trigger":{"strategy":"once"}}}`)
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveStrategy(fissilev1.StrategyDone))
		Consistently(recorded.Created).Should(HaveLen(1))

		Expect(k8s.Delete(ctx, oneOff)).To(Succeed())
		Eventually(func(g Gomega) {
			left := kubectl(ctx, "--namespace="+namespace, "get", "jobs,pods,secrets", "--output=name")
			g.Expect(left).To(BeEmpty())
		}).Should(Succeed())
	})

	It("that was run twice does not run again when its manifest replaces it", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		once := func() *fissilev1.ExtendedJob {
			return shell(namespace, "one-off", "true").Strategy(fissilev1.StrategyOnce).Obj()
		}
		apply(ctx, once(), "create")
		oneOff := once()
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		trigger(ctx, oneOff)
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))

		apply(ctx, once(), "replace")
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Consistently(recorded.Created).Should(HaveLen(2))
	})

	It("of cf-operator's time works as its README says (1)", Label("smoke"), func(ctx context.Context) {
		namespace := newNamespace(ctx)
		old := &fissilev1alpha1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "myfoo"}}
		old.Spec.Trigger.Strategy = fissilev1.StrategyOnce
		old.Spec.Template.Spec = *shell(namespace, "myfoo", `echo '{"foo": "1", "bar": "baz"}'`).PodSpec()
		old.Spec.Template.Spec.Containers[0].Name = "json"
		old.Spec.Output = &fissilev1alpha1.Output{NamePrefix: "foo-", SecretLabels: map[string]string{"key": "value"}}
		Expect(k8s.Create(ctx, old)).To(Succeed())
		Eventually(the(old)).WithContext(ctx).Should(HaveField("Spec.Trigger.Strategy", fissilev1.StrategyDone))
		Eventually(secret(namespace, "foo-json")).WithContext(ctx).Should(Equal(map[string]string{"foo": "1", "bar": "baz"}))
		Expect(kubectl(ctx, "--namespace="+namespace, "get", "secret", "--selector=key=value", "--output=name")).To(Equal("secret/foo-json\n"))
	})
})
