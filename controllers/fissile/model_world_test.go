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
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// key is the name of the model's only ExtendedJob.
var key = types.NamespacedName{Namespace: "ns", Name: "ej"}

const (
	// longTime is longer than any wait.
	longTime = 2 * time.Minute
	// jobRecorded is how long a process knows a Job before the status records it.
	jobRecorded = 30 * time.Second
)

// budget is how much may still happen to a world.
type budget struct {
	// edits are the user's, faults are calls that go wrong, kills are ends of the
	// operator, and pauses are reconciles that are held up.
	edits, faults, kills, pauses int8
}

// world is a state of the model: what is stored, what the operator's processes know,
// the time, and what the check remembers. It is a value: a copy is a world of its own.
type world struct {
	scenario *scenario
	store
	now time.Time
	// leader is the process that has the lease. old is one that had it when it was held
	// up in the middle of a reconcile.
	leader process
	old    *process
	// dead is true while no process has the lease.
	dead bool
	// released is true if the last process gave the lease back when it ended.
	released bool
	// underWay is a request that its process gave up, or did not live to see answered,
	// and that the server has yet to receive.
	underWay *underWay
	// refusedBy is what currently refuses Jobs.
	refusedBy refuser
	// failing is a prefix: for now, all calls whose names begin with it fail. It is
	// empty if none do.
	failing string
	budget  budget
	record  record

	violation string
	tracing   bool
	notes     []string
}

type underWay struct {
	what    string
	sent    []byte
	request func(*world) answer
	since   time.Time
}

// successor is a world that may follow another, by one event.
type successor struct {
	event string
	world *world
	// fair events happen sooner or later whatever the user does.
	fair bool
}

func (w *world) note(format string, args ...any) {
	if w.tracing {
		w.notes = append(w.notes, fmt.Sprintf(format, args...))
	}
}

// successors returns all worlds that may follow. The fair events come in the order in
// which they happen if nothing else does.
func (w *world) successors() []successor {
	var all []successor
	add := func(fair bool, event string, do func(*world)) *world {
		next := *w
		next.notes = nil
		do(&next)
		next.keepUp()
		next.checkJobs()
		all = append(all, successor{event, &next, fair})
		return &next
	}

	if w.refusedBy != "" {
		add(true, fmt.Sprintf("%s lets Jobs pass", w.refusedBy), func(w *world) { w.refusedBy = "" })
	}
	if w.underWay != nil {
		add(true, "the request on its way arrives: "+w.underWay.what, func(w *world) {
			request := w.underWay.request
			w.underWay = nil
			w.note("  %s", request(w))
		})
	}
	w.addStarts(add)
	if w.old != nil {
		add(true, "the old leader goes on", func(w *world) {
			old := *w.old
			w.old = nil
			w.reconcile(&old, failure{})
		})
		if w.scenario.oldFollows && w.old.behind(w) {
			add(false, "the old leader's caches catch up", func(w *world) {
				old := *w.old
				for k := range kinds {
					old.cache[k] = w.viewAt(k, len(w.history[k]))
				}
				w.old = &old
			})
		}
	}
	if !w.dead {
		w.addReconciles(add)
		if w.leader.paused != nil && w.old == nil {
			add(false, "another replica takes over after the lease has expired", func(w *world) {
				old := w.leader
				w.old = &old
				w.pass(leaseDuration)
				w.lost()
			})
		}
		if w.budget.kills > 0 && w.leader.paused == nil {
			if w.scenario.handover {
				add(false, "the operator ends in good order", func(w *world) {
					w.budget.kills--
					w.handOver()
				})
			} else {
				add(false, "the operator is stopped", func(w *world) {
					w.budget.kills--
					w.lost()
				})
			}
		}
	}
	w.addJobs(add)
	if slices.ContainsFunc(slices.Concat(w.objects[:]...), func(v *version) bool { return w.orphaned(v) || v.GetDeletionTimestamp() != nil }) {
		add(true, "the garbage collector runs", (*world).collectGarbage)
	}
	add(true, "5 s pass", func(w *world) { w.pass(plan.CreateWindow) })
	add(true, "a long time passes", func(w *world) { w.pass(longTime) })
	if w.budget.edits > 0 {
		for _, edit := range w.scenario.edits {
			if edit.when(w) {
				add(false, edit.name, func(w *world) {
					w.budget.edits--
					edit.do(w)
				})
			}
		}
	}
	return all
}

