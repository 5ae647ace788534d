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

// Package faultproxy stands between a client and an API server and does to
// their requests what a network, an overloaded server or a crash does. The
// client under test is the shipped one: nothing in it knows of the proxy.
package faultproxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	certutil "k8s.io/client-go/util/cert"
)

// Fault is a way to disturb a request.
type Fault int

const (
	// None forwards the request.
	None Fault = iota
	// CutBefore cuts the client off before the request is forwarded, as if the client
	// had crashed before sending it.
	CutBefore
	// CutAfter cuts the client off after the request was answered, but before the client
	// sees the answer, as if the client had crashed before reading it.
	CutAfter
	// TooManyRequests answers that the server is overloaded, and that the client should
	// retry after a second. The request is not forwarded.
	TooManyRequests
	// ServerError answers with an internal error. The request is not forwarded.
	ServerError
	// QuotingError answers with an internal error whose message quotes what the
	// client sent. The request is not forwarded.
	QuotingError
	// QuotingWarning forwards the request, and adds to the answer a warning that
	// quotes what the client sent.
	QuotingWarning
	// TimeoutAfter forwards the request, and answers that it timed out.
	TimeoutAfter
	// ResetBefore resets the connection, with all other requests on it, before the
	// request is forwarded.
	ResetBefore
	// ResetAfter resets the connection after the request was answered, before the
	// client sees the answer.
	ResetAfter
	// SlowWatch delays all events of a watch.
	SlowWatch
	// ExpireWatch answers a watch that its resourceVersion is too old.
	ExpireWatch
)

var faultNames = map[Fault]string{
	None:            "never",
	CutBefore:       "before",
	CutAfter:        "after",
	TooManyRequests: "429 with Retry-After",
	ServerError:     "500",
	QuotingError:    "500 with the request in it",
	QuotingWarning:  "warning with the request in it",
	TimeoutAfter:    "timeout after the request was served",
	ResetBefore:     "connection reset before the request was served",
	ResetAfter:      "connection reset after the request was served",
	SlowWatch:       "slow watch",
	ExpireWatch:     "expired watch",
}

// String describes the fault.
func (f Fault) String() string { return faultNames[f] }

// slowness is how long a slow watch delays each event.
const slowness = 2 * time.Second

// Proxy forwards requests to an API server until it cuts the client off. From then
// on, neither requests nor answers pass until Mend is called. Other faults affect a
// single request.
type Proxy struct {
	forward *httputil.ReverseProxy
	server  *http.Server
	decide  func(*http.Request) Fault

	mu    sync.Mutex
	cut   chan struct{} // closed while the client is cut off
	conns map[net.Conn]struct{}
}

// New returns a proxy for the API server at target. Decide chooses the fault of each
// request; it is called by several goroutines at once.
func New(target *url.URL, transport http.RoundTripper, decide func(*http.Request) Fault) *Proxy {
	p := &Proxy{decide: decide, cut: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	p.forward = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1, // watches
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.server = &http.Server{Handler: p, ConnState: p.track, ConnContext: keepConn, ReadHeaderTimeout: time.Minute}
	return p
}

// Listen serves a free port of an address until Close is called. It returns the URL,
// and the certificate that clients must trust.
func (p *Proxy) Listen(ctx context.Context, address net.IP) (server string, certificatePEM []byte, err error) {
	certificatePEM, keyPEM, err := certutil.GenerateSelfSignedCertKey(address.String(), []net.IP{address}, nil)
	if err != nil {
		return "", nil, err
	}
	certificate, err := tls.X509KeyPair(certificatePEM, keyPEM)
	if err != nil {
		return "", nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address.String(), "0"))
	if err != nil {
		return "", nil, err
	}
	p.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	go func() { _ = p.server.ServeTLS(listener, "", "") }() // until it is closed
	return "https://" + listener.Addr().String(), certificatePEM, nil
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() error { return p.server.Close() }

// Cut is closed when the client is cut off.
func (p *Proxy) Cut() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

// Mend lets requests pass again.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = make(chan struct{})
}

