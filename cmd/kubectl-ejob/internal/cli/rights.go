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

package cli

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Right is a right in a namespace.
type Right struct {
	Verb, Group, Resource, Subresource string
}

// CheckRights returns an error if the user lacks one of the rights, before anything
// is done that needs them later. If the API server does not answer, the requests will.
func CheckRights(ctx context.Context, client kubernetes.Interface, namespace string, rights ...Right) error {
	for _, right := range rights {
		review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace:   namespace,
				Verb:        right.Verb,
				Group:       right.Group,
				Resource:    right.Resource,
				Subresource: right.Subresource,
			}},
		}, metav1.CreateOptions{})
		if err == nil && !review.Status.Allowed {
			return Forbidden(right.Verb, right.resource(), namespace)
		}
	}
	return nil
}

func (r Right) resource() string {
	if r.Subresource == "" {
		return r.Resource
	}
	return fmt.Sprintf("%s/%s", r.Resource, r.Subresource)
}
