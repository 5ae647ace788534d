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
	"os"
	"os/exec"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/scrape"
)

// manager is the operator's program, as it is shipped, in a process of its own: it
// can be killed and started again.
type manager struct {
	program string
	// kubeconfig is a file with access to the API server.
	kubeconfig string
	config     configv1alpha1.OperatorConfiguration
	file       string
	session    *gexec.Session
}

func newManager(directory string, plane *controlPlane) *manager {
	program, err := gexec.Build("github.com/cloudfoundry-incubator/extendedjob-operator")
	Expect(err).NotTo(HaveOccurred())
	configuration, err := plane.OperatorConfiguration()
	Expect(err).NotTo(HaveOccurred())
	m := &manager{program: program, kubeconfig: plane.operatorKubeconfig, config: *configuration, file: filepath.Join(directory, "operator.yaml")}
	m.config.Output.LogReadTimeoutSeconds = new(int32(logReadTimeout / time.Second))
	m.config.Output.CollectorImage = "collector"
	// Shorter than quietTime.
	m.config.ConfigChange.DebounceMilliseconds = new(int32(100))
	// Short, because a killed manager does not release it, but long enough for a busy
	// machine.
	m.config.LeaderElection = configv1alpha1.LeaderElection{
		LeaseDurationSeconds: new(int32(10)),
		RenewDeadlineSeconds: new(int32(8)),
		RetryPeriodSeconds:   new(int32(1)),
	}
	Expect(controlplane.WriteYAML(m.file, m.config)).To(Succeed())
	return m
}

// start starts the program and returns when it is ready, but perhaps not yet the
// leader. Arguments are added to the usual ones.
func (m *manager) start(arguments ...string) {
	command := exec.CommandContext(context.Background(), m.program, append([]string{"--config=" + m.file, "--zap-log-level=debug"}, arguments...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+m.kubeconfig)
	var err error
	m.session, err = gexec.Start(command, GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	Eventually(m.get).WithArguments("http://" + m.config.Health.BindAddress + "/readyz").Should(BeEquivalentTo("ok"))
}

// startAgain starts the manager for the next spec if this one has left it
// ended.
func startAgain() {
	if operator.session.ExitCode() >= 0 {
		operator.start()
	}
}

// stop shuts the manager down gracefully.
func (m *manager) stop() {
	m.session.Terminate()
	Eventually(m.session).WithTimeout(longTimeout).Should(gexec.Exit(0))
}

// restart stops the program and starts it with its current configuration.
func (m *manager) restart(arguments ...string) {
	GinkgoHelper()
	m.stop()
	Expect(controlplane.WriteYAML(m.file, m.config)).To(Succeed())
	m.start(arguments...)
}

// kill ends the manager immediately.
func (m *manager) kill() {
	m.session.Kill()
	Eventually(m.session).Should(gexec.Exit())
}

// metric returns the sum of a metric over everything that has these labels.
func (m *manager) metric(name string, labels map[string]string) (float64, error) {
	families, err := m.families()
	return families.Sum(name, labels), err
}

// workedOff fails unless the manager has reconciled at least this many times and its
// queue is empty.
func (m *manager) workedOff(g Gomega, reconciles int) {
	families, err := m.families()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(families.WorkedOff(reconciles)).To(BeTrue())
}

// families returns all metrics that are served.
func (m *manager) families() (scrape.Families, error) {
	return scrape.Metrics(context.Background(), "http://"+m.config.Metrics.BindAddress+"/metrics")
}

func (m *manager) get(url string) ([]byte, error) { return scrape.Get(context.Background(), url) }
