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
	"net/http"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// foreignLabel marks objects that are none of the operator's business.
const foreignLabel = "foreign"

func isForeign(obj client.Object) bool { return obj.GetLabels()[foreignLabel] != "" }

// record is what the check remembers of an ExtendedJob, from its creation on.
type record struct {
	uid types.UID
	// triggers are the requests that the user made, started are the Jobs that were
	// created, and once are those of them with the cause Once.
	triggers, started, once int8
	// excused is by how much Jobs may outnumber triggers: a documented exception has
	// occurred.
	excused int8
	// outstanding is the number of the request that must still be served; 0 for none.
	outstanding int8
	// onceOver is true when a run with the cause Once is over.
	onceOver bool
	// edition is what the user wants to run: it counts the edits of pod template and
	// output. ran is the edition of the last Job that was created.
	edition, ran int8
	// resting is the strategy that the user last chose for when no run is due.
	// knownResting is the last of those that the operator has observed in a status.
	resting, knownResting fissilev1.TriggerStrategy
	// inputAhead is true if the Secret that the pods read was written after the last
	// Job was created.
	inputAhead bool
	// unread is how many reads of a log have failed, up to the number at which a log
	// that still cannot be read is given up.
	unread int8
	runs   [8]runRecord
}

// unreadForLong is how many failed reads it takes until a log is given up.
const unreadForLong = 2

// runRecord is what the check remembers of a run.
type runRecord struct {
	// created is how often its Job was created. excused is how often more than once it
	// may be.
	created, excused int8
	// unseen is true if the user deleted the Job and only the process that created it
	// knows that it existed.
	unseen bool
	// claim is the run's last claim. generation and claimed are the generation and the
	// edition that it is for.
	claim      string
	generation int64
	claimed    int8
	// serves is the request that was outstanding when the run was claimed.
	serves int8
	// once is true if the run's cause is Once.
	once bool
	// edition is what its Job ran, and attempts how many pods the Job has had.
	edition, attempts int8
	// finished, succeeded and deleted say what became of its Job. settled says that the
	// operator has settled the run.
	finished, succeeded, deleted, settled bool
	// outputDeleted is true if the user deleted the Secret with the run's output.
	outputDeleted bool
}

func (r *record) of(job *batchv1.Job) *runRecord {
	if r.uid == "" || ownerUID(job) != r.uid || isForeign(job) {
		return nil
	}
	return &r.runs[runOf(job.Name)]
}

// requested notes that the user requests a run.
func (r *record) requested() {
	r.triggers++
	r.outstanding = r.triggers
}

// set notes that the user sets a strategy. The first run with the cause Once serves
// every "once".
func (r *record) set(strategy fissilev1.TriggerStrategy) {
	r.outstanding = 0
	if strategy == fissilev1.StrategyNow || strategy == fissilev1.StrategyOnce && !r.onceOver {
		r.requested()
	}
	if strategy != fissilev1.StrategyNow {
		r.resting = resting(strategy)
	}
}

// resting returns what a strategy becomes when no run is due.
func resting(strategy fissilev1.TriggerStrategy) fissilev1.TriggerStrategy {
	if strategy == fissilev1.StrategyOnce {
		return fissilev1.StrategyDone
	}
	return strategy
}

// edited notes that the user edits the pod template or the output.
func (w *world) edited(edition int8) {
	w.record.edition = edition
	if w.editionMatters() {
		w.record.triggers++
	}
}

// editionMatters reports whether another edition runs a one-off again.
func (w *world) editionMatters() bool { return w.scenario.onTemplateChange || w.scenario.input }

// requestOutstanding reports whether a run for the newest generation is still to come:
// the user requested it, and no run that is over has served the request.
func (w *world) requestOutstanding(ej *fissilev1.ExtendedJob) bool {
	return w.record.outstanding != 0 || w.editionDue(ej)
}

// editionDue reports whether a one-off has to run again because of the user's edits.
func (w *world) editionDue(ej *fissilev1.ExtendedJob) bool {
	r := &w.record
	return w.editionMatters() && ej.Spec.Trigger.Strategy == fissilev1.StrategyDone && r.started > 0 && r.edition != r.ran
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
		run.succeeded = runjob.Finished(job).Type == batchv1.JobComplete
	}
}