// ServeHTTP forwards a request, unless its fault prevents that.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.isCut() {
		panic(http.ErrAbortHandler)
	}
	switch p.decide(r) {
	case CutBefore:
		p.cutOff()
		panic(http.ErrAbortHandler)
	case CutAfter:
		p.forward.ServeHTTP(discard{http.Header{}}, r)
		p.cutOff()
		panic(http.ErrAbortHandler)
	case TooManyRequests:
		answer(w, apierrors.NewTooManyRequests("faultproxy: too many requests", 1))
	case ServerError:
		answer(w, apierrors.NewInternalError(errors.New("faultproxy: an error")))
	case QuotingError:
		answer(w, apierrors.NewInternalError(fmt.Errorf("faultproxy: cannot store %s", quoted(r))))
	case QuotingWarning:
		if warning, err := utilnet.NewWarningHeader(299, "-", "faultproxy: "+quoted(r)); err == nil {
			w.Header().Add("Warning", warning)
		}
		p.forward.ServeHTTP(w, r)
	case TimeoutAfter:
		p.forward.ServeHTTP(discard{http.Header{}}, r)
		answer(w, apierrors.NewTimeoutError("faultproxy: the request timed out", 0))
	case ResetBefore:
		reset(r)
	case ResetAfter:
		p.forward.ServeHTTP(discard{http.Header{}}, r)
		reset(r)
	case SlowWatch:
		p.forward.ServeHTTP(slow{w, r}, r)
	case ExpireWatch:
		answer(w, apierrors.NewResourceExpired("faultproxy: the resourceVersion is too old"))
	case None:
		p.forward.ServeHTTP(w, r)
	}
}

// answer sends an answer in the API server's format.
func answer(w http.ResponseWriter, status *apierrors.StatusError) {
	body, err := json.Marshal(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure,
		Message:  status.ErrStatus.Message,
		Reason:   status.ErrStatus.Reason,
		Details:  status.ErrStatus.Details,
		Code:     status.ErrStatus.Code,
	})
	if err != nil {
		panic(err) // it consists of strings
	}
	if seconds := status.ErrStatus.Details; seconds != nil && seconds.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds.RetryAfterSeconds)))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status.ErrStatus.Code))
	_, _ = w.Write(body) // fails only if nobody reads it
}

// quoted returns the body of a request, which can be read again afterwards.
func quoted(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return strconv.QuoteToASCII(string(body))
}

type connKey struct{}

func keepConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// reset resets the connection of a request.
func reset(r *http.Request) {
	conn := r.Context().Value(connKey{}).(net.Conn)
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // closed without an answer, if not reset
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}

// slow passes on an answer piece by piece, each after a delay.
type slow struct {
	http.ResponseWriter
	request *http.Request
}

func (s slow) Write(piece []byte) (int, error) {
	select {
	case <-time.After(slowness):
	case <-s.request.Context().Done():
	}
	return s.ResponseWriter.Write(piece)
}

// Unwrap lets each piece be sent at once.
func (s slow) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (p *Proxy) isCut() bool {
	select {
	case <-p.Cut():
		return true
	default:
		return false
	}
}

// cutOff closes all connections, so that no watch sends the client further events.
func (p *Proxy) cutOff() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.cut:
	default:
		close(p.cut)
	}
	for conn := range p.conns {
		_ = conn.Close() // it is closed either way
	}
}

func (p *Proxy) track(conn net.Conn, state http.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch state {
	case http.StateNew:
		p.conns[conn] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		delete(p.conns, conn)
	case http.StateActive, http.StateIdle:
	}
}

// discard is the writer of an answer that nobody may see.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// IsWatch reports whether a request is a watch.
func IsWatch(r *http.Request) bool { return r.URL.Query().Has("watch") }

// IsWrite reports whether a request changes the cluster in the sense of the operator's
// guarantees. Requests for its Lease, events, access reviews and dry runs do not
// count.
func IsWrite(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return false
	}
	if r.URL.Query().Has("dryRun") {
		return false
	}
	for _, uncounted := range []string{"/leases", "/events", "/tokenreviews", "/subjectaccessreviews"} {
		if strings.Contains(r.URL.Path, uncounted) {
			return false
		}
	}
	return true
}
