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

package fissile

import (
	"errors"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func TestTheRequesterIsReviewedWithAllThatIdentifiesHim(t *testing.T) {
	for name, failure := range map[string]error{"an answer": nil, "no answer": errors.New("out of order")} {
		t.Run(name, func(t *testing.T) {
			clientset := fake.NewClientset()
			var reviewed *authorizationv1.SubjectAccessReview
			clientset.PrependReactor("create", "subjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
				reviewed = action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SubjectAccessReview)
				answer := reviewed.DeepCopy()
				answer.Status.Allowed = true
				return true, answer, failure
			})
			ctx := admission.NewContextWithRequest(t.Context(), admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
				Namespace: "team",
				UserInfo: authenticationv1.UserInfo{
					Username: "jane", UID: "1", Groups: []string{"developers"}, Extra: map[string]authenticationv1.ExtraValue{"scopes": {"jobs"}},
				},
			}})
			review := &requesterReview{clientset.AuthorizationV1().SubjectAccessReviews()}
			err := review.check(ctx, nil, minimal())
			if failure != nil {
				if !apierrors.IsInternalError(err) {
					t.Errorf("got %v, want that nothing is admitted without an answer", err)
				}
				return
			}
			if err != nil {
				t.Error(err)
			}
			spec := reviewed.Spec
			if spec.User != "jane" || spec.UID != "1" || !slices.Equal(spec.Groups, []string{"developers"}) || !slices.Equal(spec.Extra["scopes"], []string{"jobs"}) {
				t.Errorf("the review is about %+v", spec)
			}
			if want := (authorizationv1.ResourceAttributes{Namespace: "team", Verb: "create", Group: "batch", Version: "v1", Resource: "jobs"}); *spec.ResourceAttributes != want {
				t.Errorf("the review asks for %+v", spec.ResourceAttributes)
			}
		})
	}
}
