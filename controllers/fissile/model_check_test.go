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
	"errors"
	"fmt"
	"slices"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// foreignLabel is on objects that are none of the operator's business.
const foreignLabel = "foreign"

func isForeign(obj client.Object) bool { return obj.GetLabels()[foreignLabel] != "" }

// record is what the check remembers of an ExtendedJob, from its creation on.
type record struct {
	uid types.UID
	// triggers are the requests that the user made, started the Jobs that were
	// created, once those of them with the cause Once.
	triggers, started, once int8
	// excused is how many more Jobs than triggers there may be: a documented
	// exception has occurred.
	excused int8
	// outstanding is the request that must still be served, by its number; 0 for
	// none.
	outstanding int8
	// inputAhead is true when the Secret that the pods read was written after the
	// last Job was created.
	inputAhead bool
	runs       [8]runRecord
}

// runRecord is what the check remembers of a run.
type runRecord struct {
	// created is how often its Job was created, excused how often it may be
	// beside once.
	created, excused int8
	// unseen is true when the user deleted the Job and only the process that
	// created it knows that it existed.
	unseen bool
	// serves is the request that was outstanding when the run was claimed.
	serves int8
	// finished, succeeded and deleted tell what became of its Job, settled that
	// the operator has settled the run.
	finished, succeeded, deleted, settled bool
}

func (r *record) of(job *batchv1.Job) *runRecord {
	if r.uid == "" || ownerUID(job) != r.uid {
		return nil
	}
	return &r.runs[runOf(job.Name)]
}

// requested notes that the user asks for a run.
func (r *record) requested() {
	r.triggers++
	r.outstanding = r.triggers
}

// changed notes that the Secret that the pods read is written.
func (r *record) changed() {
	r.triggers++
	r.inputAhead = true
}

// ended notes that a Job has finished.
func (r *record) ended(job *batchv1.Job) {
	if run := r.of(job); run != nil {
		run.finished = true
		run.succeeded = plan.Finished(job).Type == batchv1.JobComplete
	}
}

// memoryLost notes the documented exception: a Job that the user deleted before
// the status told of it, and that no process remembers, may be created again.
func (r *record) memoryLost() {
	for i := range r.runs {
		if r.runs[i].unseen {
			r.runs[i].unseen = false
			r.runs[i].excused++
			r.excused++
		}
	}
}

// fail notes that a guarantee does not hold.
func (w *world) fail(format string, args ...any) {
	if w.violation == "" {
		w.violation = fmt.Sprintf(format, args...)
	}
}

func (w *world) operatorCreates(obj client.Object) (*version, error) {
	job, ok := obj.(*batchv1.Job)
	if !ok {
		return w.create(obj)
	}
	v, err := w.createJob(job)
	if err != nil {
		return nil, err
	}
	run := w.record.of(job)
	if run == nil {
		// Its ExtendedJob is gone; the garbage collector takes it.
		return v, nil
	}
	w.record.inputAhead = false
	run.created++
	w.record.started++
	if run.created > 1+run.excused {
		w.fail("run %d has a second Job", runOf(job.Name))
	}
	if w.record.started > w.record.triggers+w.record.excused {
		w.fail("%d Jobs were created for %d requests", w.record.started, w.record.triggers)
	}
	if job.Annotations[fissilev1.AnnotationRunCause] == string(fissilev1.CauseOnce) {
		w.record.once++
		if w.record.once > 1+w.record.excused {
			w.fail("a one-off ran %d times", w.record.once)
		}
	}
	return v, nil
}

func (w *world) operatorPatches(k kind, name string, patchType types.PatchType, data []byte, status bool) (*version, error) {
	before, err := w.get(k, name)
	if err != nil {
		return nil, err
	}
	after, err := w.patch(k, name, patchType, data, status)
	if err != nil {
		return nil, err
	}
	if after != before && isForeign(before) {
		w.fail("%s %s is somebody else's and was changed", k, name)
	}
	switch k {
	case extendedJobs:
		w.checkExtendedJob(before.Object.(*fissilev1.ExtendedJob), after.Object.(*fissilev1.ExtendedJob))
	case secrets:
		if printedByRun(before) > printedByRun(after) {
			w.fail("Secret %s had the output of run %d and got that of run %d", name, printedByRun(before), printedByRun(after))
		}
	}
	return after, nil
}

