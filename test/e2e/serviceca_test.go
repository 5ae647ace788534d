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
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// serviceCASecret is the name that the overlay requests.
const serviceCASecret = "extendedjob-service-ca-certificate"

// serviceCA simulates OpenShift's service CA, as far as the operator needs it.
type serviceCA struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	bundle      []byte
}

// playServiceCA issues certificates and makes the API server trust them until the
// specs end.
func playServiceCA(ctx context.Context) {
	GinkgoHelper()
	// An earlier run, which signed with another key, may have left a Secret.
	left := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: serviceCASecret}}
	Expect(client.IgnoreNotFound(k8s.Delete(ctx, left))).To(Succeed())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	certificate, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "openshift-service-serving-signer"}, key)
	Expect(err).NotTo(HaveOccurred())
	bundle, err := cert.EncodeCertificates(certificate)
	Expect(err).NotTo(HaveOccurred())
	ca := &serviceCA{key, certificate, bundle}

	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer GinkgoRecover()
		defer close(done)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if err := errors.Join(ca.serve(ctx), ca.inject(ctx)); err != nil && ctx.Err() == nil {
					GinkgoWriter.Println("service CA:", err) // until the overlay is deployed
				}
			}
		}
	}()
	DeferCleanup(func() {
		cancel()
		<-done
	})
}

// serve issues the certificate that the Service requests.
func (ca *serviceCA) serve(ctx context.Context) error {
	service := &corev1.Service{}
	if err := k8s.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: webhookService}, service); err != nil {
		return err
	}
	name := service.Annotations["service.beta.openshift.io/serving-cert-secret-name"]
	if name == "" {
		return nil
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: service.Namespace, Name: name},
		Type:       corev1.SecretTypeTLS,
	}
	if err := k8s.Get(ctx, client.ObjectKeyFromObject(secret), secret); !apierrors.IsNotFound(err) {
		return err
	}
	var err error
	secret.Data, err = ca.sign(service.Name + "." + service.Namespace + ".svc")
	if err != nil {
		return err
	}
	return k8s.Create(ctx, secret)
}

// sign returns the data of a Secret with a certificate for a host.
func (ca *serviceCA) sign(host string) (map[string][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	signed, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: host},
		DNSNames:     []string{host, host + ".cluster.local"},
		NotBefore:    time.Now(),
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca.certificate, key.Public(), ca.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(signed)
	if err != nil {
		return nil, err
	}
	certificatePEM, err := cert.EncodeCertificates(certificate, ca.certificate)
	if err != nil {
		return nil, err
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	return map[string][]byte{corev1.TLSCertKey: certificatePEM, corev1.TLSPrivateKeyKey: keyPEM}, err
}

// inject makes the API server trust the certificates, where objects request it.
func (ca *serviceCA) inject(ctx context.Context) error {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	validating := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := errors.Join(
		k8s.Get(ctx, client.ObjectKey{Name: extendedJobs}, crd),
		k8s.Get(ctx, client.ObjectKey{Name: validatingWebhooks}, validating),
	); err != nil {
		return err
	}
	bundles := []*[]byte{&crd.Spec.Conversion.Webhook.ClientConfig.CABundle}
	for i := range validating.Webhooks {
		bundles = append(bundles, &validating.Webhooks[i].ClientConfig.CABundle)
	}
	changed := false
	for _, bundle := range bundles {
		changed = changed || !bytes.Equal(*bundle, ca.bundle)
		*bundle = ca.bundle
	}
	for _, object := range []client.Object{crd, validating} {
		if !changed || object.GetAnnotations()["service.beta.openshift.io/inject-cabundle"] != "true" {
			continue
		}
		if err := k8s.Update(ctx, object); err != nil {
			return err
		}
	}
	return nil
}
