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

package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	certutil "k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	webhookHost = "webhook.operator.svc"
	metricsHost = "metrics.operator.svc"
)

func TestFirstStartMakesACertificateThatTheAPIServerTrusts(t *testing.T) {
	c := newAPIServer(t, crd(), validating())
	s := c.selfSigned()
	if err := s.Ready(&http.Request{}); err == nil {
		t.Error("ready before there is a certificate")
	}

	c.reconcile(s)

	for _, host := range []string{webhookHost, metricsHost} {
		if err := c.call(s, host); err != nil {
			t.Errorf("call %s: %v", host, err)
		}
	}
	if err := s.Ready(&http.Request{}); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestReplicasServeTheSameCertificate(t *testing.T) {
	c := newAPIServer(t, crd(), validating())
	leader, follower := c.selfSigned(), c.selfSigned()

	c.reconcile(leader)

	if err := c.call(follower, webhookHost); err != nil {
		t.Errorf("call follower: %v", err)
	}
	if err := follower.Ready(&http.Request{}); err != nil {
		t.Errorf("follower is not ready: %v", err)
	}
}

func TestRestartWritesNothing(t *testing.T) {
	c := newAPIServer(t, crd(), validating())
	c.reconcile(c.selfSigned())
	secret, definition, validating := c.secret().ResourceVersion, c.crd().ResourceVersion, c.validating().ResourceVersion

	result := c.reconcile(c.selfSigned())

	if got := c.secret().ResourceVersion; got != secret {
		t.Error("the Secret was written")
	}
	if got := c.crd().ResourceVersion; got != definition {
		t.Error("the CustomResourceDefinition was written")
	}
	if got := c.validating().ResourceVersion; got != validating {
		t.Error("the ValidatingWebhookConfiguration was written")
	}
	if month := 30 * 24 * time.Hour; result.RequeueAfter < month || result.RequeueAfter > 2*month {
		t.Errorf("looks again after %s, want two thirds of 90 days", result.RequeueAfter)
	}
}

func TestRenewalIsNotNoticedByCallers(t *testing.T) {
	old := pair(t, 10*time.Minute, webhookHost, metricsHost)
	c := newAPIServer(t, crd(), validating(), secretOf(old))
	s := c.selfSigned()
	if err := s.trust(t.Context(), old.authorities); err != nil {
		t.Fatal(err)
	}
	// Between the two writes the old certificate is served still, after the second
	// one the new: callers trust both all the time.
	c.beforeSecretIsWritten = func(next *corev1.Secret) {
		if err := c.call(s, webhookHost); err != nil {
			t.Errorf("call with the old certificate: %v", err)
		}
		if err := c.verify(next); err != nil {
			t.Errorf("the API server does not trust the next certificate: %v", err)
		}
	}

	c.reconcile(s)

	if served := keyPairOf(c.secret()); string(served.certificate) == string(old.certificate) {
		t.Fatal("the certificate was not renewed")
	}
	if err := c.call(s, webhookHost); err != nil {
		t.Errorf("call with the new certificate: %v", err)
	}
	if err := c.verify(secretOf(old)); err != nil {
		t.Errorf("a replica that still serves the old certificate is not trusted: %v", err)
	}
	if err := s.Ready(&http.Request{}); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestASecretThatCannotBeUsedIsReplacedWithoutACallerNoticing(t *testing.T) {
	for name, damage := range map[string]func(*apiServer){
		"deleted": func(c *apiServer) {
			c.must(c.Delete(t.Context(), c.secret()))
		},
		"empty": func(c *apiServer) {
			secret := c.secret()
			secret.Data = nil
			c.must(c.Update(t.Context(), secret))
		},
		"without the right key": func(c *apiServer) {
			secret := c.secret()
			secret.Data[corev1.TLSPrivateKeyKey] = pair(t, time.Hour, webhookHost).key
			c.must(c.Update(t.Context(), secret))
		},
		"expired": func(c *apiServer) {
			secret := c.secret()
			pair(t, -time.Minute, webhookHost, metricsHost).putInto(secret)
			c.must(c.Update(t.Context(), secret))
		},
		"without the name of a Service": func(c *apiServer) {
			secret := c.secret()
			pair(t, 24*time.Hour, webhookHost).putInto(secret)
			c.must(c.Update(t.Context(), secret))
		},
	} {
		t.Run("because it is "+name, func(t *testing.T) {
			c := newAPIServer(t, crd(), validating())
			leader, follower := c.selfSigned(), c.selfSigned()
			c.reconcile(leader)
			before := c.secret()
			requireService := func(when string) {
				t.Helper()
				for _, replica := range []*selfSigned{leader, follower} {
					for _, host := range []string{webhookHost, metricsHost} {
						if err := c.call(replica, host); err != nil {
							t.Errorf("call %s %s: %v", host, when, err)
						}
					}
					if err := replica.Ready(&http.Request{}); err != nil {
						t.Errorf("not ready %s: %v", when, err)
					}
				}
			}
			requireService("at first")

			damage(c)
			requireService("after the damage")
			c.beforeSecretIsWritten = func(next *corev1.Secret) {
				requireService("until there is another certificate")
				if err := c.verify(next); err != nil {
					t.Errorf("the API server does not trust the next certificate: %v", err)
				}
			}
			c.reconcile(leader)
			requireService("with another certificate")
			if err := c.verify(before); err != nil {
				t.Errorf("a replica that still serves the certificate before is not trusted: %v", err)
			}

			c.reconcile(leader)
			requireService("in the end")
			if c.verify(before) == nil {
				t.Error("the certificate before is trusted for ever")
			}
		})
	}
}

// It may have been for 90 days.
func TestAnOperatorThatWasDownUntilItsCertificateExpiredHealsAtOnce(t *testing.T) {
	c := newAPIServer(t, crd(), validating(), secretOf(pair(t, -time.Minute, webhookHost, metricsHost)))
	s := c.selfSigned()
	s.propagation = time.Hour // not waited for: nobody is cut off
	if s.Ready(&http.Request{}) == nil {
		t.Error("ready with a certificate that has expired")
	}

	c.reconcile(s)

	if err := c.call(s, webhookHost); err != nil {
		t.Error(err)
	}
	if err := s.Ready(&http.Request{}); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestACertificateIsServedAfterEveryAPIServerHasHeardOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newAPIServer(t, crd(), validating())
		s := c.selfSigned()
		c.reconcile(s)
		c.must(c.call(s, webhookHost))
		s.propagation = propagation
		trusted := c.crd().Spec.Conversion.Webhook.ClientConfig.CABundle
		c.must(c.Delete(t.Context(), c.secret()))

		start := time.Now()
		c.beforeSecretIsWritten = func(*corev1.Secret) {
			if waited := time.Since(start); waited != propagation {
				t.Errorf("served after %s, want %s", waited, propagation)
			}
		}
		c.reconcile(s)

		if waited := time.Since(start); waited != 2*propagation {
			t.Errorf("the certificate before can be distrusted after %s, want %s", waited, 2*propagation)
		}
		if bytes.Equal(c.crd().Spec.Conversion.Webhook.ClientConfig.CABundle, trusted) {
			t.Error("nothing was renewed")
		}
	})
}