// memoryLost notes the documented exception: a Job that the user deleted before the
// status recorded it, and that no process remembers, may be created again.
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
		v, err := w.create(obj)
		if err == nil {
			w.checkOutput(v)
		}
		return v, err
	}
	if err := w.refuse(job); err != nil {
		return nil, err
	}
	v, err := w.createJob(job)
	if err != nil {
		return nil, err
	}
	run := w.record.of(job)
	if run == nil {
		// Its ExtendedJob is gone, and the garbage collector takes it.
		return v, nil
	}
	w.record.inputAhead = false
	run.created++
	run.attempts = 1
	run.edition = editionOfJob(job)
	w.record.ran = run.edition
	w.record.started++
	if job.Annotations[fissilev1.AnnotationClaim] == run.claim && run.edition != run.claimed {
		w.fail("run %d was claimed for edition %d and its Job runs edition %d", runOf(job.Name), run.claimed, run.edition)
	}
	if run.created > 1+run.excused {
		w.fail("run %d has a second Job", runOf(job.Name))
	}
	if w.record.started > w.record.triggers+w.record.excused {
		w.fail("%d Jobs were created for %d requests", w.record.started, w.record.triggers)
	}
	if job.Annotations[fissilev1.AnnotationRunCause] == string(fissilev1.CauseOnce) {
		run.once = true
		w.record.once++
		if w.record.once > 1+w.record.excused {
			w.fail("a one-off ran %d times", w.record.once)
		}
	}
	return v, nil
}

// refuse returns the API server's answer to a Job, or nil if it accepts the Job.
func (w *world) refuse(job *batchv1.Job) error {
	switch {
	case w.refusedBy == quota:
		return apierrors.NewForbidden(jobs.resource(), job.Name, errors.New("exceeded quota: jobs, requested: count/jobs.batch=1"))
	case w.refusedBy == policy:
		const message = "ValidatingAdmissionPolicy 'policy' with binding 'policy' denied request: no"
		refused := apierrors.NewForbidden(jobs.resource(), job.Name, errors.New(message))
		refused.ErrStatus.Reason, refused.ErrStatus.Code = metav1.StatusReasonInvalid, http.StatusUnprocessableEntity
		refused.ErrStatus.Details.Causes = []metav1.StatusCause{{Message: message}}
		return refused
	case job.Spec.Template.Spec.Containers[0].Image == invalidImage:
		path := field.NewPath("spec", "template", "spec", "containers").Index(0).Child("image")
		return apierrors.NewInvalid(schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}, job.Name, field.ErrorList{field.Invalid(path, invalidImage, "no image")})
	default:
		return nil
	}
}

// dryRun returns a Job as the API server would make it.
func (w *world) dryRun(job *batchv1.Job) (*version, error) {
	if err := w.refuse(job); err != nil {
		return nil, err
	}
	return &version{Object: job, content: content(job)}, nil
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
		if after != before {
			w.checkOutput(after)
		}
	}
	return after, nil
}

// checkExtendedJob judges a write of the operator.
func (w *world) checkExtendedJob(before, after *fissilev1.ExtendedJob) {
	if claim := claimOf(after); claim != "" && claim != claimOf(before) {
		w.noteClaim(after)
	}
	if before.Spec.Trigger.Strategy != after.Spec.Trigger.Strategy {
		w.checkSetBack(before, after)
	}
	settled, _ := settledRun(after)
	if was, _ := settledRun(before); settled > was {
		w.checkSettle(after)
	}
	if observes(after) && after.Spec.Trigger.Strategy != fissilev1.StrategyNow {
		w.record.knownResting = resting(after.Spec.Trigger.Strategy)
	}
	w.checkConditions(after)
}

func (w *world) noteClaim(ej *fissilev1.ExtendedJob) {
	claimed := &w.record.runs[lastRun(ej)]
	if claimed.created == 0 {
		claimed.serves = w.record.outstanding
		claimed.once = causeOf(ej) == fissilev1.CauseOnce
	}
	claimed.claim, claimed.generation, claimed.claimed = claimOf(ej), ej.Generation, editionOf(ej)
}

// checkSetBack judges a change of the strategy by the operator.
func (w *world) checkSetBack(before, after *fissilev1.ExtendedJob) {
	r := &w.record
	settled, _ := settledRun(after)
	run := &r.runs[settled]
	from, to := before.Spec.Trigger.Strategy, after.Spec.Trigger.Strategy
	appliedAgain := from == fissilev1.StrategyOnce && (r.onceOver || run.once)
	if !run.finished && !run.deleted && !appliedAgain {
		w.fail("the strategy is set back from %s to %s before a run is over", from, to)
	}
	if to != r.resting && to != r.knownResting {
		w.fail("the strategy is set back from %s to %s, and was %s before that", from, to, r.resting)
	}
	sameEdition := run.edition == r.edition || run.once
	served := r.outstanding <= run.serves && sameEdition
	merged := !run.settled && !sawLeave(before) && sameEdition
	if !served && !merged && !appliedAgain {
		w.fail("request %d for edition %d is set back, and run %d was claimed for request %d and ran edition %d",
			r.outstanding, r.edition, settled, run.serves, run.edition)
	}
	r.outstanding = 0
}

