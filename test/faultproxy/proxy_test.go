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

package faultproxy_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/faultproxy"
)

// start starts a minimal API server behind a proxy that applies the fault to writes,
// and a client in front of it. The server counts the writes that reach it.
func start(t *testing.T, fault faultproxy.Fault) (proxy *faultproxy.Proxy, client *http.Client, address string, writes *atomic.Int32) {
	t.Helper()
	return startFor(t, func(r *http.Request) faultproxy.Fault {
		if faultproxy.IsWrite(r) {
			return fault
		}
		return faultproxy.None
	})
}

func startFor(t *testing.T, decide func(*http.Request) faultproxy.Fault) (proxy *faultproxy.Proxy, client *http.Client, address string, writes *atomic.Int32) {
	t.Helper()
	writes = &atomic.Int32{}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if faultproxy.IsWatch(r) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		if faultproxy.IsWrite(r) {
			writes.Add(1)
		}
		if r.URL.Path == "/healthz" {
			_, _ = io.WriteString(w, "ok")
		}
	}))
	t.Cleanup(api.Close)
	target, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}

	proxy = faultproxy.New(target, http.DefaultTransport, decide)
	address, certificatePEM, err := proxy.Listen(t.Context(), net.IPv4(127, 0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificatePEM)
	client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return proxy, client, address, writes
}

func send(t *testing.T, client *http.Client, method, url string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return client.Do(request)
}

func TestCut(t *testing.T) {
	for name, test := range map[string]struct {
		fault   faultproxy.Fault
		applied int32
	}{
		"before a write, which does not reach the server": {faultproxy.CutBefore, 0},
		"after a write, which did":                        {faultproxy.CutAfter, 1},
	} {
		t.Run(name, func(t *testing.T) {
			proxy, client, address, writes := start(t, test.fault)
			watch, err := send(t, client, http.MethodGet, address+"/api/v1/pods?watch=1")
			if err != nil {
				t.Fatal(err)
			}
			defer watch.Body.Close()

			if response, err := send(t, client, http.MethodPost, address+"/api/v1/pods"); err == nil {
				response.Body.Close()
				t.Errorf("want no answer to the write, got %s", response.Status)
			}
			<-proxy.Cut()
			if _, err := io.ReadAll(watch.Body); err == nil {
				t.Error("want the watch to break")
			}
			if response, err := send(t, client, http.MethodGet, address+"/api/v1/pods"); err == nil {
				response.Body.Close()
				t.Errorf("want no answer after the cut, got %s", response.Status)
			}
			if got := writes.Load(); got != test.applied {
				t.Errorf("want %d writes to reach the server, got %d", test.applied, got)
			}

			proxy.Mend()
			response, err := send(t, client, http.MethodGet, address+"/api/v1/pods")
			if err != nil {
				t.Fatalf("want an answer after the mend, got %v", err)
			}
			response.Body.Close()
		})
	}
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		fault   faultproxy.Fault
		is      func(error) bool
		applied int32
	}{
		"too many requests": {faultproxy.TooManyRequests, func(err error) bool {
			seconds, suggested := apierrors.SuggestsClientDelay(err)
			return apierrors.IsTooManyRequests(err) && suggested && seconds == 1
		}, 0},
		"a server error":                       {faultproxy.ServerError, apierrors.IsInternalError, 0},
		"a server error that quotes":           {faultproxy.QuotingError, func(err error) bool { return strings.Contains(err.Error(), "what is sent") }, 0},
		"a timeout of a write that is applied": {faultproxy.TimeoutAfter, apierrors.IsTimeout, 1},
		"a reset before a write":               {faultproxy.ResetBefore, utilnet.IsConnectionReset, 0},
		"a reset after a write":                {faultproxy.ResetAfter, utilnet.IsConnectionReset, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, client, address, writes := start(t, test.fault)
			config := &rest.Config{Host: address, ContentConfig: rest.ContentConfig{
				GroupVersion: &schema.GroupVersion{Version: "v1"}, NegotiatedSerializer: clientgoscheme.Codecs.WithoutConversion(),
			}}
			api, err := rest.RESTClientForConfigAndClient(config, client)
			if err != nil {
				t.Fatal(err)
			}
			if err := api.Post().Resource("pods").Body([]byte("what is sent")).MaxRetries(0).Do(t.Context()).Error(); !test.is(err) {
				t.Errorf("got the error %v", err)
			}
			if got := writes.Load(); got != test.applied {
				t.Errorf("want %d writes to reach the server, got %d", test.applied, got)
			}
			if err := api.Get().Resource("pods").Do(t.Context()).Error(); err != nil {
				t.Errorf("want an answer to the next request, got %v", err)
			}
		})
	}
}

func TestQuotingWarning(t *testing.T) {
	_, client, address, writes := start(t, faultproxy.QuotingWarning)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/api/v1/pods", strings.NewReader("what is sent"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if warning := response.Header.Get("Warning"); response.StatusCode != http.StatusOK || writes.Load() != 1 || !strings.Contains(warning, "what is sent") {
		t.Errorf("got %s with the warning %q after %d writes", response.Status, warning, writes.Load())
	}
}

func TestExpiredWatch(t *testing.T) {
	_, client, address, _ := startFor(t, func(r *http.Request) faultproxy.Fault {
		if faultproxy.IsWatch(r) {
			return faultproxy.ExpireWatch
		}
		return faultproxy.None
	})
	response, err := send(t, client, http.MethodGet, address+"/api/v1/pods?watch=1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusGone {
		t.Errorf("want the watch to be told that it is too late, got %s", response.Status)
	}
}

func TestSlowWatch(t *testing.T) {
	_, client, address, _ := startFor(t, func(*http.Request) faultproxy.Fault { return faultproxy.SlowWatch })
	sent := time.Now()
	response, err := send(t, client, http.MethodGet, address+"/healthz") // any request that is answered in one piece
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "ok" {
		t.Errorf("want the whole answer, got %q, %v", body, err)
	}
	if took := time.Since(sent); took < time.Second {
		t.Errorf("the answer came after %v", took)
	}
}

func TestWhatIsNoWrite(t *testing.T) {
	for name, request := range map[string]*http.Request{
		"a read":                   httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/pods", nil),
		"a dry run":                httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/apis/batch/v1/namespaces/n/jobs?dryRun=All", nil),
		"an event":                 httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/apis/events.k8s.io/v1/namespaces/n/events", nil),
		"the Lease":                httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/apis/coordination.k8s.io/v1/namespaces/n/leases/l", nil),
		"a question about a token": httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/apis/authentication.k8s.io/v1/tokenreviews", nil),
	} {
		if faultproxy.IsWrite(request) {
			t.Errorf("%s counts as a write", name)
		}
	}
}