func TestAnAPIServerThatIsToldToTrustNobodyIsToldAgain(t *testing.T) {
	for name, damage := range map[string]func(*apiServer){
		"the CustomResourceDefinition was replaced": func(c *apiServer) {
			definition := c.crd()
			definition.Spec.Conversion.Webhook.ClientConfig.CABundle = nil
			c.must(c.Update(t.Context(), definition))
		},
		"the ValidatingWebhookConfiguration was replaced": func(c *apiServer) {
			configuration := c.validating()
			configuration.Webhooks = validating().Webhooks
			c.must(c.Update(t.Context(), configuration))
		},
		"a webhook was added": func(c *apiServer) {
			configuration := c.validating()
			configuration.Webhooks = append(configuration.Webhooks, admissionregistrationv1.ValidatingWebhook{Name: "v2.example.com"})
			c.must(c.Update(t.Context(), configuration))
		},
	} {
		t.Run("when "+name, func(t *testing.T) {
			c := newAPIServer(t, crd(), validating())
			s := c.selfSigned()
			c.reconcile(s)

			damage(c)
			if s.Ready(&http.Request{}) == nil {
				t.Error("ready although the API server cannot call")
			}
			c.reconcile(s)

			for _, host := range []string{webhookHost, metricsHost} {
				if err := c.call(s, host); err != nil {
					t.Errorf("call %s: %v", host, err)
				}
			}
			if err := s.Ready(&http.Request{}); err != nil {
				t.Errorf("not ready: %v", err)
			}
		})
	}
}

func TestStaleCacheDoesNotReplaceACertificateThatIsServed(t *testing.T) {
	c := newAPIServer(t, crd(), validating())
	s := c.selfSigned()
	c.reconcile(s)
	definition := c.crd().Spec

	s.client = interceptor.NewClient(c.WithWatch, interceptor.Funcs{
		Get: func(ctx context.Context, api client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			if _, ok := obj.(*corev1.Secret); ok {
				return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
			}
			return api.Get(ctx, key, obj, opts...)
		},
	})
	c.reconcile(s)

	if err := c.verify(c.secret()); err != nil {
		t.Errorf("the certificate in the Secret is not trusted any more: %v", err)
	}
	if string(c.crd().Spec.Conversion.Webhook.ClientConfig.CABundle) != string(definition.Conversion.Webhook.ClientConfig.CABundle) {
		t.Error("the CustomResourceDefinition was changed")
	}
}

