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
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// typedCache is a cache that holds ExtendedJobs in their own type.
type typedCache struct{ client.Reader }

func (c typedCache) Get(ctx context.Context, key client.ObjectKey) (*plan.ExtendedJob, error) {
	ej := &fissilev1.ExtendedJob{}
	if err := c.Reader.Get(ctx, key, ej); err != nil {
		return nil, err
	}
	return plan.WithoutTemplate(ej), nil
}

func (c typedCache) Find(ctx context.Context, namespace, name, key string) ([]client.ObjectKey, error) {
	var list fissilev1.ExtendedJobList
	if err := c.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	var found []client.ObjectKey
	for i := range list.Items {
		if slices.Contains(index.ExtendedJobs[name](plan.WithoutTemplate(&list.Items[i])), key) {
			found = append(found, client.ObjectKeyFromObject(&list.Items[i]))
		}
	}
	return found, nil
}
