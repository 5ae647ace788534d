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
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

const (
	leaseDuration = 15 * time.Second
	// modelTTL is how long reading a log may take. Like the operator's default, it is
	// longer than a lease.
	modelTTL      = leaseDuration + plan.CreateWindow
	modelDebounce = time.Second
)

// process is an operator process: what it remembers, what its caches show and what its
// queue holds.
type process struct {
	memory *processState
	cache  [kinds]view
	queued bool
	// timer is when the queue hands out the ExtendedJob again; zero for never.
	timer time.Time
	// paused is the reconcile that is held up; nil if none is.
	paused *paused
}

// paused is a reconcile that is held up before an API call. A Go stack cannot be
// copied. But what a process remembers and the answers so far determine a reconcile, so
// it can be repeated up to this call.
type paused struct {
	answers []answer
	since   time.Time
}

// answer is everything that reaches a reconcile from outside: an object, a list, an
// error, the time or a random number.
type answer struct {
	objects []*version
	err     error
	log     string
	time    time.Time
	random  int
}

// fault is what happens at an API call.
type fault string

const (
	noFault    fault = ""
	failed     fault = "which fails and is not applied"
	conflicted fault = "which conflicts"
	unanswered fault = "which is applied but times out"
	killed     fault = "and is killed after that"
	inFlight   fault = "and is killed while that is on its way"
	late       fault = "which times out and is still on its way"
	cutOff     fault = "and ends in good order while that is on its way"
	heldUp     fault = "and is held up before that"
)

// failure is a fault at the n-th API call of a reconcile.
type failure struct {
	fault fault
	call  int
}

// apiCall is a call that a reconcile made.
type apiCall struct {
	what  string
	write bool
	// locked is true for a write that may conflict.
	locked bool
	// sent returns the content of the request.
	sent func() []byte
}

// session is one reconcile. It is the client, the clock and everything else that the
// reconcile uses.
type session struct {
	client.Client
	world   *world
	process *process
	failure failure
	// resumedAfter is how long the reconcile was held up.
	resumedAfter time.Duration
	// resumed is true if the reconcile was held up.
	resumed bool
	// err is what the reconcile returned.
	err error

	answers []answer
	played  int
	calls   []apiCall
	writes  int
}

// These are panics that stop a reconcile before it returns.
type (
	wasKilled struct{}
	wasHeldUp struct{}
	wasCutOff struct{}
)

// reconcile runs a reconcile of a process, with a failure or none, or resumes the one
// that was held up.
func (w *world) reconcile(p *process, f failure) *session {
	s := &session{world: w, process: p, failure: f}
	if p.paused != nil {
		s.answers, s.resumed = p.paused.answers, true
		s.resumedAfter = w.now.Sub(p.paused.since)
		p.paused = nil
	} else {
		p.queued = false
		if !p.timer.After(w.now) {
			p.timer = time.Time{}
		}
	}
	r := s.reconciler()
	if p.memory != nil {
		remembered := *p.memory
		r.states.entries = map[types.NamespacedName]*processState{key: &remembered}
	}
	uuid.SetRand(s)
	defer uuid.SetRand(nil)
	defer func() {
		switch stop := recover(); stop.(type) {
		case nil:
		case wasKilled:
			*p = process{}
		case wasCutOff:
		case wasHeldUp:
			p.paused = &paused{answers: s.answers, since: w.now}
		default:
			panic(stop)
		}
	}()
	result, err := r.Reconcile(context.Background(), ctrl.Request{NamespacedName: key})
	s.err = err
	p.memory = r.states.entries[key]
	if err != nil {
		w.note("  %v", err)
		p.queued = true
	} else if result.RequeueAfter > 0 {
		if due := w.now.Add(result.RequeueAfter); p.timer.IsZero() || due.Before(p.timer) {
			p.timer = due
		}
	}
	return s
}

// reconciler returns the operator's reconciler, with the session in place of everything
// around it.
func (s *session) reconciler() *Reconciler {
	return newReconciler(dependencies{
		Client: s, ExtendedJobs: typedCache{s}, APIReader: live{s}, Documents: inPlace(s, modelTTL), Key: testKey, Recorder: s, Clock: s,
	}, Options{LogReadTimeout: modelTTL, LeaseDuration: leaseDuration, Debounce: s.world.scenario.debounce})
}

// handOver does what a process does at SIGTERM.
func (p *process) handOver(w *world) {
	s := &session{world: w, process: p}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (handover{s.reconciler()}).Start(ended); err != nil {
		w.note("  %v", err)
	}
}

// behind reports whether a process's caches show less than what is stored.
func (p *process) behind(w *world) bool {
	for k := range kinds {
		if p.cache[k].changes < len(w.history[k]) {
			return true
		}
	}
	return false
}

