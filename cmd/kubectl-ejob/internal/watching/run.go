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

// Package watching follows a run to its end: what the ExtendedJob says of it, and
// the logs of its pods.
package watching

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/feed"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/logs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
)

// lastPods is how long to wait, after the end of a run, for what is not known yet of
// its pods.
const lastPods = 5 * time.Second

// patience is how long the operator may take to look at a request before the user
// gets a message.
const patience = 10 * time.Second

// Run is a run that is followed.
type Run struct {
	// Tracker identifies the run.
	Tracker *runs.Tracker
	// Changes are the states of the ExtendedJob.
	Changes <-chan feed.Change
	// Pods are the states of the pods of the ExtendedJob. Without it, nobody looks at
	// them.
	Pods <-chan feed.Pod
	// Logs follows the logs. Without it, they are not shown.
	Logs *logs.Follower
	// UntilStart ends as soon as the run has started.
	UntilStart bool
	// Say tells the user something.
	Say func(text string)

	state     runs.State
	announced int64
	said      string
	pods      map[types.UID]feed.Pod
}

// HeldError says that a run cannot start, or go on, until somebody does something.
type HeldError struct {
	State runs.State
}

// Error returns what the run waits for.
func (e *HeldError) Error() string {
	return e.State.Message
}

// LostError says that there will be no such run.
type LostError struct {
	State runs.State
}

// Error returns why there is none.
func (e *LostError) Error() string {
	return e.State.Message
}

// Follow follows the run from a first state on, and returns the last one. If the
// context ends before the run does, that is the error.
func (r *Run) Follow(ctx context.Context, first runs.State) (runs.State, error) {
	r.pods = map[types.UID]feed.Pod{}
	silent := time.After(patience)
	finished, err := r.see(ctx, first)
	for err == nil && !finished {
		select {
		case change, open := <-r.Changes:
			finished, err = r.change(ctx, change, open)
		case pod, open := <-r.Pods:
			r.pod(ctx, pod, open)
		case <-silent:
			r.noteSilence()
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return r.state, err
}

func (r *Run) change(ctx context.Context, change feed.Change, open bool) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case !open:
		return false, errors.New("the connection to the API server was lost")
	case change.Err != nil:
		return false, change.Err
	case change.ExtendedJob == nil:
		return r.see(ctx, r.Tracker.Deleted())
	}
	if change.Gap {
		r.Tracker.NoteGap()
	}
	return r.see(ctx, r.Tracker.See(change.ExtendedJob))
}

// see looks at a state of the run. It returns true at the end.
func (r *Run) see(ctx context.Context, state runs.State) (bool, error) {
	r.state = state
	if state.Phase == runs.Lost {
		return false, &LostError{state}
	}
	if state.Phase != runs.Due {
		r.announce(ctx)
	}
	switch {
	case state.Phase == runs.Over:
		return true, r.finish(ctx)
	case state.Held():
		return false, &HeldError{state}
	case state.Phase == runs.Active && r.UntilStart:
		return true, nil
	}
	if state.Message != "" && state.Message != r.said {
		r.Say(state.Message)
	}
	r.said = state.Message
	return false, nil
}

// noteSilence reports that the operator has not reacted to the request for a while.
func (r *Run) noteSilence() {
	if r.state.Phase == runs.Due && r.state.Message == "" {
		r.Say("The operator has not picked up the request yet: it may not be running, or may not watch this namespace.")
	}
}

// announce reports that the run has started, and looks at those of its pods that came
// before.
func (r *Run) announce(ctx context.Context) {
	if r.announced == r.state.Run.Number {
		return
	}
	r.announced = r.state.Run.Number
	if r.state.Run.Result != "Cancelled" {
		r.Say(fmt.Sprintf("Run %d: Job %s.", r.state.Run.Number, r.state.Run.JobName))
	}
	for _, pod := range r.pods {
		r.show(ctx, pod)
	}
}

func (r *Run) pod(ctx context.Context, pod feed.Pod, open bool) {
	if !open {
		r.Pods = nil
		return
	}
	r.pods[pod.UID] = pod
	if r.announced > 0 {
		r.show(ctx, pod)
	}
}

func (r *Run) show(ctx context.Context, pod feed.Pod) {
	if r.Logs != nil && r.owns(pod) {
		r.Logs.Pod(ctx, pod.Pod, pod.Gone)
	}
}

// owns reports whether a pod is one of the run's.
func (r *Run) owns(pod feed.Pod) bool {
	owner := metav1.GetControllerOf(pod.Pod)
	return owner != nil && owner.Kind == "Job" && owner.Name == r.state.Run.JobName && pod.Labels[batchv1.JobNameLabel] == r.state.Run.JobName
}

// finish waits for the end of the pods, and of their logs.
func (r *Run) finish(ctx context.Context) error {
	if r.Pods != nil && r.state.Run.Result != "Cancelled" {
		r.awaitPods(ctx)
	}
	if r.Logs != nil && !r.Logs.Finish(ctx) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Say("The run is over, but its log has not ended: the log above may be incomplete.")
	}
	return nil
}

// awaitPods waits until the end of every pod of the run is known. The API server
// tells of pods and of the ExtendedJob on different ways.
func (r *Run) awaitPods(ctx context.Context) {
	enough := time.After(lastPods)
	for r.Pods != nil && !r.podsEnded() {
		select {
		case pod, open := <-r.Pods:
			r.pod(ctx, pod, open)
		case <-enough:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (r *Run) podsEnded() bool {
	pods := r.OwnPods()
	return len(pods) > 0 && !slices.ContainsFunc(pods, func(pod *corev1.Pod) bool {
		return pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed && !r.pods[pod.UID].Gone
	})
}

// OwnPods are the pods of the run as they were last seen.
func (r *Run) OwnPods() []*corev1.Pod {
	var own []*corev1.Pod
	for _, pod := range r.pods {
		if r.owns(pod) {
			own = append(own, pod.Pod)
		}
	}
	return own
}
