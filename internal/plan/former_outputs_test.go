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
	"slices"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// stores runs the errand once more, with its output in the given Secrets.
func (w *world) stores(t *testing.T, secrets ...fissilev1.OutputSecret) *world {
	t.Helper()
	w.Output = nil
	w.after(time.Hour).edit(now).claimed(t).job(t, batchv1.JobComplete)
	w.Output = &plan.Output{Reason: fissilev1.ReasonStored, Secrets: secrets}
	w.over(t)
	clear(w.Jobs)
	return w
}

func (w *world) leavesBehind(t *testing.T, want ...string) {
	t.Helper()
	if got := w.EJ.Status.FormerOutputs; !slices.Equal(got, want) {
		t.Errorf("got former outputs %q, want %q", got, want)
	}
}

func secretOf(container string) fissilev1.OutputSecret {
	return fissilev1.OutputSecret{Container: container, SecretName: "out-" + container}
}

func versionOf(container string, version int64) fissilev1.OutputSecret {
	return fissilev1.OutputSecret{Container: container, SecretName: fmt.Sprintf("out-%s-v%d", container, version), Version: version}
}

func TestTheStatusNamesSecretsThatNoRunWritesAnyMore(t *testing.T) {
	w := given(manual).output().stores(t, secretOf("a"), secretOf("b"))
	w.leavesBehind(t)
	w.stores(t, secretOf("c"), secretOf("b")).leavesBehind(t, "out-a")
	w.stores(t, secretOf("d"), secretOf("b")).leavesBehind(t, "out-a", "out-c")
	w.stores(t, secretOf("a"), secretOf("b")).leavesBehind(t, "out-c", "out-d")
}

func TestAnOlderVersionIsNotLeftBehind(t *testing.T) {
	w := given(manual).output().stores(t, versionOf("a", 1)).stores(t, versionOf("a", 2))
	w.leavesBehind(t)
	w.stores(t, versionOf("b", 1)).leavesBehind(t, "out-a-v2")
	w.stores(t, secretOf("b")).leavesBehind(t, "out-a-v2", "out-b-v1")
	w.stores(t, versionOf("a", 3)).leavesBehind(t, "out-b-v1", "out-b")
}

func TestASecretThatIsGoneIsNotLeftBehindAnyMore(t *testing.T) {
	w := given(manual).output().stores(t, secretOf("a")).stores(t, secretOf("b"))
	w.LostFormerOutputs = []string{"out-a"}
	w.reported(t).leavesBehind(t)
}

func TestTheStatusNamesOnlySoManyFormerOutputs(t *testing.T) {
	for name, test := range map[string]struct {
		former         int
		oldest, newest string
		want           int
	}{
		"none":                                 {former: 0},
		"one":                                  {former: 1, oldest: "out-0", newest: "out-0", want: 1},
		"sixteen":                              {former: 16, oldest: "out-0", newest: "out-15", want: 16},
		"the last sixteen of seventeen":        {former: 17, oldest: "out-1", newest: "out-16", want: 16},
		"the last sixteen of a greater number": {former: 29, oldest: "out-13", newest: "out-28", want: 16},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(manual).output()
			for i := range test.former + 1 {
				w.stores(t, secretOf(fmt.Sprint(i)))
			}
			got := w.EJ.Status.FormerOutputs
			if len(got) != test.want || test.want > 0 && (got[0] != test.oldest || got[test.want-1] != test.newest) {
				t.Errorf("got former outputs %q, want %d, %s to %s", got, test.want, test.oldest, test.newest)
			}
		})
	}
}
