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
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// edit is something that a user does.
type edit struct {
	name string
	when func(*world) bool
	do   func(*world)
}

// present reports whether there is an ExtendedJob to edit.
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

// editionKey is the key that marks the edition in a pod template and in an output.
const editionKey = "edition"

// editEdition makes an edit that counts as a new edition, with the next number.
func (w *world) editEdition(mutate func(ej *fissilev1.ExtendedJob, edition string)) {
	edition := w.record.edition + 1
	w.change(func(ej *fissilev1.ExtendedJob) { mutate(ej, strconv.Itoa(int(edition))) })
	w.edited(edition)
}

func markPods(ej *fissilev1.ExtendedJob, edition string) {
	metav1.SetMetaDataAnnotation(&ej.Spec.JobTemplate.Spec.Template.ObjectMeta, editionKey, edition)
}

// editionOf returns the edition in a spec: that of the later edit.
func editionOf(ej *fissilev1.ExtendedJob) int8 {
	return newerEdition(&ej.Spec.JobTemplate.Spec.Template, ej.Spec.Output)
}

// editionOfJob returns the edition that a Job runs.
func editionOfJob(job *batchv1.Job) int8 {
	output, err := runjob.OutputSettings(job)
	if err != nil {
		panic(err)
	}
	return newerEdition(&job.Spec.Template, output)
}

func newerEdition(template *corev1.PodTemplateSpec, output *fissilev1.Output) int8 {
	edition, _ := strconv.Atoi(template.Annotations[editionKey])
	if output != nil {
		ofOutput, _ := strconv.Atoi(output.SecretLabels[editionKey])
		edition = max(edition, ofOutput)
	}
	return int8(edition)
}

var (
	editPods = edit{"the user edits the pod template", present, func(w *world) { w.editEdition(markPods) }}

	editOutput = edit{"the user edits the output", present, func(w *world) {
		w.editEdition(func(ej *fissilev1.ExtendedJob, edition string) {
			ej.Spec.Output.SecretLabels = map[string]string{editionKey: edition}
		})
	}}

	// readOther makes the pods read one more Secret, which is optional.
	readOther = edit{"the user lets the pods read another Secret", present, func(w *world) {
		w.editEdition(func(ej *fissilev1.ExtendedJob, edition string) {
			markPods(ej, edition)
			pod := &ej.Spec.JobTemplate.Spec.Template.Spec
			pod.Containers[0].EnvFrom = append(pod.Containers[0].EnvFrom, readsSecret("other-"+edition, true))
		})
	}}

	// editOther edits a field that has nothing to do with what runs.
	editOther = edit{"the user edits another field", present, func(w *world) {
		w.change(func(ej *fissilev1.ExtendedJob) {
			if ej.Spec.SuccessfulJobsHistoryLimit == nil {
				ej.Spec.SuccessfulJobsHistoryLimit = new(int32(0))
			} else {
				ej.Spec.SuccessfulJobsHistoryLimit = nil
			}
		})
	}}

	editLabels = edit{"the user labels the ExtendedJob", present, func(w *world) {
		ej := w.extendedJob().DeepCopy()
		ej.Labels = map[string]string{"label": strconv.Itoa(len(ej.Labels["label"]))}
		w.put(extendedJobs, find(w.objects[extendedJobs], key.Name), ej)
	}}
)

// invalidImage marks a template that the API server makes no Job of.
const invalidImage = "an image that is none"

func setImage(name, image string) edit {
	return edit{
		name,
		func(w *world) bool {
			return present(w) && w.extendedJob().Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image != image
		},
		func(w *world) {
			w.editEdition(func(ej *fissilev1.ExtendedJob, edition string) {
				markPods(ej, edition)
				ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image = image
			})
		},
	}
}

var (
	breakTemplate   = setImage("the user makes the template invalid", invalidImage)
	correctTemplate = setImage("the user corrects the template", "")
)

// refuser is what refuses Jobs for a while.
type refuser string

const (
	quota  refuser = "a quota"
	policy refuser = "a policy"
)

func refuseJobs(by refuser) edit {
	return edit{
		fmt.Sprintf("%s refuses Jobs", by),
		func(w *world) bool { return present(w) && w.refusedBy == "" },
		func(w *world) { w.refusedBy = by },
	}
}

