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
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/rules/query"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// threshold is the comparison that ends the expression of an alert.
var threshold = regexp.MustCompile(` [<>] [\d. *]+$`)

var _ = Describe("A real Prometheus", Label("prometheus"), func() {
	BeforeEach(beSeen)

	It("evaluates the alerts and the queries of the dashboard", func() {
		alerts, err := query.Alerts(repository + "/config")
		Expect(err).NotTo(HaveOccurred())
		dashboard, err := query.Dashboard(repository + "/config")
		Expect(err).NotTo(HaveOccurred())
		prometheus := startPrometheus(append(alerts, dashboard))

		By("recording and alerting")
		rules := len(dashboard.Rules)
		for _, group := range alerts {
			rules += len(group.Rules)
		}
		Eventually(prometheus.evaluated).WithTimeout(longTimeout).Should(Equal(rules))

		By("having a value for each query")
		for _, rule := range dashboard.Rules {
			Eventually(prometheus.values).WithArguments(rule.Expr).WithTimeout(longTimeout).Should(BeNumerically(">", 0), rule.Expr)
		}
		for _, group := range alerts {
			for _, rule := range group.Rules {
				if strings.HasPrefix(rule.Expr, "absent(") {
					Eventually(prometheus.values).WithArguments(rule.Expr).Should(BeZero(), "%s is for what is there", rule.Expr)
					continue
				}
				expression := threshold.ReplaceAllString(rule.Expr, "")
				Expect(expression).NotTo(Equal(rule.Expr))
				Eventually(prometheus.values).WithArguments(expression).Should(BeNumerically(">", 0), expression)
			}
		}
	})
})

// prometheus is a Prometheus, identified by the URL of its API.
type prometheus string

// startPrometheus starts a Prometheus that scrapes the operator, with the labels
// that the ServiceMonitor sets.
func startPrometheus(rules []query.Group) prometheus {
	GinkgoHelper()
	program := os.Getenv("PROMETHEUS")
	if program == "" {
		Skip("PROMETHEUS names no program: make test-alerts")
	}
	directory := GinkgoT().TempDir()
	address, err := controlplane.FreeAddress()
	Expect(err).NotTo(HaveOccurred())
	file := filepath.Join(directory, "prometheus.yaml")
	Expect(controlplane.WriteYAML(filepath.Join(directory, "rules.yaml"), map[string]any{"groups": rules})).To(Succeed())
	Expect(controlplane.WriteYAML(file, map[string]any{
		"global":     map[string]any{"scrape_interval": "1s", "evaluation_interval": "1s"},
		"rule_files": []string{"rules.yaml"},
		"scrape_configs": []any{map[string]any{
			"job_name": "extendedjob-metrics-service",
			"static_configs": []any{map[string]any{
				"targets": []string{operator.config.Metrics.BindAddress},
				"labels":  map[string]string{"namespace": operatorNamespace, "pod": "manager"},
			}},
		}},
	})).To(Succeed())
	command := exec.CommandContext(context.Background(), program, "--config.file="+file, "--storage.tsdb.path="+directory, "--web.listen-address="+address)
	session, err := gexec.Start(command, GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		session.Terminate()
		Eventually(session).WithTimeout(longTimeout).Should(gexec.Exit())
	})
	return prometheus("http://" + address + "/api/v1/")
}

// evaluated returns how many rules were evaluated without an error.
func (p prometheus) evaluated(g Gomega) int {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Name, Health, LastError string
			}
		}
	}
	p.get(g, "rules", &rules)
	evaluated := 0
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			g.Expect(rule.LastError).To(BeEmpty(), rule.Name)
			if rule.Health == "ok" {
				evaluated++
			}
		}
	}
	return evaluated
}

// values returns how many values an expression has.
func (p prometheus) values(g Gomega, expression string) int {
	var vector struct{ Result []any }
	p.get(g, "query?query="+url.QueryEscape(expression), &vector)
	return len(vector.Result)
}

func (p prometheus) get(g Gomega, path string, data any) {
	body, err := operator.get(string(p) + path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(json.Unmarshal(body, &struct{ Data any }{data})).To(Succeed())
}
