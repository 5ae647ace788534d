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
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/sync/semaphore"
)

// smallBody is the maximum size of a body that every connection may send at any time.
// Larger bodies are read two at a time, and one at a time from the same address.
const smallBody = 64 << 10

const largeBodies = 2

// boundedHandler passes requests to a handler once their body is read and there is
// memory for them. Neither a slow body nor a slow reader of the answer holds that
// memory.
type boundedHandler struct {
	server  string
	limits  Limits
	handler http.Handler
	large   *semaphore.Weighted // bytes
	memory  *semaphore.Weighted // bytes
}

func newBoundedHandler(options Options, handler http.Handler) *boundedHandler {
	return &boundedHandler{
		server:  options.Name,
		limits:  options.Limits,
		handler: handler,
		large:   semaphore.NewWeighted(largeBodies * options.Limits.BodyBytes),
		memory:  semaphore.NewWeighted(options.Limits.Memory),
	}
}

// refusal is an answer to a request that exceeds a limit.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

var (
	errBusy = &refusal{http.StatusServiceUnavailable, "Too many requests are in progress. Try again."}
	errSlow = &refusal{http.StatusRequestTimeout, "The request took too long."}
	errBody = &refusal{http.StatusBadRequest, "The body of the request cannot be read."}
)

func (h *boundedHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn := r.Context().Value(connectionKey{}).(*connection)
	conn.unread.Store(false)
	// On a connection without a body to read, net/http waits for the client to leave.
	// A deadline would end that wait, and the request with it.
	if r.ContentLength != 0 {
		// The time for the first request of a connection began when that was opened.
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout)); err != nil {
			return // the connection is closed
		}
	}

	body := &body{request: r, client: conn.client, large: h.large, limit: h.limits.BodyBytes}
	defer body.release()
	answer, err := h.answer(r, body)
	if err != nil {
		w.Header().Set("Connection", "close")
		answer = newAnswer()
		http.Error(answer, err.text, err.code)
	}
	if answer.code >= 400 && answer.code < 500 || err != nil {
		refused.WithLabelValues(h.server, strconv.Itoa(answer.code)).Inc()
	}
	answer.send(w)
}

// answer returns the handler's answer, and frees the memory for handling the request.
func (h *boundedHandler) answer(r *http.Request, body *body) (*answer, *refusal) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	content, err := body.read(ctx)
	if err != nil {
		return nil, err
	}
	weight := weigh(content)
	if weight > h.limits.Memory {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "The request needs too much memory: it has too many list items for its size."}
	}
	if h.memory.Acquire(ctx, weight) != nil {
		return nil, errBusy
	}
	defer h.memory.Release(weight)
	r.Body = io.NopCloser(bytes.NewReader(content))
	answer := newAnswer()
	h.handler.ServeHTTP(answer, r)
	return answer, nil
}

// body is the body of a request.
type body struct {
	request *http.Request
	client  *client
	large   *semaphore.Weighted
	limit   int64
	// held is how much of large the body holds.
	held int64
}

// read returns the whole body.
func (b *body) read(ctx context.Context) ([]byte, *refusal) {
	if b.request.ContentLength > b.limit {
		return nil, b.tooLarge()
	}
	content, err := b.readUpTo(nil, min(smallBody, b.limit))
	if err != nil || int64(len(content)) <= min(smallBody, b.limit) {
		return content, err
	}
	if int64(len(content)) > b.limit {
		return nil, b.tooLarge()
	}
	if err := b.acquire(ctx); err != nil {
		return nil, err
	}
	content, err = b.readUpTo(content, b.limit)
	if int64(len(content)) > b.limit {
		return nil, b.tooLarge()
	}
	return content, err
}

// readUpTo appends the input to content, until that has more than limit bytes.
func (b *body) readUpTo(content []byte, limit int64) ([]byte, *refusal) {
	buffer := bytes.NewBuffer(content)
	if limit == b.limit {
		buffer.Grow(int(max(b.request.ContentLength, smallBody) - int64(len(content)) + bytes.MinRead))
	}
	_, err := buffer.ReadFrom(io.LimitReader(b.request.Body, limit+1-int64(len(content))))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errSlow
	case err != nil:
		return nil, errBody
	}
	return buffer.Bytes(), nil
}

// acquire waits until there is room for a large body.
func (b *body) acquire(ctx context.Context) *refusal {
	if b.client.largeBody.Acquire(ctx, 1) != nil {
		return errBusy
	}
	weight := b.request.ContentLength
	if weight < 0 { // not known yet
		weight = b.limit
	}
	if b.large.Acquire(ctx, weight) != nil {
		b.client.largeBody.Release(1)
		return errBusy
	}
	b.held = weight
	return nil
}

// release makes room for other large bodies.
func (b *body) release() {
	if b.held == 0 {
		return
	}
	b.large.Release(b.held)
	b.client.largeBody.Release(1)
}

func (b *body) tooLarge() *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("The body of the request has more than %d bytes.", b.limit)}
}

// answer is kept until the handler is done with the request.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}, code: http.StatusOK} }

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) { a.code = code }

func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.code)
	_, _ = w.Write(a.body.Bytes()) // the client is gone
}