// replace writes the manifest as it was created, and so removes what others have added
// to the ExtendedJob.
var replace = edit{"the user replaces it with its manifest", present, func(w *world) {
	before := find(w.objects[extendedJobs], key.Name)
	ej, manifest := w.extendedJob().DeepCopy(), w.manifest()
	from, to := ej.Spec.Trigger.Strategy, manifest.Spec.Trigger.Strategy
	if settled, _ := settledRun(ej); settled > settledInStatus(ej) {
		// Nothing records any longer that the run is over.
		w.record.runs[settled].settled = false
	}
	if !apiequality.Semantic.DeepEqual(ej.Spec, manifest.Spec) {
		ej.Generation++
	}
	ej.Labels, ej.Annotations, ej.Spec = manifest.Labels, manifest.Annotations, manifest.Spec
	w.put(extendedJobs, before, ej)
	if w.record.edition != 0 {
		w.edited(0)
	}
	if from != to {
		w.record.set(to)
	}
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
	if settled, _ := settledRun(ej); lastRun(ej) > settled && find(w.objects[jobs], runjob.JobName(ej, int64(lastRun(ej)))) == nil {
		// Nothing records any longer that the run has begun.
		w.record.excuse(lastRun(ej))
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
			known := lastRun(w.extendedJob()) == number
			switch {
			case run.settled || known && recordsJob(w.extendedJob()):
			case known && w.leader.createdJob(v.GetUID()):
				run.unseen = true
			default:
				w.record.excuse(number)
			}
			w.deleteObject(jobs, v, propagation)
		},
	}
}

// unlabelJob removes the label of a Job that selects it for the caches.
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

// activeJob returns the ExtendedJob's Job that has not finished, or nil if there is
// none.
func (w *world) activeJob() *version {
	for _, v := range w.objects[jobs] {
		if job := v.Object.(*batchv1.Job); w.record.of(job) != nil && runjob.Finished(job) == nil && job.DeletionTimestamp == nil {
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

func readsSecret(name string, optional bool) corev1.EnvFromSource {
	return corev1.EnvFromSource{SecretRef: &corev1.SecretEnvSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: name}, Optional: &optional,
	}}
}

// manifest returns the ExtendedJob as the user writes it.
func (w *world) manifest() *fissilev1.ExtendedJob {
	ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace}}
	ej.Annotations = w.scenario.annotations
	ej.Spec.Trigger.Strategy = w.scenario.strategy
	ej.Spec.Output = w.scenario.output.DeepCopy()
	ej.Spec.JobTemplate.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main"}}
	if w.scenario.onTemplateChange {
		ej.Spec.UpdateOnTemplateChange = new(true)
	}
	if w.scenario.input {
		ej.Spec.UpdateOnConfigChange = new(true)
		if wait := w.scenario.updateDebounce; wait != 0 {
			ej.Spec.UpdateDebounce = &metav1.Duration{Duration: wait}
		}
		ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{readsSecret(input, false)}
	}
	return ej
}

// createExtendedJob creates the scenario's ExtendedJob.
func (w *world) createExtendedJob() {
	w.record = record{uid: w.mustCreate(w.manifest()).GetUID(), resting: fissilev1.StrategyManual, knownResting: fissilev1.StrategyManual}
	w.record.set(w.scenario.strategy)
}

func (w *world) mustCreate(obj client.Object) *version {
	v, err := w.create(obj)
	if err != nil {
		panic(err)
	}
	return v
}

// foreignJob returns a Job with our labels and no controller. The ExtendedJob may be
// one of its owners.
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

// scenario is an initial state and what may happen from there.
type scenario struct {
	name     string
	strategy fissilev1.TriggerStrategy
	output   *fissilev1.Output
	// annotations are those that the ExtendedJob is created with.
	annotations map[string]string
	// input makes the pods read a Secret, whose changes run the ExtendedJob.
	input bool
	// onTemplateChange makes edits of the template run the ExtendedJob.
	onTemplateChange bool
	// debounce is how long changes of input and template wait for others.
	debounce time.Duration
	// updateDebounce is spec.updateDebounce of the ExtendedJob.
	updateDebounce time.Duration
	// foreign creates objects that exist before, and are not ours.
	foreign func(w *world)
	// rested lets everything come to rest by itself before anything else happens.
	rested bool
	// jobsFail lets Jobs fail as well as complete. retries lets their first pod fail
	// and another follow.
	jobsFail, retries bool
	// prints is the log of pods; if empty, the log names the pod.
	prints string
	// late turns all faults into requests that their process gives up and that still
	// arrive. handover makes all kills ends in good order, even while a request is on
	// its way. oldFollows lets the caches of a leader that is held up catch up.
	late, handover, oldFollows bool
	// pausesAt are the calls before which a reconcile may be held up; all calls if
	// empty.
	pausesAt []string
	edits    []edit
	budget   budget
	// lags are the kinds whose caches lag behind, and which a process may find as they
	// were up to relistLag writes before it started.
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

	// outputSecret is the Secret that the output of toSecret goes to.
	outputSecret = "out-main"
	toSecret     = &fissilev1.Output{NamePrefix: "out"}
)

