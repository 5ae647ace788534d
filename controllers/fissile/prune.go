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
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// batch is how many versions are deleted, or owners set, in one step.
const batch = 50

// observePrunable finds the ExtendedJob's own versions of the output that need no
// longer be kept, and when the next one joins them. It looks up whether they are in
// use only if there are any.
func (r *Reconciler) observePrunable(ctx context.Context, o *observation, own []*metav1.PartialObjectMetadata) error {
	pruned := prunedTargets(o.EJ)
	if len(pruned) == 0 {
		return nil
	}
	now := r.Clock.Now()
	if now.Before(o.state.pruneAfter) {
		o.PruneAt = o.state.pruneAfter
		return nil
	}
	for _, target := range pruned {
		prunable, retryAt := versionedsecret.Prune(own, target.SecretName, target.VersionsToKeep, now,
			func(*metav1.PartialObjectMetadata) bool { return false })
		for _, version := range prunable {
			claimed, err := r.isClaimed(ctx, version)
			if err != nil {
				return err
			}
			if !claimed {
				o.Prunable = append(o.Prunable, version)
			}
		}
		if !retryAt.IsZero() && (o.PruneAt.IsZero() || retryAt.Before(o.PruneAt)) {
			o.PruneAt = retryAt
		}
	}
	return nil
}

// prunedTargets returns the targets of the output of which only some versions are
// kept, including those of containers whose printed output is no longer kept.
func prunedTargets(ej *plan.ExtendedJob) []runjob.Target {
	targets := append(ej.Targets(), ej.FormerTargets()...)
	return slices.DeleteFunc(targets, func(target runjob.Target) bool { return !target.Versioned || target.VersionsToKeep == 0 })
}

// isClaimed reports whether an active run was claimed with a version.
func (r *Reconciler) isClaimed(ctx context.Context, version *metav1.PartialObjectMetadata) (bool, error) {
	found, err := r.ExtendedJobs.Find(ctx, version.Namespace, index.Claimed, version.Name)
	if err != nil {
		return false, fmt.Errorf("find ExtendedJobs: %w", err)
	}
	return len(found) > 0, nil
}

// deleteVersions deletes a batch of versions of the output that need not be kept, if
// they are still as observed and no pod refers to them. It looks again later at those
// that pods refer to.
func (r *Reconciler) deleteVersions(ctx context.Context, o *observation) error {
	if o.mounted == nil {
		var err error
		if o.mounted, err = r.pods.ReferencedSecrets(ctx, o.EJ.Namespace); err != nil {
			return err
		}
	}
	for _, version := range nextBatch(&o.Prunable) {
		if o.mounted[version.Name] {
			o.state.pruneAfter = r.Clock.Now().Add(versionedsecret.PruneDelay)
			o.PruneAt = o.state.pruneAfter
			continue
		}
		if err := r.outputs.Delete(ctx, version); err != nil {
			return err
		}
		ctrl.LoggerFrom(ctx).Info("Deleted an old version of the output", "secret", client.ObjectKeyFromObject(version))
	}
	return nil
}

// nextBatch removes the next batch from the given Secrets, and returns it.
func nextBatch(secrets *[]*metav1.PartialObjectMetadata) []*metav1.PartialObjectMetadata {
	next := (*secrets)[:min(len(*secrets), batch)]
	*secrets = (*secrets)[len(next):]
	return next
}

// syncOwners makes the owner references of a batch of output Secrets match the
// deletion policy.
func (r *Reconciler) syncOwners(ctx context.Context, o *observation) error {
	for _, secret := range nextBatch(&o.OwnershipDrift) {
		if err := r.outputs.SyncOwner(ctx, o.EJ, secret); err != nil {
			return err
		}
	}
	return nil
}
