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
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// maxSettledNumber bounds the numbers of runs that the annotation records. Greater
// numbers are forged. It leaves enough room below the greatest number of a Job for all
// later runs.
const maxSettledNumber = 1 << 40

// Settled is what the settled-run annotation records: the last run that is over. The
// zero value means that no run is.
type Settled struct {
	// Number is the number of the run.
	Number int64
	// Result is the result of the run.
	Result fissilev1.RunResult
	// OneOffDone is true when a run with cause Once has settled.
	OneOffDone bool
}

// ReadSettled reads the annotation of an ExtendedJob. An annotation that is bound to
// another UID belongs to the original of a copied or restored manifest, and one that
// cannot be read was written by somebody else. Both count as none.
func ReadSettled(ej metav1.Object) Settled {
	parts := strings.Split(ej.GetAnnotations()[fissilev1.AnnotationSettledRun], "/")
	if len(parts) != 4 || parts[0] != string(ej.GetUID()) {
		return Settled{}
	}
	number, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || number < 1 || number > maxSettledNumber {
		return Settled{}
	}
	done, err := strconv.ParseBool(parts[3])
	if err != nil {
		return Settled{}
	}
	result := fissilev1.RunResult(parts[2])
	switch result {
	case "", fissilev1.ResultSucceeded, fissilev1.ResultFailed, fissilev1.ResultAborted, fissilev1.ResultCancelled:
		return Settled{Number: number, Result: result, OneOffDone: done}
	default:
		return Settled{}
	}
}

// Annotation returns the value of the annotation on the given ExtendedJob.
func (s Settled) Annotation(ej metav1.Object) string {
	return fmt.Sprintf("%s/%d/%s/%t", ej.GetUID(), s.Number, s.Result, s.OneOffDone)
}
