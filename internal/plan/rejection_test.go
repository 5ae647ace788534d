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

package plan_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

var jobs = schema.GroupResource{Group: "batch", Resource: "jobs"}

// answer is an answer of the API server, with the fields that are at fault.
func answer(code int32, reason metav1.StatusReason, fields ...string) error {
	details := &metav1.StatusDetails{}
	for _, field := range fields {
		details.Causes = append(details.Causes, metav1.StatusCause{Field: field})
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Reason: reason, Message: "no", Details: details}}
}

func TestRejectionOf(t *testing.T) {
	const unknown = ""
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"no error is none":                           {nil, unknown},
		"a lost connection says nothing":             {errors.New("connection reset"), unknown},
		"trouble in the server says nothing":         {apierrors.NewInternalError(errors.New("etcd")), unknown},
		"a server that is away says nothing":         {apierrors.NewServiceUnavailable("away"), unknown},
		"the server's timeout says nothing":          {answer(http.StatusGatewayTimeout, metav1.StatusReasonTimeout), unknown},
		"the client's timeout says nothing":          {answer(http.StatusRequestTimeout, metav1.StatusReasonTimeout), unknown},
		"a status of 399 says nothing":               {answer(399, ""), unknown},
		"a status of 400 is a rejection":             {answer(400, ""), fissilev1.ReasonJobCreateFailed},
		"a status of 499 is a rejection":             {answer(499, ""), fissilev1.ReasonJobCreateFailed},
		"a status of 500 says nothing":               {answer(500, ""), unknown},
		"a quota is a rejection":                     {apierrors.NewForbidden(jobs, "j", errors.New("quota")), fissilev1.ReasonJobCreateFailed},
		"too many requests are a rejection":          {apierrors.NewTooManyRequests("later", 1), fissilev1.ReasonJobCreateFailed},
		"a policy, which names no field":             {answer(422, metav1.StatusReasonInvalid, ""), fissilev1.ReasonJobCreateFailed},
		"an invalid answer without causes":           {answer(422, metav1.StatusReasonInvalid), fissilev1.ReasonJobCreateFailed},
		"an invalid name is not the template's":      {answer(422, metav1.StatusReasonInvalid, "metadata.name"), fissilev1.ReasonJobCreateFailed},
		"an invalid pod needs an edit":               {answer(422, metav1.StatusReasonInvalid, "spec.template.spec.containers"), fissilev1.ReasonJobRejected},
		"an invalid label needs an edit":             {answer(422, metav1.StatusReasonInvalid, "metadata.labels"), fissilev1.ReasonJobRejected},
		"an invalid annotation needs an edit":        {answer(422, metav1.StatusReasonInvalid, "metadata.annotations[a]"), fissilev1.ReasonJobRejected},
		"one invalid field of several needs an edit": {answer(422, metav1.StatusReasonInvalid, "metadata.name", "spec.suspend"), fissilev1.ReasonJobRejected},
		"a forbidden pod does not":                   {answer(403, metav1.StatusReasonForbidden, "spec.template.spec.hostNetwork"), fissilev1.ReasonJobCreateFailed},
		"an answer that is wrapped":                  {fmt.Errorf("create: %w", answer(422, metav1.StatusReasonInvalid, "spec.suspend")), fissilev1.ReasonJobRejected},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := plan.RejectionOf(test.err)
			if ok != (test.want != unknown) || got.Reason != test.want || got.NeedsEdit != (test.want == fissilev1.ReasonJobRejected) {
				t.Errorf("got %+v, want reason %q", got, test.want)
			}
			if ok && got.Message != test.err.Error() {
				t.Errorf("got message %q, want %q", got.Message, test.err)
			}
		})
	}
}

func TestHowTheAPIServerRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		err error
		// These are whether it refuses any content, and that of a status.
		content, status bool
	}{
		"no error":                        {nil, false, false},
		"a lost connection":               {errors.New("connection reset"), false, false},
		"a conflict":                      {apierrors.NewConflict(jobs, "j", errors.New("changed")), false, false},
		"an object that is gone":          {apierrors.NewNotFound(jobs, "j"), false, false},
		"too many requests":               {apierrors.NewTooManyRequests("later", 1), false, false},
		"trouble in the server":           {apierrors.NewInternalError(errors.New("etcd")), false, false},
		"a quota":                         {apierrors.NewForbidden(jobs, "j", errors.New("quota")), true, false},
		"invalid content":                 {answer(422, metav1.StatusReasonInvalid), true, true},
		"a request that is too large":     {apierrors.NewRequestEntityTooLargeError("limit"), true, true},
		"an object too large for etcd":    {apierrors.NewInternalError(errors.New("etcdserver: request is too large")), false, true},
		"a message too large for etcd":    {errors.New("rpc error: trying to send message larger than max (2 vs. 1)"), false, true},
		"invalid content that is wrapped": {fmt.Errorf("patch: %w", answer(422, metav1.StatusReasonInvalid)), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plan.IsRefusal(test.err); got != test.content {
				t.Errorf("refuses the content: got %t, want %t", got, test.content)
			}
			if got := plan.RefusesStatus(test.err); got != test.status {
				t.Errorf("refuses the status: got %t, want %t", got, test.status)
			}
		})
	}
}

func TestARefusedJobIsTriedAgainEverLessOften(t *testing.T) {
	for attempts, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: 32 * time.Second, 7: time.Minute, 8: time.Minute, 100: time.Minute,
	} {
		t.Run(fmt.Sprintf("after %d refusals", attempts), func(t *testing.T) {
			w := given(once).claimed(t).byUs()
			for range attempts {
				w.Process.JobRejected(plan.Rejection{Reason: fissilev1.ReasonJobCreateFailed, Message: "quota"}, w.Now)
			}
			w.reported(t)
			if got := conditionReason(w.EJ, fissilev1.ConditionComplete); got != fissilev1.ReasonJobCreateFailed {
				t.Errorf("got reason %s, want %s", got, fissilev1.ReasonJobCreateFailed)
			}
			w.waitsFor(t, want)
			w.after(want-time.Millisecond).waitsFor(t, time.Millisecond)
			if step := plan.Next(w.after(time.Millisecond).live().Observation); step.Kind != plan.CreateJob {
				t.Errorf("got %s, want another try", step.Kind)
			}
		})
	}
}
