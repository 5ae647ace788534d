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

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// quantile returns a quantile of the values, or NaN if there are none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Ceil(q*float64(len(sorted))))-boolToInt(q > 0)]
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// spread returns "min / median / max", without repetitions.
func spread(values []float64, format string) string {
	if len(values) == 0 {
		return "–"
	}
	var parts []string
	for _, v := range []float64{slices.Min(values), median(values), slices.Max(values)} {
		parts = append(parts, fmt.Sprintf(format, v))
	}
	return strings.Join(slices.Compact(parts), " / ")
}

// milliseconds returns "p50 / p99 / max" of some seconds, in milliseconds.
func milliseconds(seconds []float64) string {
	if len(seconds) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f / %.0f / %.0f", 1000*median(seconds), 1000*quantile(seconds, 0.99), 1000*slices.Max(seconds))
}

const mebi = 1 << 20
