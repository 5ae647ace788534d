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

package runjob

import (
	"maps"
	"slices"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// operatorKeys are the labels and annotations that the operator relies on. All other
// keys of the domain belong to the users.
var operatorKeys = []string{
	fissilev1.LabelExtendedJob,
	fissilev1.LabelName,
	fissilev1.LabelUID,
	fissilev1.LabelContainerName,
	fissilev1.AnnotationRun,
	fissilev1.AnnotationRunCause,
	fissilev1.AnnotationRequestID,
	fissilev1.AnnotationClaim,
	fissilev1.AnnotationInputsDigest,
	fissilev1.AnnotationOutput,
	fissilev1.AnnotationOutputContainers,
	fissilev1.AnnotationSeal,
	fissilev1.AnnotationJobUID,
	fissilev1.AnnotationOwnerName,
	fissilev1.AnnotationOwnerUID,
	fissilev1.AnnotationSecretPerKey,
	fissilev1.AnnotationManagedKeys,
	fissilev1.AnnotationSettledRun,
	fissilev1.AnnotationConversionData,
	fissilev1.AnnotationRetiredTrigger,
	versionedsecret.LabelKind,
	versionedsecret.LabelVersion,
	versionedsecret.AnnotationSourceDescription,
}

// OperatorKeys returns the labels and annotations that the operator relies on.
func OperatorKeys() []string { return slices.Clone(operatorKeys) }

// IsOperatorKey reports whether the operator relies on a label or annotation, so that
// users may not set it.
func IsOperatorKey(key string) bool { return slices.Contains(operatorKeys, key) }

// UserKeys returns the labels or annotations that users may set. Validation refuses
// the others or warns of them, but may have been bypassed.
func UserKeys(all map[string]string) map[string]string {
	users := maps.Clone(all)
	maps.DeleteFunc(users, func(key, _ string) bool { return IsOperatorKey(key) })
	return users
}
