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

package plan_test

import (
	"strings"
	"testing"
	"time"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestTheStatusListsTheTenRunsBeforeTheLastOne(t *testing.T) {
	for name, test := range map[string]struct {
		runs           int
		newest, oldest int64
		length         int
	}{
		"none after the first run":    {runs: 1},
		"one after the second":        {runs: 2, newest: 1, oldest: 1, length: 1},
		"nine after the tenth":        {runs: 10, newest: 9, oldest: 1, length: 9},
		"ten after the eleventh":      {runs: 11, newest: 10, oldest: 1, length: 10},
		"still ten after the twelfth": {runs: 12, newest: 11, oldest: 2, length: 10},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(manual).reported(t)
			for range test.runs {
				w.again(t, time.Hour)
			}
			history := w.EJ.Status.History
			if len(history) != test.length {
				t.Fatalf("got %d runs, want %d", len(history), test.length)
			}
			if test.length == 0 {
				return
			}
			if newest, oldest := history[0].Number, history[len(history)-1].Number; newest != test.newest || oldest != test.oldest {
				t.Errorf("got runs %d to %d, want %d to %d", newest, oldest, test.newest, test.oldest)
			}
		})
	}
}

func TestALongMessageIsCut(t *testing.T) {
	for name, test := range map[string]struct{ message, want string }{
		"not a short one":                         {"no image", "no image"},
		"not one of 1023 bytes":                   {strings.Repeat("a", 1023), strings.Repeat("a", 1023)},
		"not one of 1024 bytes":                   {strings.Repeat("a", 1024), strings.Repeat("a", 1024)},
		"one of 1025 bytes, to 1024":              {strings.Repeat("a", 1025), strings.Repeat("a", 1021) + "…"},
		"before a character, not in the midst":    {strings.Repeat("a", 1020) + "ééé", strings.Repeat("a", 1020) + "…"},
		"after a character that still fits":       {strings.Repeat("a", 1019) + "éééé", strings.Repeat("a", 1019) + "é…"},
		"before the longest, not in the midst":    {strings.Repeat("a", 1018) + "😀😀", strings.Repeat("a", 1018) + "…"},
		"not one of 1024 bytes in 512 characters": {strings.Repeat("é", 512), strings.Repeat("é", 512)},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(now).claimed(t).job(t)
			w.BlockedBy = test.message
			if got := w.reported(t).EJ.Status.LastRun.Message; got != test.want {
				t.Errorf("got %d bytes, %q; want %d", len(got), got, len(test.want))
			}
		})
	}
}

func TestAStatusThatTheAPIServerRefusesIsReduced(t *testing.T) {
	w := given(manual).output().stores(t, secretOf("a"))
	w.edit(now).claimed(t).job(t)
	w.BlockedBy = "no image"
	refused := plan.Next(w.Observation).Status
	if !w.Process.StatusRefused(w.EJ, refused, "too large") {
		t.Fatal("no other status is tried")
	}

	w.reported(t)
	run := w.EJ.Status.LastRun
	if run.Number != 2 || run.Claim == nil || run.Reason != fissilev1.ReasonStatusRefused || !strings.Contains(run.Message, "too large") {
		t.Errorf("got %+v, want the claim of run 2 and why its status is refused", run)
	}
	if got := w.EJ.Status.Outputs; got != nil {
		t.Errorf("got outputs %v in the smallest status", got)
	}

	if w.Process.StatusRefused(w.EJ, &w.EJ.Status, "too large") {
		t.Error("the smallest status is tried again")
	}
	w.EJ.Generation++
	if !w.Process.StatusRefused(w.EJ, refused, "too large") {
		t.Error("the smallest status is not tried after an edit")
	}
}
