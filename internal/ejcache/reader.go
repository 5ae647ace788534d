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

package ejcache

import (
	"cmp"
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// Reader reads ExtendedJobs from a cache with the scheme of NewScheme.
type Reader struct {
	Cache client.Reader
}

// Get returns the part of an ExtendedJob that decisions need. The caller must not
// modify it. Get returns an *UndecodableError if the ExtendedJob cannot be decoded.
func (r Reader) Get(ctx context.Context, key client.ObjectKey) (*plan.ExtendedJob, error) {
	e := &ExtendedJob{}
	if err := r.Cache.Get(ctx, key, e); err != nil {
		return nil, err
	}
	return e.Decode()
}

// Find returns the names of the ExtendedJobs that an index has under a key, the
// oldest first. An empty namespace stands for all watched namespaces.
func (r Reader) Find(ctx context.Context, namespace, index, key string) ([]client.ObjectKey, error) {
	var list ExtendedJobList
	if err := r.Cache.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{index: key}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	slices.SortFunc(list.Items, func(a, b ExtendedJob) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	found := make([]client.ObjectKey, len(list.Items))
	for i := range list.Items {
		found[i] = client.ObjectKeyFromObject(&list.Items[i])
	}
	return found, nil
}
