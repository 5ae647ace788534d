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
	"fmt"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// again runs the errand once more. "now" is set some time after the previous run.
func (w *world) again(t *testing.T, pause time.Duration) *world {
	t.Helper()
	w.after(pause).edit(now).claimed(t).job(t, batchv1.JobComplete).over(t)
	clear(w.Jobs)
	return w
}

// changed changes the pods' inputs.
func (w *world) changed() *world {
	w.Inputs = inputs(fmt.Sprint("changed after ", w.EJ.Status.LastRun.Number))
	return w
}

// change runs the one-off for a change that comes some time after the previous run.
func (w *world) change(t *testing.T, pause time.Duration) *world {
	t.Helper()
	w.changed().after(pause).claimed(t).job(t, batchv1.JobComplete).over(t)
	clear(w.Jobs)
	return w
}

// changing returns a one-off that ran for a number of consecutive changes, each right
// after the previous run, and whose inputs have changed once more.
func changing(t *testing.T, runs int) *world {
	t.Helper()
	w := oneOffThatRan(t)
	clear(w.Jobs)
	for range runs {
		w.change(t, 3*time.Second)
	}
	return w.changed()
}

func TestTriggerThatComesBackAtOnceIsDelayed(t *testing.T) {
	// free returns an errand with as many consecutive runs as are not delayed.
	free := func(t *testing.T) *world {
		w := given(manual).reported(t)
		for range 9 {
			w.again(t, time.Second)
		}
		return w
	}
	for name, test := range map[string]struct {
		given func(t *testing.T) *world
		delay time.Duration
	}{
		"not the ninth in a row": {
			func(t *testing.T) *world {
				w := given(manual).reported(t)
				for range 8 {
					w.again(t, time.Second)
				}
				return w.after(time.Second).edit(now)
			}, 0,
		},
		"the tenth in a row": {
			func(t *testing.T) *world { return free(t).edit(now) }, 10 * time.Second,
		},
		"the eleventh in a row, for longer": {
			func(t *testing.T) *world { return free(t).again(t, 10*time.Second).edit(now) }, 20 * time.Second,
		},
		"the eighteenth in a row, for as long as it gets": {
			func(t *testing.T) *world {
				w := free(t)
				for _, seconds := range []int{10, 20, 40, 80, 160, 300, 300} {
					w.again(t, time.Duration(seconds)*time.Second+time.Millisecond) // as late as any timer
				}
				return w.edit(now)
			}, 5 * time.Minute,
		},
		"not a requestID, however many follow each other": {
			func(t *testing.T) *world {
				w := given(manual).reported(t)
				for i := range 12 {
					w.request(fmt.Sprint(i)).claimed(t).job(t, batchv1.JobComplete).over(t)
					clear(w.Jobs)
				}
				return w.request("once more")
			}, 0,
		},
		"not a now that a new requestID comes with": {
			func(t *testing.T) *world { return free(t).edit(now).request("at once") }, 0,
		},
		"the sixth in a row for changes of the inputs": {
			func(t *testing.T) *world { return changing(t, 5) }, 10 * time.Second,
		},
		"the eighth in a row for changes of the inputs, for longer": {
			func(t *testing.T) *world {
				return changing(t, 5).change(t, 10*time.Second+time.Millisecond).change(t, 20*time.Second+time.Millisecond).changed()
			}, 40 * time.Second,
		},
		"not the sixth for a change of the inputs after a pause": {
			func(t *testing.T) *world { return changing(t, 5).after(21 * time.Second) }, 0,
		},
		"not the second after one that was claimed anew": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).live().claimed(t).job(t, batchv1.JobComplete).over(t)
				clear(w.Jobs)
				return w.after(time.Second).edit(now)
			}, 0,
		},
		"not the tenth after a pause": {
			func(t *testing.T) *world { return free(t).after(2 * time.Minute).edit(now) }, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := test.given(t)
			step := plan.Next(w.Observation)
			if test.delay == 0 {
				if step.Kind != plan.Claim {
					t.Fatalf("want a claim at once, got %s", step.Kind)
				}
				return
			}
			if step.Kind != plan.WriteStatus {
				t.Fatalf("want the delay to be reported, got %s", step.Kind)
			}
			w.EJ.Status = *step.Status
			if got := conditionReason(w.EJ, fissilev1.ConditionRunning); got != fissilev1.ReasonTriggerBackoff {
				t.Errorf("want reason %s, got %s", fissilev1.ReasonTriggerBackoff, got)
			}
			if step := plan.Next(w.Observation); step.Kind != plan.Wait || step.After != test.delay {
				t.Errorf("want to wait for %s, got %s for %s", test.delay, step.Kind, step.After)
			}
			if step := plan.Next(w.after(test.delay).Observation); step.Kind != plan.Claim {
				t.Errorf("want a claim after the delay, got %s", step.Kind)
			}
		})
	}
}
