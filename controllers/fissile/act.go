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
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// act does one step and brings the observation up to what it did.
func (r *Reconciler) act(ctx context.Context, o *observation, step plan.Step) error {
	switch step.Kind {
	case plan.ReadLive:
		return r.readLive(ctx, o)
	case plan.ReadInputs:
		return r.readInputs(ctx, o, false)
	case plan.ReadNewestInputs:
		return r.readInputs(ctx, o, true)
	case plan.ReadTemplate:
		return r.readTemplate(ctx, o)
	case plan.Claim:
		return r.claim(ctx, o, step.Status)
	case plan.CreateJob:
		return r.createJob(ctx, o)
	case plan.LabelJob:
		return r.labelJob(ctx, o, step.Job)
	case plan.StoreOutput:
		return r.storeOutput(ctx, o, step.Job)
	case plan.Settle:
		return r.settle(ctx, o, step)
	case plan.WriteStatus:
		return r.writeStatus(ctx, o, step.Status)
	case plan.DeleteJob:
		return r.deleteJob(ctx, o, step.Job)
	case plan.SetOwner:
		return r.setOwners(ctx, o)
	case plan.DeleteVersion:
		return r.deleteVersions(ctx, o)
	default:
		return errors.New("unknown step")
	}
}

// claim begins a run. The write carries the resourceVersion of the ExtendedJob
// that the run was decided on, so only one process can have claimed it.
func (r *Reconciler) claim(ctx context.Context, o *observation, status *fissilev1.ExtendedJobStatus) error {
	status.LastRun.ClaimID = string(uuid.NewUUID())
	o.claimID, o.createdJob = status.LastRun.ClaimID, ""
	o.inputsChange.seen, o.templateChange.seen = time.Time{}, time.Time{}
	// The fence starts before the write: the claim may have been stored any time
	// after this.
	o.claimedAt = r.Clock.Now()
	o.JobRejection = nil
	before := o.EJ
	if err := r.writeStatus(ctx, o, status); err != nil {
		return err
	}
	r.claimed(before, o.EJ)
	return nil
}

// createJob creates the Job of the last run. That it exists already is fine if
// it is ours.
func (r *Reconciler) createJob(ctx context.Context, o *observation) error {
	run := o.EJ.Status.LastRun
	job, err := plan.NewJob(o.EJ, run)
	if err != nil {
		o.reject(fissilev1.ReasonJobRejected, err.Error())
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, plan.Fence)
	defer cancel()
	err = r.Client.Create(ctx, job)
	switch {
	case err == nil:
		o.createdJob, o.CreatedJob = job.UID, job.UID
		runStartSeconds.Observe(r.Clock.Since(o.claimedAt).Seconds())
		r.jobCreated(o.EJ, job)
	case apierrors.IsAlreadyExists(err):
		if err := r.APIReader.Get(ctx, client.ObjectKeyFromObject(job), job); err != nil {
			return fmt.Errorf("read Job %s, which exists already: %w", job.Name, err)
		}
		if _, ours := plan.RunNumber(o.EJ, job); !ours {
			o.reject(fissilev1.ReasonNameConflict, fmt.Sprintf("Job %s exists and is not this ExtendedJob's.", job.Name))
			r.jobRejected(o.EJ, o.JobRejection)
			return nil
		}
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		// Nothing will start here any more, and it is not an error.
		o.reject(fissilev1.ReasonJobCreateFailed, err.Error())
		return nil
	case apierrors.IsInvalid(err):
		o.reject(fissilev1.ReasonJobRejected, err.Error())
		return nil
	case apierrors.ReasonForError(err) != metav1.StatusReasonUnknown && !apierrors.IsServerTimeout(err) && !apierrors.IsTimeout(err):
		o.reject(fissilev1.ReasonJobCreateFailed, err.Error())
		o.failure = err
		return nil
	default:
		// It may have been created: only a look tells.
		return err
	}
	o.Jobs[run.Number] = job
	return nil
}

func (o *observation) reject(reason, message string) {
	o.JobRejection = &plan.Rejection{Reason: reason, Message: message}
}

// labelJob puts our labels back on a Job that only a live read has found.
func (r *Reconciler) labelJob(ctx context.Context, o *observation, job *batchv1.Job) error {
	labelled := job.DeepCopy()
	labelled.Labels = plan.Merged(job.Labels, plan.Labels(o.EJ))
	if err := r.Client.Patch(ctx, labelled, client.MergeFromWithOptions(job, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	o.Jobs[o.EJ.Status.LastRun.Number] = labelled
	return nil
}

// settle sets the strategy back and records the settled run, in one patch that
// carries the resourceVersion it was decided on.
func (r *Reconciler) settle(ctx context.Context, o *observation, step plan.Step) error {
	settled := o.EJ.DeepCopy()
	settled.Spec.Trigger.Strategy = step.Strategy
	metav1.SetMetaDataAnnotation(&settled.ObjectMeta, fissilev1.AnnotationSettledRun, step.Settled.Annotation(o.EJ))
	if err := r.Client.Patch(ctx, settled, client.MergeFromWithOptions(o.EJ, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	o.wrote(settled)
	if step.Outcome != nil {
		runsTotal.WithLabelValues(string(o.EJ.Status.LastRun.Cause), string(step.Outcome.Result)).Inc()
	}
	r.runSettled(o.EJ, step)
	return nil
}

// writeStatus replaces the status, if nobody wrote the ExtendedJob since it was
// observed.
func (r *Reconciler) writeStatus(ctx context.Context, o *observation, status *fissilev1.ExtendedJobStatus) error {
	written := o.EJ.DeepCopy()
	written.Status = *status
	if err := r.Client.Status().Patch(ctx, written, client.MergeFromWithOptions(o.EJ, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	r.statusWritten(o.EJ, written)
	o.wrote(written)
	return nil
}

// deleteJob deletes a Job and its pods. One that had not finished is deleted only
// if it is still as it was observed: otherwise it may be history by now.
func (r *Reconciler) deleteJob(ctx context.Context, o *observation, job *batchv1.Job) error {
	preconditions := client.Preconditions{UID: &job.UID}
	if plan.Finished(job) == nil {
		preconditions.ResourceVersion = &job.ResourceVersion
	}
	err := r.Client.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground), preconditions)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	o.deletedJob = job.UID
	if number, ok := plan.RunNumber(o.EJ, job); ok {
		delete(o.Jobs, number)
	}
	return nil
}

// wrote notes a version of the ExtendedJob that this process wrote.
func (o *observation) wrote(ej *fissilev1.ExtendedJob) {
	o.written = ej.ResourceVersion
	o.see(ej)
}
