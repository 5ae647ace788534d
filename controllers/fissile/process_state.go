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
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/inputs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// processStates are what this process knows of the ExtendedJobs beyond what is stored.
// They save requests and bound retries. Losing them loses nothing.
type processStates struct {
	mu      sync.Mutex
	entries map[types.NamespacedName]*processState
}

// processState is what this process knows of one ExtendedJob. Only one worker has an
// ExtendedJob at a time, so its fields need no lock.
type processState struct {
	uid types.UID
	// process is what decisions are based on.
	process plan.Process
	// written is the resourceVersion of our last write. The cache is stale until it
	// shows that.
	written string
	// deletedJob is the last Job that this process deleted. The cache may still show
	// it.
	deletedJob types.UID
	// inputs are the ConfigMaps and Secrets whose versions this process remembers for
	// it.
	inputs []inputs.Object
	// pruneAfter is when versions that were in use may be pruned.
	pruneAfter time.Time
	// storeFailing is why output could not be read or written at the last attempt,
	// and storeFailingFrom since when.
	storeFailing     storeFailure
	storeFailingFrom time.Time
}

func (s *processStates) of(ej metav1.Object) *processState {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := types.NamespacedName{Namespace: ej.GetNamespace(), Name: ej.GetName()}
	entry := s.entries[key]
	if entry == nil || entry.uid != ej.GetUID() {
		fresh := &processState{uid: ej.GetUID()}
		if entry != nil {
			fresh.inputs = entry.inputs // until it is known what the new one refers to
		}
		entry = fresh
		if s.entries == nil {
			s.entries = make(map[types.NamespacedName]*processState)
		}
		s.entries[key] = entry
	}
	return entry
}

// forget forgets an ExtendedJob that is gone, and returns the inputs that were
// remembered for it.
func (s *processStates) forget(key types.NamespacedName) []inputs.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry := s.entries[key]
	if entry == nil {
		return nil
	}
	delete(s.entries, key)
	return entry.inputs
}

// newerThan reports whether this process wrote the object after the given version.
func (s *processState) newerThan(ej metav1.Object) bool {
	if s.written == "" {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(ej.GetResourceVersion(), s.written)
	return err == nil && order < 0
}
