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

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// batch is how many versions are deleted, or owners set, in one step.
const batch = 50

// prunePageSize is how many pods or Jobs are in memory at once during the search for
// those that use versions.
const prunePageSize = 500

// observePrunable finds the ExtendedJob's own versions of the output that need no
// longer be kept, and when the next one joins them. It looks up whether they are in
// use only if there are any.
func (r *Reconciler) observePrunable(ctx context.Context, o *observation, own []*metav1.PartialObjectMetadata) error {
	pruned := prunedTargets(o.EJ)
	if len(pruned) == 0 {
		return nil
	}
	now := r.Clock.Now()
	if now.Before(o.process.pruneAfter) {
		o.PruneAt = o.process.pruneAfter
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
func prunedTargets(ej *plan.ExtendedJob) []plan.Target {
	targets := append(ej.Targets(), ej.FormerlyPrinted()...)
	return slices.DeleteFunc(targets, func(target plan.Target) bool { return !target.Versioned || target.VersionsToKeep == 0 })
}

// isClaimed reports whether an active run was claimed with a version.
func (r *Reconciler) isClaimed(ctx context.Context, version *metav1.PartialObjectMetadata) (bool, error) {
	found, err := r.ExtendedJobs.Find(ctx, version.Namespace, indexClaimed, version.Name)
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
		if o.mounted, err = r.secretsOfPods(ctx, o.EJ.Namespace); err != nil {
			return err
		}
	}
	for _, version := range nextBatch(&o.Prunable) {
		if o.mounted[version.Name] {
			o.process.pruneAfter = r.Clock.Now().Add(versionedsecret.PruneDelay)
			o.PruneAt = o.process.pruneAfter
			continue
		}
		target := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: version.Namespace, Name: version.Name}}
		err := r.Client.Delete(ctx, target, client.Preconditions{UID: &version.UID, ResourceVersion: &version.ResourceVersion})
		if client.IgnoreNotFound(err) != nil {
			return withoutData(version.Name, err)
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

// secretsOfPods returns the names of the Secrets that the pods of a namespace refer to,
// whoever owns them: pods that have not ended, and those that Jobs may still create.
// They are read from the API server, because the cache holds neither the pods of others
// nor what pods refer to.
func (r *Reconciler) secretsOfPods(ctx context.Context, namespace string) (map[string]bool, error) {
	names := make(map[string]bool)
	note := func(spec *corev1.PodSpec) {
		for _, reference := range configrefs.Of(spec) {
			if reference.Kind == configrefs.Secret {
				names[reference.Name] = true
			}
		}
	}
	if err := eachItem(ctx, r.APIReader, &corev1.PodList{}, prunePageSize, func(object runtime.Object) {
		if pod := object.(*corev1.Pod); !ended(pod) {
			note(&pod.Spec)
		}
	}, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	if err := eachItem(ctx, r.APIReader, &batchv1.JobList{}, prunePageSize, func(object runtime.Object) {
		if job := object.(*batchv1.Job); plan.Finished(job) == nil {
			note(&job.Spec.Template.Spec)
		}
	}, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list Jobs: %w", err)
	}
	return names, nil
}

// syncOwners makes the owner references of a batch of output Secrets match the
// deletion policy, if they are still as observed. An immutable Secret allows that.
func (r *Reconciler) syncOwners(ctx context.Context, o *observation) error {
	for _, secret := range nextBatch(&o.OwnershipDrift) {
		patch := append(isStill(secret), operation{Op: "add", Path: "/metadata/ownerReferences", Value: ownerReferences(o.EJ, secret, o.EJ.Spec.Output.DeletionPolicy)})
		if err := r.patchSecret(ctx, secret, patch); client.IgnoreNotFound(err) != nil {
			return withoutData(secret.Name, err)
		}
	}
	return nil
}
