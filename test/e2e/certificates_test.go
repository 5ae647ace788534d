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
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

const (
	extendedJobs       = "extendedjobs.fissile.cloudfoundry.org"
	validatingWebhooks = "extendedjob-validating-webhook-configuration"
	webhookService     = "extendedjob-webhook-service"
	metricsService     = "extendedjob-metrics-service"
	// The kubelet refreshes a mounted Secret within two minutes.
	refreshTimeout = 3 * time.Minute
)

// certificates describes how the operator gets its serving certificate.
type certificates struct {
	// overlay is deployed.
	overlay string
	// provide issues the certificate, if the operator does not.
	provide func(context.Context)
	// secret is where the certificate is kept.
	secret string
	// metricsHost is the host name of the metrics.
	metricsHost string
}

// Each overlay is deployed over the previous one: make test-certificates.
var _ = Describe("The serving certificate", Label("certificates"), Serial, func() {
	describe("of cert-manager", certificates{
		overlay:     "config/default",
		provide:     installCertManager,
		secret:      "extendedjob-serving-certificate",
		metricsHost: metricsService,
	}, map[string]func(context.Context){
		"renewed": func(ctx context.Context) {
			// Like cmctl renew.
			certificate := "certificate.cert-manager.io/extendedjob-serving-certificate"
			kubectl(ctx, "--namespace="+operatorNamespace, "patch", certificate, "--subresource=status", "--type=merge", "--patch",
				fmt.Sprintf(`{"status":{"conditions":[{"type":"Issuing","status":"True","reason":"Test","message":"","lastTransitionTime":%q}]}}`,
					time.Now().UTC().Format(time.RFC3339)))
		},
	})
	describe("of OpenShift's service CA", certificates{
		overlay:     "config/overlays/openshift",
		provide:     playServiceCA,
		secret:      serviceCASecret,
		metricsHost: webhookService,
	}, nil)
	describe("of the operator's own", certificates{
		overlay:     "config/overlays/selfsigned",
		provide:     func(context.Context) {},
		secret:      "extendedjob-serving-certificate",
		metricsHost: metricsService,
	}, nil)
})

// describe adds specs for one source of the certificate. Besides the loss of its
// Secret, replacements cause a new one.
func describe(text string, c certificates, replacements map[string]func(context.Context)) {
	Describe(text, Ordered, func() {
		BeforeAll(func(ctx context.Context) {
			c.provide(ctx)
			deploy(ctx, c.overlay)
		}, NodeTimeout(5*time.Minute))

		It("is trusted for conversion and validation", func(ctx context.Context) {
			namespace := newNamespace(ctx)
			old := &fissilev1alpha1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "old"}}
			old.Spec.Trigger.Strategy = fissilev1.StrategyManual
			old.Spec.Template.Spec = *shell(namespace, "old", "true").PodSpec()
			Expect(k8s.Create(ctx, old)).To(Succeed())
			Expect(the(shell(namespace, "old", "").Obj())(ctx)).To(HaveField("Spec.JobTemplate.Spec.Template.Spec", old.Spec.Template.Spec))

			invalid := shell(namespace, "invalid", "true").Strategy(fissilev1.StrategyManual).Output("out").
				SecretLabels(map[string]string{fissilev1.LabelUID: "mine"}).Obj()
			Expect(k8s.Create(ctx, invalid)).To(MatchError(apierrors.IsInvalid, "IsInvalid"))
		})

		It("is trusted by who scrapes the metrics", func(ctx context.Context) {
			namespace := newNamespace(ctx)
			letReadMetrics(ctx, namespace, "default")
			trust := &tls.Config{
				RootCAs:    trusted(ctx)[0],
				ServerName: c.metricsHost + "." + operatorNamespace + ".svc",
				MinVersion: tls.VersionTLS12,
			}
			Eventually(func(g Gomega) {
				status, body := getMetrics(ctx, g, trust, token(ctx, namespace, "default"))
				g.Expect(status).To(Equal(http.StatusOK), body)
			}).WithContext(ctx).Should(Succeed())
		})

		replaced := func(ctx context.Context, replace func(context.Context)) {
			GinkgoHelper()
			pods := operatorPods(ctx)
			before := map[string]*x509.Certificate{}
			for _, address := range webhooks(ctx, pods) {
				var err error
				before[address], err = served(ctx, address)
				Expect(err).NotTo(HaveOccurred())
			}
			creates := startCreates(ctx, newNamespace(ctx))

			replace(ctx)
			for address, certificate := range before {
				Eventually(served).WithArguments(ctx, address).WithTimeout(refreshTimeout).ShouldNot(Equal(certificate))
			}
			requireTrust(ctx, pods)
			Consistently(creates.failures).WithTimeout(2*quiet).Should(BeEmpty(), "also when the certificate before is not trusted any more")
			creates.stop()
			AddReportEntry("ExtendedJobs created meanwhile", creates.count)
			Expect(creates.failures()).To(BeEmpty())
			Expect(creates.count).NotTo(BeZero())
			Expect(operatorPods(ctx)).To(Equal(pods), "nobody restarted them")
		}

		It("is made again when its Secret is deleted, while ExtendedJobs are created (6)", func(ctx context.Context) {
			replaced(ctx, func(ctx context.Context) {
				Expect(k8s.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: c.secret}})).To(Succeed())
			})
		}, NodeTimeout(2*refreshTimeout))

		for name, replace := range replacements {
			It("can be "+name+" while ExtendedJobs are created (6)", func(ctx context.Context) {
				replaced(ctx, replace)
			}, NodeTimeout(2*refreshTimeout))
		}
	})
}

