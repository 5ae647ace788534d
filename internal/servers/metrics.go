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
	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
)

var refused = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "extendedjob_refused_requests_total",
	Help: "Requests that a server of the operator refused, by server and reason: " +
		"connections (too many), header (malformed, too large or too slow), or the status of the answer.",
}, []string{"server", "reason"})

func init() { ctrlmetrics.Registry.MustRegister(refused) }
