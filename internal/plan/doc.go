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

// Package plan decides what to do next for an ExtendedJob. It is pure: an Observation
// goes in, and the one next Step comes out. It has no client, no clock and no memory,
// so a test can walk every interleaving of crashes, edits and events with it. It does
// not know what a Job looks like: that is internal/runjob. It does nothing itself:
// controllers/fissile does the steps.
//
// # Runs
//
// A run is one execution of the template: one Job, numbered from 1. It goes
//
//	claim → create Job → (Job finishes) → store output → settle → status → delete Job
//
// The claim is a status write that carries the resourceVersion it was decided on, so
// a stale cache cannot start a run. A run that sets the strategy back is settled by
// one patch of the main resource, fenced in the same way. That patch also records the
// run in an annotation bound to the object's UID. All other runs are settled by the
// status. If s is the last settled run and n the last claimed one, s < n means that
// run n is not over, and s = n that a "now" is a new request.
//
// Every step can be repeated: the Job's name follows from the ExtendedJob and the
// number, Secrets carry the UID of the Job that printed them, and deletes carry the
// UID and resourceVersion of the object that was observed.
//
// # Absence
//
// A Job that the cache does not show may still exist. Only live reads of both the
// ExtendedJob and the Job prove that it is gone. They come before a Job is created
// for an older claim, and before a run is given up as aborted.
package plan