// checkExtendedJob judges a write of the operator.
func (w *world) checkExtendedJob(before, after *fissilev1.ExtendedJob) {
	r := &w.record
	if run := after.Status.LastRun; run != nil && (before.Status.LastRun == nil || before.Status.LastRun.ClaimID != run.ClaimID) {
		if claimed := &r.runs[run.Number]; claimed.created == 0 {
			claimed.serves = r.outstanding
		}
	}

	settled := plan.ReadSettled(after)
	run := &r.runs[settled.Number]
	over := run.finished || run.deleted
	if from, to := before.Spec.Trigger.Strategy, after.Spec.Trigger.Strategy; from != to {
		if !over {
			w.fail("the strategy is set back from %s to %s before a run is over", from, to)
		}
		served := r.outstanding <= run.serves
		seen := before.Status.LastRun != nil && before.Status.LastRun.StrategyChanged != nil
		merged := !run.settled && !seen
		appliedAgain := from == fissilev1.StrategyOnce && plan.ReadSettled(before).OneOffDone
		if !served && !merged && !appliedAgain {
			w.fail("request %d, made after run %d was claimed, is set back", r.outstanding, settled.Number)
		}
		r.outstanding = 0
	}
	if settled.Number > plan.ReadSettled(before).Number {
		run.settled = true
		switch {
		case settled.Result == fissilev1.ResultCancelled && run.created > run.excused && !run.deleted:
			w.fail("run %d is cancelled and has a Job", settled.Number)
		case settled.Result != fissilev1.ResultCancelled && !over:
			w.fail("run %d is settled as %s before it is over", settled.Number, settled.Result)
		}
		if settled.Result == fissilev1.ResultSucceeded && run.succeeded && w.scenario.output != nil && !w.stored(int(settled.Number)) {
			w.fail("run %d is settled as %s before its output is stored", settled.Number, settled.Result)
		}
	}
}

// stored tells whether a Secret holds the output of a run, or of a later one.
func (w *world) stored(run int) bool {
	return slices.ContainsFunc(w.objects[secrets], func(v *version) bool {
		return v.GetAnnotations()[fissilev1.AnnotationOwnerUID] == string(w.record.uid) && printedByRun(v) >= run
	})
}

// obstructed tells whether a Secret that is not the ExtendedJob's stands where
// its output goes.
func (w *world) obstructed() bool {
	v := find(w.objects[secrets], outputSecret)
	return v != nil && ownerUID(v) != w.record.uid
}

// printedByRun is the number of the run whose output a Secret holds.
func printedByRun(secret client.Object) int {
	run, _ := strconv.Atoi(secret.GetAnnotations()[fissilev1.AnnotationRun])
	return run
}

func (w *world) operatorDeletes(k kind, name string, preconditions *metav1.Preconditions) error {
	v, err := w.get(k, name)
	if err != nil {
		return err
	}
	if preconditions != nil && (preconditions.UID != nil && *preconditions.UID != v.GetUID() ||
		preconditions.ResourceVersion != nil && *preconditions.ResourceVersion != v.GetResourceVersion()) {
		return apierrors.NewConflict(k.resource(), name, errors.New("the preconditions do not hold"))
	}
	if isForeign(v) {
		w.fail("%s %s is somebody else's and was deleted", k, name)
	}
	if job, ok := v.Object.(*batchv1.Job); ok {
		w.checkDeletion(job)
	}
	w.remove(k, v)
	return nil
}

// checkDeletion judges that the operator deletes a Job.
func (w *world) checkDeletion(job *batchv1.Job) {
	run, ej := w.record.of(job), w.extendedJob()
	if run == nil || ej == nil {
		return
	}
	number := runOf(job.Name)
	if !run.finished && run.created <= 1+run.excused {
		w.fail("%s is deleted before it has finished", job.Name)
	}
	newer := ej.Status.LastRun != nil && int(ej.Status.LastRun.Number) > number
	if w.scenario.output != nil && run.succeeded && !w.stored(number) && !newer {
		w.fail("%s is deleted before its output is stored", job.Name)
	}
}

