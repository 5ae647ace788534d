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

// Package deadline has the API server give up a write when the client does.
package deadline

import (
	"net/http"
	"time"
)

// Wrap returns a transport that tells the API server how long a client waits for
// a write, by the request parameter "timeout". Without it, the server may carry
// out a write long after the client has given it up for lost.
func Wrap(next http.RoundTripper) http.RoundTripper { return transport{next} }

type transport struct{ next http.RoundTripper }

// RoundTrip adds the parameter, unless the request has none to tell of.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	deadline, limited := req.Context().Deadline()
	if limited && req.Method != http.MethodGet {
		req = req.Clone(req.Context())
		query := req.URL.Query()
		query.Set("timeout", time.Until(deadline).Round(time.Millisecond).String())
		req.URL.RawQuery = query.Encode()
	}
	return t.next.RoundTrip(req)
}
