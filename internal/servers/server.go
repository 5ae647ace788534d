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

// Package servers makes the HTTP servers of the process. Whoever reaches a port
// of the operator can send what they like, so every server has bounds: of the
// connections, of headers and bodies, of the time that a client may take, and of
// the memory for requests that are under way. Requests beyond them are
// refused with a short text and counted.
package servers

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

const (
	// handshakeTimeout is how long the TLS handshake may take, as in Go's clients.
	handshakeTimeout = 10 * time.Second
	// headerTimeout is how long a client may take for the header of a request.
	headerTimeout = 5 * time.Second
	// readTimeout is how long a client may take for the body of a request.
	readTimeout = 10 * time.Second
	// writeTimeout is how long reading a body, answering and sending the answer
	// may take: the longest time that the API server waits for a webhook.
	writeTimeout = 30 * time.Second
	// idleTimeout is how long a connection may be open without a request. Clients in Go
	// close theirs after 90 seconds. They must be the first to do so: a request that
	// meets the server's end of a connection fails.
	idleTimeout = 2 * time.Minute
	// shutdownTimeout is how long requests under way may take when the process
	// ends. The manager waits for 30 seconds.
	shutdownTimeout = 20 * time.Second
)

// Limits bound the resources that the clients of a server can take up.
type Limits struct {
	// Connections is how many connections are served at once. A single address has
	// no more than half of them, so that one client cannot keep out the others.
	Connections int
	// HeaderBytes is the size of the header of a request, with its first line.
	HeaderBytes int
	// BodyBytes is the size of the body of a request.
	BodyBytes int64
	// Memory is how many bytes the requests under way may need together, by an
	// estimate. A request that needs more alone is refused; others wait.
	Memory int64
}

// Options describe a server.
type Options struct {
	// Name identifies the server in logs and metrics.
	Name string
	// Address is the address to listen on, as "host:port" or ":port".
	Address string
	// TLS has the certificate. Without it, the server speaks plain HTTP.
	TLS    *tls.Config
	Limits Limits
}

// New returns a server that already listens, and answers requests once it is started.
func New(options Options, handler http.Handler) (*manager.Server, error) {
	inner, err := new(net.ListenConfig).Listen(context.Background(), "tcp", options.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", options.Name, err)
	}
	return &manager.Server{
		Name: options.Name,
		Server: &http.Server{
			Handler:           newBoundedHandler(options, handler),
			MaxHeaderBytes:    options.Limits.HeaderBytes,
			ReadHeaderTimeout: headerTimeout,
			// For a body that net/http discards before or after it answers by itself.
			ReadTimeout:  readTimeout,
			WriteTimeout: writeTimeout,
			IdleTimeout:  idleTimeout,
			ConnState:    countUnreadable,
			ConnContext:  withConnection,
			ErrorLog:     errorLog(options.Name),
		},
		Listener:        newListener(inner, options),
		ShutdownTimeout: new(shutdownTimeout),
	}, nil
}

// TLSConfig returns the settings of TLS for all servers.
func TLSConfig(getCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: getCertificate,
		// A client of HTTP/2 could reset streams faster than it opens them.
		NextProtos: []string{"http/1.1"},
	}
}
