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

package outputs

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// quoted stands for the data of a Secret that somebody quotes.
const quoted = "canary"

func TestRefusalsOfASecretSayWhyAndQuoteNoData88(t *testing.T) {
	secrets := corev1.Resource("secrets")
	invalid := func(errs ...*field.Error) error {
		return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("Secret").GroupKind(), "out", errs)
	}
	status := func(code int32, reason metav1.StatusReason, message string, causes ...metav1.StatusCause) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Reason: reason, Message: message, Details: &metav1.StatusDetails{Causes: causes}}}
	}
	for name, test := range map[string]struct {
		err       error
		reason    string
		transient bool
		says      string
	}{
		"a quota": {
			err:    apierrors.NewForbidden(secrets, "out", errors.New("exceeded quota: few, requested: count/secrets=1, used: count/secrets=2, limited: count/secrets=2")),
			reason: fissilev1.ReasonSecretRejected, says: "exceeded quota: few, requested: count/secrets=1, used: count/secrets=2, limited: count/secrets=2",
		},
		"rights": {
			err:    apierrors.NewForbidden(secrets, "", errors.New(`User "operator" cannot create resource "secrets" in API group "" in the namespace "ns"`)),
			reason: fissilev1.ReasonSecretRejected, says: `User "operator" cannot create resource "secrets"`,
		},
		"a webhook": {
			err:    status(http.StatusForbidden, metav1.StatusReasonForbidden, `admission webhook "policy.example.com" denied the request: value `+quoted),
			reason: fissilev1.ReasonSecretRejected, says: `webhook "policy.example.com" denied the request`,
		},
		"a webhook without a code": {
			err:    status(http.StatusBadRequest, "", `admission webhook "policy.example.com" denied the request: value `+quoted),
			reason: fissilev1.ReasonSecretRejected, says: `webhook "policy.example.com" denied the request`,
		},
		"a webhook that calls it invalid": {
			err: status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, `admission webhook "policy.example.com" denied the request: value `+quoted,
				metav1.StatusCause{Type: metav1.CauseTypeForbidden, Field: "data", Message: quoted}),
			reason: fissilev1.ReasonSecretRejected, says: `webhook "policy.example.com" denied the request`,
		},
		"a webhook that fails": {
			err:    apierrors.NewInternalError(errors.New(`failed calling webhook "policy.example.com": ` + quoted)),
			reason: fissilev1.ReasonSecretRejected, transient: true, says: `failed calling webhook "policy.example.com"`,
		},
		"a webhook with a message like a quota's": {
			err:    status(http.StatusForbidden, metav1.StatusReasonForbidden, `admission webhook "x" denied the request: secrets "out" is forbidden: exceeded quota: `+quoted),
			reason: fissilev1.ReasonSecretRejected, says: `webhook "x" denied the request`,
		},
		"a policy": {
			err: status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid,
				`secrets "out" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: `+quoted, metav1.StatusCause{Message: quoted}),
			reason: fissilev1.ReasonSecretRejected, says: "ValidatingAdmissionPolicy 'p' with binding 'b' denied request",
		},
		"anything else": {
			err:    status(http.StatusTeapot, "Teapot", quoted),
			reason: fissilev1.ReasonSecretRejected, says: "answered 418 Teapot",
		},
		"immutable data": {
			err:    invalid(field.Forbidden(field.NewPath("data"), "field is immutable when `immutable` is set")),
			reason: fissilev1.ReasonOutputConflict, says: "Secret out was made immutable: delete it",
		},
		"an invalid label": {
			err:    invalid(field.Invalid(field.NewPath("metadata", "labels"), "a b", "must be a label value")),
			reason: fissilev1.ReasonOutputInvalid, says: `metadata.labels: Invalid value: "a b": must be a label value`,
		},
		"an invalid key": {
			err:    invalid(field.Invalid(field.NewPath("data").Key(".."), quoted, quoted)),
			reason: fissilev1.ReasonOutputInvalid, says: "data[..]: FieldValueInvalid",
		},
		"a test that failed": {
			err:    apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", secrets, "", quoted, 0, false),
			reason: fissilev1.ReasonSecretRejected, transient: true, says: "answered 422 Invalid",
		},
		"an overloaded API server": {
			err:    apierrors.NewTooManyRequests(quoted, 1),
			reason: fissilev1.ReasonSecretRejected, transient: true, says: "answered 429 TooManyRequests",
		},
		"a server error that quotes": {
			err:    apierrors.NewInternalError(errors.New(quoted)),
			reason: fissilev1.ReasonSecretRejected, transient: true, says: "answered 500 InternalError",
		},
		"a gateway that quotes": {
			err:    apierrors.NewGenericServerResponse(http.StatusBadGateway, "POST", secrets, "", quoted, 0, true),
			reason: fissilev1.ReasonSecretRejected, transient: true, says: "answered 502",
		},
		"a connection that fails": {
			err:    errors.New("connection refused"),
			reason: fissilev1.ReasonSecretRejected, transient: true, says: "connection refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := errors.AsType[*Error](refusal("out", test.err))
			if !ok {
				t.Fatalf("got %v, want an Error", got)
			}
			if got.Reason != test.reason || got.Transient != test.transient {
				t.Errorf("got reason %s, transient=%t, want %s, %t", got.Reason, got.Transient, test.reason, test.transient)
			}
			if !strings.Contains(got.Message, test.says) {
				t.Errorf("got message %q, want %q in it", got.Message, test.says)
			}
			if strings.Contains(got.Message, quoted) {
				t.Errorf("got message %q, which quotes data", got.Message)
			}
		})
	}
}
