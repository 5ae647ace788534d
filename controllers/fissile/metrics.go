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

package fissile

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/outputs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
)

// No metric has a label that names an object, so that their number stays the same
// however many ExtendedJobs there are.
var (
	runsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "extendedjob_runs_total",
		Help: "Settled runs, by cause and result.",
	}, []string{"cause", "result"})

	runStartSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "extendedjob_run_start_seconds",
		Help:    "Time from the claim of a run to its Job.",
		Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
	})

	runOutputSeconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "extendedjob_run_output_seconds",
		Help:    "Time from the end of a run's Job until its output is stored or refused.",
		Buckets: prometheus.ExponentialBuckets(0.005, 2, 18),
	})

	activeRunsDesc = prometheus.NewDesc("extendedjob_active_runs", "Runs that are under way.", nil, nil)

	waitingRunsDesc = prometheus.NewDesc("extendedjob_waiting_runs",
		"Runs that are due, or claimed without running pods, by the reason of the condition Running.", []string{"reason"}, nil)

	logReadsDesc = prometheus.NewDesc("extendedjob_log_reads",
		"Reads of a run's logs: queued, reading, or done and not yet stored.", []string{"state"}, nil)
)

func init() {
	ctrlmetrics.Registry.MustRegister(runsTotal, runStartSeconds, runOutputSeconds)
}

// leaderMetrics are the metrics that only the leader knows. It counts them in its
// cache and its pool of logs when they are collected.
type leaderMetrics struct {
	extendedJobs extendedJobReader
	logs         *outputs.LogPool
}

// Start offers the metrics while this process is the leader.
func (m leaderMetrics) Start(ctx context.Context) error {
	if err := ctrlmetrics.Registry.Register(m); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	<-ctx.Done()
	ctrlmetrics.Registry.Unregister(m)
	return nil
}

// Describe sends the descriptions of the metrics.
func (m leaderMetrics) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- activeRunsDesc
	descriptions <- waitingRunsDesc
	descriptions <- logReadsDesc
}

// Collect sends the metrics.
func (m leaderMetrics) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	metrics <- m.count(ctx, activeRunsDesc, index.Run, index.RunActive)
	for _, reason := range index.WaitReasons {
		metrics <- m.count(ctx, waitingRunsDesc, index.Wait, reason, reason)
	}
	queued, reading, done := m.logs.Counts()
	metrics <- gauge(logReadsDesc, queued, "queued")
	metrics <- gauge(logReadsDesc, reading, "reading")
	metrics <- gauge(logReadsDesc, done, "done")
}

// count counts the ExtendedJobs that an index has under a key.
func (m leaderMetrics) count(ctx context.Context, desc *prometheus.Desc, name, key string, labels ...string) prometheus.Metric {
	found, err := m.extendedJobs.Find(ctx, metav1.NamespaceAll, name, key)
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return gauge(desc, len(found), labels...)
}

func gauge(desc *prometheus.Desc, value int, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
}