// checkJobs fails if two Jobs of the ExtendedJob are active.
func (w *world) checkJobs() {
	var active []string
	for _, v := range w.objects[jobs] {
		job := v.Object.(*batchv1.Job)
		if w.record.of(job) != nil && plan.Finished(job) == nil && job.DeletionTimestamp == nil {
			active = append(active, job.Name)
		}
	}
	if len(active) > 1 {
		w.fail("two Jobs are active: %v", active)
	}
}

// checkRest judges a world in which nothing happens any more unless somebody
// does something.
func (w *world) checkRest() {
	for _, k := range []kind{jobs, pods, secrets} {
		for _, v := range w.objects[k] {
			if w.orphaned(v) {
				w.fail("%s %s is left behind", k, v.GetName())
			}
		}
	}
	if ej := w.extendedJob(); ej != nil && ej.DeletionTimestamp == nil {
		w.checkSettled(ej)
	}

	// A restart finds nothing to do.
	again := *w
	again.leader = process{queued: true}
	for k := range kinds {
		again.leader.cache[k] = w.viewAt(k, len(w.history[k]))
	}
	again.tracing, again.notes = true, nil
	if s := again.reconcile(&again.leader, failure{}); s.writes > 0 {
		w.fail("at rest, a restart writes: %q", again.notes)
	}
}

// checkSettled judges an ExtendedJob at rest.
func (w *world) checkSettled(ej *fissilev1.ExtendedJob) {
	r := &w.record
	suspended := ej.Spec.Suspend != nil && *ej.Spec.Suspend
	waits := w.scenario.input && find(w.objects[secrets], input) == nil
	if !suspended && !waits {
		if s := ej.Spec.Trigger.Strategy; s != fissilev1.StrategyManual && s != fissilev1.StrategyDone {
			w.fail("the strategy stays %s", s)
		}
		if r.outstanding != 0 {
			w.fail("request %d is never served", r.outstanding)
		}
		if w.scenario.input && r.inputAhead {
			w.fail("the last change of what the pods read is never run")
		}
	}

	var kept struct{ succeeded, failed int }
	var newest *batchv1.Job
	for _, v := range w.objects[jobs] {
		job := v.Object.(*batchv1.Job)
		run := r.of(job)
		switch {
		case run == nil:
			continue
		case run.succeeded && !w.obstructed():
			kept.succeeded++
		default:
			kept.failed++
		}
		newest = job
	}
	if kept.succeeded > 0 || kept.failed > 1 {
		w.fail("%d succeeded and %d failed Jobs are kept", kept.succeeded, kept.failed)
	}

	status := ej.Status
	settled := plan.ReadSettled(ej)
	switch {
	case status.ObservedGeneration == nil || *status.ObservedGeneration != ej.Generation:
		w.fail("the status is about an earlier generation")
	case status.Active != "":
		w.fail("the status says that %s is active", status.Active)
	case status.LastRun == nil:
		if settled.Number == 0 && r.started > 0 && newest != nil {
			w.fail("the status knows of no run")
		}
	case status.LastRun.Number != settled.Number || *status.SettledRun != settled.Number:
		w.fail("run %d is the last, %d is settled in the status and %d in the annotation", status.LastRun.Number, *status.SettledRun, settled.Number)
	case status.LastRun.Result == "" || status.LastRun.Result != settled.Result && status.LastRun.Result != fissilev1.ResultSucceeded:
		w.fail("run %d was settled as %s and is reported as %s", settled.Number, settled.Result, status.LastRun.Result)
	}

	for number := range r.runs {
		if run := &r.runs[number]; w.scenario.output != nil && run.succeeded && !run.deleted && !w.stored(number) && !w.obstructed() {
			w.fail("the output of run %d is lost", number)
		}
	}
}