type adder func(fair bool, event string, do func(*world)) *world

// addStarts starts a process if there is none. Its caches show what is stored, or less
// if they were filled from an API server that lags behind.
func (w *world) addStarts(add adder) {
	if !w.dead {
		return
	}
	start := func(event string, lag [kinds]int) {
		add(lag == [kinds]int{}, event, func(w *world) {
			if w.underWay != nil && !w.released {
				w.pass(leaseDuration)
			}
			w.dead, w.released = false, false
			for k := range kinds {
				w.leader.cache[k] = w.viewAt(k, max(0, len(w.history[k])-lag[k]))
			}
			w.leader.queued = find(w.leader.cache[extendedJobs].objects, key.Name) != nil
		})
	}
	start("the operator starts", [kinds]int{})
	for _, k := range w.scenario.lags {
		for lag := 1; lag <= w.scenario.relistLag && lag < len(w.history[k]); lag++ {
			behind := [kinds]int{}
			behind[k] = lag
			start(fmt.Sprintf("the operator starts and lists %ss %d writes ago", k, lag), behind)
		}
	}
}

// addReconciles lets the leader's caches catch up and its worker run.
func (w *world) addReconciles(add adder) {
	for k := range kinds {
		if w.leader.cache[k].changes == len(w.history[k]) {
			continue
		}
		add(true, fmt.Sprintf("the cache catches up by one %s", k), func(w *world) { w.catchUp(&w.leader, k) })
	}
	if w.leader.paused != nil {
		add(true, "the operator goes on", func(w *world) { w.reconcile(&w.leader, failure{}) })
		return
	}
	if !w.leader.queued && (w.leader.timer.IsZero() || w.leader.timer.After(w.now)) {
		return
	}
	var calls []apiCall
	add(true, "the operator reconciles", func(w *world) { calls = w.reconcile(&w.leader, failure{}).calls })
	for i, c := range calls {
		fail := func(f fault, spend func(*budget)) {
			add(false, fmt.Sprintf("the operator reconciles up to call %d, %s, %s", i+1, c.what, f), func(w *world) {
				spend(&w.budget)
				w.reconcile(&w.leader, failure{f, i + 1})
				switch f {
				case killed, inFlight:
					w.lost()
				case cutOff:
					w.handOver()
				}
			})
		}
		spendFault, spendKill := func(b *budget) { b.faults-- }, func(b *budget) { b.kills-- }
		switch {
		case w.budget.faults == 0:
		case w.scenario.late:
			if c.write && w.underWay == nil {
				fail(late, spendFault)
			}
		default:
			fail(failed, spendFault)
			if c.write {
				fail(unanswered, spendFault)
			}
			if c.locked {
				fail(conflicted, spendFault)
			}
		}
		switch {
		case w.budget.kills == 0 || !c.write:
		case w.scenario.handover:
			if w.underWay == nil {
				fail(cutOff, spendKill)
			}
		default:
			fail(killed, spendKill)
			fail(inFlight, spendKill)
		}
		if w.budget.pauses > 0 && (len(w.scenario.pausesAt) == 0 || slices.Contains(w.scenario.pausesAt, c.what)) {
			fail(heldUp, func(b *budget) { b.pauses-- })
		}
	}
}

// addJobs lets Jobs and their pods end.
func (w *world) addJobs(add adder) {
	for _, v := range w.objects[jobs] {
		job := v.Object.(*batchv1.Job)
		if isForeign(job) || runjob.Finished(job) != nil || job.DeletionTimestamp != nil {
			continue
		}
		add(true, job.Name+" completes", func(w *world) { w.endJob(v, batchv1.JobComplete, corev1.PodSucceeded) })
		if w.scenario.jobsFail {
			add(false, job.Name+" fails", func(w *world) { w.endJob(v, batchv1.JobFailed, corev1.PodFailed) })
		}
		if run := w.record.of(job); w.scenario.retries && run != nil && run.attempts == 1 {
			add(false, "the pod of "+job.Name+" fails and another follows", func(w *world) { w.retry(v) })
		}
	}
	for _, v := range w.objects[pods] {
		if pod := v.Object.(*corev1.Pod); ownerUID(pod) == "" && !runpods.Ended(pod) {
			add(true, fmt.Sprintf("orphaned %s ends", pod.Name), func(w *world) { w.endPod(v, corev1.PodSucceeded) })
		}
	}
}

