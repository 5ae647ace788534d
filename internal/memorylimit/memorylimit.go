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

// Package memorylimit makes Go take little memory, and keep within the limit of the
// container.
package memorylimit

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
)

// Variable is the environment variable with the container's limit in bytes.
const Variable = "MEMORY_LIMIT"

// garbagePercent is the maximum amount of garbage, as a percentage of the memory in
// use. Most of that memory holds ExtendedJobs at rest. Collecting garbage more often
// than by default costs little compared with the API server's work for a run.
const garbagePercent = 50

// Set configures garbage collection at garbagePercent, and more often above nine
// tenths of the container's limit. The rest is for memory that Go does not count. GOGC
// and GOMEMLIMIT take precedence.
func Set() error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	value := os.Getenv(Variable)
	if value == "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	limit, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return fmt.Errorf("environment variable %s: %w", Variable, err)
	}
	debug.SetMemoryLimit(limit / 10 * 9)
	return nil
}
