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
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The status", func() {
	It("tells what each condition is about before the first run", func() {
		ej := create(ejob.New(namespace, "status").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonNeverRun),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionFalse, fissilev1.ReasonNeverRun),
			ejob.HaveCondition(fissilev1.ConditionRunning, metav1.ConditionFalse, fissilev1.ReasonIdle),
			ejob.HaveCondition(fissilev1.ConditionReady, metav1.ConditionTrue, fissilev1.ReasonIdle),
			HaveField("Status.Conditions", HaveLen(4)),
		))
	})

	It("is about the present generation in every condition, so that nobody waits for an old run", func() {
		ej := create(ejob.New(namespace, "status").Strategy(fissilev1.StrategyNow))
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		edit(ej, func() { ej.Spec.FailedJobsHistoryLimit = new(int32(3)) })
		Eventually(komega.Object(ej)).Should(SatisfyAll(ejob.BeIdle(),
			HaveField("Status.Conditions", HaveEach(HaveField("ObservedGeneration", ej.Generation)))))
	})

	It("can be waited for and looked at with kubectl", compat, func() {
		ej := create(ejob.New(namespace, "status").Strategy(fissilev1.StrategyNow))
		complete(activeJob(ej, 1), nil)
		kubectl("wait", "--for=condition=Complete", "ejob/status", "--timeout=10s")
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))

		for _, resource := range []string{"ejob", "ejobs.v1.fissile.cloudfoundry.org", "extendedjobs.v1alpha1.fissile.cloudfoundry.org"} {
			header, row := table(kubectl("get", resource))
			Expect(header).To(Equal([]string{"NAME", "STRATEGY", "SUSPEND", "STATUS", "READY", "RUN", "LAST RUN", "AGE"}), resource)
			Expect(row[:5]).To(Equal([]string{"status", "manual", "Succeeded", "True", "1"}), resource)
		}
		header, row := table(kubectl("get", "ejobs", "--output=wide"))
		Expect(header).To(Equal([]string{"NAME", "STRATEGY", "SUSPEND", "STATUS", "READY", "RUN", "LAST RUN", "AGE", "CAUSE", "JOB", "MESSAGE"}))
		Expect(row[7]).To(Equal("Now")) // SUSPEND is empty
		Expect(row[8]).To(Equal(ej.Status.LastRun.JobName))
		Expect(row[9]).To(Equal("Run 1 succeeded."))
	})

	It("is accompanied by one event for each transition", compat, func() {
		ej := create(ejob.New(namespace, "status").Strategy(fissilev1.StrategyOnce))
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		setStrategy(ej, fissilev1.StrategyNow)
		fail(activeJob(ej, 2), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(2, fissilev1.ResultFailed, fissilev1.StrategyDone))

		event := func(eventType, reason, run string) OmegaMatcher {
			return SatisfyAll(HaveField("Type", eventType), HaveField("Reason", reason), HaveField("Note", HavePrefix(run)),
				HaveField("Series", BeNil()))
		}
		inOrder := func() ([]eventsv1.Event, error) {
			events, err := eventsOn(ej)()
			slices.SortFunc(events, func(a, b eventsv1.Event) int { return a.EventTime.Compare(b.EventTime.Time) })
			return events, err
		}
		Eventually(inOrder).Should(HaveExactElements(
			event("Normal", "RunStarted", "Run 1"),
			event("Normal", "RunSucceeded", "Run 1"),
			event("Normal", "RunStarted", "Run 2"),
			event("Warning", "RunFailed", "Run 2"),
		))
		Consistently(inOrder).Should(HaveLen(4))
	})
})

// table splits kubectl get's output for one object into the fields of the header and
// of the row.
func table(output string) (header, row []string) {
	GinkgoHelper()
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	Expect(lines).To(HaveLen(2), output)
	fields := func(line string) []string {
		var fields []string
		for field := range strings.SplitSeq(line, "   ") { // at least three spaces separate columns
			if field = strings.TrimSpace(field); field != "" {
				fields = append(fields, field)
			}
		}
		return fields
	}
	return fields(lines[0]), fields(lines[1])
}
