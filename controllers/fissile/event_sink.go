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

package fissile

import (
	"context"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// newRecorder returns a recorder of events that works while the manager runs.
func newRecorder(mgr ctrl.Manager, clientset kubernetes.Interface) (events.EventRecorder, error) {
	broadcaster := events.NewBroadcaster(eventSink{&events.EventSinkImpl{Interface: clientset.EventsV1()}})
	return broadcaster.NewRecorder(mgr.GetScheme(), fissilev1.FieldManager), mgr.Add(eventBroadcast{broadcaster})
}

// eventSink writes events. A namespace that is being deleted accepts none, and that
// is not worth an error in the log.
type eventSink struct{ events.EventSink }

func (s eventSink) Create(ctx context.Context, event *eventsv1.Event) (*eventsv1.Event, error) {
	created, err := s.EventSink.Create(ctx, event)
	if isGone(err) {
		return event, nil
	}
	return created, err
}

// eventBroadcast passes on events until the controllers have stopped.
type eventBroadcast struct{ events.EventBroadcaster }

// NeedLeaderElection makes the manager stop the broadcast after the controllers.
func (eventBroadcast) NeedLeaderElection() bool { return false }

// Start passes on events.
func (b eventBroadcast) Start(ctx context.Context) error {
	if err := b.StartRecordingToSinkWithContext(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	b.Shutdown()
	return nil
}
