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
	"errors"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/outputs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// storeOutput stores the output of a finished Job, or notes why it is not stored. It
// returns an error if it is to be tried again at once.
func (r *Reconciler) storeOutput(ctx context.Context, o *observation, job *batchv1.Job) error {
	output, err := r.outputs.Store(ctx, o.EJ, job)
	var refused *outputs.Error
	switch {
	case err == nil:
		o.Output = output
	case errors.As(err, &refused) && (!refused.Transient || o.state.storeFailingFor(storeFailure{job.UID, refused.Reason}, r.Clock.Now()) >= r.LogReadTimeout):
		o.Output = &plan.Output{Reason: refused.Reason, Message: refused.Message}
		if refused.Reason == fissilev1.ReasonSecretRejected {
			o.state.process.OutputRetryAt = r.Clock.Now().Add(plan.OutputRetry)
		}
	default:
		return err
	}
	o.state.storeFailing = storeFailure{}
	if o.EJ.Status.LastRun.Result == "" {
		runOutputSeconds.Observe(r.Clock.Since(runjob.Finished(job).LastTransitionTime.Time).Seconds())
	}
	return nil
}

// storeFailure is the Job whose output is not stored, and why.
type storeFailure struct {
	job    types.UID
	reason string
}

// storeFailingFor returns for how long storing the output of a Job has failed for the
// same reason, which is 0 the first time. A process that was held up during an
// attempt therefore tries again, and a log that could be read until now is not given
// up because one read fails.
func (s *processState) storeFailingFor(failure storeFailure, now time.Time) time.Duration {
	if s.storeFailing != failure {
		s.storeFailing, s.storeFailingFrom = failure, now
	}
	return now.Sub(s.storeFailingFrom)
}
