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

package versionedsecret

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PruneDelay is for how long a version is kept after it stopped being the newest. A
// reader that has just resolved it as the newest, from a cache that is behind, then has
// time to show that it uses it.
const PruneDelay = 10 * time.Minute

// Prune returns those versions of a base name among secrets that need no
// longer be kept, oldest ordinal first. Kept are
//
//   - the newest keep versions, and always the newest one;
//   - versions that stopped being the newest less than PruneDelay ago, which
//     is when the next one among secrets was created;
//   - versions for which inUse is true.
//
// Versions that are kept for their age alone can be pruned later, the first of
// them at the time retryAt; it is zero if there are none. Versions that are
// being deleted already are not returned.
//
// All versions among secrets count, so pass only Secrets that the caller may
// delete.
func Prune[S metav1.Object](secrets []S, base string, keep int, now time.Time, inUse func(S) bool) (prunable []S, retryAt time.Time) {
	versions := Versions(secrets, base)
	for i := range len(versions) - max(keep, 1) {
		version, next := versions[i], versions[i+1]
		if version.GetDeletionTimestamp() != nil || inUse(version) {
			continue
		}
		at := next.GetCreationTimestamp().Add(PruneDelay)
		switch {
		case !now.Before(at):
			prunable = append(prunable, version)
		case retryAt.IsZero() || at.Before(retryAt):
			retryAt = at
		}
	}
	return prunable, retryAt
}
