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
	"fmt"
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const attackerPackage = "github.com/cloudfoundry-incubator/extendedjob-operator/test/attacker"

// An attacker in a pod reaches the operator's ports without any right.
var _ = Describe("An attacker in a pod", Serial, Label("attacks"), func() {
	It("stops neither the operator nor what it does for others", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		pod := attackingPod(ctx, namespace)
		memory := measureMemory(ctx, namespace)
		idle := memory.peakOf(ctx)
		before := replicas(ctx)

		for _, attack := range []struct {
			name, duration string
			ports          []string
		}{
			{"methods", "8s", []string{metricsPort}},
			{"tokens", "8s", []string{metricsPort}},
			{"endless", "8s", []string{webhookPort}},
			{"bodies", "8s", []string{webhookPort}},
			{"headers", "8s", []string{metricsPort, webhookPort, healthPort}},
			{"random", "60s", []string{metricsPort, webhookPort, healthPort}},
		} {
			memory.peak.Store(0)
			arguments := []string{"--namespace=" + namespace, "exec", pod, "--", "/attacker/attacker", attack.name, attack.duration}
			session, err := gexec.Start(command(ctx, append(arguments, addresses(before, attack.ports...)...)...), nil, GinkgoWriter)
			Expect(err).NotTo(HaveOccurred())
			startsSoon(ctx)
			Eventually(session).WithContext(ctx).WithTimeout(2 * time.Minute).Should(gexec.Exit(0))
			answers := strings.TrimSpace(string(session.Out.Contents()))
			AddReportEntry(fmt.Sprintf("%s on %s", attack.name, strings.Join(attack.ports, ", ")),
				fmt.Sprintf("%d MiB idle, %d MiB at most; %s", idle>>20, memory.peakOf(ctx)>>20, answers), ReportEntryVisibilityAlways)
			Expect(answers).NotTo(ContainSubstring("500: "), "what cannot be read is the client's fault")
			Expect(replicas(ctx)).To(ConsistOf(before), attack.name)
		}
		startsSoon(ctx)
	})
})

// The operator's ports, as parts of a URL.
const (
	metricsPort = "https:8443"
	webhookPort = "https:9443"
	healthPort  = "http:8081"
)

// attackingPod starts a pod with the attacker's program, as restricted as any other.
func attackingPod(ctx context.Context, namespace string) string {
	GinkgoHelper()
	var nodes corev1.NodeList
	Expect(k8s.List(ctx, &nodes)).To(Succeed())
	DeferCleanup(gexec.CleanupBuildArtifacts)
	program, err := gexec.BuildWithEnvironment(attackerPackage, []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + nodes.Items[0].Status.NodeInfo.Architecture})
	Expect(err).NotTo(HaveOccurred())
	binary, err := os.ReadFile(program)
	Expect(err).NotTo(HaveOccurred())

	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "attacker"}, Spec: *shell(namespace, "attacker", "sleep 600").PodSpec()}
	pod.Spec.Volumes = []corev1.Volume{{Name: "attacker", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "attacker", MountPath: "/attacker"}}
	Expect(k8s.Create(ctx, pod)).To(Succeed())
	Eventually(the(pod)).WithContext(ctx).Should(HaveField("Status.Phase", corev1.PodRunning))

	_, err = kubectlProgram.RunWithInput(ctx, string(binary), "--namespace="+namespace, "exec", "--stdin", pod.Name, "--",
		"sh", "-c", "cat > /attacker/attacker && chmod +x /attacker/attacker")
	Expect(err).NotTo(HaveOccurred())
	return pod.Name
}

// replica is one of the operator's pods, with its running container.
type replica struct{ pod, address, container string }

func replicas(ctx context.Context) []replica {
	GinkgoHelper()
	var list corev1.PodList
	Expect(k8s.List(ctx, &list, client.InNamespace(operatorNamespace), client.MatchingLabels{"app.kubernetes.io/component": "controller-manager"})).To(Succeed())
	var all []replica
	for i := range list.Items {
		pod := &list.Items[i]
		Expect(pod.Status.ContainerStatuses).To(HaveEach(HaveField("Ready", true)), pod.Name)
		all = append(all, replica{pod.Name, pod.Status.PodIP, pod.Status.ContainerStatuses[0].ContainerID})
	}
	return all
}

// addresses returns the URLs of ports of all replicas.
func addresses(all []replica, ports ...string) []string {
	var urls []string
	for _, r := range all {
		for _, port := range ports {
			scheme, number, _ := strings.Cut(port, ":")
			urls = append(urls, fmt.Sprintf("%s://%s:%s", scheme, r.address, number))
		}
	}
	return urls
}
