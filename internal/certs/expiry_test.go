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
	"crypto/tls"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestTheMetricSaysWhenTheCertificateExpires(t *testing.T) {
	c := newAPIServer(t, crd(), validating())
	s := c.selfSigned()
	if _, ok := expiry(t, s); ok {
		t.Error("there is a metric, and no certificate")
	}
	c.reconcile(s)
	requireExpiry(t, s, lifetime)

	path := t.TempDir()
	mount(t, path, pair(t, time.Hour, webhookHost))
	mounted, err := newDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	requireExpiry(t, mounted, time.Hour)
}

func TestACertificateIsParsedOnce(t *testing.T) {
	c := newAPIServer(t, crd(), validating())
	s := c.selfSigned()
	c.reconcile(s)
	get := func() *tls.Certificate {
		certificate, err := s.serving(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return certificate.certificate
	}
	first := get()
	if get() != first {
		t.Error("the same certificate was parsed again")
	}
	c.must(c.Delete(t.Context(), c.secret()))
	c.reconcile(s)
	if get() == first {
		t.Error("a new certificate is not served")
	}
	if err := s.Ready(&http.Request{}); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func requireExpiry(t *testing.T, source Source, want time.Duration) {
	t.Helper()
	left, ok := expiry(t, source)
	if !ok || math.Abs((left-want).Hours()) > 2 {
		t.Errorf("got %s, want about %s", left, want)
	}
}

// expiry returns the time until the metric's.
func expiry(t *testing.T, source Source) (left time.Duration, ok bool) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(ExpiryMetric(source)); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		return time.Until(time.Unix(int64(family.GetMetric()[0].GetGauge().GetValue()), 0)), true
	}
	return 0, false
}
