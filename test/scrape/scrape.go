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

// Package scrape reads what a program serves over HTTP, such as its metrics.
package scrape

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Get returns what is served at a URL, or an error unless that is OK.
func Get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return body, err
}

// Families are metrics by their names.
type Families map[string]*dto.MetricFamily

// Metrics reads the metrics that are served at a URL.
func Metrics(ctx context.Context, url string) (Families, error) {
	body, err := Get(ctx, url)
	if err != nil {
		return nil, err
	}
	return Parse(body)
}

// Parse reads metrics in Prometheus' text format.
func Parse(text []byte) (Families, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(text))
}

// Sum returns the sum of a metric over everything that has these labels.
func (f Families) Sum(name string, labels map[string]string) float64 {
	var sum float64
	for _, metric := range f[name].GetMetric() {
		found := make(map[string]string)
		for _, pair := range metric.GetLabel() {
			if _, ok := labels[pair.GetName()]; ok {
				found[pair.GetName()] = pair.GetValue()
			}
		}
		if maps.Equal(found, labels) {
			sum += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return sum
}

// WorkedOff reports whether the operator has reconciled at least this many times and
// its queue is empty.
func (f Families) WorkedOff(reconciles int) bool {
	controller := map[string]string{"controller": "extendedjob"}
	return f.Sum("controller_runtime_reconcile_total", controller) >= float64(reconciles) &&
		f.Sum("controller_runtime_active_workers", controller) == 0 && f.Sum("workqueue_depth", controller) == 0
}
