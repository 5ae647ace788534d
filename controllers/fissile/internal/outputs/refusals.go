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
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// refusal translates the API server's answer to a write of an output Secret into what
// it means for the run.
func refusal(secret string, err error) error {
	var answer apierrors.APIStatus
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer): // The connection failed.
		return transient(fissilev1.ReasonSecretRejected, fmt.Sprintf("Secret %s cannot be written: %v.", secret, err))
	}
	status := answer.Status()
	switch {
	case isImmutable(&status):
		return &Error{Reason: fissilev1.ReasonOutputConflict, Message: fmt.Sprintf(
			"Secret %s was made immutable: delete it, and the output is stored.", secret)}
	case isOtherType(&status):
		return &Error{Reason: fissilev1.ReasonOutputConflict, Message: fmt.Sprintf(
			"Secret %s has a different type, which cannot be changed: delete it, and the output is stored.", secret)}
	case isTransient(&status):
		return transient(fissilev1.ReasonSecretRejected, fmt.Sprintf("Secret %s cannot be written: %s.", secret, describe(&status)))
	case status.Reason == metav1.StatusReasonInvalid && !isDenied(&status):
		return &Error{Reason: fissilev1.ReasonOutputInvalid, Message: fmt.Sprintf(
			"Secret %s was refused: %s. Edit spec.output, and run again.", secret, describe(&status))}
	default:
		return &Error{Reason: fissilev1.ReasonSecretRejected, Message: fmt.Sprintf(
			"Secret %s was refused, and is tried again every %s: %s.", secret, plan.OutputRetry, describe(&status))}
	}
}

// withoutData returns an error of another write of an output Secret, such as a new
// owner, in words that do not quote its data.
func withoutData(secret string, err error) error {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return err
	}
	status := answer.Status()
	return fmt.Errorf("secret %s: %s", secret, describe(&status))
}

// isImmutable reports whether a Secret was not replaced because it is immutable.
func isImmutable(status *metav1.Status) bool {
	return !isDenied(status) && slices.ContainsFunc(causes(status), func(c metav1.StatusCause) bool {
		return c.Type == metav1.CauseTypeForbidden && (c.Field == "data" || c.Field == "immutable")
	})
}

// isOtherType reports whether a Secret was not replaced because its type would
// change.
func isOtherType(status *metav1.Status) bool {
	return !isDenied(status) && slices.ContainsFunc(causes(status), func(c metav1.StatusCause) bool {
		return c.Type == metav1.CauseTypeFieldValueInvalid && c.Field == "type"
	})
}

// isOutdated reports whether a JSON patch was refused because its tests failed:
// somebody else wrote the object. No other patch is invalid without an invalid field.
func isOutdated(err error) bool {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return false
	}
	status := answer.Status()
	return status.Reason == metav1.StatusReasonInvalid && len(causes(&status)) == 0 && !isDenied(&status)
}

// isTransient reports whether the same request may succeed a moment later.
func isTransient(status *metav1.Status) bool {
	switch status.Code {
	case http.StatusConflict, http.StatusNotFound, http.StatusTooManyRequests:
		return true
	default:
		return status.Code >= http.StatusInternalServerError || isOutdated(&apierrors.StatusError{ErrStatus: *status})
	}
}

func causes(status *metav1.Status) []metav1.StatusCause {
	if status.Details == nil {
		return nil
	}
	return status.Details.Causes
}

// denied matches the beginnings of messages whose text comes from somebody's webhook
// or policy.
var denied = regexp.MustCompile(`^(?:` +
	`admission webhook "[^"]+" denied the request|` +
	`Internal error occurred: failed calling webhook "[^"]+"|` +
	`secrets "[^"]+" is forbidden: ValidatingAdmissionPolicy '[^']+' with binding '[^']+' denied request)`)

func isDenied(status *metav1.Status) bool { return denied.MatchString(status.Message) }

// builtIn matches messages that the API server itself makes from names and numbers.
var builtIn = regexp.MustCompile(`^secrets(?: "[^"]+")? is forbidden: (?:` +
	`(?:exceeded|failed|status unknown for) quota: |` +
	`unable to create new content in namespace |` +
	`User "[^"]+" cannot )`)

// describe says why the API server does not write a Secret, without its data. It
// quotes nothing that may quote the data: only the names of webhooks and policies,
// and only metadata of invalid fields.
func describe(status *metav1.Status) string {
	if who := denied.FindString(status.Message); who != "" {
		return who + " (the reason is left out, because it may quote the output)"
	}
	if builtIn.MatchString(status.Message) {
		return strings.TrimSuffix(status.Message, ".")
	}
	var fields []string
	for _, cause := range causes(status) {
		if strings.HasPrefix(cause.Field, "metadata.") {
			fields = append(fields, fmt.Sprintf("%s: %s", cause.Field, cause.Message))
		} else if cause.Field != "" {
			fields = append(fields, fmt.Sprintf("%s: %s", cause.Field, cause.Type))
		}
	}
	if len(fields) > 0 {
		return strings.Join(fields, ", ")
	}
	return fmt.Sprintf("the API server answered %d %s", status.Code, status.Reason)
}
