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

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("The manager", func() {
	DescribeTable("does not start with a configuration that is wrong, and says what is wrong", func(configuration string, says ...string) {
		file := filepath.Join(GinkgoT().TempDir(), "operator.yaml")
		Expect(os.WriteFile(file, []byte("apiVersion: config.fissile.cloudfoundry.org/v1alpha1\nkind: OperatorConfiguration\n"+configuration), 0o600)).To(Succeed())
		session, err := gexec.Start(exec.CommandContext(context.Background(), operator.program, "--config="+file), GinkgoWriter, GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		Eventually(session).Should(gexec.Exit(1))
		for _, text := range append(says, file) {
			Expect(session.Err.Contents()).To(ContainSubstring(text))
		}
	},
		Entry("an unknown field", "namespace: operator\nnamspaces: [a]\n", "namspaces", "unknown field"),
		Entry("a field that is given twice", "namespace: operator\nnamespace: other\n", "namespace", "already set"),
		Entry("a wrong value", "namespace: operator\nconcurrency: 0\n", "concurrency", "must be at least 1"),
		Entry("a wrong type", "namespace: operator\nwebhook: {port: https}\n", "webhook.port"),
	)

	It("tells its version", func() {
		session, err := gexec.Start(exec.CommandContext(context.Background(), operator.program, "--version"), GinkgoWriter, GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		Eventually(session).Should(SatisfyAll(gexec.Exit(0), gbytes.Say(`\w+`)))
	})

	It("tells the kubelet that it lives and is ready", func() {
		for _, path := range []string{"/healthz", "/readyz"} {
			Expect(operator.get("http://" + operator.config.Health.BindAddress + path)).To(BeEquivalentTo("ok"))
		}
	})
})
