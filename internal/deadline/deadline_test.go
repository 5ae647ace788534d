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

package deadline_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/deadline"
)

func TestTheServerIsToldHowLongAClientWaits(t *testing.T) {
	var told string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told = r.URL.Query().Get("timeout") }))
	defer server.Close()
	client := &http.Client{Transport: deadline.Wrap(http.DefaultTransport)}

	for name, test := range map[string]struct {
		method  string
		limited bool
		want    bool
	}{
		"a write that is waited for": {http.MethodPost, true, true},
		"a read":                     {http.MethodGet, true, false},
		"a write without a limit":    {http.MethodPost, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			told = ""
			ctx := t.Context()
			if test.limited {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 5*time.Second)
				defer cancel()
			}
			req, err := http.NewRequestWithContext(ctx, test.method, server.URL+"?fieldManager=test", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil {
				t.Fatal(err)
			}
			limit, err := time.ParseDuration(told)
			if got := err == nil && limit > 0 && limit <= 5*time.Second; got != test.want {
				t.Errorf("told %q", told)
			}
		})
	}
}
