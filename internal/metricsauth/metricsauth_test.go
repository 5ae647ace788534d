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

package metricsauth

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
)

// Tokens that the API server of the tests knows.
const (
	allowedToken   = "prometheus"
	forbiddenToken = "stranger"
)

func TestTheAnswerIsTheAPIServers(t *testing.T) {
	get := newFilter(t, &apiServer{})
	for authorization, want := range map[string]int{
		"":                         http.StatusUnauthorized,
		"Basic " + allowedToken:    http.StatusUnauthorized,
		"Bearer ":                  http.StatusUnauthorized,
		"Bearer nobody":            http.StatusUnauthorized,
		"Bearer " + forbiddenToken: http.StatusForbidden,
		"Bearer " + allowedToken:   http.StatusOK,
		"bearer " + allowedToken:   http.StatusOK,
		"Bearer  " + allowedToken:  http.StatusUnauthorized,
	} {
		if code := get("10.0.0.1:1", authorization); code != want {
			t.Errorf("%q: got %d, want %d", authorization, code, want)
		}
	}
}

func TestAKnownUserCostsOneReview(t *testing.T) {
	for _, token := range []string{allowedToken, forbiddenToken} {
		server := &apiServer{}
		get := newFilter(t, server)
		for range 20 {
			get("10.0.0.1:1", "Bearer "+token)
		}
		if n := server.reviews.Load(); n != 1 {
			t.Errorf("%s: %d tokens were reviewed, want 1", token, n)
		}
	}
}

func TestRequestsAtTheSameTimeShareAReview(t *testing.T) {
	server := &apiServer{asked: make(chan struct{}, 100), answer: make(chan struct{})}
	get := newFilter(t, server)
	var requests sync.WaitGroup
	for range 20 {
		requests.Go(func() {
			if code := get("10.0.0.1:1", "Bearer "+allowedToken); code != http.StatusOK {
				t.Errorf("got %d, want %d", code, http.StatusOK)
			}
		})
	}
	<-server.asked
	close(server.answer)
	requests.Wait()
	if n := server.reviews.Load(); n != 1 {
		t.Errorf("%d tokens were reviewed, want 1", n)
	}
}

func TestMadeUpTokensCostFewReviewsAndKeepOutNobody(t *testing.T) {
	server := &apiServer{}
	get := newFilter(t, server)
	if code := get("10.0.0.2:1", "Bearer "+allowedToken); code != http.StatusOK {
		t.Fatalf("got %d, want %d", code, http.StatusOK)
	}
	var refused int
	for range 1000 {
		if get("10.0.0.1:1", "Bearer "+rand.Text()) == http.StatusTooManyRequests {
			refused++
		}
	}
	if n := server.reviews.Load(); n > 50 {
		t.Errorf("%d tokens were reviewed", n)
	}
	if refused < 900 {
		t.Errorf("%d of 1000 requests were refused without a review", refused)
	}
	if code := get("10.0.0.3:1", "Bearer "+forbiddenToken); code != http.StatusForbidden {
		t.Errorf("a new token from another address got %d, want %d", code, http.StatusForbidden)
	}
	if code := get("10.0.0.1:1", "Bearer "+allowedToken); code != http.StatusOK {
		t.Errorf("the known token got %d, want %d", code, http.StatusOK)
	}
}

func TestMadeUpTokensAreNotKept(t *testing.T) {
	server := &apiServer{}
	get := newFilter(t, server)
	for range 3 {
		if code := get("10.0.0.1:1", "Bearer nobody"); code != http.StatusUnauthorized {
			t.Errorf("got %d, want %d", code, http.StatusUnauthorized)
		}
	}
	if n := server.reviews.Load(); n != 3 {
		t.Errorf("%d tokens were reviewed, want 3", n)
	}
}

// newFilter returns a function that sends a request from an address through the
// filter and returns the status of the answer.
func newFilter(t *testing.T, server *apiServer) func(from, authorization string) int {
	t.Helper()
	api := httptest.NewServer(server)
	t.Cleanup(api.Close)
	authorize, err := New(&rest.Config{Host: api.URL, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: runtime.ContentTypeJSON}}, api.Client())
	if err != nil {
		t.Fatal(err)
	}
	handler := authorize(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return func(from, authorization string) int {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		request.RemoteAddr = from
		if authorization != "" {
			request.Header.Set("Authorization", authorization)
		}
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		return response.Code
	}
}

// apiServer answers reviews. If asked is set, it says there that a review has
// come, and answers when answer is closed.
type apiServer struct {
	reviews       atomic.Int32 // of tokens
	asked, answer chan struct{}
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/subjectaccessreviews") {
		review := &authorizationv1.SubjectAccessReview{}
		_ = json.NewDecoder(r.Body).Decode(review)
		attributes := review.Spec.NonResourceAttributes
		review.Status.Allowed = review.Spec.User == allowedToken && attributes.Verb == "get" && attributes.Path == "/metrics"
		_ = json.NewEncoder(w).Encode(review)
		return
	}
	s.reviews.Add(1)
	if s.asked != nil {
		s.asked <- struct{}{}
		<-s.answer
	}
	review := &authenticationv1.TokenReview{}
	_ = json.NewDecoder(r.Body).Decode(review)
	token := review.Spec.Token
	review.Status.Authenticated = token == allowedToken || token == forbiddenToken
	review.Status.User.Username = token
	_ = json.NewEncoder(w).Encode(review)
}
