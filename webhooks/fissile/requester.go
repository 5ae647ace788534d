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
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// requesterReview asks the API server whether users may themselves create what the
// operator creates for them. The ValidatingAdmissionPolicy requester-rights does the
// same without a request.
type requesterReview struct {
	reviews authorizationclient.SubjectAccessReviewInterface
}

// check returns an error if the user may not create an ExtendedJob, or may not change
// it from before to after. On creation, before is nil.
func (r *requesterReview) check(ctx context.Context, before, after *fissilev1.ExtendedJob) error {
	if before != nil && equality.Semantic.DeepEqual(whatRuns(before), whatRuns(after)) {
		return nil
	}
	if err := r.mayCreate(ctx, after.Name, schema.GroupResource{Group: "batch", Resource: "jobs"}, "to create an ExtendedJob"); err != nil {
		return err
	}
	if after.Spec.Output == nil {
		return nil
	}
	return r.mayCreate(ctx, after.Name, schema.GroupResource{Resource: "secrets"}, "to create an ExtendedJob with spec.output")
}

// whatRuns returns the spec without the fields that only determine when it runs.
// Environment variables of a run can make a program do anything, so they are kept.
func whatRuns(ej *fissilev1.ExtendedJob) fissilev1.ExtendedJobSpec {
	spec := ej.Spec
	spec.Suspend = nil
	spec.Trigger.Strategy, spec.Trigger.RequestID = "", ""
	return spec
}

func (r *requesterReview) mayCreate(ctx context.Context, name string, resource schema.GroupResource, purpose string) error {
	request, err := admission.RequestFromContext(ctx)
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	user := &request.UserInfo
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for key, value := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(value)
	}
	review, err := r.reviews.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: request.Namespace, Verb: "create", Group: resource.Group, Version: "v1", Resource: resource.Resource,
		},
	}}, metav1.CreateOptions{})
	switch {
	case err != nil:
		return apierrors.NewInternalError(fmt.Errorf("ask whether user %q can create %s: %w", user.Username, resource.Resource, err))
	case review.Status.Allowed:
		return nil
	}
	return apierrors.NewForbidden(fissilev1.GroupVersion.WithResource("extendedjobs").GroupResource(), name, fmt.Errorf(
		"user %q cannot create resource %q in API group %q in the namespace %q: this permission is needed %s, "+
			"or to change anything but trigger.strategy, trigger.requestID and suspend",
		user.Username, resource.Resource, resource.Group, request.Namespace, purpose))
}
