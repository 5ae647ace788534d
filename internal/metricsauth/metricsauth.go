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

// Package metricsauth lets only those read the metrics who may.
//
// controller-runtime's filter does the same, by Kubernetes' own machinery for
// API servers: linked in, with gRPC, OpenTelemetry and CEL, that is a third of
// the program and of the memory that it takes in an empty cluster.
package metricsauth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const (
	// allowedFor and refusedFor are how long an answer of the API server holds.
	allowedFor = time.Minute
	refusedFor = 10 * time.Second
	// reviewTimeout is how long the API server may take for an answer.
	reviewTimeout = 10 * time.Second
	// remembered is how many answers are: anybody can ask.
	remembered = 256
)

// reviewer asks the API server who somebody is, and what he may.
type reviewer struct {
	tokens  authenticationclient.TokenReviewInterface
	access  authorizationclient.SubjectAccessReviewInterface
	answers *cache.LRUExpireCache
}

// question is one that is asked again and again. Tokens are not kept.
type question struct {
	token      [sha256.Size]byte
	verb, path string
}

// Filter requires a bearer token whose user may "get" the path of the request as
// a URL of the API server.
func Filter(config *rest.Config, httpClient *http.Client) (metricsserver.Filter, error) {
	authentication, err := authenticationclient.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("make client for token reviews: %w", err)
	}
	authorization, err := authorizationclient.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("make client for access reviews: %w", err)
	}
	r := &reviewer{
		tokens:  authentication.TokenReviews(),
		access:  authorization.SubjectAccessReviews(),
		answers: cache.NewLRUExpireCache(remembered),
	}
	return func(log logr.Logger, handler http.Handler) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			code, err := r.answer(request)
			switch {
			case err != nil:
				log.Error(err, "Cannot tell who may read the metrics")
				http.Error(w, "The API server does not tell who may read this.", http.StatusInternalServerError)
			case code != http.StatusOK:
				http.Error(w, http.StatusText(code), code)
			default:
				handler.ServeHTTP(w, request)
			}
		}), nil
	}, nil
}

// answer is the HTTP status that the request is to get.
func (r *reviewer) answer(request *http.Request) (int, error) {
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return http.StatusUnauthorized, nil
	}
	q := question{sha256.Sum256([]byte(token)), strings.ToLower(request.Method), request.URL.Path}
	if code, ok := r.answers.Get(q); ok {
		return code.(int), nil
	}
	ctx, cancel := context.WithTimeout(request.Context(), reviewTimeout)
	defer cancel()
	code, err := r.ask(ctx, token, q)
	if err != nil {
		return 0, err
	}
	holds := refusedFor
	if code == http.StatusOK {
		holds = allowedFor
	}
	r.answers.Add(q, code, holds)
	return code, nil
}

func (r *reviewer) ask(ctx context.Context, token string, q question) (int, error) {
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
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: q.verb, Path: q.path},
	}}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("review the access of %s: %w", user.Username, err)
	}
	if !access.Status.Allowed {
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}