// input returns the next answer: the one that the reconcile had before it was held up,
// or a new one.
func (s *session) input(ask func() answer) answer {
	if s.played == len(s.answers) {
		s.answers = append(s.answers[:s.played:s.played], ask())
	}
	s.played++
	return s.answers[s.played-1]
}

// call makes an API call. The request is what the server does.
func (s *session) call(ctx context.Context, c apiCall, request func(*world) answer) answer {
	return s.input(func() answer {
		s.calls = append(s.calls, c)
		// Deadlines follow the real clock, on which nothing takes any time.
		if deadline, bounded := ctx.Deadline(); bounded && s.resumedAfter >= time.Until(deadline).Round(time.Second) {
			s.world.note("  %s: too late", c.what)
			return answer{err: context.DeadlineExceeded}
		}
		var happens fault
		if len(s.calls) == s.failure.call {
			happens = s.failure.fault
		}
		if failing := s.world.failing; failing != "" && strings.HasPrefix(c.what, failing) {
			happens = failed
		}
		switch happens {
		case heldUp:
			panic(wasHeldUp{})
		case inFlight, cutOff, late:
			s.world.underWay = &underWay{what: c.what, sent: c.sent(), request: request, since: s.world.now}
			switch happens {
			case inFlight:
				panic(wasKilled{})
			case cutOff:
				panic(wasCutOff{})
			}
			s.world.note("  %s: no answer", c.what)
			return answer{err: context.DeadlineExceeded}
		case failed:
			s.world.note("  %s: 500", c.what)
			return answer{err: apierrors.NewInternalError(errors.New("out of order"))}
		case conflicted:
			s.world.note("  %s: 409", c.what)
			return answer{err: apierrors.NewConflict(jobs.resource(), "", errors.New("the object has been modified"))}
		}
		a := request(s.world)
		if s.world.tracing {
			s.world.note("  %s: %s", c.what, a)
		}
		if c.write && a.err == nil {
			s.writes++
		}
		switch happens {
		case unanswered:
			return answer{err: context.DeadlineExceeded}
		case killed:
			panic(wasKilled{})
		}
		return a
	})
}

func (a answer) String() string {
	if a.err != nil {
		return a.err.Error()
	}
	var all []string
	for _, v := range a.objects {
		all = append(all, describe(v))
	}
	return "ok " + strings.Join(all, ", ")
}

// Read supplies the random numbers that claims are made from: the smallest that nobody
// has heard of.
func (s *session) Read(p []byte) (int, error) {
	n := s.input(func() answer {
		n := 1
		for s.world.knows(claimID(n)) || s.process.claims(claimID(n)) {
			n++
		}
		return answer{random: n}
	}).random
	clear(p)
	p[len(p)-1] = byte(n)
	return len(p), nil
}

// claimID returns the UUID that a random number leads to.
func claimID(n int) string {
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", n)
}

// knows reports whether a claim was ever stored, or is remembered by a process.
func (w *world) knows(claim string) bool {
	for _, c := range w.history[extendedJobs] {
		if c.after == nil {
			continue
		}
		if claimOf(c.after.Object.(*fissilev1.ExtendedJob)) == claim {
			return true
		}
	}
	for _, p := range []*process{&w.leader, w.old} {
		if p == nil {
			continue
		}
		if p.claims(claim) {
			return true
		}
		if p.paused != nil && slices.ContainsFunc(p.paused.answers, func(a answer) bool { return a.random > 0 && claimID(a.random) == claim }) {
			return true
		}
	}
	return false
}

// Now returns the model's time.
func (s *session) Now() time.Time {
	return s.input(func() answer { return answer{time: s.world.now} }).time
}

func (s *session) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

func (s *session) Eventf(_, _ runtime.Object, _, reason, _, _ string, _ ...any) {
	s.world.note("  event %s", reason)
}

// Get reads from the cache.
func (s *session) Get(_ context.Context, name client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	k := kindOf(obj)
	a := s.input(func() answer {
		if v := find(s.process.cache[k].objects, name.Name); v != nil {
			return answer{objects: []*version{v}}
		}
		return answer{err: apierrors.NewNotFound(k.resource(), name.Name)}
	})
	if err := a.get(obj); err != nil {
		return err
	}
	return stripped(obj)
}

// List reads from the cache.
func (s *session) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	k := kindOf(list)
	selected := (&client.ListOptions{}).ApplyOptions(opts)
	a := s.input(func() answer { return answer{objects: selectFrom(s.process.cache[k].objects, selected)} })
	if err := a.list(list); err != nil {
		return err
	}
	return meta.EachListItem(list, stripped)
}

