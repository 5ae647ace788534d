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
	w := given(manual).output()
	for i := range 30 {
		w.stores(t, secretOf(fmt.Sprint(i)))
	}
	if got := w.EJ.Status.FormerOutputs; len(got) != 16 || got[15] != "out-28" {
		t.Errorf("got former outputs %q, want the last 16", got)
	}
}
