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
	"context"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
)

// SealedParts returns the parts of the seal of an output Secret.
func SealedParts(secret metav1.Object) []string {
	annotations := secret.GetAnnotations()
	return []string{"Secret", secret.GetNamespace(), secret.GetName(), annotations[fissilev1.AnnotationOwnerUID], annotations[fissilev1.AnnotationRun]}
}

// storedRun returns the number of the run whose output a Secret holds, or 0 if
// nothing proves that there was such a run.
func (s *Secrets) storedRun(ctx context.Context, secret metav1.Object) (int64, error) {
	key, err := s.Key(ctx)
	if err != nil || !seal.Proves(secret.GetAnnotations()[fissilev1.AnnotationSeal], key, SealedParts(secret)...) {
		return 0, err
	}
	return strconv.ParseInt(secret.GetAnnotations()[fissilev1.AnnotationRun], 10, 64)
}
