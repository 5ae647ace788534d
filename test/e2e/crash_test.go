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
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/faultproxy"
)

// writesOfARun is the number of writes of a run that is too short for its Job to
// be recorded.
const writesOfARun = 6

// The operator talks to the API server through a proxy in this process, which pods
// can reach only on the local cluster.
var _ = Describe("The operator, crashing", Serial, Ordered, func() {
	if os.Getenv("CLUSTER") != "local" {
		return
	}
	var faults *crashes
	var proxy *faultproxy.Proxy

	BeforeAll(func(ctx context.Context) {
		faults = &crashes{}
		proxy = putProxyBetween(ctx, faults.decide)
	})

	// run runs a one-off once, and reports the result.
	run := func(ctx context.Context) {
		GinkgoHelper()
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		oneOff := shell(namespace, "one-off", `echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		oneOff.Spec.Output.Versioned = new(true)
		faults.watch(namespace)
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Eventually(jobs(namespace)).WithContext(ctx).Should(BeEmpty())

		Expect(recorded.Created()).To(HaveLen(1), "Jobs for one trigger")
		Expect(secret(namespace, "out-main-v1")(ctx)).To(Equal(map[string]string{"a": "b"}))
		var secrets corev1.SecretList
		Expect(k8s.List(ctx, &secrets, client.InNamespace(namespace))).To(Succeed())
		Expect(secrets.Items).To(HaveLen(1), "versions for one run")
		Expect(oneOff.Status.Runs).To(HaveValue(BeEquivalentTo(1)))
		Expect(oneOff.Status.Succeeded).To(HaveValue(BeEquivalentTo(1)))
	}

	It("before or after any of its writes ends as if it had not (85)", func(ctx context.Context) {
		run(ctx)
		writes := faults.seen()
		By("An undisturbed run: " + strings.Join(writes, ", "))
		Expect(writes).To(HaveLen(writesOfARun), "claim, Job, Secret, settle, status, delete")

		for at := range writesOfARun {
			for _, fault := range []faultproxy.Fault{faultproxy.CutBefore, faultproxy.CutAfter} {
				By(fmt.Sprintf("A crash %s write %d: %s", fault, at+1, writes[at]))
				faults.crash(at+1, fault)
				done := make(chan struct{})
				go func() {
					defer GinkgoRecover()
					defer close(done)
					<-proxy.Cut()
					killOperator(ctx)
					proxy.Mend()
				}()
				run(ctx)
				Eventually(done).Should(BeClosed(), "the crash")
			}
		}
	}, NodeTimeout(20*time.Minute))
})

// crashes decides at which of its writes to a namespace the operator crashes.
type crashes struct {
	mu        sync.Mutex
	namespace string
	writes    []string
	at        int
	fault     faultproxy.Fault
}

// watch starts counting the writes to a namespace.
func (c *crashes) watch(namespace string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.namespace, c.writes = namespace, nil
}

// crash crashes the operator once, at a write, counted from 1.
func (c *crashes) crash(at int, fault faultproxy.Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.fault = at, fault
}

// seen returns the writes that were counted.
func (c *crashes) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

func (c *crashes) decide(r *http.Request) faultproxy.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, path, ok := strings.Cut(r.URL.Path, "/namespaces/"+c.namespace+"/")
	if !ok || !faultproxy.IsWrite(r) {
		return faultproxy.None
	}
	c.writes = append(c.writes, r.Method+" "+path)
	if len(c.writes) != c.at {
		return faultproxy.None
	}
	c.at = 0
	return c.fault
}

// putProxyBetween connects the operator to the API server through a proxy until the
// specs end. There is one replica, whose lease expires soon after a crash.
func putProxyBetween(ctx context.Context, decide func(*http.Request) faultproxy.Fault) *faultproxy.Proxy {
	GinkgoHelper()
	target, err := url.Parse(restConfig.Host)
	Expect(err).NotTo(HaveOccurred())
	// Pods reach this process at the address from which it reaches the node.
	probe, err := (&net.Dialer{}).DialContext(ctx, "udp", target.Host)
	Expect(err).NotTo(HaveOccurred())
	address := probe.LocalAddr().(*net.UDPAddr).IP
	Expect(probe.Close()).To(Succeed())
	// The operator authenticates itself.
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(restConfig))
	Expect(err).NotTo(HaveOccurred())
	proxy := faultproxy.New(target, transport, decide)
	server, certificatePEM, err := proxy.Listen(ctx, address)
	Expect(err).NotTo(HaveOccurred())

	deployment := &appsv1.Deployment{}
	Expect(k8s.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: operatorDeployment}, deployment)).To(Succeed())
	asDeployed := deployment.DeepCopy()
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: "e2e-proxy"}, Data: map[string]string{
		"kubeconfig": kubeconfig(server, certificatePEM),
		"operator.yaml": `apiVersion: config.fissile.cloudfoundry.org/v1alpha1
kind: OperatorConfiguration
certificates:
  source: SelfSigned
leaderElection:
  leaseDurationSeconds: 4
  renewDeadlineSeconds: 3
  retryPeriodSeconds: 1
`,
	}}
	Expect(k8s.Create(ctx, settings)).To(Succeed())
	DeferCleanup(func(ctx context.Context) {
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(deployment), deployment)).To(Succeed())
		disturbed := deployment.DeepCopy()
		deployment.Spec = asDeployed.Spec
		Expect(k8s.Patch(ctx, deployment, client.MergeFrom(disturbed))).To(Succeed())
		kubectl(ctx, "--namespace="+operatorNamespace, "rollout", "status", "deployment", operatorDeployment, "--timeout=2m")
		Expect(k8s.Delete(ctx, settings)).To(Succeed())
		Expect(proxy.Close()).To(Succeed())
	})

	deployment.Spec.Replicas = new(int32(1))
	deployment.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	pod := &deployment.Spec.Template.Spec
	pod.Volumes = append(pod.Volumes, corev1.Volume{Name: "e2e-proxy", VolumeSource: corev1.VolumeSource{
		ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: settings.Name}},
	}})
	manager := &pod.Containers[0]
	manager.VolumeMounts = append(manager.VolumeMounts, corev1.VolumeMount{Name: "e2e-proxy", MountPath: "/e2e-proxy"})
	manager.Args = []string{"--config=/e2e-proxy/operator.yaml", "--kubeconfig=/e2e-proxy/kubeconfig"}
	Expect(k8s.Patch(ctx, deployment, client.MergeFrom(asDeployed))).To(Succeed())
	kubectl(ctx, "--namespace="+operatorNamespace, "rollout", "status", "deployment", operatorDeployment, "--timeout=2m")
	return proxy
}

// kubeconfig returns the kubeconfig with which the operator's pod reaches a server.
func kubeconfig(server string, authority []byte) string {
	GinkgoHelper()
	encoded, err := clientcmd.Write(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"proxy": {Server: server, CertificateAuthorityData: authority}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"pod": {TokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token"}},
		Contexts:       map[string]*clientcmdapi.Context{"proxy": {Cluster: "proxy", AuthInfo: "pod"}},
		CurrentContext: "proxy",
	})
	Expect(err).NotTo(HaveOccurred())
	return string(encoded)
}
