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
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	certutil "k8s.io/client-go/util/cert"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Addresses of clients.
const (
	attacker = "127.0.0.1"
	other    = "127.0.0.2"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	m.Run()
}

// patience is how long a test waits for what takes milliseconds: not as long as
// a client may stall.
const patience = readTimeout - 2*time.Second

func TestAHeaderThatIsTooLargeIsRefused(t *testing.T) {
	for name, s := range startAll(t) {
		t.Run(name, func(t *testing.T) {
			for part, header := range map[string]string{
				"method": strings.Repeat("m", 1<<20) + " / HTTP/1.1\r\nHost: x\r\n\r\n",
				"path":   "GET /" + strings.Repeat("p", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
				"token":  "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("t", 1<<20) + "\r\n\r\n",
				"many":   "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("a: b\r\n", 1<<18) + "\r\n",
			} {
				code, err := s.send(t, strings.NewReader(header))
				if err == nil && code != http.StatusRequestHeaderFieldsTooLarge {
					t.Errorf("%s: got %d, want %d or a closed connection", part, code, http.StatusRequestHeaderFieldsTooLarge)
				}
			}
		})
	}
}

func TestASlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	var clients sync.WaitGroup
	for name, s := range startAll(t) {
		for part, sent := range map[string]string{
			"header":             "GET / HTTP/1.1\r\nHost: x\r\nX-A:",
			"body":               "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
			"body of OPTIONS *":  "OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n",
			"unexpected request": "POST / HTTP/1.1\r\nHost: x\r\nExpect: foo\r\nContent-Length: 4000\r\n\r\n",
		} {
			conn := s.open(t)
			if err := conn.SetDeadline(time.Now().Add(3 * readTimeout)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, sent); err != nil {
				t.Fatal(err)
			}
			clients.Go(func() {
				if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
					t.Errorf("%s, %s: the connection is still open", name, part)
				}
			})
		}
	}
	clients.Wait()
}

func TestTheFirstRequestOfAConnectionMayComeLate(t *testing.T) {
	t.Parallel()
	for name, s := range startAll(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			early := s.open(t)
			if _, err := s.send(t, strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\nX-A:")); isTimeout(err) {
				t.Fatal("a client that began at the same time may still send its header")
			}
			if _, err := io.WriteString(early, "GET /healthz HTTP/1.1\r\nHost: x\r\n"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(early, "\r\n"); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(early), nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
		})
	}
}

func TestAnAnswerMayTakeLongerThanARequest(t *testing.T) {
	t.Parallel()
	s := startWebhook(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/slow" {
			return
		}
		select {
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		case <-time.After(readTimeout + headerTimeout/2):
		}
	}))
	for name, header := range map[string]string{
		"without a body": "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
		"with a body":    "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := s.open(t)
			answers := bufio.NewReader(conn)
			for _, path := range []string{"/slow", "/next"} {
				if _, err := fmt.Fprintf(conn, header, path); err != nil {
					t.Fatal(err)
				}
				response, err := http.ReadResponse(answers, nil)
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK {
					t.Errorf("%s: got %d: the request was canceled", path, response.StatusCode)
				}
			}
		})
	}
}

func TestABodyThatIsTooLargeIsRefused(t *testing.T) {
	all := startAll(t)
	for _, test := range []struct {
		name, server, length string
		body                 io.Reader
		want                 int
	}{
		{"the largest", "webhook", "Content-Length: 7340032", spaces(7340032), http.StatusOK},
		{"a larger one", "webhook", "Content-Length: 7340033", spaces(0), http.StatusRequestEntityTooLarge},
		{"one without end", "webhook", "Transfer-Encoding: chunked", chunks(64 << 20), http.StatusRequestEntityTooLarge},
		{"the largest, in pieces", "webhook", "Transfer-Encoding: chunked", io.MultiReader(chunks(7340032), strings.NewReader("0\r\n\r\n")), http.StatusOK},
		{"one for the metrics", "metrics", "Content-Length: 1", spaces(0), http.StatusRequestEntityTooLarge},
		{"one without end for the metrics", "metrics", "Transfer-Encoding: chunked", chunks(64 << 20), http.StatusRequestEntityTooLarge},
		{"one for the probes", "health", "Content-Length: 1", spaces(0), http.StatusRequestEntityTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := "GET /readyz HTTP/1.1\r\nHost: x\r\n" + test.length + "\r\n\r\n"
			code, err := all[test.server].send(t, strings.NewReader(header), test.body)
			if err != nil || code != test.want {
				t.Errorf("got %d, %v, want %d", code, err, test.want)
			}
		})
	}
}

