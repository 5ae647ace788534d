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

package integration

import "time"

const (
	// timeout is for actions that take the operator a few API requests.
	timeout = 10 * time.Second
	// longTimeout is for a Lease to expire, or for the Job of an inherited run to
	// release its name.
	longTimeout = 40 * time.Second
	// logReadTimeout is for how long the operator tries to read a log.
	logReadTimeout = 5 * time.Second
	// crowdTimeout is for runs of hundreds of ExtendedJobs.
	crowdTimeout = 3 * time.Minute
	// quietTime is how long specs check that nothing happens. The operator acts within
	// milliseconds of an event.
	quietTime = 500 * time.Millisecond
	// interval is the time between two polls.
	interval = 20 * time.Millisecond
)
