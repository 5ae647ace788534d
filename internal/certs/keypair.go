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
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	certutil "k8s.io/client-go/util/cert"
)

// lifetime is how long a certificate is valid. It is renewed when a third of that is
// left, so an operator can be down for weeks.
const lifetime = 90 * 24 * time.Hour

// caBundleKey is the key of a Secret that holds the certificates of the authorities.
const caBundleKey = "ca.crt"

// keyPair is a serving certificate, with its key and the authorities to trust, in PEM.
// The authority has signed nothing else and its key is discarded, so nobody can make
// another certificate that the API server trusts.
type keyPair struct {
	certificate, key []byte
	// authorities are those that clients have to trust: the certificate's own, then
	// that of the previous certificate.
	authorities []byte
}

// newKeyPair creates a key pair. The authority of the previous one, which may be
// empty, stays trusted.
func newKeyPair(dnsNames []string, before keyPair) (keyPair, error) {
	certificate, key, err := certutil.GenerateSelfSignedCertKeyWithOptions(certutil.SelfSignedCertKeyOptions{
		Host:         dnsNames[0],
		AlternateDNS: dnsNames[1:],
		MaxAge:       lifetime,
	})
	if err != nil {
		return keyPair{}, fmt.Errorf("create serving certificate: %w", err)
	}
	chain, err := certutil.ParseCertsPEM(certificate)
	if err != nil {
		return keyPair{}, fmt.Errorf("parse serving certificate: %w", err)
	}
	authority, err := certutil.EncodeCertificates(chain[1:]...)
	if err != nil {
		return keyPair{}, fmt.Errorf("encode authority: %w", err)
	}
	pair := keyPair{certificate: certificate, key: key, authorities: authority}
	pair.authorities = pair.authoritiesWith(before)
	return pair, nil
}

// authoritiesWith returns the authorities plus that of another certificate, which
// replicas may still serve for a moment.
func (p keyPair) authoritiesWith(other keyPair) []byte {
	chain, err := certutil.ParseCertsPEM(other.authorities)
	if err != nil { // there is none
		return p.authorities
	}
	return slices.Concat(p.authorities, pem.EncodeToMemory(&pem.Block{Type: certutil.CertificateBlockType, Bytes: chain[0].Raw}))
}

// equal reports whether two key pairs are the same.
func (p keyPair) equal(other keyPair) bool {
	return bytes.Equal(p.certificate, other.certificate) && bytes.Equal(p.key, other.key) && bytes.Equal(p.authorities, other.authorities)
}

// parsedKeyPair is a key pair, ready to be served.
type parsedKeyPair struct {
	keyPair
	certificate *tls.Certificate
}

func (p keyPair) parse() (*parsedKeyPair, error) {
	certificate, err := tls.X509KeyPair(p.certificate, p.key)
	if err != nil {
		return nil, err
	}
	return &parsedKeyPair{p, &certificate}, nil
}

// usable returns an error if a client that trusts the authorities would not
// accept the certificate for all names now.
func (p *parsedKeyPair) usable(dnsNames []string) error {
	return verify(p.certificate.Leaf, p.authorities, dnsNames)
}

// renewal returns the time at which the certificate has to be renewed.
func (p *parsedKeyPair) renewal() time.Time {
	leaf := p.certificate.Leaf
	return leaf.NotAfter.Add(-leaf.NotAfter.Sub(leaf.NotBefore) / 3)
}

// verify is nil if a client that trusts the authorities accepts a certificate
// for all names now.
func verify(certificate *x509.Certificate, authorities []byte, dnsNames []string) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authorities)
	for _, name := range dnsNames {
		if _, err := certificate.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
			return err
		}
	}
	return nil
}

func keyPairOf(secret *corev1.Secret) keyPair {
	return keyPair{
		certificate: secret.Data[corev1.TLSCertKey],
		key:         secret.Data[corev1.TLSPrivateKeyKey],
		authorities: secret.Data[caBundleKey],
	}
}

func (p keyPair) putInto(secret *corev1.Secret) {
	secret.Data = map[string][]byte{
		corev1.TLSCertKey:       p.certificate,
		corev1.TLSPrivateKeyKey: p.key,
		caBundleKey:             p.authorities,
	}
}
