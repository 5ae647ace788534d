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
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/labels"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Distrusted returns a Job that belongs to a run by its UID, but whose annotations
// somebody has changed. The status identifies the run instead, and the output
// settings are replaced with unreadable ones.
func Distrusted(ej *ExtendedJob, run *fissilev1.Run, job *batchv1.Job) *batchv1.Job {
	distrusted := job.DeepCopy()
	distrusted.Annotations = labels.Merge(runjob.UserKeys(job.Annotations), runjob.Annotations(ej.Status.Inputs, run))
	if ej.Spec.Output != nil {
		distrusted.Annotations[fissilev1.AnnotationOutput] = "not to be trusted"
	}
	return distrusted
}
