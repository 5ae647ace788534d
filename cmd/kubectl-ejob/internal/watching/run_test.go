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

package watching

import (
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/feed"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
)

func requested() *fissilev1.ExtendedJob {
	return &fissilev1.ExtendedJob{
		ObjectMeta: metav1.ObjectMeta{Name: "errand", UID: "uid"},
		Spec:       fissilev1.ExtendedJobSpec{Trigger: fissilev1.Trigger{Strategy: fissilev1.StrategyNow}},
	}
}

func started() *fissilev1.ExtendedJob {
	ej := requested()
	ej.Status.LastRun = &fissilev1.Run{Number: 1, Cause: fissilev1.CauseNow, JobName: "job"}
	return ej
}

func TestTheUserIsToldOnceOfAnOperatorThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changes := make(chan feed.Change)
		var said []string
		ej := requested()
		run := &Run{Tracker: runs.Track(ej, ""), Changes: changes, UntilStart: true, Say: func(text string) { said = append(said, text) }}
		go func() {
			<-time.After(time.Minute)
			changes <- feed.Change{ExtendedJob: started()}
		}()
		state, err := run.Follow(t.Context(), run.Tracker.See(ej))
		if err != nil || state.Phase != runs.Active || len(said) != 2 {
			t.Errorf("%q, %+v, %v", said, state, err)
		}
	})
}

func TestWhatARunWaitsForIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changes := make(chan feed.Change, 3)
		var said []string
		ej := started()
		run := &Run{Tracker: runs.TrackRun(ej, 1), Changes: changes, Say: func(text string) { said = append(said, text) }}
		for range 2 {
			waiting := started()
			waiting.Status.LastRun.Reason, waiting.Status.LastRun.Message = fissilev1.ReasonPodsNotRunning, "The image cannot be pulled."
			changes <- feed.Change{ExtendedJob: waiting}
		}
		over := started()
		over.Status.LastRun.Result = fissilev1.ResultSucceeded
		changes <- feed.Change{ExtendedJob: over}
		state, err := run.Follow(t.Context(), run.Tracker.See(ej))
		if err != nil || state.Phase != runs.Over || len(said) != 2 || said[1] != "The image cannot be pulled." {
			t.Errorf("%q, %+v, %v", said, state, err)
		}
	})
}
