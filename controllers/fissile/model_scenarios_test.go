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
	"fmt"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// edit is something that a user does.
type edit struct {
	name string
	when func(*world) bool
	do   func(*world)
}

// present tells whether there is an ExtendedJob to edit.
func present(w *world) bool {
	ej := w.extendedJob()
	return ej != nil && ej.DeletionTimestamp == nil
}

func absent(w *world) bool { return w.extendedJob() == nil }

// change edits the ExtendedJob's spec.
func (w *world) change(mutate func(*fissilev1.ExtendedJob)) {
	before := find(w.objects[extendedJobs], key.Name)
	ej := w.extendedJob().DeepCopy()
	mutate(ej)
	ej.Generation++
	w.put(extendedJobs, before, ej)
}

func setStrategy(strategy fissilev1.TriggerStrategy) edit {
	return edit{
		name: fmt.Sprintf("the user sets the strategy to %s", strategy),
		when: func(w *world) bool { return present(w) && w.extendedJob().Spec.Trigger.Strategy != strategy },
		do: func(w *world) {
			w.change(func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = strategy })
			w.record.set(strategy)
		},
	}
}

// set notes that the user sets a strategy.
func (r *record) set(strategy fissilev1.TriggerStrategy) {
	if strategy == fissilev1.StrategyNow || strategy == fissilev1.StrategyOnce {
		r.requested()
	} else {
		r.outstanding = 0
	}
}

var editTemplate = edit{"the user edits the template", present, func(w *world) {
	w.change(func(ej *fissilev1.ExtendedJob) {
		ej.Spec.JobTemplate.Labels = map[string]string{"edit": strconv.FormatInt(ej.Generation, 10)}
	})
}}

var suspend = edit{
	"the user suspends it",
	func(w *world) bool { return present(w) && w.extendedJob().Spec.Suspend == nil },
	func(w *world) { w.change(func(ej *fissilev1.ExtendedJob) { ej.Spec.Suspend = new(true) }) },
}

var resume = edit{
	"the user resumes it",
	func(w *world) bool { return present(w) && w.extendedJob().Spec.Suspend != nil },
	func(w *world) { w.change(func(ej *fissilev1.ExtendedJob) { ej.Spec.Suspend = nil }) },
}

// wipe restores the ExtendedJob without its status, as a backup tool does.
var wipe = edit{"the status is wiped", present, func(w *world) {
	ej := w.extendedJob().DeepCopy()
	if run := ej.Status.LastRun; run != nil && run.Number > plan.ReadSettled(ej).Number && find(w.objects[jobs], run.JobName) == nil {
		// Nothing tells any more that the run has begun.
		w.record.excuse(int(run.Number))
	}
	ej.Status = fissilev1.ExtendedJobStatus{}
	w.put(extendedJobs, find(w.objects[extendedJobs], key.Name), ej)
}}

func (r *record) excuse(run int) {
	r.runs[run].excused++
	r.excused++
}

func deleteIt(propagation metav1.DeletionPropagation) edit {
	return edit{
		name: fmt.Sprintf("the user deletes the ExtendedJob, propagation %s", propagation),
		when: present,
		do: func(w *world) {
			w.deleteObject(extendedJobs, find(w.objects[extendedJobs], key.Name), propagation)
			w.record = record{}
		},
	}
}

var createAgain = edit{"the user creates the ExtendedJob again", absent, (*world).createExtendedJob}

func deleteJob(propagation metav1.DeletionPropagation) edit {
	job := func(w *world) *version {
		for _, v := range w.objects[jobs] {
			if w.record.of(v.Object.(*batchv1.Job)) != nil && v.GetDeletionTimestamp() == nil {
				return v
			}
		}
		return nil
	}
	return edit{
		name: fmt.Sprintf("the user deletes the Job, propagation %s", propagation),
		when: func(w *world) bool { return present(w) && job(w) != nil },
		do: func(w *world) {
			v := job(w)
			number := runOf(v.GetName())
			run := &w.record.runs[number]
			run.deleted = true
			last := w.extendedJob().Status.LastRun
			known := last != nil && last.Number == int64(number)
			switch {
			case run.settled || known && last.JobUID != "":
			case known && w.leader.memory != nil && w.leader.memory.createdJob == v.GetUID():
				run.unseen = true
			default:
				w.record.excuse(number)
			}
			w.deleteObject(jobs, v, propagation)
		},
	}
}

// unlabelJob takes off a Job the label by which the caches know it.
var unlabelJob = edit{
	"the user takes the label off the Job",
	func(w *world) bool {
		v := w.activeJob()
		return present(w) && v != nil && v.GetLabels()[fissilev1.LabelExtendedJob] != ""
	},
	func(w *world) {
		before := w.activeJob()
		job := before.Object.(*batchv1.Job).DeepCopy()
		delete(job.Labels, fissilev1.LabelExtendedJob)
		w.put(jobs, before, job)
	},
}

