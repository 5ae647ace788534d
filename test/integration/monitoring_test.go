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
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/rules/query"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var (
	// selectors are metrics in a query, with what is between their braces.
	selectors = regexp.MustCompile(`\b([a-z]+(?:_[a-z]+)+|up)\{([^}]*)\}`)
	matchers  = regexp.MustCompile(`([a-z_]+)!?=~?"`)
	// ofTarget are the metric and the labels that Prometheus itself has for what it
	// scrapes.
	ofTarget = []string{"up", "job", "namespace"}
)

var _ = Describe("Alerts and dashboard", func() {
	It("ask for metrics and labels that the operator has", func() {
		ej := create(ejob.New(namespace, "seen").Strategy(fissilev1.StrategyNow).Containers("json").Output("seen"))
		complete(activeJob(ej, 1), logs{"json": `{"foo": "1"}` + "\n"})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		response, err := http.Post("http://"+operator.config.Metrics.BindAddress+"/metrics", "", http.NoBody)
		Expect(err).NotTo(HaveOccurred(), "is refused, and counted")
		response.Body.Close()

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

// expectServed expects that a metric is served, with the labels that a query asks
// for.
func expectServed(served map[string]*dto.MetricFamily, name, query, expression string) {
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

// families are all metrics that are served.
func (m *manager) families() (map[string]*dto.MetricFamily, error) {
	body, err := m.get("http://" + m.config.Metrics.BindAddress + "/metrics")
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(body))
}
