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

package integration

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/faultproxy"
)

// wire is between the operator and the API server, and sees everything that the
// operator sends. Values on it contain the canary.
type wire struct {
	mu sync.Mutex
	// meddling is done to requests.
	meddling *meddling
	// strays are the requests with a value that do not write Secrets.
	strays []string
}

// meddling is done to the first request of a kind, or to all of them.
type meddling struct {
	concerns func(r *http.Request, body string) bool
	do       func() faultproxy.Fault
	always   bool
}

// tapOperator restarts the operator, with additional arguments and a wire between it
// and the API server, until the spec ends.
func tapOperator(arguments ...string) *wire {
	GinkgoHelper()
	w := &wire{}
	direct, through := operator.kubeconfig, filepath.Join(GinkgoT().TempDir(), "kubeconfig")
	proxy, err := faultproxy.StartLocal(direct, through, w.decide)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(proxy.Close)
	operator.kubeconfig = through
	DeferCleanup(func() {
		operator.kubeconfig = direct
		operator.restart()
	})
	operator.restart(arguments...)
	return w
}

func (w *wire) decide(r *http.Request) faultproxy.Fault {
	defer GinkgoRecover()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return faultproxy.None // it was broken off
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	w.mu.Lock()
	defer w.mu.Unlock()
	if canaryIn(string(body)) >= 0 && !strings.Contains(r.URL.Path, "/namespaces/"+namespace+"/secrets") {
		w.strays = append(w.strays, r.Method+" "+r.URL.Path)
	}
	m := w.meddling
	if m == nil || !m.concerns(r, string(body)) {
		return faultproxy.None
	}
	if !m.always {
		w.meddling = nil
	}
	return m.do()
}

func (w *wire) meddle(m *meddling) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meddling = m
}

// failWrite does something to the next write of a value to a Secret.
func (w *wire) failWrite(secret string, f faultproxy.Fault) {
	w.meddle(&meddling{concerns: writes(secret), do: func() faultproxy.Fault { return f }})
}

// failWrites does it to all of them.
func (w *wire) failWrites(secret string, f faultproxy.Fault) {
	w.meddle(&meddling{concerns: writes(secret), do: func() faultproxy.Fault { return f }, always: true})
}

// beforeWrite calls happen just before the next write of a value to a Secret.
func (w *wire) beforeWrite(secret string, happen func()) {
	w.meddle(&meddling{concerns: writes(secret), do: func() faultproxy.Fault {
		happen()
		return faultproxy.None
	}})
}

// writes reports whether a request writes a value to a Secret. Its name is in the
// URL, or in the new object.
func writes(secret string) func(*http.Request, string) bool {
	return func(r *http.Request, body string) bool {
		return canaryIn(body) >= 0 && (strings.HasSuffix(r.URL.Path, "/secrets/"+secret) ||
			strings.HasSuffix(r.URL.Path, "/secrets") && strings.Contains(body, secret))
	}
}

// failLog does something to the next request for a log.
func (w *wire) failLog(f faultproxy.Fault) {
	w.meddle(&meddling{
		concerns: func(r *http.Request, _ string) bool { return strings.HasSuffix(r.URL.Path, "/log") },
		do:       func() faultproxy.Fault { return f },
	})
}

// leaveAlone reports whether the meddling with a request was done, and ends it.
func (w *wire) leaveAlone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	done := w.meddling == nil || w.meddling.always
	w.meddling = nil
	return done
}
