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

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
)

// sealJob seals what the operator will rely on.
func (r *Reconciler) sealJob(ctx context.Context, ej metav1.Object, job *batchv1.Job) error {
	key, err := r.Key(ctx)
	if err != nil {
		return err
	}
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, fissilev1.AnnotationSeal, seal.Of(key, runjob.SealedParts(ej, job)...))
	return nil
}

// ownJob returns the number of the run whose Job the operator has made, and that Job.
// It returns nil for a Job that somebody else made in its likeness. A Job that is
// known by its UID stays the run's, whatever became of its annotations.
func (r *Reconciler) ownJob(ctx context.Context, ej *plan.ExtendedJob, state *processState, job *batchv1.Job) (int64, *batchv1.Job, error) {
	number, ok := runjob.RunNumber(ej, job)
	if !ok {
		return 0, nil, nil
	}
	key, err := r.Key(ctx)
	if err != nil {
		return 0, nil, err
	}
	run := ej.Status.LastRun
	switch {
	case seal.Proves(job.Annotations[fissilev1.AnnotationSeal], key, runjob.SealedParts(ej, job)...):
		return number, job, nil
	case run != nil && run.Number == number && isJobOf(run, state, job.UID):
		return number, plan.Distrusted(ej, run, job), nil
	default:
		return 0, nil, nil
	}
}

// isJobOf reports whether the status, or this process, knows the UID of a run's Job.
func isJobOf(run *fissilev1.Run, state *processState, uid types.UID) bool {
	return run.Claim != nil && (run.Claim.JobUID == uid || state.process.Run.ClaimID == run.Claim.ID && state.process.Run.JobUID == uid)
}
