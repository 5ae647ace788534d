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
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"

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
		return &connection{
			Conn: inner, listener: l, address: address, client: c,
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
type connection struct {
	net.Conn
	listener *listener
	address  netip.Addr
	client   *client

	// admitted waits for its turn, until cancel is called.
	admitted func() bool
	cancel   context.CancelFunc
	closing  sync.Once
	// unread is true from the first byte of a request until its header is read.
	unread atomic.Bool
}

// Read waits for its turn before it reads for the first time.
func (c *connection) Read(p []byte) (int, error) {
	if !c.admitted() {
		return 0, errTooMany
	}
	return c.Conn.Read(p)
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

// connectionOf returns the connection below TLS.
func connectionOf(conn net.Conn) *connection {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	return conn.(*connection)
}

type connectionKey struct{}

func withConnection(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connectionOf(conn))
}

// countUnreadable counts connections that end before the header of a request is read,
// because it is malformed, too large or too slow.
func countUnreadable(conn net.Conn, state http.ConnState) {
	c := connectionOf(conn)
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
