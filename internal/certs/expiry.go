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
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var expiryDesc = prometheus.NewDesc("extendedjob_certificate_expiry_timestamp_seconds",
	"When the serving certificate expires, in seconds since 1970.", nil, nil)

// ExpiryMetric returns a metric with the time at which a source's certificate
// expires. A source without a certificate has no metric.
func ExpiryMetric(source Source) prometheus.Collector { return expiryMetric{source} }

type expiryMetric struct{ source Source }

// Describe sends the metric's description.
func (m expiryMetric) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- expiryDesc }

// Collect sends the time at which the certificate that is served now expires.
func (m expiryMetric) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if notAfter, err := m.source.NotAfter(ctx); err == nil {
		metrics <- prometheus.MustNewConstMetric(expiryDesc, prometheus.GaugeValue, float64(notAfter.Unix()))
	}
}
