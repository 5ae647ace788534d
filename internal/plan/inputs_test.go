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

	batchv1 "k8s.io/api/batch/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// manyInputs returns a number of Secrets, of which the last ones are versions of
// versioned Secrets.
func manyInputs(digest string, number, versions int) *plan.Inputs {
	many := inputs(digest)
	secret := many.Objects[0]
	many.Objects = nil
	for i := range number {
		secret.Name, secret.ResolvedName = fmt.Sprintf("secret-%d", i), ""
		if i >= number-versions {
			secret.ResolvedName = secret.Name + "-v1"
		}
		many.Objects = append(many.Objects, secret)
	}
	return many
}

func TestARunNamesSixtyFourChangedInputs(t *testing.T) {
	for changed, want := range map[int]int{1: 1, 63: 63, 64: 64, 65: 64} {
		t.Run(fmt.Sprintf("of %d", changed), func(t *testing.T) {
			w := given(once)
			w.EJ.Spec.UpdateOnConfigChange = new(true)
			w.Inputs = manyInputs("before", changed, 0)
			w.claimed(t).job(t, batchv1.JobComplete).over(t)
			w.Inputs = manyInputs("after", changed, 0)
			if got := w.claimed(t).EJ.Status.LastRun.ChangedInputs; len(got) != want {
				t.Errorf("got %d changed inputs, want %d", len(got), want)
			}
		})
	}
}

func TestTheStatusListsAThousandInputsAndAllVersions(t *testing.T) {
	for name, test := range map[string]struct{ inputs, versions, want int }{
		"none":                        {0, 0, 0},
		"one":                         {1, 0, 1},
		"a thousand":                  {1000, 0, 1000},
		"not one more":                {1001, 0, 1000},
		"one more if it is versioned": {1001, 1, 1001},
		"versioned ones after others": {1500, 100, 1100},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(once)
			w.EJ.Spec.UpdateOnConfigChange = new(true)
			w.Inputs = manyInputs("before", test.inputs, test.versions)
			w.claimed(t)
			if got := w.EJ.Status.Inputs.Objects; len(got) != test.want {
				t.Errorf("got %d inputs, want %d", len(got), test.want)
			}
			if w.EJ.Status.Inputs.Digest != w.Inputs.Digest {
				t.Error("the digest is not that of all inputs")
			}
		})
	}
}

func TestDigestsAreComparable(t *testing.T) {
	for name, test := range map[string]struct {
		a, b string
		want bool
	}{
		"made with the same key":          {"1:key:before", "1:key:after", true},
		"unless the key was lost":         {"1:key:before", "1:another-key:before", false},
		"unless the encoding has changed": {"1:key:before", "2:key:before", false},
		"unless one is missing":           {"1:key:before", "", false},
		"unless neither can be read":      {"before", "after", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plan.Comparable(test.a, test.b); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