// activeJob is the ExtendedJob's Job that has not finished, nil without one.
func (w *world) activeJob() *version {
	for _, v := range w.objects[jobs] {
		if job := v.Object.(*batchv1.Job); w.record.of(job) != nil && plan.Finished(job) == nil && job.DeletionTimestamp == nil {
			return v
		}
	}
	return nil
}

// input is the Secret that the pods read.
const input = "input"

var writeInput = edit{"the user writes the Secret that the pods read", present, func(w *world) {
	w.record.changed()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: input, Namespace: key.Namespace, Labels: map[string]string{foreignLabel: "true"}}}
	before := find(w.objects[secrets], input)
	if before == nil {
		w.mustCreate(secret)
		return
	}
	secret = before.Object.(*corev1.Secret).DeepCopy()
	secret.Data = map[string][]byte{"change": {byte(w.record.triggers)}}
	w.put(secrets, before, secret)
}}

// createExtendedJob creates the scenario's ExtendedJob.
func (w *world) createExtendedJob() {
	ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace}}
	ej.Spec.Trigger.Strategy = w.scenario.strategy
	ej.Spec.Output = w.scenario.output.DeepCopy()
	ej.Spec.JobTemplate.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main"}}
	ej.Annotations = w.scenario.annotations
	if w.scenario.input {
		ej.Spec.UpdateOnConfigChange = new(true)
		ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{
			{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: input}}},
		}
	}
	w.record = record{uid: w.mustCreate(ej).GetUID()}
	w.record.set(w.scenario.strategy)
}

func (w *world) mustCreate(obj client.Object) *version {
	v, err := w.create(obj)
	if err != nil {
		panic(err)
	}
	return v
}

// foreignJob has our labels and no controller. It may name the ExtendedJob as
// an owner.
func foreignJob(name string, owner *fissilev1.ExtendedJob) *batchv1.Job {
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: key.Namespace,
		Labels: map[string]string{foreignLabel: "true", fissilev1.LabelExtendedJob: "true", fissilev1.LabelName: key.Name},
	}}
	if owner != nil {
		job.Labels[fissilev1.LabelUID] = string(owner.UID)
		job.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, fissilev1.GroupVersion.WithKind("ExtendedJob"))}
		job.OwnerReferences[0].Controller = nil
	}
	return job
}

// scenario is a beginning and what may happen from there.
type scenario struct {
	name     string
	strategy fissilev1.TriggerStrategy
	output   *fissilev1.Output
	// annotations are those that the ExtendedJob is created with.
	annotations map[string]string
	// input makes the pods read a Secret, and changes of it run the ExtendedJob.
	input bool
	// foreign are objects that are there before, and none of ours.
	foreign func(w *world)
	// jobsFail lets Jobs fail as well as complete.
	jobsFail bool
	edits    []edit
	budget   budget
	// lags are the kinds with which the caches lag behind, and which a process may
	// find as they were up to relistLag writes before it started.
	lags      []kind
	relistLag int
}

var (
	setNow    = setStrategy(fissilev1.StrategyNow)
	setManual = setStrategy(fissilev1.StrategyManual)
	setOnce   = setStrategy(fissilev1.StrategyOnce)
	setDone   = setStrategy(fissilev1.StrategyDone)

	background = metav1.DeletePropagationBackground
	foreground = metav1.DeletePropagationForeground
	orphan     = metav1.DeletePropagationOrphan

	// outputSecret is where the output of toSecret goes.
	outputSecret = "out-main"
	toSecret     = &fissilev1.Output{NamePrefix: "out"}
)

