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

package plan

import (
	"time"
)

// maxDebounces limits how long a run may wait for changes to stop, as a multiple of
// spec.updateDebounce.
const maxDebounces = 10

// debounce is when a noticed change may be acted on, so that changes that come
// together lead to one run.
type debounce struct {
	// until is when nothing more has changed for long enough.
	until time.Time
	// latest is when the run starts even if changes go on.
	latest time.Time
}

// debounce returns what a run for a change waits for, or zero if it need not wait. By
// default it waits for some time after the first change, whatever else changes. If
// spec.updateDebounce is set, it waits for that long after the last change.
func (o *Observation) debounce() debounce {
	first, last := o.changedBetween()
	if first.IsZero() {
		return debounce{}
	}
	d := debounce{until: first.Add(o.Debounce), latest: first.Add(o.Debounce)}
	if set := o.EJ.Spec.UpdateDebounce; set != nil {
		d = debounce{until: last.Add(set.Duration), latest: first.Add(maxDebounces * set.Duration)}
	}
	if d.until.After(d.latest) {
		d.until = d.latest
	}
	if !o.Now.Before(d.until) {
		return debounce{}
	}
	return d
}

// changedBetween returns when the process noticed the first and the last change since
// the last claim, or zero times if it noticed none.
func (o *Observation) changedBetween() (first, last time.Time) {
	for _, tracker := range []ChangeTracker{o.Process.Inputs, o.Process.Template} {
		if tracker.At.IsZero() {
			continue
		}
		if first.IsZero() || tracker.At.Before(first) {
			first = tracker.At
		}
		if tracker.LastAt.After(last) {
			last = tracker.LastAt
		}
	}
	return first, last
}