func (w *world) pass(d time.Duration) {
	w.now = w.now.Add(d)
	if w.underWay != nil && w.now.Sub(w.underWay.since) > plan.CreateWindow {
		w.underWay = nil
	}
}

// handOver ends the leader's process as SIGTERM does: the process records what only it
// knows and releases the lease.
func (w *world) handOver() {
	w.leader.handOver(w)
	w.lost()
	w.released = true
}

// lost ends the leader's process.
func (w *world) lost() {
	w.leader = process{}
	w.dead = true
	w.record.memoryLost()
}

// keepUp updates the leader's caches at once for all kinds that do not lag behind.
func (w *world) keepUp() {
	if w.dead {
		return
	}
	for k := range kinds {
		if slices.Contains(w.scenario.lags, k) {
			continue
		}
		for w.leader.cache[k].changes < len(w.history[k]) {
			w.catchUp(&w.leader, k)
		}
	}
}

// createJob stores a Job and, as the Job controller does, its pod.
func (w *world) createJob(job *batchv1.Job) (*version, error) {
	job.CreationTimestamp = metav1.NewTime(w.now)
	stored, err := w.create(job)
	if err != nil {
		return nil, err
	}
	return stored, w.createPod(job, 1)
}

func (w *world) createPod(job *batchv1.Job, attempt int8) error {
	_, err := w.create(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: podName(job.Name, attempt), Namespace: job.Namespace,
			Labels: labels.Merge(job.Spec.Template.Labels, map[string]string{batchv1.ControllerUidLabel: string(job.UID)}),
			OwnerReferences: []metav1.OwnerReference{
				*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job")),
			},
		},
		Status: corev1.PodStatus{Phase: corev1.PodRunning},
	})
	return err
}

func podName(jobName string, attempt int8) string {
	return fmt.Sprintf("%s-pod-%d", jobName, attempt)
}

// retry lets a Job's pod fail, and its controller create another.
func (w *world) retry(v *version) {
	job := v.Object.(*batchv1.Job)
	for _, pod := range w.objects[pods] {
		if ownerUID(pod) == job.UID && !runpods.Ended(pod.Object.(*corev1.Pod)) {
			w.endPod(pod, corev1.PodFailed)
		}
	}
	run := w.record.of(job)
	run.attempts++
	if err := w.createPod(job, run.attempts); err != nil {
		panic(err)
	}
}

func (w *world) endJob(v *version, condition batchv1.JobConditionType, phase corev1.PodPhase) {
	for _, pod := range w.objects[pods] {
		if ownerUID(pod) == v.GetUID() && !runpods.Ended(pod.Object.(*corev1.Pod)) {
			w.endPod(pod, phase)
		}
	}
	job := v.Object.(*batchv1.Job).DeepCopy()
	end := batchv1.JobCondition{Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(w.now)}
	if condition == batchv1.JobFailed {
		end.Reason = batchv1.JobReasonBackoffLimitExceeded
	}
	job.Status.Conditions = append(job.Status.Conditions, end)
	for _, pod := range w.objects[pods] {
		if ownerUID(pod) == v.GetUID() && pod.Object.(*corev1.Pod).Status.Phase == corev1.PodFailed {
			job.Status.Failed++
		}
	}
	w.put(jobs, v, job)
	w.record.ended(job)
}

func (w *world) endPod(v *version, phase corev1.PodPhase) {
	pod := v.Object.(*corev1.Pod).DeepCopy()
	pod.Status.Phase = phase
	w.put(pods, v, pod)
}

// deleteObject deletes an object as the API server does for a propagation policy. The
// garbage collector does the rest.
func (w *world) deleteObject(k kind, v *version, propagation metav1.DeletionPropagation) {
	if propagation == metav1.DeletePropagationForeground {
		obj := v.DeepCopyObject().(client.Object)
		obj.SetDeletionTimestamp(new(metav1.NewTime(w.now)))
		w.put(k, v, obj)
		return
	}
	w.remove(k, v)
	if propagation != metav1.DeletePropagationOrphan {
		return
	}
	for dependent := range kinds {
		for _, d := range w.objects[dependent] {
			if ownerUID(d) == v.GetUID() {
				obj := d.DeepCopyObject().(client.Object)
				obj.SetOwnerReferences(nil)
				w.put(dependent, d, obj)
			}
		}
	}
}

