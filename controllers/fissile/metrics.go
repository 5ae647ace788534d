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
)

// The metrics have no label of an object, so that their number stays the same
// however many ExtendedJobs there are.
var (
	runsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "extendedjob_runs_total",
		Help: "Runs that were settled, by cause and result.",
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
)

func init() {
	ctrlmetrics.Registry.MustRegister(runsTotal, runStartSeconds, runOutputSeconds)
}

// activeRuns counts the runs under way in the cache when it is asked.
type activeRuns struct {
	extendedJobs extendedJobReader
}

// Start offers the metric while this process is the leader.
func (a activeRuns) Start(ctx context.Context) error {
	if err := ctrlmetrics.Registry.Register(a); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	<-ctx.Done()
	ctrlmetrics.Registry.Unregister(a)
	return nil
}

// Describe sends the metric's description.
func (a activeRuns) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- activeRunsDesc }

// Collect sends the number of runs under way.
func (a activeRuns) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	active, err := a.extendedJobs.Find(ctx, metav1.NamespaceAll, indexRun, runActive)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(activeRunsDesc, err)
		return
	}
	metrics <- prometheus.MustNewConstMetric(activeRunsDesc, prometheus.GaugeValue, float64(len(active)))
}