// deploy deploys the operator with an overlay.
func deploy(ctx context.Context, overlay string) {
	GinkgoHelper()
	build := exec.CommandContext(ctx, "../../hack/deployment.sh", os.Getenv("IMAGE_ARCHIVE"))
	build.Env = append(os.Environ(), "OVERLAY="+overlay)
	manifests, err := build.Output()
	Expect(err).NotTo(HaveOccurred(), "kustomize build %s", overlay)
	file := GinkgoT().TempDir() + "/operator.yaml"
	Expect(os.WriteFile(file, manifests, 0o600)).To(Succeed())
	kubectl(ctx, "apply", "--filename="+file)
	kubectl(ctx, "--namespace="+operatorNamespace, "rollout", "status", "deployment", operatorDeployment, "--timeout=3m")
	// A pod of the previous overlay may serve until its grace period ends.
	Eventually(operatorPods).WithArguments(ctx).WithTimeout(2 * timeout).Should(HaveLen(2))
	requireTrust(ctx, operatorPods(ctx))
}

// operatorPods returns the names of the operator's pods.
func operatorPods(ctx context.Context) []string {
	GinkgoHelper()
	var list corev1.PodList
	Expect(k8s.List(ctx, &list, client.InNamespace(operatorNamespace),
		client.MatchingLabels{"app.kubernetes.io/component": "controller-manager"})).To(Succeed())
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// webhooks returns the addresses where pods serve webhooks, until the spec ends.
func webhooks(ctx context.Context, pods []string) (addresses []string) {
	GinkgoHelper()
	for _, pod := range pods {
		address, stop := forward(ctx, "pod/"+pod, 9443)
		DeferCleanup(stop)
		addresses = append(addresses, address)
	}
	return addresses
}

// served returns the certificate that is served at an address.
func served(ctx context.Context, address string) (*x509.Certificate, error) {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // to inspect any certificate
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// requireTrust waits until the API server trusts what each pod serves.
func requireTrust(ctx context.Context, pods []string) {
	GinkgoHelper()
	for _, address := range webhooks(ctx, pods) {
		Eventually(func(g Gomega) {
			certificate, err := served(ctx, address)
			g.Expect(err).NotTo(HaveOccurred())
			for _, roots := range trusted(ctx) {
				_, err := certificate.Verify(x509.VerifyOptions{
					Roots:   roots,
					DNSName: webhookService + "." + operatorNamespace + ".svc",
				})
				g.Expect(err).NotTo(HaveOccurred())
			}
		}).WithContext(ctx).WithTimeout(refreshTimeout).Should(Succeed())
	}
}

// trusted returns the authorities that the API server trusts, for conversion and for
// each webhook.
func trusted(ctx context.Context) (roots []*x509.CertPool) {
	GinkgoHelper()
	crd := &apiextensionsv1.CustomResourceDefinition{}
	Expect(k8s.Get(ctx, client.ObjectKey{Name: extendedJobs}, crd)).To(Succeed())
	validating := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	Expect(k8s.Get(ctx, client.ObjectKey{Name: validatingWebhooks}, validating)).To(Succeed())
	bundles := [][]byte{crd.Spec.Conversion.Webhook.ClientConfig.CABundle}
	for _, webhook := range validating.Webhooks {
		bundles = append(bundles, webhook.ClientConfig.CABundle)
	}
	for _, bundle := range bundles {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(bundle)
		roots = append(roots, pool)
	}
	return roots
}

// creates creates ExtendedJobs continuously, 20 a second, in both versions. They are
// dry runs, which are admitted and converted like others, but cause no further work
// for the operator.
type creates struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup
	mu     sync.Mutex
	count  int
	failed []error
}

func startCreates(ctx context.Context, namespace string) *creates {
	c := &creates{}
	ctx, c.cancel = context.WithCancel(ctx)
	c.wait.Go(func() {
		ticker := time.NewTicker(time.Second / 20)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				// A request that was sent waits for its response.
				c.wait.Go(func() { c.create(context.WithoutCancel(ctx), namespace, i) })
			}
		}
	})
	DeferCleanup(c.stop)
	return c
}

func (c *creates) create(ctx context.Context, namespace string, i int) {
	ej := shell(namespace, fmt.Sprintf("created-%d", i), "true").Strategy(fissilev1.StrategyManual).Obj()
	var object client.Object = ej
	if i%2 == 0 {
		old := &fissilev1alpha1.ExtendedJob{ObjectMeta: ej.ObjectMeta}
		old.Spec.Trigger.Strategy = ej.Spec.Trigger.Strategy
		old.Spec.Template = ej.Spec.JobTemplate.Spec.Template
		object = old
	}
	err := k8s.Create(ctx, object, client.DryRunAll)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.count++
	} else {
		c.failed = append(c.failed, err)
	}
}

// failures returns the errors that clients received.
func (c *creates) failures() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// stop stops the requests, and waits for the responses.
func (c *creates) stop() {
	c.cancel()
	c.wait.Wait()
}

// installCertManager installs cert-manager, as hack/certmanager builds it.
func installCertManager(ctx context.Context) {
	GinkgoHelper()
	manifests := os.Getenv("CERT_MANAGER")
	kubectl(ctx, "apply", "--server-side", "--filename="+manifests)
	kubectl(ctx, "--namespace=cert-manager", "rollout", "status", "deployment", "cert-manager", "--timeout=2m")
	DeferCleanup(func(ctx context.Context) {
		kubectl(ctx, "delete", "--ignore-not-found", "--filename="+manifests)
	})
	// The webhook answers when the CA injector has made the API server trust it.
	Eventually(func(ctx context.Context) error {
		return command(ctx, "--namespace=cert-manager", "create", "--dry-run=server", "--filename=testdata/issuer.yaml").Run()
	}).WithContext(ctx).WithTimeout(timeout).Should(Succeed())
}
