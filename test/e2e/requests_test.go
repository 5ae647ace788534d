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
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// firstFailure sends the time when a Job of a namespace is first seen to have
// failed.
func firstFailure(ctx context.Context, namespace string) <-chan time.Time {
	GinkgoHelper()
	watcher, err := k8s.Watch(ctx, &batchv1.JobList{}, client.InNamespace(namespace))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(watcher.Stop)
	seen := make(chan time.Time, 1)
	go func() {
		for event := range watcher.ResultChan() {
			if job, ok := event.Object.(*batchv1.Job); ok && event.Type == watch.Modified && hasFailed(job) {
				seen <- time.Now()
				return
			}
		}
	}()
	return seen
}

func hasFailed(job *batchv1.Job) bool {
	for _, condition := range job.Status.Conditions {
		if condition.Type == batchv1.JobFailed {
			return true
		}
	}
	return false
}

var _ = Describe("A pipeline that asks for a run by requestID", func() {
	DescribeTable("is told of the run that it asked for",
		func(ctx context.Context, first, next string) {
			namespace := newNamespace(ctx)
			recorded := recordJobs(ctx, namespace)
			release := func(id, script string) *fissilev1.ExtendedJob {
				builder := shell(namespace, "release", script).Strategy(fissilev1.StrategyManual)
				builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
				builder.Obj().Spec.Trigger.RequestID = id
				return builder.Obj()
			}
			ej := release("", "")
			served := func(number int64, id string, result fissilev1.RunResult) {
				GinkgoHelper()
				Expect(the(ej)(ctx)).To(SatisfyAll(
					ejob.HaveSettled(number, result, fissilev1.StrategyManual),
					HaveField("Status.ServedRequestID", id),
					HaveField("Status.LastRun.RequestID", id),
					HaveField("Status.LastRun.Cause", fissilev1.CauseRequest),
				))
			}

			apply(ctx, release("v1", "sleep 2"), first)
			Expect(waitFor(ctx, ej, "Ready", time.Minute)).To(Succeed())
			served(1, "v1", fissilev1.ResultSucceeded)

			apply(ctx, release("v2", "sleep 5"), next)
			Eventually(runningPod(namespace)).WithContext(ctx).Should(BeTrue())
			apply(ctx, release("v3", "sleep 1"), next)
			Expect(waitFor(ctx, ej, "Ready", time.Minute)).To(Succeed())
			served(3, "v3", fissilev1.ResultSucceeded)

			By("applying it without a change")
			apply(ctx, release("v3", "sleep 1"), next)
			Expect(waitFor(ctx, ej, "Ready", 5*time.Second)).To(Succeed())
			Consistently(recorded.Created).Should(HaveLen(3))

			By("applying one that fails")
			failure := firstFailure(ctx, namespace)
			apply(ctx, release("v4", "exit 1"), next)
			Expect(waitFor(ctx, ej, "Stalled", time.Minute)).To(Succeed())
			Expect(time.Since(<-failure)).To(BeNumerically("<", 2*time.Second))
			served(4, "v4", fissilev1.ResultFailed)
			Expect(waitFor(ctx, ej, "Ready", time.Second)).To(timeOut())

			By("applying the failed one without a change")
			apply(ctx, release("v4", "exit 1"), next)
			Consistently(recorded.Created).Should(HaveLen(4))
			Expect(waitFor(ctx, ej, "Stalled", time.Second)).To(Succeed())
		},
		Entry("with apply", "apply", "apply"),
		Entry("with server-side apply", "apply --server-side", "apply --server-side"),
		Entry("with replace", "create", "replace"),
	)

	It("gets no back-off", early, func(ctx context.Context) {
		namespace := newNamespace(ctx)
		errand := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyManual).Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		start := time.Now()
		for run := range int64(12) {
			patch(ctx, errand, `{"spec":{"trigger":{"requestID":"`+time.Now().Format(time.RFC3339Nano)+`"}}}`)
			Expect(waitFor(ctx, errand, "Ready", time.Minute)).To(Succeed())
			Expect(the(errand)(ctx)).To(lastRun(run+1, fissilev1.ResultSucceeded))
		}
		GinkgoWriter.Printf("Twelve requests in a row took %s.\n", time.Since(start))
	})
})
