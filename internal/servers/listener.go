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
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// waitingPerServed is how many connections may be open for each that is served.
// The API server opens one for each request that it makes at the same time.
const waitingPerServed = 8

var errTooMany = errors.New("too many connections")

// listener accepts connections and makes them wait until there is room to serve them.
// A waiting connection costs a few KiB.
type listener struct {
	net.Listener
	server string
	// open and served are the limits of all connections.
	open, served *semaphore.Weighted
	limits       Limits
	tls          *tls.Config // nil for plain HTTP

	mu      sync.Mutex
	clients map[netip.Addr]*client
}

// client counts the connections of one address.
type client struct {
	connections int // open ones
	served      *semaphore.Weighted
	// largeBody is held by the one request that may have a large body.
	largeBody *semaphore.Weighted
}

func newListener(inner net.Listener, options Options) *listener {
	connections := int64(options.Limits.Connections)
	return &listener{
		Listener: inner,
		server:   options.Name,
		open:     semaphore.NewWeighted(waitingPerServed * connections),
		served:   semaphore.NewWeighted(connections),
		limits:   options.Limits,
		tls:      options.TLS,
		clients:  map[netip.Addr]*client{},
	}
}

// Accept returns the next connection that may wait.
func (l *listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := addressOf(inner)
		c, ok := l.join(address)
		if !ok {
			refused.WithLabelValues(l.server, "connections").Inc()
			_ = inner.Close()
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		conn := inner
		if l.tls != nil {
			conn = tls.Server(inner, l.tls)
		}
		return &connection{
			Conn: conn, listener: l, address: address, client: c,
			admitted: sync.OnceValue(func() bool { return l.admit(ctx, c) }),
			cancel:   cancel,
		}, nil
	}
}

// admit waits until there is room to serve a connection of a client, and reports
// whether there is.
func (l *listener) admit(ctx context.Context, c *client) bool {
	ctx, cancel := context.WithTimeout(ctx, headerTimeout)
	defer cancel()
	err := c.served.Acquire(ctx, 1)
	if err == nil {
		if err = l.served.Acquire(ctx, 1); err != nil {
			c.served.Release(1)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		refused.WithLabelValues(l.server, "connections").Inc()
	}
	return err == nil
}

// join counts a connection of an address, and reports whether it is allowed.
func (l *listener) join(address netip.Addr) (*client, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.clients[address]
	if c == nil {
		c = &client{served: semaphore.NewWeighted(l.share()), largeBody: semaphore.NewWeighted(1)}
	}
	if int64(c.connections) >= waitingPerServed*l.share() || !l.open.TryAcquire(1) {
		return nil, false
	}
	c.connections++
	l.clients[address] = c
	return c, true
}

// leave forgets an address with its last connection.
func (l *listener) leave(address netip.Addr, c *client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open.Release(1)
	if c.connections--; c.connections == 0 {
		delete(l.clients, address)
	}
}

// share is the maximum number of connections of one address that are served.
func (l *listener) share() int64 { return int64(l.limits.Connections+1) / 2 }

// connection is a connection that is read only once it is admitted.
//
// It times its first request itself. net/http limits the time for a header from the
// moment at which a connection is open, and closes one on which no request has begun by
// then. But clients also keep connections that they have not used: those in Go do if
// another one becomes free first. The request that such a client sends just then fails.
type connection struct {
	net.Conn // of TLS, unless it is plain
	listener *listener
	address  netip.Addr
	client   *client

	// admitted waits for its turn, until cancel is called.
	admitted func() bool
	cancel   context.CancelFunc
	closing  sync.Once
	// used is set once the first request is read.
	used bool
	// unread is true from the first byte of a request until its header is read.
	unread atomic.Bool
}

// Read waits for its turn before it reads for the first time.
func (c *connection) Read(p []byte) (int, error) {
	if !c.admitted() {
		return 0, errTooMany
	}
	if c.used {
		return c.Conn.Read(p)
	}
	c.used = true
	if err := c.handshake(); err != nil {
		return 0, err
	}
	return c.readFirst(p)
}

// handshake makes the connection a TLS connection, if it is to be one.
func (c *connection) handshake() error {
	encrypted, ok := c.Conn.(*tls.Conn)
	if !ok {
		return nil
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil { // it was set before its turn came
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	err := encrypted.HandshakeContext(ctx)
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && plain.Conn != nil {
		_, _ = io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nThis port speaks HTTPS.\n")
	}
	if err != nil {
		errorLog(c.listener.server).Printf("%s from %s: %v", handshakeError, c.RemoteAddr(), err)
	}
	return err
}

// readFirst waits longer for the first byte of a request than for the rest of its
// header.
func (c *connection) readFirst(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(idleTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if err == nil {
		err = c.SetReadDeadline(time.Now().Add(headerTimeout))
	}
	return n, err
}

// CloseWrite tells the client that there is no more to read. Without it, net/http
// closes the connection while the client may still be sending, and the client does not
// get the answer.
func (c *connection) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// Close makes room for other connections.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.closing.Do(func() {
		c.cancel()
		if c.admitted() {
			c.listener.served.Release(1)
			c.client.served.Release(1)
		}
		c.listener.leave(c.address, c.client)
	})
	return err
}

func addressOf(conn net.Conn) netip.Addr {
	address, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // the same for all that have none
	}
	return address.Addr().Unmap()
}

type connectionKey struct{}

func withConnection(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, conn)
}

// countUnreadable counts connections that end before the header of a request is read,
// because it is malformed, too large or too slow.
func countUnreadable(conn net.Conn, state http.ConnState) {
	c := conn.(*connection)
	switch state {
	case http.StateActive:
		c.unread.Store(true)
	case http.StateClosed:
		if c.unread.Load() {
			refused.WithLabelValues(c.listener.server, "header").Inc()
		}
	case http.StateNew, http.StateIdle, http.StateHijacked:
	}
}