var scenarios = []scenario{
	{
		name:     "an errand that is edited",
		strategy: fissilev1.StrategyManual,
		edits:    []edit{setNow, setManual, editTemplate},
		budget:   budget{edits: 2},
		lags:     []kind{extendedJobs, jobs},
	},
	{
		name:     "an errand and failing requests",
		strategy: fissilev1.StrategyManual,
		edits:    []edit{setNow},
		budget:   budget{edits: 1, faults: 2},
		lags:     []kind{extendedJobs, jobs},
	},
	{
		name:     "an errand and an operator that is killed",
		strategy: fissilev1.StrategyManual,
		edits:    []edit{setNow},
		budget:   budget{edits: 2, kills: 1},
		lags:     []kind{extendedJobs, jobs}, relistLag: 1,
	},
	{
		name:     "an errand whose leader is held up and replaced",
		strategy: fissilev1.StrategyNow,
		budget:   budget{pauses: 1},
		lags:     []kind{jobs}, relistLag: 1,
	},
	{
		name:     "an errand that is edited while its leader is held up",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{setNow, setManual, editTemplate},
		budget:   budget{edits: 1, pauses: 1},
	},
	{
		name:     "a one-off whose strategy is edited",
		strategy: fissilev1.StrategyOnce,
		edits:    []edit{setNow, setManual, setOnce, setDone},
		budget:   budget{edits: 2},
		lags:     []kind{extendedJobs},
	},
	{
		name:     "a one-off and an operator that is killed",
		strategy: fissilev1.StrategyOnce,
		budget:   budget{faults: 1, kills: 1},
		lags:     []kind{extendedJobs}, relistLag: 3,
	},
	{
		name:     "a one-off with output",
		strategy: fissilev1.StrategyOnce,
		output:   toSecret,
		jobsFail: true,
		budget:   budget{faults: 1, kills: 1},
		lags:     []kind{secrets}, relistLag: 2,
	},
	{
		name:     "an errand with output whose leader is held up and replaced",
		strategy: fissilev1.StrategyNow,
		output:   toSecret,
		budget:   budget{pauses: 1},
		lags:     []kind{secrets},
	},
	{
		name:     "an errand with versioned output whose leader is held up and replaced",
		strategy: fissilev1.StrategyNow,
		output:   &fissilev1.Output{NamePrefix: "out", Versioned: new(true)},
		budget:   budget{pauses: 1},
		lags:     []kind{secrets},
	},
	{
		name:     "an errand whose Job is deleted",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{deleteJob(background), deleteJob(foreground), deleteJob(orphan)},
		budget:   budget{edits: 1, kills: 1},
		lags:     []kind{jobs}, relistLag: 2,
	},
	{
		name:     "an errand whose Job loses its label",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{unlabelJob},
		budget:   budget{edits: 1, kills: 1},
		lags:     []kind{jobs}, relistLag: 1,
	},
	{
		name:     "a one-off that is suspended and resumed",
		strategy: fissilev1.StrategyOnce,
		edits:    []edit{suspend, resume, setManual},
		budget:   budget{edits: 2, kills: 1},
		lags:     []kind{extendedJobs}, relistLag: 1,
	},
	{
		name:     "a one-off and a Secret that it reads",
		strategy: fissilev1.StrategyOnce,
		input:    true,
		edits:    []edit{writeInput},
		budget:   budget{edits: 3},
		lags:     []kind{secrets}, relistLag: 1,
	},
	{
		name:     "an errand whose status is wiped",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{wipe, setNow},
		budget:   budget{edits: 2, kills: 1},
	},
	{
		name:     "a one-off that is deleted and created again",
		strategy: fissilev1.StrategyOnce,
		output:   toSecret,
		edits:    []edit{deleteIt(background), deleteIt(foreground), deleteIt(orphan), createAgain},
		budget:   budget{edits: 2, kills: 1},
		lags:     []kind{extendedJobs}, relistLag: 1,
	},
	{
		name:        "a copied one-off among foreign objects",
		strategy:    fissilev1.StrategyOnce,
		annotations: map[string]string{fissilev1.AnnotationSettledRun: "another-uid/7/Succeeded/true"},
		foreign: func(w *world) {
			// One has the name that the first run's Job is to have, the other looks
			// like ours in all but its owner.
			w.mustCreate(foreignJob(plan.JobName(w.extendedJob(), 1), nil))
			w.mustCreate(foreignJob("lookalike", w.extendedJob()))
		},
		edits:  []edit{setNow, setManual},
		budget: budget{edits: 1, kills: 1},
	},
	{
		name:     "an errand whose output has no room",
		strategy: fissilev1.StrategyNow,
		output:   toSecret,
		foreign:  obstructOutput,
		edits:    []edit{setNow, freeOutput},
		budget:   budget{edits: 2, kills: 1},
	},
	{
		name:     "an errand whose output has no room and whose status is wiped",
		strategy: fissilev1.StrategyNow,
		output:   toSecret,
		foreign:  obstructOutput,
		edits:    []edit{wipe, freeOutput},
		budget:   budget{edits: 2, kills: 1},
	},
}

// obstructOutput puts somebody else's Secret where the output goes.
func obstructOutput(w *world) {
	w.mustCreate(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: outputSecret, Namespace: key.Namespace, Labels: map[string]string{foreignLabel: "true"}}})
}

var freeOutput = edit{
	"the user deletes the Secret in the way",
	func(w *world) bool {
		v := find(w.objects[secrets], outputSecret)
		return v != nil && isForeign(v)
	},
	func(w *world) { w.remove(secrets, find(w.objects[secrets], outputSecret)) },
}
