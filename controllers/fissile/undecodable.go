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
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// reportUndecodable says in the conditions and in the log that an ExtendedJob cannot
// be decoded. The patch is written by hand, so that the parts that cannot be decoded
// are not lost.
func (r *Reconciler) reportUndecodable(ctx context.Context, undecodable *ejcache.UndecodableError) error {
	ej := undecodable.ExtendedJob
	status := plan.UndecodableStatus(ej, undecodable.Error(), r.Clock.Now())
	if plan.SameStatus(&ej.Status, status) {
		return nil
	}
	ctrl.LoggerFrom(ctx).Error(undecodable, "Cannot decode the ExtendedJob")
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": ej.ResourceVersion},
		"status":   map[string]any{"observedGeneration": status.ObservedGeneration, "conditions": status.Conditions},
	})
	if err != nil {
		return fmt.Errorf("encode the status: %w", err)
	}
	target := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: ej.Namespace, Name: ej.Name}}
	target.SetGroupVersionKind(fissilev1.GroupVersion.WithKind("ExtendedJob"))
	return r.Client.Status().Patch(ctx, target, client.RawPatch(types.MergePatchType, patch))
}
