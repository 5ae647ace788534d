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
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// pageSize is how many objects are read at once that the cache does not hold.
const pageSize = 500

// observePrunable finds the own versions of the output that need not be kept any
// more, and when the next one will not be.
func (r *Reconciler) observePrunable(ctx context.Context, o *observation, own []*metav1.PartialObjectMetadata) error {
	output := o.EJ.Spec.Output
	if output == nil || output.Versioned == nil || !*output.Versioned || output.VersionsToKeep == 0 {
		return nil
	}
	now := r.Clock.Now()
	if now.Before(o.process.pruneAfter) {
		o.PruneAt = o.process.pruneAfter
		return nil
	}
	inUse, err := r.versionsInUse(ctx, o.EJ.Namespace)
	if err != nil {
		return err
	}
	for _, container := range o.EJ.Spec.JobTemplate.Spec.Template.Spec.Containers {
		prunable, retryAt := versionedsecret.Prune(own, plan.SecretName(output.NamePrefix, container.Name), int(output.VersionsToKeep), now,
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
// observed and no pod refers to it. Other versions that pods refer to are looked
// at again later.
func (r *Reconciler) deleteVersion(ctx context.Context, o *observation, version *metav1.PartialObjectMetadata) error {
	if o.mounted == nil {
		var err error
		if o.mounted, err = r.secretsOfPods(ctx, o.EJ.Namespace); err != nil {
			return err
		}
	}
	if o.mounted[version.Name] {
		o.process.pruneAfter = r.Clock.Now().Add(versionedsecret.PruneDelay)
		o.PruneAt = o.process.pruneAfter
		o.pruned(version)
		return nil
	}
	target := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: version.Namespace, Name: version.Name}}
	err := r.Client.Delete(ctx, target, client.Preconditions{UID: &version.UID, ResourceVersion: &version.ResourceVersion})
	if client.IgnoreNotFound(err) != nil {
		return withoutData(version.Name, err)
	}
	ctrl.LoggerFrom(ctx).Info("Deleted a version of the output", "Secret", client.ObjectKeyFromObject(version))
	o.pruned(version)
	return nil
}

func (o *observation) pruned(version *metav1.PartialObjectMetadata) {
	o.Prunable = slices.DeleteFunc(o.Prunable, func(other *metav1.PartialObjectMetadata) bool { return other.UID == version.UID })
}

// secretsOfPods are the names of the Secrets that pods of a namespace refer to
// that have not ended, or will when Jobs create them. Whose they are does not
// matter. They are read from the API server, because the cache holds neither
// the pods of others nor what pods refer to.
func (r *Reconciler) secretsOfPods(ctx context.Context, namespace string) (map[string]bool, error) {
	names := make(map[string]bool)
	note := func(spec *corev1.PodSpec) {
		for _, reference := range configrefs.Of(spec) {
			if reference.Kind == configrefs.Secret {
				names[reference.Name] = true
			}
		}
	}
	for next := ""; ; {
		var list corev1.PodList
		if err := r.APIReader.List(ctx, &list, client.InNamespace(namespace), client.Limit(pageSize), client.Continue(next)); err != nil {
			return nil, fmt.Errorf("list pods: %w", err)
		}
		for i := range list.Items {
			if !ended(&list.Items[i]) {
				note(&list.Items[i].Spec)
			}
		}
		if next = list.Continue; next == "" {
			break
		}
	}
	for next := ""; ; {
		var list batchv1.JobList
		if err := r.APIReader.List(ctx, &list, client.InNamespace(namespace), client.Limit(pageSize), client.Continue(next)); err != nil {
			return nil, fmt.Errorf("list Jobs: %w", err)
		}
		for i := range list.Items {
			if plan.Finished(&list.Items[i]) == nil {
				note(&list.Items[i].Spec.Template.Spec)
			}
		}
		if next = list.Continue; next == "" {
			return names, nil
		}
	}
}

// syncOwner has the owner references of an output Secret say what the deletion
// policy says, if it is still as it was observed. An immutable Secret allows
// that.
func (r *Reconciler) syncOwner(ctx context.Context, o *observation, secret *metav1.PartialObjectMetadata) error {
	patch := append(isStill(secret), operation{Op: "add", Path: "/metadata/ownerReferences", Value: ownerReferences(o.EJ, secret, o.EJ.Spec.Output.DeletionPolicy)})
	if err := r.patchSecret(ctx, secret, patch); client.IgnoreNotFound(err) != nil {
		return withoutData(secret.Name, err)
	}
	o.OwnershipDrift = slices.DeleteFunc(o.OwnershipDrift, func(other *metav1.PartialObjectMetadata) bool { return other.UID == secret.UID })
	return nil
}