func TestCrashBetweenTheTwoWritesIsMendedByTheNextStart(t *testing.T) {
	c := newAPIServer(t, crd(), validating())
	crashed := errors.New("crashed")
	s := c.selfSigned()
	s.client = interceptor.NewClient(c.WithWatch, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return crashed },
	})
	if _, err := s.Reconcile(t.Context(), reconcile.Request{}); !errors.Is(err, crashed) {
		t.Fatalf("error %v, want that of the write", err)
	}

	restarted := c.selfSigned()
	c.reconcile(restarted)

	if err := c.call(restarted, webhookHost); err != nil {
		t.Error(err)
	}
}

func TestCustomResourceDefinitionWithoutWebhookIsAnError(t *testing.T) {
	definition := crd()
	definition.Spec.Conversion = nil
	c := newAPIServer(t, definition, validating())

	if _, err := c.selfSigned().Reconcile(t.Context(), reconcile.Request{}); err == nil {
		t.Error("no error although nobody can be told to trust the certificate")
	}
}

// An administrator who deletes it to switch validation off still needs conversion.
func TestValidationThatIsSwitchedOffIsNoObstacle(t *testing.T) {
	c := newAPIServer(t, crd())
	s := c.selfSigned()

	c.reconcile(s)

	if err := c.call(s, webhookHost); err != nil {
		t.Errorf("call: %v", err)
	}
	if err := s.Ready(&http.Request{}); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestOneVersionNeedsNoConversion(t *testing.T) {
	definition := crd()
	definition.Spec.Conversion = nil
	definition.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1"}}
	c := newAPIServer(t, definition, validating())
	s := c.selfSigned()

	c.reconcile(s)

	if err := s.Ready(&http.Request{}); err != nil {
		t.Errorf("not ready: %v", err)
	}
	if err := c.call(s, webhookHost); err != nil {
		t.Errorf("call: %v", err)
	}
}

func TestTrustTakesBackNoChangeOfSomebodyElse(t *testing.T) {
	for name, change := range map[string]func(*apiServer){
		"of the webhooks": func(c *apiServer) {
			live := c.validating()
			live.Webhooks[0].TimeoutSeconds = new(int32(3))
			c.must(c.Update(t.Context(), live))
		},
		"of the conversion": func(c *apiServer) {
			live := c.crd()
			live.Spec.Conversion.Webhook.ClientConfig.CABundle = []byte("of the leader after this one")
			c.must(c.Update(t.Context(), live))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newAPIServer(t, crd(), validating())
			s := c.selfSigned()
			// Once the cache is read, somebody changes the object.
			var changed sync.Once
			s.client = interceptor.NewClient(c.WithWatch, interceptor.Funcs{
				Patch: func(ctx context.Context, api client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
					changed.Do(func() { change(c) })
					return api.Patch(ctx, obj, patch, opts...)
				},
			})

			if _, err := s.Reconcile(t.Context(), reconcile.Request{}); !apierrors.IsConflict(err) {
				t.Errorf("error %v, want a conflict", err)
			}
			c.reconcile(s)

			if err := c.call(s, webhookHost); err != nil {
				t.Errorf("call: %v", err)
			}
			if timeout := c.validating().Webhooks[0].TimeoutSeconds; name == "of the webhooks" && (timeout == nil || *timeout != 3) {
				t.Error("the change was taken back")
			}
		})
	}
}

// apiServer is the API server with the objects that certificates are about.
type apiServer struct {
	client.WithWatch
	t                     *testing.T
	beforeSecretIsWritten func(*corev1.Secret)
}

func newAPIServer(t *testing.T, objects ...client.Object) *apiServer {
	t.Helper()
	scheme := runtime.NewScheme()
	c := &apiServer{t: t, beforeSecretIsWritten: func(*corev1.Secret) {}}
	c.must(corev1.AddToScheme(scheme))
	c.must(apiextensionsv1.AddToScheme(scheme))
	c.must(admissionregistrationv1.AddToScheme(scheme))
	c.WithWatch = fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, api client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
				if secret, ok := obj.(*corev1.Secret); ok {
					c.beforeSecretIsWritten(secret)
				}
				return api.Create(ctx, obj, opts...)
			},
			Update: func(ctx context.Context, api client.WithWatch, obj client.Object, opts ...client.UpdateOption) error {
				if secret, ok := obj.(*corev1.Secret); ok {
					c.beforeSecretIsWritten(secret)
				}
				return api.Update(ctx, obj, opts...)
			},
		}).Build()
	return c
}

func (c *apiServer) selfSigned() *selfSigned {
	return &selfSigned{
		client:   c,
		live:     c,
		secret:   types.NamespacedName{Namespace: "operator", Name: "certificate"},
		dnsNames: []string{webhookHost, metricsHost},
	}
}

