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

// Package metricsauth authorizes requests for metrics.
//
// controller-runtime's filter does the same with the machinery of Kubernetes'
// API servers. Linked in, with gRPC, OpenTelemetry and CEL, that is a third of
// the program and of the memory that it takes in an empty cluster; and it has
// the API server review each token that a client makes up.
package metricsauth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
)

const (
	// allowedFor and forbiddenFor are how long an answer of the API server holds.
	allowedFor   = time.Minute
	forbiddenFor = 10 * time.Second
	// knownFor is how long a token that was allowed goes before those that nobody
	// knows: longer than the time between two scrapes.
	knownFor = 10 * time.Minute
	// reviewTimeout is how long the API server may take for an answer.
	reviewTimeout = 10 * time.Second
	// remembered is how many tokens are.
	remembered = 256
	// reviewsPerSecond and reviewsAtOnce bound the reviews of unknown tokens, which
	// everyone can make up, for one address. All addresses together have ten times
	// as many.
	reviewsPerSecond = 1
	reviewsAtOnce    = 5
	// path is what a user must be allowed to "get", of the API server's URLs.
	path = "/metrics"
)

// tokenHash stands for a token. Tokens are not kept.
type tokenHash [sha256.Size]byte

// reviewer asks the API server who sent a token and what they may do.
type reviewer struct {
	tokens authenticationclient.TokenReviewInterface
	access authorizationclient.SubjectAccessReviewInterface
	// answers holds the HTTP status for tokens of users that exist.
	answers *cache.LRUExpireCache
	// known holds the tokens that were allowed lately.
	known *cache.LRUExpireCache
	// underWay are the reviews that the API server works on, by token.
	underWay singleflight.Group
	// unknown limits the reviews of unknown tokens, unknownFrom those of an address.
	unknown     *rate.Limiter
	unknownFrom *cache.LRUExpireCache
}

// New returns what lets a handler have the requests with a bearer token whose
// user may "get" /metrics.
func New(config *rest.Config, httpClient *http.Client) (func(http.Handler) http.Handler, error) {
	authentication, err := authenticationclient.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("create client for TokenReviews: %w", err)
	}
	authorization, err := authorizationclient.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("create client for SubjectAccessReviews: %w", err)
	}
	r := &reviewer{
		tokens:      authentication.TokenReviews(),
		access:      authorization.SubjectAccessReviews(),
		answers:     cache.NewLRUExpireCache(remembered),
		known:       cache.NewLRUExpireCache(remembered),
		unknown:     rate.NewLimiter(10*reviewsPerSecond, 10*reviewsAtOnce),
		unknownFrom: cache.NewLRUExpireCache(remembered),
	}
	return r.authorize, nil
}

func (r *reviewer) authorize(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		code, err := r.status(request)
		switch {
		case err != nil:
			ctrl.Log.WithName("metrics").Error(err, "Cannot authorize a request for metrics")
			http.Error(w, "The API server cannot authorize this request.", http.StatusInternalServerError)
		case code != http.StatusOK:
			http.Error(w, http.StatusText(code), code)
		default:
			handler.ServeHTTP(w, request)
		}
	})
}

// status returns the HTTP status that the request gets.
func (r *reviewer) status(request *http.Request) (int, error) {
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return http.StatusUnauthorized, nil
	}
	hash := tokenHash(sha256.Sum256([]byte(token)))
	if code, ok := r.answers.Get(hash); ok {
		return code.(int), nil
	}
	code, err, _ := r.underWay.Do(string(hash[:]), func() (any, error) {
		if _, ok := r.known.Get(hash); !ok && !r.allow(request.RemoteAddr) {
			return http.StatusTooManyRequests, nil
		}
		// Others may wait for this answer when the client is gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(request.Context()), reviewTimeout)
		defer cancel()
		code, err := r.review(ctx, token)
		r.remember(hash, code)
		return code, err
	})
	return code.(int), err
}

// allow reports whether an address may have an unknown token reviewed now.
func (r *reviewer) allow(remoteAddress string) bool {
	host, _, _ := net.SplitHostPort(remoteAddress)
	limiter, ok := r.unknownFrom.Get(host)
	if !ok {
		limiter = rate.NewLimiter(reviewsPerSecond, reviewsAtOnce)
		r.unknownFrom.Add(host, limiter, knownFor)
	}
	return limiter.(*rate.Limiter).Allow() && r.unknown.Allow()
}

// remember keeps an answer about a user that exists. Tokens that nobody has are
// not kept: there is no end of them.
func (r *reviewer) remember(hash tokenHash, code int) {
	switch code {
	case http.StatusOK:
		r.answers.Add(hash, code, allowedFor)
		r.known.Add(hash, true, knownFor)
	case http.StatusForbidden:
		r.answers.Add(hash, code, forbiddenFor)
	}
}

func (r *reviewer) review(ctx context.Context, token string) (int, error) {
	review, err := r.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("review a token: %w", err)
	}
	if !review.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	user := review.Status.User
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	access, err := r.access.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: "get", Path: path},
	}}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("review the access of %s: %w", user.Username, err)
	}
	if !access.Status.Allowed {
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}
