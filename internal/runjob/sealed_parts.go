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
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// sealedAnnotations are the annotations that the end of a run relies on.
var sealedAnnotations = []string{
	fissilev1.AnnotationRun,
	fissilev1.AnnotationRunCause,
	fissilev1.AnnotationRequestID,
	fissilev1.AnnotationClaim,
	fissilev1.AnnotationInputsDigest,
	fissilev1.AnnotationOutput,
	fissilev1.AnnotationOutputContainers,
}

// SealedParts returns what the seal of a Job vouches for: its owner, and everything
// that the end of its run relies on.
func SealedParts(ej metav1.Object, job *batchv1.Job) []string {
	parts := []string{"Job", job.Namespace, string(ej.GetUID()), job.Name}
	for _, key := range sealedAnnotations {
		if value, ok := job.Annotations[key]; ok {
			parts = append(parts, key, value)
		}
	}
	return parts
}
