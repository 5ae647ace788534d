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

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/uuid"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// act does one step and updates the observation with the result.
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
	case plan.ReadOutputs:
		return r.readOutputs(ctx, o)
	case plan.Claim:
		return r.claim(ctx, o, step)
	case plan.CreateJob:
		return r.createJob(ctx, o)
	case plan.LabelJob:
		return r.labelJob(ctx, o, step.Job)
	case plan.StoreOutput:
		return r.storeOutput(ctx, o, step.Job)
	case plan.Settle:
		return r.settle(ctx, o, step)
	case plan.WriteStatus:
		return r.reportStatus(ctx, o, step)
	case plan.DeleteJob:
		return r.deleteJob(ctx, o, step.Job)
	case plan.SyncOwner:
		return r.syncOwners(ctx, o)
	case plan.DeleteVersion:
		return r.deleteVersions(ctx, o)
	default:
		return errors.New("unknown step")
	}
}

// claim begins a run. The write carries the resourceVersion of the ExtendedJob that
// the decision was based on, so only one process can claim the run.
func (r *Reconciler) claim(ctx context.Context, o *observation, step plan.Step) error {
	claim := step.Status.LastRun.Claim
	claim.ID = string(uuid.NewUUID())
	o.state.process.Claimed(claim.ID, step.Renewed, r.Clock.Now())
	before := o.EJ
	if written, err := r.writeStatus(ctx, o, step.Status); err != nil || !written {
		return err
	}
	r.recordClaimed(before, o.EJ)
	return nil
}

// createJob creates the Job of the last run. AlreadyExists is fine if the Job is
// ours.
func (r *Reconciler) createJob(ctx context.Context, o *observation) error {
	if err := r.readWhole(ctx, o); err != nil {
		return err
	}
	run := o.EJ.Status.LastRun
	job, err := runjob.New(o.whole, run)
	if err != nil {
		r.reject(o, plan.Rejection{Reason: fissilev1.ReasonJobRejected, Message: err.Error(), NeedsEdit: true})
		return nil
	}
	known, err := r.addCollector(ctx, o.whole, job)
	if err != nil {
		return err
	}
	if !known {
		r.reject(o, noCollectorImage)
		return nil
	}
	if err := r.sealJob(ctx, o.EJ, job); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, plan.CreateWindow)
	defer cancel()
	err = r.Client.Create(ctx, job)
	switch rejection, refused := plan.RejectionOf(err); {
	case err == nil && lostCollector(job):
		o.state.process.JobAltered(job.UID, collectorRemoved, r.Clock.Now())
	case err == nil:
		o.state.process.JobCreated(job.UID, r.Clock.Now())
		runStartSeconds.Observe(r.Clock.Since(o.state.process.Run.ClaimedAt).Seconds())
		r.recordJobCreated(o.EJ, job)
	case apierrors.IsAlreadyExists(err):
		if err := r.APIReader.Get(ctx, client.ObjectKeyFromObject(job), job); err != nil {
			return fmt.Errorf("read Job %s, which exists already: %w", job.Name, err)
		}
		_, own, err := r.ownJob(ctx, o.EJ, o.state, job)
		if err != nil {
			return err
		}
		if own == nil {
			r.reject(o, plan.Rejection{Reason: fissilev1.ReasonNameConflict, Message: fmt.Sprintf("Job %s already exists and does not belong to this ExtendedJob.", job.Name)})
			r.recordRejected(o.EJ, o.state.process.Run.Rejection)
			return nil
		}
		if lostCollector(job) {
			o.state.process.JobAltered(job.UID, collectorRemoved, r.Clock.Now())
		}
	case refused:
		r.reject(o, rejection)
		return nil
	default:
		// The Job may have been created: only a read can tell.
		o.state.process.CreateGivenUp(r.Clock.Now())
		return err
	}
	o.Jobs[run.Number] = job
	o.setExtendedJob(o.EJ, r.Clock.Now())
	return nil
}

func (r *Reconciler) reject(o *observation, rejection plan.Rejection) {
	o.state.process.JobRejected(rejection, r.Clock.Now())
}

// labelJob restores our labels on a Job that only a live read has found.
func (r *Reconciler) labelJob(ctx context.Context, o *observation, job *batchv1.Job) error {
	labelled := job.DeepCopy()
	labelled.Labels = labels.Merge(job.Labels, runjob.Labels(o.EJ))
	if err := r.Client.Patch(ctx, labelled, client.MergeFromWithOptions(job, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	o.Jobs[o.EJ.Status.LastRun.Number] = labelled
	return nil
}

// settle sets the strategy back and records the settled run, in one patch that
// carries the resourceVersion it was decided on.
func (r *Reconciler) settle(ctx context.Context, o *observation, step plan.Step) error {
	patch, err := settlePatch(o.EJ, step)
	if err != nil {
		return err
	}
	settled := named(o.EJ)
	if err := r.Client.Patch(ctx, settled, patch); err != nil {
		return err
	}
	r.noteWrite(o, settled)
	r.recordSettled(o.EJ, step)
	return nil
}

// reportStatus writes the status, which may settle a run.
func (r *Reconciler) reportStatus(ctx context.Context, o *observation, step plan.Step) error {
	if written, err := r.writeStatus(ctx, o, step.Status); err != nil || !written {
		return err
	}
	r.recordSettled(o.EJ, step)
	return nil
}

// writeStatus replaces the status, unless somebody wrote the ExtendedJob since it was
// observed. It returns false if the API server refuses the status: the next step then
// writes a shorter one.
func (r *Reconciler) writeStatus(ctx context.Context, o *observation, status *fissilev1.ExtendedJobStatus) (bool, error) {
	patch, err := statusPatch(o.EJ, status)
	if err != nil {
		return false, err
	}
	written := named(o.EJ)
	if err := r.Client.Status().Patch(ctx, written, patch); err != nil {
		if !plan.RefusesStatus(err) || !o.state.process.StatusRefused(o.EJ, status, err.Error()) {
			return false, err
		}
		ctrl.LoggerFrom(ctx).Error(err, "The API server refused the status, so a shorter one is written")
		return false, nil
	}
	before := o.EJ
	r.noteWrite(o, written)
	r.recordStatus(before, o.EJ)
	return true, nil
}

// reportFailure says why a step fails: in the status if a run waits for the step,
// otherwise in an event.
func (r *Reconciler) reportFailure(ctx context.Context, o *observation, kind plan.Kind, failure error) error {
	status := plan.FailedStatus(o.Observation, kind, failure.Error())
	if status == nil {
		r.recordStepFailed(o.EJ, kind, failure)
		return nil
	}
	if plan.SameStatus(&o.EJ.Status, status) {
		return nil
	}
	_, err := r.writeStatus(ctx, o, status)
	return err
}

// deleteJob deletes a Job and its pods. A Job that had not finished is deleted only
// if it is still as observed, because it may be history by now.
func (r *Reconciler) deleteJob(ctx context.Context, o *observation, job *batchv1.Job) error {
	preconditions := client.Preconditions{UID: &job.UID}
	if runjob.Finished(job) == nil {
		preconditions.ResourceVersion = &job.ResourceVersion
	}
	err := r.Client.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground), preconditions)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	o.state.deletedJob = job.UID
	if number, ok := runjob.RunNumber(o.EJ, job); ok {
		delete(o.Jobs, number)
	}
	return nil
}

// noteWrite notes a version of the ExtendedJob that this process wrote.
func (r *Reconciler) noteWrite(o *observation, ej *fissilev1.ExtendedJob) {
	o.state.written = ej.ResourceVersion
	o.setWhole(ej, r.Clock.Now())
}
