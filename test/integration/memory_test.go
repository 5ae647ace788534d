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
	"crypto/rand"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// BenchmarkMemory compares the operator's memory in an empty cluster with that in a
// cluster full of Secrets and ConfigMaps that no ExtendedJob names.
func BenchmarkMemory(b *testing.B) {
	RegisterTestingT(b)
	SetDefaultEventuallyTimeout(timeout)
	SetDefaultEventuallyPollingInterval(interval)
	assets, err := controlplane.FindAssets(repository)
	Expect(err).NotTo(HaveOccurred())
	directory := b.TempDir()
	plane, err := controlplane.Start(controlplane.Options{
		Repository: repository, Directory: directory, Assets: assets,
		Audited: []auditv1.PolicyRule{{Level: auditv1.LevelNone}}, // a policy needs a rule
	})
	b.Cleanup(func() { Expect(plane.Stop()).To(Succeed()) })
	Expect(err).NotTo(HaveOccurred())
	kubeconfig, err := plane.OperatorKubeconfig()
	Expect(err).NotTo(HaveOccurred())
	b.Cleanup(gexec.CleanupBuildArtifacts)
	operator := newManager(directory, &controlPlane{Plane: plane, operatorKubeconfig: kubeconfig})

	const secrets, configMaps, size = 5_000, 1_000, 10 << 10
	for b.Loop() {
		empty := memoryAtRest(b, operator)
		for i := range secrets + configMaps {
			metadata := metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: fmt.Sprintf("object-%d", i)}
			var object client.Object = &corev1.ConfigMap{ObjectMeta: metadata, Data: map[string]string{"key": strings.Repeat("x", size)}}
			if i < secrets {
				data := make([]byte, size)
				_, _ = rand.Read(data) // never fails
				object = &corev1.Secret{ObjectMeta: metadata, Data: map[string][]byte{"key": data}}
			}
			Expect(plane.Client.Create(b.Context(), object)).To(Succeed())
		}
		full := memoryAtRest(b, operator)
		b.ReportMetric(empty, "MiB-empty")
		b.ReportMetric(full, "MiB-full")
		b.ReportMetric(full/empty, "full/empty")
	}
}

// memoryAtRest starts the operator, and returns its resident memory in MiB after it
// has been the leader for half a minute.
func memoryAtRest(b *testing.B, operator *manager) float64 {
	b.Helper()
	operator.start()
	defer operator.stop()
	Eventually(func() (float64, error) {
		return operator.metric("leader_election_master_status", nil)
	}).WithTimeout(longTimeout).Should(BeEquivalentTo(1))
	<-time.After(30 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", operator.session.Command.Process.Pid))
	Expect(err).NotTo(HaveOccurred())
	resident := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	Expect(resident).NotTo(BeNil())
	kilobytes, err := strconv.Atoi(string(resident[1]))
	Expect(err).NotTo(HaveOccurred())
	return float64(kilobytes) / 1024
}
