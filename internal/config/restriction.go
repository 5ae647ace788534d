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

package config

import (
	"context"
	"fmt"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// AnnotationWatchNamespaces holds, on the operator's Lease, the namespaces that an
// optional configuration limits the operator to.
const AnnotationWatchNamespaces = "config.fissile.cloudfoundry.org/watch-namespaces"

// Restriction remembers the namespaces that an optional configuration limits the
// operator to, so that an operator whose configuration is deleted does not run the
// ExtendedJobs of all other namespaces.
type Restriction struct {
	// Reader reads from the API server.
	Reader client.Reader
	Writer client.Writer
	Lease  types.NamespacedName
}

// Check returns an error if the last configuration limited the operator to some
// namespaces.
func (r Restriction) Check(ctx context.Context) error {
	lease := &coordinationv1.Lease{}
	if err := r.Reader.Get(ctx, r.Lease, lease); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read Lease %s: %w", r.Lease, err)
	}
	if namespaces := lease.Annotations[AnnotationWatchNamespaces]; namespaces != "" {
		return fmt.Errorf("the configuration is missing, and the last one limited the operator to the namespaces %s: "+
			"restore the file, or remove the annotation %s from Lease %s to watch all namespaces", namespaces, AnnotationWatchNamespaces, r.Lease)
	}
	return nil
}

// Record stores the namespaces of the configuration, none if it applies to all.
// Without leader election, there is no Lease to store them in.
func (r Restriction) Record(ctx context.Context, namespaces []string) error {
	value := strings.Join(namespaces, ",")
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		lease := &coordinationv1.Lease{}
		if err := r.Reader.Get(ctx, r.Lease, lease); err != nil {
			return err
		}
		if lease.Annotations[AnnotationWatchNamespaces] == value {
			return nil
		}
		if lease.Annotations == nil {
			lease.Annotations = map[string]string{}
		}
		lease.Annotations[AnnotationWatchNamespaces] = value
		return r.Writer.Update(ctx, lease)
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("annotate Lease %s: %w", r.Lease, err)
	}
	return nil
}
