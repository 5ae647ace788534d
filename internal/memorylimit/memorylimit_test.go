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

package memorylimit

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestGoKeepsWithinNineTenthsOfTheLimit(t *testing.T) {
	for name, test := range map[string]struct {
		limit, goLimit string
		want           int64
	}{
		"a limit":               {limit: "1000000", want: 900000},
		"no limit":              {want: math.MaxInt64},
		"a limit for Go itself": {limit: "1000000", goLimit: "500000", want: math.MaxInt64}, // Go read it when it started
	} {
		t.Run(name, func(t *testing.T) {
			before := debug.SetMemoryLimit(math.MaxInt64)
			t.Cleanup(func() { debug.SetMemoryLimit(before) })
			t.Setenv(Variable, test.limit)
			t.Setenv("GOMEMLIMIT", test.goLimit)
			if err := Set(); err != nil {
				t.Fatal(err)
			}
			if got := debug.SetMemoryLimit(-1); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestALimitThatIsNoNumberIsAnError(t *testing.T) {
	t.Setenv(Variable, "much")
	if Set() == nil {
		t.Error("no error")
	}
}

func TestGarbageIsCollectedBeforeThereIsMuch(t *testing.T) {
	for name, test := range map[string]struct {
		set  string
		want int
	}{
		"by default":             {want: 50},
		"unless Go's own is set": {set: "200", want: 100}, // Go read it when it started
	} {
		t.Run(name, func(t *testing.T) {
			before := debug.SetGCPercent(100)
			t.Cleanup(func() { debug.SetGCPercent(before) })
			t.Setenv("GOGC", test.set)
			t.Setenv(Variable, "")
			if err := Set(); err != nil {
				t.Fatal(err)
			}
			if got := debug.SetGCPercent(100); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
