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
	"net/http/pprof"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// profilingLimits allow one profile at a time.
var profilingLimits = Limits{Connections: 8, HeaderBytes: 4 << 10, Memory: bytesPerRequest}

// longestProfile is how long a profile may be taken.
const longestProfile = 5 * time.Minute

// NewProfilingServer returns the server of the profiles.
func NewProfilingServer(options Options) (*manager.Server, error) {
	options.Name, options.Limits = "profiling", profilingLimits
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server, err := New(options, readOnly(mux))
	if err != nil {
		return nil, err
	}
	server.Server.WriteTimeout = longestProfile
	return server, nil
}