// stripped removes from an object what the cache does not hold.
func stripped(obj runtime.Object) error {
	transform := func(any) (any, error) { return obj, nil }
	switch obj.(type) {
	case *batchv1.Job:
		transform = stripJob
	case *corev1.Pod:
		transform = runpods.Strip
	case *metav1.PartialObjectMetadata:
		transform = stripMetadata
	}
	_, err := transform(obj)
	return err
}

func (s *session) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	sent := obj.DeepCopyObject().(client.Object)
	if len((&client.CreateOptions{}).ApplyOptions(opts).DryRun) > 0 {
		return s.call(ctx, apiCall{what: "create " + kindOf(obj).String() + " in a dry run"}, func(w *world) answer {
			return answered(w.dryRun(sent.(*batchv1.Job)))
		}).get(obj)
	}
	if job, ok := obj.(*batchv1.Job); ok {
		s.checkClaim(job)
	}
	a := s.call(ctx, apiCall{what: "create " + kindOf(obj).String(), write: true, sent: func() []byte {
		sum := content(sent)
		return sum[:]
	}}, func(w *world) answer {
		return answered(w.operatorCreates(sent.DeepCopyObject().(client.Object)))
	})
	return a.get(obj)
}

func (s *session) Patch(ctx context.Context, obj client.Object, patch client.Patch, _ ...client.PatchOption) error {
	return s.patch(ctx, obj, patch, false)
}

func (s *session) patch(ctx context.Context, obj client.Object, patch client.Patch, status bool) error {
	k, name := kindOf(obj), obj.GetName()
	data, err := patch.Data(obj)
	if err != nil {
		return err
	}
	what := "patch " + k.String()
	if status {
		what += " status"
	}
	return s.call(ctx, apiCall{what: what, write: true, locked: true, sent: func() []byte { return data }}, func(w *world) answer {
		return answered(w.operatorPatches(k, name, patch.Type(), data, status))
	}).get(obj)
}

func (s *session) Delete(ctx context.Context, obj client.Object, opts ...client.DeleteOption) error {
	k, name := kindOf(obj), obj.GetName()
	preconditions := (&client.DeleteOptions{}).ApplyOptions(opts).Preconditions
	sent := func() []byte { return []byte(name + obj.GetResourceVersion()) }
	return s.call(ctx, apiCall{what: "delete " + k.String(), write: true, locked: true, sent: sent}, func(w *world) answer {
		return answer{err: w.operatorDeletes(k, name, preconditions)}
	}).err
}

// Status returns the client of the status.
func (s *session) Status() client.SubResourceWriter { return statusWriter{session: s} }

type statusWriter struct {
	client.SubResourceWriter
	session *session
}

func (w statusWriter) Patch(ctx context.Context, obj client.Object, patch client.Patch, _ ...client.SubResourcePatchOption) error {
	return w.session.patch(ctx, obj, patch, true)
}

// live reads from the API server.
type live struct{ *session }

func (l live) Get(ctx context.Context, name client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	k := kindOf(obj)
	return l.call(ctx, apiCall{what: "read " + k.String()}, func(w *world) answer {
		return answered(w.get(k, name.Name))
	}).get(obj)
}

func (l live) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if _, events := list.(*corev1.EventList); events {
		return nil
	}
	k := kindOf(list)
	selected := (&client.ListOptions{}).ApplyOptions(opts)
	return l.call(ctx, apiCall{what: "list " + k.String() + "s"}, func(w *world) answer {
		return answer{objects: selectFrom(w.objects[k], selected)}
	}).list(list)
}

// Open returns the log of a pod.
func (s *session) Open(ctx context.Context, pod types.NamespacedName, _ string) (io.ReadCloser, error) {
	known := len(s.answers)
	a := s.call(ctx, apiCall{what: "read log"}, func(w *world) answer {
		v, err := w.get(pods, pod.Name)
		if err != nil {
			return answer{err: err}
		}
		return answer{log: w.printed(v)}
	})
	if a.err != nil {
		if s.played > known {
			s.world.record.unread = min(s.world.record.unread+1, unreadForLong)
		}
		return nil, a.err
	}
	return io.NopCloser(strings.NewReader(a.log)), nil
}

// printed returns the log of a pod.
func (w *world) printed(pod *version) string {
	if w.scenario.prints != "" {
		return w.scenario.prints
	}
	return fmt.Sprintf(`{%q:%q}`, printedBy, pod.GetName())
}

// printedBy is the key in an output that holds the name of the pod that printed it.
const printedBy = "printed-by"

// OpenStdout cannot separate stdout.
func (s *session) OpenStdout(context.Context, types.NamespacedName, string) (io.ReadCloser, error) {
	return nil, errors.ErrUnsupported
}

func answered(v *version, err error) answer {
	if err != nil {
		return answer{err: err}
	}
	return answer{objects: []*version{v}}
}

