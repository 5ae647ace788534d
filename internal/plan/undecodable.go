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
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// UndecodableStatus returns the status of an ExtendedJob of which only the metadata
// and the status can be decoded. It adds nothing about runs, because nobody can know
// what they should be.
func UndecodableStatus(ej *ExtendedJob, cause string, now time.Time) *fissilev1.ExtendedJobStatus {
	s := ej.Status.DeepCopy()
	s.ObservedGeneration = new(ej.Generation)
	message := fmt.Sprintf("The operator cannot read the ExtendedJob: %s. Nothing runs until this is corrected.", cause)
	b := conditions{ej: ej, now: metav1.NewTime(now.Truncate(time.Second))}
	b.set(fissilev1.ConditionReady, metav1.ConditionFalse, fissilev1.ReasonUndecodable, message)
	b.set(fissilev1.ConditionStalled, metav1.ConditionTrue, fissilev1.ReasonUndecodable, message)
	if s.Active == "" {
		b.set(fissilev1.ConditionRunning, metav1.ConditionUnknown, fissilev1.ReasonUndecodable, message)
	}
	for _, condition := range b.all {
		meta.SetStatusCondition(&s.Conditions, condition)
	}
	meta.RemoveStatusCondition(&s.Conditions, fissilev1.ConditionReconciling)
	return s
}