func (c *apiServer) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *apiServer) reconcile(s *selfSigned) reconcile.Result {
	c.t.Helper()
	result, err := s.Reconcile(c.t.Context(), reconcile.Request{})
	c.must(err)
	return result
}

func (c *apiServer) secret() *corev1.Secret {
	c.t.Helper()
	secret := &corev1.Secret{}
	c.must(c.Get(c.t.Context(), types.NamespacedName{Namespace: "operator", Name: "certificate"}, secret))
	return secret
}

func (c *apiServer) crd() *apiextensionsv1.CustomResourceDefinition {
	c.t.Helper()
	definition := &apiextensionsv1.CustomResourceDefinition{}
	c.must(c.Get(c.t.Context(), types.NamespacedName{Name: crdName}, definition))
	return definition
}

func (c *apiServer) validating() *admissionregistrationv1.ValidatingWebhookConfiguration {
	c.t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	c.must(c.Get(c.t.Context(), types.NamespacedName{Name: validatingName}, configuration))
	return configuration
}

// roots are what the API server trusts for conversion and for each webhook.
func (c *apiServer) roots() []*x509.CertPool {
	c.t.Helper()
	var caBundles [][]byte
	if conversion := c.crd().Spec.Conversion; conversion != nil {
		caBundles = append(caBundles, conversion.Webhook.ClientConfig.CABundle)
	}
	var configurations admissionregistrationv1.ValidatingWebhookConfigurationList
	c.must(c.List(c.t.Context(), &configurations))
	for _, configuration := range configurations.Items {
		for _, webhook := range configuration.Webhooks {
			caBundles = append(caBundles, webhook.ClientConfig.CABundle)
		}
	}
	var roots []*x509.CertPool
	for _, caBundle := range caBundles {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(caBundle)
		roots = append(roots, pool)
	}
	return roots
}

// call connects to a replica as the API server does: it trusts what it is told
// to, for each of its calls, and insists on the name of the Service.
func (c *apiServer) call(s *selfSigned, host string) error {
	c.t.Helper()
	for _, roots := range c.roots() {
		if err := c.handshake(s, host, roots); err != nil {
			return err
		}
	}
	return nil
}

func (c *apiServer) handshake(s *selfSigned, host string, roots *x509.CertPool) error {
	clientSide, serverSide := net.Pipe()
	defer func() { _ = errors.Join(clientSide.Close(), serverSide.Close()) }()
	server := tls.Server(serverSide, &tls.Config{GetCertificate: s.GetCertificate, MinVersion: tls.VersionTLS13})
	go func() { _ = server.HandshakeContext(c.t.Context()) }() // the caller sees the error, too
	return tls.Client(clientSide, &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS13}).HandshakeContext(c.t.Context())
}

// verify returns an error unless the API server would accept the certificate in a Secret.
func (c *apiServer) verify(secret *corev1.Secret) error {
	c.t.Helper()
	chain, err := certutil.ParseCertsPEM(secret.Data[corev1.TLSCertKey])
	if err != nil {
		return err
	}
	for _, roots := range c.roots() {
		if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: webhookHost}); err != nil {
			return err
		}
	}
	return nil
}

func crd() *apiextensionsv1.CustomResourceDefinition {
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: crdName},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Conversion: &apiextensionsv1.CustomResourceConversion{
				Strategy: apiextensionsv1.WebhookConverter,
				Webhook: &apiextensionsv1.WebhookConversion{
					ClientConfig: &apiextensionsv1.WebhookClientConfig{
						Service: &apiextensionsv1.ServiceReference{Namespace: "operator", Name: "webhook"},
					},
				},
			},
		},
	}
}

func validating() *admissionregistrationv1.ValidatingWebhookConfiguration {
	return &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: validatingName},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{
			{Name: "v1.example.com"},
			{Name: "v1alpha1.example.com"},
		},
	}
}

func secretOf(p keyPair) *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "operator", Name: "certificate"}}
	p.putInto(secret)
	return secret
}

// pair makes a key pair whose certificate became valid an hour ago and expires
// in the given time.
func pair(t *testing.T, left time.Duration, hosts ...string) keyPair {
	t.Helper()
	certificate, key, err := certutil.GenerateSelfSignedCertKeyWithOptions(certutil.SelfSignedCertKeyOptions{
		Host: hosts[0], AlternateDNS: hosts[1:], MaxAge: time.Hour + left,
	})
	if err != nil {
		t.Fatal(err)
	}
	chain, err := certutil.ParseCertsPEM(certificate)
	if err != nil {
		t.Fatal(err)
	}
	authorities, err := certutil.EncodeCertificates(chain[1])
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{certificate: certificate, key: key, authorities: authorities}
}