var scenarios = []scenario{
	{
		name:     "an errand that is edited",
		strategy: fissilev1.StrategyManual,
		edits:    []edit{setNow, setManual, editPods, editOther},
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
		edits:    []edit{setNow, setManual, editPods},
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
			// One has the name that the first run's Job will have. The other looks like
			// ours in all but its owner.
			w.mustCreate(foreignJob(runjob.JobName(w.extendedJob(), 1), nil))
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
	{
		name:     "an errand that is edited during its run",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{setNow, setManual, editPods, editOther, editLabels},
		budget:   budget{edits: 2},
		lags:     []kind{extendedJobs},
	},
	{
		name:     "an errand that is edited and failing requests",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{setManual, editPods, suspend},
		budget:   budget{edits: 1, faults: 1},
		lags:     []kind{extendedJobs},
	},
	{
		name:     "an errand whose output is edited",
		strategy: fissilev1.StrategyNow,
		output:   toSecret,
		edits:    []edit{editOutput, setNow},
		budget:   budget{edits: 2},
		lags:     []kind{extendedJobs},
	},
	{
		name:     "an errand and requests that arrive late",
		strategy: fissilev1.StrategyNow,
		late:     true,
		edits:    []edit{setNow, editPods, suspend},
		budget:   budget{edits: 1, faults: 1},
	},
	{
		name:     "an errand whose operator hands over",
		strategy: fissilev1.StrategyNow,
		handover: true,
		edits:    []edit{setNow, editPods},
		budget:   budget{edits: 1, kills: 1},
	},
	{
		name:     "a failing errand with output whose pods lag behind",
		strategy: fissilev1.StrategyNow,
		output:   &fissilev1.Output{NamePrefix: "out", WriteOnFailure: new(true)},
		jobsFail: true,
		retries:  true,
		edits:    []edit{setNow},
		budget:   budget{edits: 1, kills: 1},
		lags:     []kind{pods},
	},
	{
		name:     "an errand whose Job is refused",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{refuseJobs(quota), refuseJobs(policy), breakTemplate, correctTemplate, setManual},
		budget:   budget{edits: 2},
		lags:     []kind{extendedJobs},
	},
	{
		name:     "a one-off whose Job is refused",
		strategy: fissilev1.StrategyOnce,
		edits:    []edit{refuseJobs(quota), refuseJobs(policy), breakTemplate, correctTemplate, editPods, suspend, resume},
		budget:   budget{edits: 2, kills: 1},
	},
	{
		name:     "a one-off that is replaced",
		strategy: fissilev1.StrategyOnce,
		rested:   true,
		edits:    []edit{setNow, replace},
		budget:   budget{edits: 2, kills: 1},
		lags:     []kind{extendedJobs},
	},
	{
		name:     "an errand that is replaced",
		strategy: fissilev1.StrategyNow,
		edits:    []edit{replace, editPods},
		budget:   budget{edits: 2, kills: 1},
	},
	{
		name:             "a one-off and its template",
		strategy:         fissilev1.StrategyOnce,
		onTemplateChange: true,
		debounce:         modelDebounce,
		edits:            []edit{editPods, editOther, suspend, resume, refuseJobs(quota)},
		budget:           budget{edits: 2},
		lags:             []kind{extendedJobs},
	},
	{
		name:             "a one-off whose template is edited, a kill and a suspension",
		strategy:         fissilev1.StrategyOnce,
		onTemplateChange: true,
		rested:           true,
		edits:            []edit{editPods, suspend, resume},
		budget:           budget{edits: 3, kills: 1},
	},
	{
		name:     "a one-off that reads a Secret, a kill and a suspension",
		strategy: fissilev1.StrategyOnce,
		input:    true,
		foreign:  createInput,
		rested:   true,
		edits:    []edit{writeInput, suspend, resume},
		budget:   budget{edits: 3, kills: 1},
	},
	{
		name:     "a one-off that reads a Secret, a quota and a suspension",
		strategy: fissilev1.StrategyOnce,
		input:    true,
		foreign:  createInput,
		rested:   true,
		debounce: modelDebounce,
		edits:    []edit{writeInput, refuseJobs(quota), suspend, resume},
		budget:   budget{edits: 4},
	},
	{
		name:           "a one-off that waits until a Secret changes no more",
		strategy:       fissilev1.StrategyOnce,
		input:          true,
		foreign:        createInput,
		rested:         true,
		updateDebounce: plan.CreateWindow,
		edits:          []edit{writeInput, suspend, resume},
		budget:         budget{edits: 2},
	},
	{
		name:     "a one-off that is to read another Secret",
		strategy: fissilev1.StrategyOnce,
		input:    true,
		foreign:  createInput,
		debounce: modelDebounce,
		edits:    []edit{readOther, writeInput},
		budget:   budget{edits: 2},
		lags:     []kind{extendedJobs},
	},
}

// createInput creates the Secret that the pods read before there is a run.
func createInput(w *world) {
	before := w.record
	writeInput.do(w)
	w.record = before
}

// deleteVersion deletes the first version of the output.
var deleteVersion = edit{
	"the user deletes the first version of the output",
	func(w *world) bool { return find(w.objects[secrets], outputSecret+"-v1") != nil },
	func(w *world) {
		v := find(w.objects[secrets], outputSecret+"-v1")
		w.record.runs[printedByRun(v)].outputDeleted = true
		w.remove(secrets, v)
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
