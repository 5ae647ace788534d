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

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// errReplaced says that another ExtendedJob has the name of one that is gone.
var errReplaced = errors.New("the ExtendedJob was deleted and created again")

// isGone reports whether an error says that there is nothing left to do: the
// ExtendedJob is gone, or its namespace is gone or about to be.
func isGone(err error) bool {
	if errors.Is(err, errReplaced) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return true
	}
	var answer apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &answer) {
		return false
	}
	details := answer.Status().Details
	return details != nil && details.Name != "" &&
		(details.Group == fissilev1.GroupVersion.Group && details.Kind == "extendedjobs" || details.Group == "" && details.Kind == "namespaces")
}
