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
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// handover writes down for the next leader what only this process knows, when it ends
// in good order: that the Jobs of its young runs exist. If one of them is gone later,
// somebody deleted it.
type handover struct {
	*Reconciler
}

// Start waits until the leader's process is to end, and then records the Jobs.
func (h handover) Start(ctx context.Context) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), plan.CreateWindow)
	defer cancel()
	found, err := h.ExtendedJobs.Find(ctx, metav1.NamespaceAll, index.Run, index.RunUnrecorded)
	if err != nil {
		return fmt.Errorf("find ExtendedJobs: %w", err)
	}
	for _, key := range found {
		if err := h.recordJob(ctx, key); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "Cannot record the Job of a run", "ExtendedJob", key)
		}
	}
	return nil
}

// recordJob writes the UID of the active run's Job to the status. It reads live: a
// request that the end of the process cut off may have created the Job.
func (h handover) recordJob(ctx context.Context, key types.NamespacedName) error {
	whole := &fissilev1.ExtendedJob{}
	if err := h.APIReader.Get(ctx, key, whole); err != nil {
		return client.IgnoreNotFound(err)
	}
	ej := plan.WithoutTemplate(whole)
	run := ej.Status.LastRun
	if !index.Unrecorded(run) {
		return nil
	}
	job := &batchv1.Job{}
	if err := h.APIReader.Get(ctx, client.ObjectKey{Namespace: ej.Namespace, Name: run.JobName}, job); err != nil {
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("read Job: %w", err)
	}
	number, own, err := h.ownJob(ctx, ej, h.states.of(ej), job)
	if err != nil || own == nil || number != run.Number {
		return err
	}
	recorded := ej.Status.DeepCopy()
	recorded.LastRun.Claim.JobUID = job.UID
	patch, err := statusPatch(ej, recorded)
	if err != nil {
		return err
	}
	return h.Client.Status().Patch(ctx, named(ej), patch)
}