// get copies the answer into obj.
func (a answer) get(obj client.Object) error {
	if a.err != nil {
		return a.err
	}
	switch obj := obj.(type) {
	case *fissilev1.ExtendedJob:
		a.objects[0].Object.(*fissilev1.ExtendedJob).DeepCopyInto(obj)
	case *batchv1.Job:
		a.objects[0].Object.(*batchv1.Job).DeepCopyInto(obj)
	case *corev1.Secret:
		a.objects[0].Object.(*corev1.Secret).DeepCopyInto(obj)
	case *metav1.PartialObjectMetadata:
		a.objects[0].Object.(*corev1.Secret).ObjectMeta.DeepCopyInto(&obj.ObjectMeta)
	}
	return nil
}

// list copies the answer into a list.
func (a answer) list(list client.ObjectList) error {
	if a.err != nil {
		return a.err
	}
	for _, v := range a.objects {
		switch list := list.(type) {
		case *fissilev1.ExtendedJobList:
			list.Items = append(list.Items, *v.Object.(*fissilev1.ExtendedJob).DeepCopy())
		case *batchv1.JobList:
			list.Items = append(list.Items, *v.Object.(*batchv1.Job).DeepCopy())
		case *corev1.PodList:
			list.Items = append(list.Items, *v.Object.(*corev1.Pod).DeepCopy())
		case *metav1.PartialObjectMetadataList:
			list.Items = append(list.Items, metav1.PartialObjectMetadata{
				TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
				ObjectMeta: *v.Object.(*corev1.Secret).ObjectMeta.DeepCopy(),
			})
		}
	}
	return nil
}

// extractors are the cache's indexes as the controller sets them up, except those of
// ExtendedJobs.
type extractors map[string]client.IndexerFunc

func (e extractors) IndexField(_ context.Context, obj client.Object, field string, extract client.IndexerFunc) error {
	if _, ok := obj.(*ejcache.ExtendedJob); !ok {
		e[fmt.Sprint(kindOf(obj), field)] = extract
	}
	return nil
}

var indexes = func() extractors {
	e := extractors{}
	if err := index.Register(e); err != nil {
		panic(err)
	}
	return e
}()

func selectFrom(objects []*version, options *client.ListOptions) []*version {
	var selected []*version
	for _, v := range objects {
		if (options.LabelSelector == nil || options.LabelSelector.Matches(labels.Set(v.GetLabels()))) && indexed(v, options) {
			selected = append(selected, v)
		}
	}
	return selected
}

func indexed(v *version, options *client.ListOptions) bool {
	if options.FieldSelector == nil {
		return true
	}
	for _, requirement := range options.FieldSelector.Requirements() {
		extract := indexes[fmt.Sprint(kindOf(v.Object), requirement.Field)]
		found := false
		for _, value := range extract(v.Object) {
			found = found || value == requirement.Value
		}
		if !found {
			return false
		}
	}
	return true
}

// catchUp lets a cache follow one more change, which may queue the ExtendedJob.
func (w *world) catchUp(p *process, k kind) {
	c := w.history[k][p.cache[k].changes].seen(k)
	p.cache[k] = w.next(k, p.cache[k])
	p.queued = p.queued || w.wakes(p, k, c)
}

// wakes reports whether the controller's watches queue the ExtendedJob for a change.
func (w *world) wakes(p *process, k kind, c change) bool {
	cache := &session{world: w, process: p}
	reader := newReconciler(dependencies{Client: cache, ExtendedJobs: typedCache{cache}}, Options{})
	for _, v := range []*version{c.before, c.after} {
		if v == nil {
			continue
		}
		switch k {
		case extendedJobs:
			return true
		case jobs:
			owner := metav1.GetControllerOf(v)
			if owner != nil && owner.Kind == "ExtendedJob" && owner.Name == key.Name {
				return true
			}
		case pods:
			if passes(runpods.Predicate(), c) && len(reader.extendedJobOfPod(context.Background(), v.Object)) > 0 {
				return true
			}
		case secrets:
			if passes(ownerChanged(), c) && len(reader.extendedJobsOfOutput(context.Background(), v.Object)) > 0 ||
				len(reader.extendedJobsOfInput(configrefs.Secret)(context.Background(), v.Object)) > 0 {
				return true
			}
		}
	}
	return false
}

func passes(p interface {
	Create(event.CreateEvent) bool
	Update(event.UpdateEvent) bool
	Delete(event.DeleteEvent) bool
}, c change) bool {
	switch {
	case c.before == nil:
		return p.Create(event.CreateEvent{Object: c.after.Object})
	case c.after == nil:
		return p.Delete(event.DeleteEvent{Object: c.before.Object})
	default:
		return p.Update(event.UpdateEvent{ObjectOld: c.before.Object, ObjectNew: c.after.Object})
	}
}
