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

package runpods

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

const (
	// eventsPageSize is how many events a list returns. Each list costs the API
	// server a read of etcd, and few namespaces have more events.
	eventsPageSize = 4000
	// eventsListEvery is the average time between two lists of a namespace's events.
	// After a reading of several pages, the pause is longer.
	eventsListEvery = 30 * time.Second
	// eventsReadAgain is how long after the first reading the second one follows,
	// because the first is often too early.
	eventsReadAgain = 10 * time.Second
	// eventsReadTimeout is how long a reading may take: a worker waits for it.
	eventsReadTimeout = 10 * time.Second
	// eventsForgotten is how long after its next possible reading a namespace is
	// forgotten.
	eventsForgotten = 2 * time.Minute
	// maxWarnings is how many warnings about one pod or Job are remembered.
	maxWarnings = 16
)

// warning is what an event says about a pod or a Job. Its message has no parts that
// differ from one attempt to the next.
type warning struct {
	reason, message string
	// container is the container that the event is about; empty if it is about the
	// pod.
	container   string
	first, last time.Time
}

// podEvents is what events say about the pods and Jobs of ExtendedJobs. For a list of
// events, the API server reads etcd and decodes all those of a namespace, so one
// reading serves all ExtendedJobs of the namespace for some time.
type podEvents struct {
	mu         sync.Mutex
	namespaces map[string]*eventsReading
}

// eventsReading is the last reading of a namespace's events.
type eventsReading struct {
	warnings map[types.UID][]warning
	// paidUntil is when the lists so far average out at one every eventsListEvery.
	// next is when the next reading may begin.
	paidUntil, next time.Time
	// began is when the last reading began.
	began time.Time
	// again is true if the next reading is not the first.
	again bool
	// underWay is true while somebody reads. Others do not wait for that.
	underWay bool
}

// begin returns what is known of a namespace, and reports whether the caller has to
// read it now.
func (e *podEvents) begin(namespace string, now time.Time) (map[types.UID][]warning, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for other, reading := range e.namespaces {
		if !reading.underWay && now.Sub(reading.next) > eventsForgotten {
			delete(e.namespaces, other)
		}
	}
	reading := e.namespaces[namespace]
	if reading == nil {
		if e.namespaces == nil {
			e.namespaces = make(map[string]*eventsReading)
		}
		reading = &eventsReading{next: now}
		e.namespaces[namespace] = reading
	}
	if reading.underWay || now.Before(reading.next) {
		return reading.warnings, false
	}
	reading.underWay = true
	reading.began = now
	return reading.warnings, true
}

// end notes the result of a reading, and how many lists it took. If warnings is nil,
// reading failed, and what was known remains.
func (e *podEvents) end(namespace string, warnings map[types.UID][]warning, lists int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	reading := e.namespaces[namespace]
	reading.underWay = false
	reading.pay(lists)
	if warnings != nil {
		reading.warnings = warnings
	}
}

// pay delays the next reading by what the lists of the last one cost.
func (r *eventsReading) pay(lists int) {
	if r.paidUntil.Before(r.began) {
		r.paidUntil = r.began
	}
	r.paidUntil = r.paidUntil.Add(time.Duration(lists) * eventsListEvery)
	r.next = r.paidUntil
	if !r.again && lists <= 1 {
		r.next = r.began.Add(eventsReadAgain)
	}
	r.again = true
}

// warnings returns what events say about the pods and Jobs of a namespace, as of the
// last reading. A failure is only logged at V(1), because reading is tried again
// later.
func (r *Reader) warnings(ctx context.Context, namespace string) map[types.UID][]warning {
	known, due := r.events.begin(namespace, r.Clock.Now())
	if !due {
		return known
	}
	var read map[types.UID][]warning
	lists := countedLists{Reader: r.APIReader}
	defer func() { r.events.end(namespace, read, lists.number) }()
	read, err := r.readWarnings(ctx, &lists, namespace)
	if err != nil {
		ctrl.LoggerFrom(ctx).V(1).Info("Cannot read events", "namespace", namespace, "error", err.Error())
		return known
	}
	return read
}

