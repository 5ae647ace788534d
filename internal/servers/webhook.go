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
	"errors"
	"net/http"
	"sync/atomic"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// webhookLimits let the API server send a request with the largest objects that it
// accepts, an old and a new one of 3 MiB. It converts each object of a list with a
// separate request. It keeps up to 25 idle connections for each of the two admission
// webhooks and the conversion: those of three API servers fit.
var webhookLimits = Limits{
	Connections: 256,
	HeaderBytes: 16 << 10,
	BodyBytes:   7 << 20,
	Memory:      64 << 20,
}

// webhookServer serves the webhooks that controller-runtime's server registers
// and instruments.
type webhookServer struct {
	webhook.Server
	bounded *manager.Server
	started atomic.Bool
}

// NewWebhookServer returns the server of the webhooks.
func NewWebhookServer(options Options) (webhook.Server, error) {
	options.Name, options.Limits = "webhook", webhookLimits
	mux := http.NewServeMux()
	bounded, err := New(options, mux)
	if err != nil {
		return nil, err
	}
	return &webhookServer{Server: webhook.NewServer(webhook.Options{WebhookMux: mux}), bounded: bounded}, nil
}

// Start serves until ctx ends.
func (s *webhookServer) Start(ctx context.Context) error {
	s.started.Store(true)
	return s.bounded.Start(ctx)
}

// StartedChecker returns a check that the server was started. It opens no connection:
// a replica must not become unready because all connections are in use.
func (s *webhookServer) StartedChecker() healthz.Checker {
	return func(*http.Request) error {
		if !s.started.Load() {
			return errors.New("the webhooks are not served yet")
		}
		return nil
	}
}
