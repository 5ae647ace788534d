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

package plan

import (
	"errors"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

const (
	initialRejectionRetry = time.Second
	maxRejectionRetry     = time.Minute
)

// Rejection is why the API server does not create a run's Job.
type Rejection struct {
	// Reason is a reason of the condition Running.
	Reason string
	// Message is the API server's message.
	Message string
	// NeedsEdit is true if only an edit of the template helps.
	NeedsEdit bool
	// Attempts is how often in a row the Job was refused, and At when it last was.
	Attempts int32
	At       time.Time
}

// RejectionOf returns why the API server does not create a Job, according to the
// error that it answered with. It returns false if the error does not say so: the Job
// may have been created, and only a read can tell.
func RejectionOf(err error) (Rejection, bool) {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return Rejection{}, false
	}
	status := answer.Status()
	rejection := Rejection{Reason: fissilev1.ReasonJobCreateFailed, Message: err.Error()}
	switch {
	case !isClientError(status.Code) || apierrors.IsTimeout(err):
		return Rejection{}, false
	case status.Reason == metav1.StatusReasonInvalid && status.Details != nil && slices.ContainsFunc(status.Details.Causes, isTemplateField):
		rejection.Reason, rejection.NeedsEdit = fissilev1.ReasonJobRejected, true
	}
	return rejection, true
}

// isTemplateField reports whether the cause of a refusal is a field that the template
// sets. The causes that admission policies give have no field.
func isTemplateField(cause metav1.StatusCause) bool {
	return strings.HasPrefix(cause.Field, "spec.") || strings.HasPrefix(cause.Field, "metadata.labels") || strings.HasPrefix(cause.Field, "metadata.annotations")
}

// rejected reports whether the Job of a claimed run was refused and may not be tried
// again yet. It also returns how long until then, or 0 if only an edit helps.
func (o *Observation) rejected(run *fissilev1.Run) (held bool, retryIn time.Duration) {
	rejection := o.runState(run).Rejection
	sameSpec := claimOf(run).Generation == o.EJ.Generation
	switch {
	case rejection == nil:
		return run.Reason == fissilev1.ReasonJobRejected && sameSpec, 0
	case rejection.NeedsEdit:
		return sameSpec, 0
	default:
		retryIn = rejection.At.Add(backoff(rejection.Attempts, initialRejectionRetry, maxRejectionRetry)).Sub(o.Now)
		return retryIn > 0, max(retryIn, 0)
	}
}

// IsRefusal reports whether the API server refuses a request because of its content,
// so that the status has to say so. The same request may succeed after a conflict,
// after too many requests, or after trouble in the server.
func IsRefusal(err error) bool {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) || apierrors.IsConflict(err) || apierrors.IsNotFound(err) || apierrors.IsTooManyRequests(err) {
		return false
	}
	return isClientError(answer.Status().Code)
}

// isClientError reports whether an HTTP status says that the request is at fault.
func isClientError(code int32) bool { return code >= 400 && code < 500 }

// RefusesStatus reports whether the API server does not store a status because of its
// content or size.
func RefusesStatus(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsRequestEntityTooLargeError(err) ||
		err != nil && (strings.Contains(err.Error(), "request is too large") || strings.Contains(err.Error(), "message larger than max"))
}