// countedLists counts lists.
type countedLists struct {
	client.Reader
	number int
}

func (c *countedLists) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	c.number++
	return c.Reader.List(ctx, list, options...)
}

func (r *Reader) readWarnings(ctx context.Context, events client.Reader, namespace string) (map[types.UID][]warning, error) {
	ctx, cancel := context.WithTimeout(ctx, eventsReadTimeout)
	defer cancel()
	ours, err := r.podsAndJobs(ctx, namespace)
	if err != nil {
		return nil, err
	}
	warnings := make(map[types.UID][]warning)
	messages := make(map[string]string) // Jobs by the thousand fail for one reason.
	err = eachItem(ctx, events, &corev1.EventList{}, eventsPageSize, func(object runtime.Object) {
		event := object.(*corev1.Event)
		about, known := ours[event.InvolvedObject.UID]
		if !known || len(warnings[event.InvolvedObject.UID]) == maxWarnings {
			return
		}
		message := about.steady(event.Message)
		if same, ok := messages[message]; ok {
			message = same
		} else {
			messages[message] = message
		}
		warnings[event.InvolvedObject.UID] = append(warnings[event.InvolvedObject.UID], warning{
			reason:    event.Reason,
			message:   message,
			container: containerOf(event),
			first:     firstTime(event),
			last:      lastTime(event),
		})
	}, client.InNamespace(namespace), client.MatchingFields{"type": corev1.EventTypeWarning})
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return warnings, nil
}

// subject is a pod or a Job that events are about.
type subject struct {
	name  string
	isJob bool
}

// podsAndJobs returns the pods and Jobs of ExtendedJobs in a namespace whose events
// matter, by UID.
func (r *Reader) podsAndJobs(ctx context.Context, namespace string) (map[types.UID]subject, error) {
	subjects := make(map[types.UID]subject)
	var pods corev1.PodList
	if err := r.Cache.List(ctx, &pods, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	for i := range pods.Items {
		if pod := &pods.Items[i]; !Ended(pod) {
			subjects[pod.UID] = subject{name: pod.Name}
		}
	}
	var jobs batchv1.JobList
	if err := r.Cache.List(ctx, &jobs, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list Jobs: %w", err)
	}
	for i := range jobs.Items {
		if job := &jobs.Items[i]; runjob.Finished(job) == nil {
			subjects[job.UID] = subject{name: job.Name, isJob: true}
		}
	}
	return subjects, nil
}

// maxGenerateName is how much of a Job's name the names of its pods begin with.
const maxGenerateName = 57

// steady removes from a message what differs from one attempt to the next, such as
// the names of the pods that a Job's controller tries to create.
func (s subject) steady(message string) string {
	if !s.isJob {
		return steadyOfPod(s.name, message)
	}
	message = steady(message)
	prefix := s.name[:min(len(s.name), maxGenerateName)]
	if !strings.Contains(message, prefix) {
		return message
	}
	return regexp.MustCompile(regexp.QuoteMeta(prefix)+`(-[0-9]+)?-?[bcdfghjklmnpqrstvwxz2456789]{5}\b`).ReplaceAllString(message, "…")
}

// containerOf returns the name of the container that an event is about, or "" if it
// is about the whole pod.
func containerOf(event *corev1.Event) string {
	_, name, ok := strings.Cut(event.InvolvedObject.FieldPath, "ontainers{") // containers or initContainers
	if !ok {
		return ""
	}
	return strings.TrimSuffix(name, "}")
}

func firstTime(event *corev1.Event) time.Time {
	for _, t := range []time.Time{event.FirstTimestamp.Time, event.EventTime.Time} {
		if !t.IsZero() {
			return t
		}
	}
	return event.CreationTimestamp.Time
}

func lastTime(event *corev1.Event) time.Time {
	last := firstTime(event)
	if event.LastTimestamp.After(last) {
		last = event.LastTimestamp.Time
	}
	if event.Series != nil && event.Series.LastObservedTime.After(last) {
		last = event.Series.LastObservedTime.Time
	}
	return last
}
