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

// Package certs provides the certificate that webhook and metrics are served
// with.
package certs

import (
	"context"
	"crypto/tls"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
)

// Source provides the serving certificate.
type Source interface {
	// GetCertificate returns the newest certificate, for a tls.Config.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Ready is a readiness check: nil when there is a certificate that the API
	// server trusts, as far as the source knows.
	Ready(*http.Request) error
	// NotAfter returns when the certificate that is served now expires.
	NotAfter(context.Context) (time.Time, error)
	// SetupWithManager adds what keeps the certificate up to date.
	SetupWithManager(ctrl.Manager) error
}

// New returns the source that a valid configuration names.
func New(restConfig *rest.Config, configuration *configv1alpha1.OperatorConfiguration) (Source, error) {
	if settings := configuration.Certificates.SelfSigned; settings != nil {
		return newSelfSigned(restConfig, configuration.Namespace, settings)
	}
	return newDirectory(configuration.Certificates.Directory.Path)
}