// checkSettle judges a run that the operator settles.
func (w *world) checkSettle(ej *fissilev1.ExtendedJob) {
	r := &w.record
	number, result := settledRun(ej)
	run := &r.runs[number]
	run.settled = true
	if result == fissilev1.ResultCancelled {
		if run.created > run.excused && !run.deleted {
			w.fail("run %d is cancelled and has a Job", number)
		}
		return
	}
	if !run.finished && !run.deleted {
		w.fail("run %d is settled as %s before it is over", number, result)
	}
	if result == fissilev1.ResultSucceeded && run.succeeded && w.loses(number) {
		w.fail("run %d is settled as %s before its output is stored", number, result)
	}
	r.onceOver = r.onceOver || run.once
	switch strategy := ej.Spec.Trigger.Strategy; {
	case strategy == fissilev1.StrategyOnce && r.onceOver:
		r.outstanding = 0
	case strategy == fissilev1.StrategyNow && r.outstanding <= run.serves && run.edition != r.edition:
		// The strategy that is set now is another request.
		r.requested()
	}
}

// checkConditions fails if a condition lets a waiting client believe that the newest
// generation is over while a run for it is still to come or active.
func (w *world) checkConditions(ej *fissilev1.ExtendedJob) {
	settled, _ := settledRun(ej)
	why := fmt.Sprintf("run %d is active", lastRun(ej))
	if lastRun(ej) <= settled {
		if !w.requestOutstanding(ej) {
			return
		}
		why = fmt.Sprintf("request %d for edition %d is outstanding", w.record.outstanding, w.record.edition)
	}
	for _, c := range []struct {
		conditionType string
		status        metav1.ConditionStatus
	}{
		{fissilev1.ConditionComplete, metav1.ConditionTrue},
		{fissilev1.ConditionFailed, metav1.ConditionTrue},
		{fissilev1.ConditionRunning, metav1.ConditionFalse},
	} {
		if says(ej, c.conditionType, c.status) {
			w.fail("%s is %s at generation %d while %s", c.conditionType, c.status, ej.Generation, why)
		}
	}
}

// checkResult fails if the conditions of an ExtendedJob at rest do not show how the
// last run ended.
func (w *world) checkResult(ej *fissilev1.ExtendedJob) {
	result := resultOf(ej)
	for _, c := range []struct {
		conditionType string
		status        metav1.ConditionStatus
		expected      bool
	}{
		{fissilev1.ConditionRunning, metav1.ConditionFalse, true},
		{fissilev1.ConditionComplete, metav1.ConditionTrue, result == fissilev1.ResultSucceeded},
		{fissilev1.ConditionFailed, metav1.ConditionTrue, result == fissilev1.ResultFailed || result == fissilev1.ResultAborted},
	} {
		if c.expected && !says(ej, c.conditionType, c.status) {
			w.fail("at rest, %s is not %s at generation %d", c.conditionType, c.status, ej.Generation)
		}
	}
}

// checkClaim fails if a Job is created for a claim although the operator knows of a
// later edit, which takes a new claim.
func (s *session) checkClaim(job *batchv1.Job) {
	known := find(s.process.cache[extendedJobs].objects, key.Name)
	run := s.world.record.of(job)
	claim := job.Annotations[fissilev1.AnnotationClaim]
	if known == nil || run == nil || run.claim != claim || s.resumed {
		return
	}
	if ej := known.Object.(*fissilev1.ExtendedJob); claimOf(ej) == claim && ej.Generation != run.generation {
		s.world.fail("run %d was claimed for generation %d, and the operator creates its Job when it knows generation %d", runOf(job.Name), run.generation, ej.Generation)
	}
}

// checkOutput judges an output Secret that the operator wrote. It must hold what the
// last pod of its run printed, and must not follow a version of a newer run.
func (w *world) checkOutput(v *version) {
	if v.GetAnnotations()[fissilev1.AnnotationOwnerUID] != string(w.record.uid) {
		return
	}
	number := printedByRun(v)
	secret := v.Object.(*corev1.Secret)
	if pod := string(secret.Data[printedBy]); w.scenario.prints == "" && !strings.HasSuffix(pod, fmt.Sprintf("-%d-pod-%d", number, w.record.runs[number].attempts)) {
		w.fail("Secret %s of run %d holds what %s printed, which was not its last pod", v.GetName(), number, pod)
	}
	_, ordinal, versioned := versionedsecret.Parse(v)
	for _, other := range w.objects[secrets] {
		if isForeign(other) {
			continue
		}
		if _, before, ok := versionedsecret.Parse(other); versioned && ok && before < ordinal && printedByRun(other) > number {
			w.fail("version %s of run %d follows %s of run %d", v.GetName(), number, other.GetName(), printedByRun(other))
		}
	}
}