// collectGarbage deletes objects that have lost their owner, and those that waited for
// that.
func (w *world) collectGarbage() {
	for k := range kinds {
		for _, v := range w.objects[k] {
			if v.GetDeletionTimestamp() != nil {
				w.remove(k, v)
			}
		}
	}
	for k := range kinds {
		for _, v := range w.objects[k] {
			if w.orphaned(v) {
				w.remove(k, v)
			}
		}
	}
}

// extendedJob returns the ExtendedJob as it is stored, or nil if there is none.
func (w *world) extendedJob() *fissilev1.ExtendedJob {
	if v := find(w.objects[extendedJobs], key.Name); v != nil {
		return v.Object.(*fissilev1.ExtendedJob)
	}
	return nil
}

// identity is equal for two worlds if the same can happen in both. Only the order of
// revisions counts, and of times only what is still ahead of them.
func (w *world) identity() [16]byte {
	e := encoder{world: w}
	for k := range kinds {
		e.versions(w.objects[k])
	}
	e.process(&w.leader)
	e.flag(w.dead)
	e.flag(w.released)
	e.text(string(w.refusedBy))
	e.text(w.failing)
	if w.old != nil {
		e.process(w.old)
	}
	if w.underWay != nil {
		e.text(w.underWay.what)
		e.out = append(e.out, w.underWay.sent...)
		e.age(w.underWay.since, plan.CreateWindow)
	}
	if w.dead || w.budget.kills > 0 || w.leader.paused != nil {
		for _, k := range w.scenario.lags {
			// A lagging API server may still show these to a process that starts.
			for _, c := range w.history[k][max(0, len(w.history[k])-w.scenario.relistLag):] {
				e.version(c.before)
				e.version(c.after)
			}
		}
	}
	e.text(fmt.Sprint(w.budget, w.record))
	return e.sum()
}

type encoder struct {
	world *world
	out   []byte
	// These are revisions, and the positions in out that their ranks go to.
	revisions []int64
	positions []int
}

func (e *encoder) flag(b bool) {
	e.out = strconv.AppendBool(e.out, b)
}

func (e *encoder) text(s string) {
	e.out = binary.AppendUvarint(e.out, uint64(len(s)))
	e.out = append(e.out, s...)
}

func (e *encoder) revision(r int64) {
	e.revisions = append(e.revisions, r)
	e.positions = append(e.positions, len(e.out))
	e.out = append(e.out, 0)
}

// ages are the points at which a past or future time makes a difference.
var ages = []time.Duration{-longTime, -plan.CreateWindow, 0, modelDebounce, plan.CreateWindow, leaseDuration + plan.CreateWindow, jobRecorded}

// age encodes how long ago something was, up to atMost, as far as that matters.
func (e *encoder) age(t time.Time, atMost time.Duration) {
	if t.IsZero() {
		e.out = append(e.out, 0xff)
		return
	}
	age := min(e.world.now.Sub(t), atMost)
	bucket, exact := slices.BinarySearch(ages, age)
	if !exact {
		bucket--
	}
	e.out = append(e.out, byte(bucket))
}

func (e *encoder) versions(all []*version) {
	e.out = append(e.out, byte(len(all)))
	for _, v := range all {
		e.version(v)
	}
}

func (e *encoder) version(v *version) {
	if v == nil {
		e.out = append(e.out, 0)
		return
	}
	e.out = append(e.out, v.content[:]...)
	e.revision(v.revision)
}

func (e *encoder) process(p *process) {
	if p.memory != nil {
		e.memory(*p.memory)
	}
	for k := range kinds {
		e.versions(p.cache[k].objects)
		if p.cache[k].changes == 0 && e.world.dead {
			continue
		}
		for _, c := range e.world.history[k][p.cache[k].changes:] {
			e.version(c.before)
			e.version(c.after)
		}
	}
	e.flag(p.queued)
	e.age(p.timer, 0)
	if p.paused == nil {
		return
	}
	e.age(p.paused.since, longTime)
	for _, a := range p.paused.answers {
		e.versions(a.objects)
		e.text(fmt.Sprint(a.err, a.log, a.random))
		e.age(a.time, longTime)
	}
}

func (e *encoder) sum() [16]byte {
	order := slices.Clone(e.revisions)
	slices.SortFunc(order, cmp.Compare[int64])
	order = slices.Compact(order)
	for i, r := range e.revisions {
		rank, _ := slices.BinarySearch(order, r)
		e.out[e.positions[i]] = byte(rank)
	}
	sum := sha256.Sum256(e.out)
	return [16]byte(sum[:16])
}