// An empty container is two bytes of JSON and a struct of hundreds.
func TestABodyThatGrowsWhenItIsDecodedIsRefused(t *testing.T) {
	s := startWebhook(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for name, test := range map[string]struct {
		body string
		want int
	}{
		"empty containers":           {`{"containers":[{}` + strings.Repeat(",{}", 100_000) + `]}`, http.StatusRequestEntityTooLarge},
		"empty containers, indented": {`{"containers":[ {}` + strings.Repeat(",\n {}", 100_000) + `]}`, http.StatusRequestEntityTooLarge},
		"objects in objects":         {`[` + strings.Repeat(`{"":`, 100_000) + `0` + strings.Repeat("}", 100_000) + `]`, http.StatusRequestEntityTooLarge},
		"short values":               {`[0` + strings.Repeat(",0", 1_000_000) + `]`, http.StatusRequestEntityTooLarge},
		"environment variables":      {`[{}` + strings.Repeat(`,{"name":"NAME","value":"value"}`, 10_000) + `]`, http.StatusOK},
		"a long script":              {`{"args":["` + strings.Repeat("echo hello\\n", 250_000) + `"]}`, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			if code := s.post(t, attacker, test.body); code != test.want {
				t.Errorf("got %d, want %d", code, test.want)
			}
		})
	}
}

func TestMetricsAndProbesAreReadOnly(t *testing.T) {
	all := startAll(t)
	for _, name := range []string{"metrics", "health"} {
		for method, want := range map[string]int{
			"GET": http.StatusOK, "HEAD": http.StatusOK,
			"POST": http.StatusMethodNotAllowed, "PROPFIND": http.StatusMethodNotAllowed, strings.Repeat("m", 1000): http.StatusMethodNotAllowed,
		} {
			path := map[string]string{"metrics": "/metrics", "health": "/healthz"}[name]
			code, err := all[name].send(t, strings.NewReader(method+" "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"))
			if err != nil || code != want {
				t.Errorf("%s: %.10s: got %d, %v, want %d", name, method, code, err, want)
			}
		}
	}
}

func TestOneAddressDoesNotKeepOutAnother(t *testing.T) {
	t.Run("by requests", func(t *testing.T) {
		held := make(chan struct{})
		s := startWebhook(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.RemoteAddr, attacker) {
				<-held
			}
		}))
		t.Cleanup(func() { close(held) })
		for range 2 * webhookLimits.Connections {
			s.stall(t, attacker, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		}
		if code := s.post(t, other, "{}"); code != http.StatusOK {
			t.Errorf("got %d, want an answer", code)
		}
	})
	t.Run("by large bodies", func(t *testing.T) {
		s := startWebhook(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		for range 8 {
			s.stall(t, attacker, []byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7000000\r\n\r\n"+strings.Repeat(" ", 1<<20)))
		}
		if code := s.post(t, attacker, "{}"); code != http.StatusOK {
			t.Errorf("a small request got %d, want an answer", code)
		}
		if code := s.post(t, other, strings.Repeat(" ", 7_000_000)); code != http.StatusOK {
			t.Errorf("a large request got %d, want an answer", code)
		}
	})
}

func TestAnAnswerThatIsNotReadKeepsNoMemoryFromOthers(t *testing.T) {
	s := start(t, Options{Limits: Limits{Connections: 8, HeaderBytes: 4096, Memory: bytesPerRequest}},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/large" {
				_, _ = w.Write(make([]byte, 32<<20))
			}
		}))
	s.stall(t, attacker, []byte("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"))
	if code, err := s.send(t, strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil || code != http.StatusOK {
		t.Errorf("got %d, %v, want an answer", code, err)
	}
}

