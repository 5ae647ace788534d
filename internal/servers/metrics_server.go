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

package servers

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
)

// metricsLimits leave room for a token with a long list of groups.
var metricsLimits = Limits{Connections: 32, HeaderBytes: 16 << 10, Memory: 2 << 20}

// NewMetricsServer returns the server of the metrics, to which authorize controls
// access.
func NewMetricsServer(options Options, authorize func(http.Handler) http.Handler) (*manager.Server, error) {
	options.Name, options.Limits = "metrics", metricsLimits
	mux := http.NewServeMux()
	mux.Handle("/metrics", authorize(promhttp.HandlerFor(ctrlmetrics.Registry, promhttp.HandlerOpts{})))
	return New(options, readOnly(mux))
}

// readOnly refuses all but GET and HEAD, whatever else is in the request.
func readOnly(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		handler.ServeHTTP(w, r)
	})
}
