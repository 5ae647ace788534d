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
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// terminating returns the API server's answer to a create in a namespace that is being
// deleted.
func terminating(resource schema.GroupResource, name string) error {
	err := apierrors.NewForbidden(resource, name, errors.New("unable to create new content in namespace ns because it is being terminated"))
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{
		Type: corev1.NamespaceTerminatingCause, Message: "namespace ns is being terminated", Field: "metadata.namespace",
	}}
	return err
}

var ofExtendedJobs = schema.GroupResource{Group: fissilev1.GroupVersion.Group, Resource: "extendedjobs"}

func TestWhatSaysThatAnExtendedJobIsGone(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		gone bool
	}{
		"nothing":                       {nil, false},
		"the ExtendedJob is gone":       {fmt.Errorf("WriteStatus: %w", apierrors.NewNotFound(ofExtendedJobs, "ej")), true},
		"it is another one":             {fmt.Errorf("ReadLive: %w", errReplaced), true},
		"the namespace is terminated":   {fmt.Errorf("CreateJob: %w", terminating(schema.GroupResource{Group: "batch", Resource: "jobs"}, "job")), true},
		"the namespace is gone":         {apierrors.NewNotFound(corev1.Resource("namespaces"), "ns"), true},
		"a Secret is gone":              {apierrors.NewNotFound(corev1.Resource("secrets"), "out"), false},
		"another's ExtendedJob is gone": {apierrors.NewNotFound(schema.GroupResource{Group: "example.com", Resource: "extendedjobs"}, "ej"), false},
		"the kind is not served":        {&apierrors.StatusError{ErrStatus: metav1.Status{Code: 404, Reason: metav1.StatusReasonNotFound, Details: &metav1.StatusDetails{}}}, false},
		"a quota":                       {apierrors.NewForbidden(corev1.Resource("secrets"), "out", errors.New("exceeded quota")), false},
	} {
		if isGone(test.err) != test.gone {
			t.Errorf("%s: want %t", name, test.gone)
		}
	}
}

func TestAnExtendedJobThatGoesMeanwhileMakesNoError(t *testing.T) {
	v := newOutputTest(t)
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.statusRefusal = apierrors.NewNotFound(ofExtendedJobs, "ej")
	result, err := v.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)})
	if err != nil || result.RequeueAfter > 0 {
		t.Errorf("got %+v, error %v, want it to be over", result, err)
	}
}

// refusingSink refuses all events.
type refusingSink struct {
	events.EventSink
	err error
}

func (s refusingSink) Create(context.Context, *eventsv1.Event) (*eventsv1.Event, error) {
	return nil, s.err
}

func TestOnlyEventsInANamespaceThatIsDeletedAreDroppedWithoutAnError(t *testing.T) {
	resource := schema.GroupResource{Group: "events.k8s.io", Resource: "events"}
	for name, test := range map[string]struct {
		err     error
		dropped bool
	}{
		"terminating": {terminating(resource, "event"), true},
		"a quota":     {apierrors.NewForbidden(resource, "event", errors.New("exceeded quota")), false},
	} {
		event, err := eventSink{refusingSink{err: test.err}}.Create(t.Context(), &eventsv1.Event{})
		if (err == nil) != test.dropped || test.dropped && event == nil {
			t.Errorf("%s: got the error %v", name, err)
		}
	}
}
