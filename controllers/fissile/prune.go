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

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// observePrunable finds the versions of the output that need not be kept any
// more, and when the next one will not be.
func (r *Reconciler) observePrunable(ctx context.Context, o *observation) error {
	output := o.EJ.Spec.Output
	if output == nil || output.Versioned == nil || !*output.Versioned || output.VersionsToKeep == 0 {
		return nil
	}
	inUse, err := r.versionsInUse(ctx, o.EJ.Namespace)
	if err != nil {
		return err
	}
	for _, container := range o.EJ.Spec.JobTemplate.Spec.Template.Spec.Containers {
		base := plan.SecretName(output.NamePrefix, container.Name)
		versions, err := listSecrets(ctx, r.Client, o.EJ.Namespace, client.MatchingFields{indexBase: base})
		if err != nil {
			return err
		}
		own := slices.DeleteFunc(versions, func(secret *metav1.PartialObjectMetadata) bool { return !owns(o.EJ, secret) })
		prunable, retryAt := versionedsecret.Prune(own, base, int(output.VersionsToKeep), r.Clock.Now(),
			func(secret *metav1.PartialObjectMetadata) bool { return inUse[secret.Name] })
		o.Prunable = append(o.Prunable, prunable...)
		if !retryAt.IsZero() && (o.PruneAt.IsZero() || retryAt.Before(o.PruneAt)) {
			o.PruneAt = retryAt
		}
	}
	return nil
}

// versionsInUse are the versions that runs under way were claimed with.
func (r *Reconciler) versionsInUse(ctx context.Context, namespace string) (map[string]bool, error) {
	var list fissilev1.ExtendedJobList
	if err := r.Client.List(ctx, &list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list ExtendedJobs: %w", err)
	}
	inUse := make(map[string]bool)
	for i := range list.Items {
		status := &list.Items[i].Status
		if status.Inputs == nil || status.LastRun == nil || status.LastRun.Result != "" {
			continue
		}
		for _, object := range status.Inputs.Objects {
			inUse[object.ResolvedName] = true
		}
	}
	return inUse, nil
}

// deleteVersion deletes a version of the output, if it is still as it was
// observed.
func (r *Reconciler) deleteVersion(ctx context.Context, o *observation, version *metav1.PartialObjectMetadata) error {
	err := r.Client.Delete(ctx, version, client.Preconditions{UID: &version.UID, ResourceVersion: &version.ResourceVersion})
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	ctrl.LoggerFrom(ctx).Info("Deleted a version of the output", "Secret", client.ObjectKeyFromObject(version))
	o.Prunable = slices.DeleteFunc(o.Prunable, func(other *metav1.PartialObjectMetadata) bool { return other.UID == version.UID })
	return nil
}