func TestRequestsWaitForMemory(t *testing.T) {
	const memoryFor = 3
	var now, most atomic.Int32
	s := start(t, Options{Limits: Limits{Connections: 64, HeaderBytes: 4096, Memory: memoryFor * bytesPerRequest}},
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			runtime.Gosched()
		}))
	var requests sync.WaitGroup
	for range 30 {
		requests.Go(func() {
			if code, err := s.send(t, strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil || code != http.StatusOK {
				t.Errorf("got %d, %v, want an answer", code, err)
			}
		})
	}
	requests.Wait()
	if most.Load() > memoryFor {
		t.Errorf("%d requests were handled at once, and there is memory for %d", most.Load(), memoryFor)
	}
}

func TestClientsThatStallTakeLittleMemory(t *testing.T) {
	const headers, bodies = 210, 30
	s := startWebhook(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	header := []byte("GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 1_000_000))
	body := []byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6900001\r\n\r\n" + strings.Repeat(" ", 6_900_000))
	before := heap()
	for range headers {
		s.stall(t, attacker, header)
	}
	for range bodies {
		s.stall(t, other, body)
	}
	if code := s.post(t, "127.0.0.3", "{}"); code != http.StatusOK {
		t.Errorf("got %d, want an answer", code)
	}
	// The clients' own half of each connection is in here, too.
	if grown := (heap() - before) >> 20; grown > 48 {
		t.Errorf("the heap has grown by %d MiB", grown)
	}
	runtime.KeepAlive(header)
	runtime.KeepAlive(body)
}

func TestRefusalsAreCounted(t *testing.T) {
	all := startAll(t)
	metrics := func() string {
		_, body := all["metrics"].request(t, attacker, strings.NewReader("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
		return body
	}
	before := metrics()
	_, _ = all["health"].send(t, strings.NewReader("PUT / HTTP/1.1\r\nHost: x\r\n\r\n"))
	_, _ = all["webhook"].send(t, strings.NewReader("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"))
	_, _ = all["webhook"].send(t, strings.NewReader("\x16 nonsense\r\n\r\n"))
	after := metrics()
	for _, series := range []string{
		`extendedjob_refused_requests_total{reason="405",server="health"}`,
		`extendedjob_refused_requests_total{reason="413",server="webhook"}`,
		`extendedjob_refused_requests_total{reason="header",server="webhook"}`,
	} {
		if line(after, series) == "" || line(after, series) == line(before, series) {
			t.Errorf("%s: %q is not more than %q", series, line(after, series), line(before, series))
		}
	}
}

func TestOnlyTLSAndHTTP1AreSpoken(t *testing.T) {
	s := startWebhook(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if err := tls.Client(s.dial(t, attacker), old).HandshakeContext(t.Context()); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	client := tls.Client(s.dial(t, attacker), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if protocol := client.ConnectionState().NegotiatedProtocol; protocol != "http/1.1" {
		t.Errorf("got %q, want http/1.1", protocol)
	}
}

func TestAClientOfPlainHTTPIsToldWhatIsWrong(t *testing.T) {
	s := startWebhook(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.encrypted = false
	if code, text := s.request(t, attacker, strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); code != http.StatusBadRequest || !strings.Contains(text, "HTTPS") {
		t.Errorf("got %d, %q", code, text)
	}
}

// running is a server that was started.
type running struct {
	address   string
	encrypted bool
}

// startAll starts the servers that the process always has.
func startAll(t *testing.T) map[string]running {
	t.Helper()
	tlsConfig := serverTLS(t)
	metrics, err := NewMetricsServer(Options{Address: "127.0.0.1:0", TLS: tlsConfig}, func(h http.Handler) http.Handler { return h })
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]healthz.Checker{"ping": healthz.Ping}
	health, err := NewHealthServer(Options{Address: "127.0.0.1:0"}, checks, checks)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]running{
		"webhook": startWebhook(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})),
		"metrics": run(t, metrics, metrics, true),
		"health":  run(t, health, health, false),
	}
}

func startWebhook(t *testing.T, handler http.Handler) running {
	t.Helper()
	server, err := NewWebhookServer(Options{Address: "127.0.0.1:0", TLS: serverTLS(t)})
	if err != nil {
		t.Fatal(err)
	}
	server.Register("/", handler)
	return run(t, server, server.(*webhookServer).bounded, true)
}

func start(t *testing.T, options Options, handler http.Handler) running {
	t.Helper()
	options.Name, options.Address = "test", "127.0.0.1:0"
	server, err := New(options, handler)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, server, server, false)
}

func run(t *testing.T, runnable manager.Runnable, server *manager.Server, encrypted bool) running {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- runnable.Start(t.Context()) }()
	t.Cleanup(func() {
		_ = server.Server.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return running{server.Listener.Addr().String(), encrypted}
}

func (s running) dial(t *testing.T, from string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (s running) connect(t *testing.T, from string) net.Conn {
	t.Helper()
	conn := s.dial(t, from)
	if s.encrypted {
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	}
	return conn
}

// open returns a connection on which a request can be sent.
func (s running) open(t *testing.T) net.Conn {
	t.Helper()
	conn := s.connect(t, attacker)
	if encrypted, ok := conn.(*tls.Conn); ok {
		if err := encrypted.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// stall sends something and nothing more.
func (s running) stall(t *testing.T, from string, sent []byte) {
	t.Helper()
	conn := s.connect(t, from)
	go func() { _, _ = conn.Write(sent) }() // the server may not read it
}

// send sends a request, or as much of it as the server takes, and returns the
// status of the answer.
func (s running) send(t *testing.T, parts ...io.Reader) (int, error) {
	t.Helper()
	conn := s.connect(t, attacker)
	if err := conn.SetDeadline(time.Now().Add(3 * readTimeout)); err != nil {
		return 0, err
	}
	go func() { _, _ = io.Copy(conn, io.MultiReader(parts...)) }()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	_ = conn.Close() // after HEAD, there is no body to wait for
	_ = response.Body.Close()
	return response.StatusCode, nil
}

// request returns the answer to a request.
func (s running) request(t *testing.T, from string, request io.Reader) (int, string) {
	t.Helper()
	conn := s.connect(t, from)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// post sends a body, and fails if there is no answer soon.
func (s running) post(t *testing.T, from, body string) int {
	t.Helper()
	var request bytes.Buffer
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(&request); err != nil {
		t.Fatal(err)
	}
	code, _ := s.request(t, from, &request)
	return code
}

// spaces returns n bytes that are not a JSON value.
func spaces(n int64) io.Reader { return io.LimitReader(repeated(" "), n) }

// chunks is n bytes in chunks of 4 KiB.
func chunks(n int64) io.Reader {
	const size = 4096
	chunk := "1000\r\n" + strings.Repeat(" ", size) + "\r\n"
	return io.LimitReader(repeated(chunk), n/size*int64(len(chunk)))
}

// repeated is a text without end.
type repeated string

func (r repeated) Read(p []byte) (int, error) {
	if len(p) < len(r) {
		return 0, io.ErrShortBuffer
	}
	n := 0
	for n+len(r) <= len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func line(text, prefix string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
	return ""
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	pair, err := keyPair()
	if err != nil {
		t.Fatal(err)
	}
	return TLSConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil })
}

var keyPair = sync.OnceValues(func() (tls.Certificate, error) {
	certificate, key, err := certutil.GenerateSelfSignedCertKey("x", nil, nil)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certificate, key)
})