// loses reports whether the output of a run is nowhere, although the user has not
// deleted it.
func (w *world) loses(run int) bool {
	return w.scenario.output != nil && !w.stored(run) && !w.record.runs[run].outputDeleted
}

// stored reports whether a Secret holds the output of a run, or of a later one.
func (w *world) stored(run int) bool {
	return slices.ContainsFunc(w.objects[secrets], func(v *version) bool {
		return v.GetAnnotations()[fissilev1.AnnotationOwnerUID] == string(w.record.uid) && printedByRun(v) >= run
	})
}

// obstructed reports whether a Secret that is not the ExtendedJob's is in the way of
// its output.
func (w *world) obstructed() bool {
	v := find(w.objects[secrets], outputSecret)
	return v != nil && ownerUID(v) != w.record.uid
}

// printedByRun returns the number of the run whose output a Secret holds.
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

// checkDeletion judges the deletion of a Job by the operator.
func (w *world) checkDeletion(job *batchv1.Job) {
	run, ej := w.record.of(job), w.extendedJob()
	if run == nil || ej == nil {
		return
	}
	number := runOf(job.Name)
	if !run.finished && run.created <= 1+run.excused {
		w.fail("%s is deleted before it has finished", job.Name)
	}
	newer := lastRun(ej) > number
	if run.succeeded && w.loses(number) && !newer {
		w.fail("%s is deleted before its output is stored", job.Name)
	}
}

// checkJobs fails if two Jobs of the ExtendedJob are active.
func (w *world) checkJobs() {
	var active []string
	for _, v := range w.objects[jobs] {
		job := v.Object.(*batchv1.Job)
		if w.record.of(job) != nil && runjob.Finished(job) == nil && job.DeletionTimestamp == nil {
			active = append(active, job.Name)
		}
	}
	if len(active) > 1 {
		w.fail("two Jobs are active: %v", active)
	}
}

// checkRest judges a world in which nothing happens any longer unless somebody acts.
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
	refused := ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image == invalidImage
	if !suspended && !waits && !refused {
		if s := ej.Spec.Trigger.Strategy; s != fissilev1.StrategyManual && s != fissilev1.StrategyDone {
			w.fail("the strategy stays %s", s)
		}
		if r.outstanding != 0 {
			w.fail("request %d is never served", r.outstanding)
		}
		if w.editionDue(ej) {
			w.fail("edition %d is never run", r.edition)
		}
		if w.scenario.input && r.inputAhead {
			w.fail("the last change of what the pods read is never run")
		}
	}
	w.checkConditions(ej)
	if settled, _ := settledRun(ej); lastRun(ej) == settled && !w.requestOutstanding(ej) && (!w.scenario.input || !r.inputAhead) && (!suspended || !isDue(ej)) {
		w.checkResult(ej)
	}

	var kept struct{ succeeded, failed int }
	var newest *batchv1.Job
	for _, v := range w.objects[jobs] {
		job := v.Object.(*batchv1.Job)
		run := r.of(job)
		switch {
		case run == nil:
			continue
		case run.succeeded && succeededBy(ej, runOf(job.Name)):
			kept.succeeded++
		default:
			kept.failed++
		}
		newest = job
	}
	if kept.succeeded > 0 || kept.failed > 1 {
		w.fail("%d succeeded and %d failed Jobs are kept", kept.succeeded, kept.failed)
	}

	settled, result := settledRun(ej)
	last := lastRun(ej)
	switch {
	case !observes(ej):
		w.fail("the status is about an earlier generation")
	case last > settled && refused:
		// It waits to be edited.
	case ej.Status.Active != "":
		w.fail("the status says that %s is active", ej.Status.Active)
	case last == 0:
		if settled == 0 && r.started > 0 && newest != nil {
			w.fail("the status knows of no run")
		}
	case last != settled || settledInStatus(ej) != settled:
		w.fail("run %d is the last, %d is settled and %d in the status", last, settled, settledInStatus(ej))
	case resultOf(ej) == "" || resultOf(ej) != result && resultOf(ej) != fissilev1.ResultSucceeded:
		w.fail("run %d was settled as %s and is reported as %s", settled, result, resultOf(ej))
	}

	for number := range r.runs {
		if run := &r.runs[number]; run.succeeded && !run.deleted && w.loses(number) && !w.obstructed() && r.unread < unreadForLong {
			w.fail("the output of run %d is lost", number)
		}
	}
}
