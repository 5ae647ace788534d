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
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// waitFor runs kubectl wait until an ExtendedJob has a condition.
func waitFor(ctx context.Context, ej client.Object, condition string, limit time.Duration) error {
	_, err := kubectlProgram.Run(ctx, "--namespace="+ej.GetNamespace(), "wait", "--for=condition="+condition,
		"ejob/"+ej.GetName(), "--timeout="+limit.String())
	return err
}

// timeOut matches the error of a kubectl wait that timed out.
func timeOut() types.GomegaMatcher {
	return MatchError(ContainSubstring("timed out waiting for the condition"))
}

// keepWaiting expects that kubectl does not mistake the run that is due for a
// finished one.
func keepWaiting(ctx context.Context, ej client.Object) {
	GinkgoHelper()
	for _, condition := range []string{"Running=false", "Complete", "Failed", "Ready"} {
		Expect(waitFor(ctx, ej, condition, time.Second)).To(timeOut(), condition)
	}
}

// lastRun matches an ExtendedJob by its last run.
func lastRun(number int64, result fissilev1.RunResult) types.GomegaMatcher {
	return HaveField("Status.LastRun", HaveValue(SatisfyAll(HaveField("Number", number), HaveField("Result", result))))
}

// runningPod reports whether a pod of the namespace is running, for Eventually.
func runningPod(namespace string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		var pods corev1.PodList
		err := k8s.List(ctx, &pods, client.InNamespace(namespace))
		for i := range pods.Items {
			if pods.Items[i].Status.Phase == corev1.PodRunning {
				return true, err
			}
		}
		return false, err
	}
}

var _ = Describe("kubectl wait", func() {
	It("goes on while a run is suspended", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		errand := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyNow).Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Expect(waitFor(ctx, errand, "Complete", time.Minute)).To(Succeed())

		patch(ctx, errand, `{"spec":{"suspend":true,"trigger":{"strategy":"now"}}}`)
		keepWaiting(ctx, errand)
		Expect(the(errand)(ctx)).To(lastRun(1, fissilev1.ResultSucceeded))

		patch(ctx, errand, `{"spec":{"suspend":false}}`)
		Expect(waitFor(ctx, errand, "Complete", time.Minute)).To(Succeed())
		Expect(the(errand)(ctx)).To(lastRun(2, fissilev1.ResultSucceeded))
	})

	It("goes on while a run is delayed, which the tenth in a row is", early, func(ctx context.Context) {
		namespace := newNamespace(ctx)
		errand := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyManual).Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		delayed := HaveField("Status.Conditions", ContainElement(HaveField("Reason", fissilev1.ReasonTriggerBackoff)))
		inARow := int64(0)
		for ; inARow < 12; inARow++ {
			trigger(ctx, errand)
			over := ejob.HaveSettled(inARow+1, fissilev1.ResultSucceeded, fissilev1.StrategyManual)
			Eventually(the(errand)).WithContext(ctx).Should(SatisfyAny(over, delayed))
			if matched, err := delayed.Match(errand); err == nil && matched {
				break
			}
		}
		keepWaiting(ctx, errand)
		Expect(inARow).To(BeEquivalentTo(9), "runs that a person can start in a row without a delay")
		Expect(the(errand)(ctx)).To(ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("requestID")), "how to go on at once")

		Expect(waitFor(ctx, errand, "Complete", time.Minute)).To(Succeed())
		Expect(the(errand)(ctx)).To(lastRun(inARow+1, fissilev1.ResultSucceeded))
	})

	DescribeTable("ends with the run of what was applied during a run",
		func(ctx context.Context, second, condition string, result fissilev1.RunResult) {
			namespace := newNamespace(ctx)
			recorded := recordJobs(ctx, namespace)
			release := func(script string) *fissilev1.ExtendedJob {
				builder := shell(namespace, "release", script).Strategy(fissilev1.StrategyNow)
				builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
				return builder.Obj()
			}
			apply(ctx, release("sleep 5"), "apply")
			Eventually(runningPod(namespace)).WithContext(ctx).Should(BeTrue())
			apply(ctx, release(second), "apply")

			ej := release("")
			Expect(waitFor(ctx, ej, condition, time.Minute)).To(Succeed())
			Expect(the(ej)(ctx)).To(lastRun(2, result))
			Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(2, result, fissilev1.StrategyManual))
			Consistently(recorded.Created).Should(HaveLen(2))
		},
		Entry("if it succeeds", "echo second", "Complete", fissilev1.ResultSucceeded),
		Entry("if it fails", "exit 1", "Failed", fissilev1.ResultFailed),
	)

	It("does not end by the run before if a request is taken back", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		errand := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyNow).Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Expect(waitFor(ctx, errand, "Complete", time.Minute)).To(Succeed())

		patch(ctx, errand, `{"spec":{"suspend":true,"trigger":{"strategy":"now"}}}`)
		waiting := make(chan error, 1)
		go func() { waiting <- waitFor(ctx, errand, "Complete", 10*time.Second) }()
		Eventually(the(errand)).WithContext(ctx).Should(
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionUnknown, fissilev1.ReasonSuspended))
		patch(ctx, errand, `{"spec":{"trigger":{"strategy":"manual"}}}`)
		Expect(<-waiting).To(timeOut())
		Expect(the(errand)(ctx)).To(SatisfyAll(
			lastRun(2, fissilev1.ResultCancelled),
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonCancelled),
		))
		Expect(kubectl(ctx, "--namespace="+namespace, "get", "events", "--field-selector=reason=RunCancelled,involvedObject.name=errand", "--output=name")).
			To(HavePrefix("event/"))

		patch(ctx, errand, `{"spec":{"suspend":false,"trigger":{"strategy":"now"}}}`)
		Expect(waitFor(ctx, errand, "Complete", time.Minute)).To(Succeed())
		Expect(the(errand)(ctx)).To(lastRun(3, fissilev1.ResultSucceeded))
	})
})
