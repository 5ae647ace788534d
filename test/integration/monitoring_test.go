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
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/rules/query"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/scrape"
)

var (
	// selectors are metrics in a query, with the text between their braces.
	selectors = regexp.MustCompile(`\b([a-z]+(?:_[a-z]+)+|up)\{([^}]*)\}`)
	matchers  = regexp.MustCompile(`([a-z_]+)!?=~?"`)
	// ofTarget are the metric and the labels that Prometheus itself adds to its
	// targets.
	ofTarget = []string{"up", "job", "namespace"}
)

var _ = Describe("The metric of runs that wait", func() {
	waiting := func(reason string) func() (float64, error) {
		return func() (float64, error) {
			return operator.metric("extendedjob_waiting_runs", map[string]string{"reason": reason})
		}
	}

	It("tells what for, until they run", func() {
		before := make(map[string]float64)
		for _, reason := range []string{fissilev1.ReasonSuspended, fissilev1.ReasonReferencesMissing, fissilev1.ReasonJobSuspended} {
			var err error
			before[reason], err = waiting(reason)()
			Expect(err).NotTo(HaveOccurred())
		}
		ej := create(ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyNow).Suspend().ReadsConfigMap("late"))
		Eventually(waiting(fissilev1.ReasonSuspended)).Should(Equal(before[fissilev1.ReasonSuspended] + 1))

		edit(ej, func() { ej.Spec.Suspend = nil })
		Eventually(waiting(fissilev1.ReasonReferencesMissing)).Should(Equal(before[fissilev1.ReasonReferencesMissing] + 1))
		Expect(waiting(fissilev1.ReasonSuspended)()).To(Equal(before[fissilev1.ReasonSuspended]))

		createInput(configMap("late", "here"))
		job := activeJob(ej, 1)
		Eventually(waiting(fissilev1.ReasonReferencesMissing)).Should(Equal(before[fissilev1.ReasonReferencesMissing]))

		By("whose Job is there, but does not run")
		job.Spec.Suspend = new(true)
		Expect(plane.client.Update(context.Background(), job)).To(Succeed())
		job.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobSuspended, Status: corev1.ConditionTrue}}
		Expect(plane.client.Status().Update(context.Background(), job)).To(Succeed())
		Eventually(waiting(fissilev1.ReasonJobSuspended)).Should(Equal(before[fissilev1.ReasonJobSuspended] + 1))
	})
})

var _ = Describe("Alerts and dashboard", func() {
	BeforeEach(beSeen)

	It("ask for metrics and labels that the operator has", func() {
		groups, err := query.Alerts(repository + "/config")
		Expect(err).NotTo(HaveOccurred())
		dashboard, err := query.Dashboard(repository + "/config")
		Expect(err).NotTo(HaveOccurred())
		served, err := operator.families()
		Expect(err).NotTo(HaveOccurred())
		for _, group := range append(groups, dashboard) {
			Expect(group.Rules).NotTo(BeEmpty(), group.Name)
			for _, rule := range group.Rules {
				metrics := selectors.FindAllStringSubmatch(rule.Expr, -1)
				Expect(metrics).NotTo(BeEmpty(), rule.Expr)
				for _, metric := range metrics {
					expectServed(served, metric[1], metric[2], rule.Expr)
				}
			}
		}
	})
})

// beSeen causes something for each metric.
func beSeen() {
	GinkgoHelper()
	ej := create(ejob.New(namespace, "seen").Strategy(fissilev1.StrategyNow).Containers("json").Output("seen"))
	complete(activeJob(ej, 1), logs{"json": `{"foo": "1"}` + "\n"})
	Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
	waiting := create(ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyNow).Suspend())
	Eventually(komega.Object(waiting)).Should(ejob.BeHeld(fissilev1.ReasonSuspended))
	response, err := http.Post("http://"+operator.config.Metrics.BindAddress+"/metrics", "", http.NoBody)
	Expect(err).NotTo(HaveOccurred(), "is refused, and counted")
	response.Body.Close()
}

// expectServed expects that a metric is served, with the labels that a query uses.
func expectServed(served scrape.Families, name, query, expression string) {
	GinkgoHelper()
	if slices.Contains(ofTarget, name) {
		return
	}
	family, ok := served[name]
	if !ok {
		family, ok = served[strings.TrimSuffix(name, "_bucket")]
	}
	Expect(ok).To(BeTrue(), "nobody serves %s in %s", name, expression)
	var labels []string
	for _, label := range family.GetMetric()[0].GetLabel() {
		labels = append(labels, label.GetName())
	}
	for _, matcher := range matchers.FindAllStringSubmatch(query, -1) {
		Expect(append(labels, ofTarget...)).To(ContainElement(matcher[1]), "%s has no such label in %s", name, expression)
	}
}
