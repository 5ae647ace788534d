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

package plan_test

import (
	"fmt"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

const (
	manual = fissilev1.StrategyManual
	now    = fissilev1.StrategyNow
	once   = fissilev1.StrategyOnce
	done   = fissilev1.StrategyDone
)

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// world is an Observation under construction.
type world struct {
	plan.Observation
	template batchv1.JobTemplateSpec
}

// given returns a new ExtendedJob with a strategy.
func given(strategy fissilev1.TriggerStrategy) *world {
	return &world{Observation: plan.Observation{
		Now: start,
		EJ: plan.WithoutTemplate(&fissilev1.ExtendedJob{
			ObjectMeta: metav1.ObjectMeta{Name: "ej", Namespace: "ns", UID: "ej-uid", Generation: 1},
			Spec:       fissilev1.ExtendedJobSpec{Trigger: fissilev1.Trigger{Strategy: strategy}},
		}),
		Jobs:          map[int64]*batchv1.Job{},
		Inputs:        inputs("before"),
		LeaseDuration: 15 * time.Second,
		Debounce:      time.Second,
	}}
}

// inputs returns one Secret, whose data the digest identifies.
func inputs(digest string) *plan.Inputs {
	return &plan.Inputs{Newest: true, Inputs: fissilev1.Inputs{
		Digest: "1:key:" + digest,
		Objects: []fissilev1.InputObject{{
			ObjectName:      fissilev1.ObjectName{Kind: fissilev1.InputSecret, Name: "secret"},
			UID:             "secret-uid",
			ResourceVersion: digest,
		}},
	}}
}

// oneOffThatRan returns a one-off that ran with the inputs "before" and runs again on
// configuration change.
func oneOffThatRan(t *testing.T) *world {
	t.Helper()
	w := given(once)
	w.EJ.Spec.UpdateOnConfigChange = new(true)
	return w.claimed(t).job(t, batchv1.JobComplete).over(t)
}

// oneOffOfTemplate returns a one-off that ran and runs again when its template changes.
func oneOffOfTemplate(t *testing.T) *world {
	t.Helper()
	w := given(once)
	w.EJ.Spec.UpdateOnTemplateChange = new(true)
	w.completeTemplate()
	w.claimed(t).job(t, batchv1.JobComplete).over(t)
	clear(w.Jobs)
	w.TemplateDigest = ""
	return w
}

// noticed changes the inputs, and the process notices it.
func (w *world) noticed(digest string) *world {
	w.Process.Inputs.Track(w.InputsChanged(), w.Inputs.Digest, w.Now)
	w.Inputs = inputs(digest)
	w.Process.Inputs.Track(w.InputsChanged(), w.Inputs.Digest, w.Now)
	return w
}

// completeTemplate completes a template as the API server does.
func (w *world) completeTemplate() *world {
	job := &batchv1.Job{Spec: *w.template.Spec.DeepCopy()}
	if job.Spec.Template.Spec.RestartPolicy == "" {
		job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	}
	w.TemplateDigest = plan.TemplateDigest(&w.template, job)
	return w
}

// whole returns the ExtendedJob with its template.
func (w *world) whole() *fissilev1.ExtendedJob {
	return &fissilev1.ExtendedJob{
		ObjectMeta: w.EJ.ObjectMeta,
		Spec:       fissilev1.ExtendedJobSpec{Trigger: w.EJ.Spec.Trigger, JobTemplate: w.template, Output: w.EJ.Spec.Output},
		Status:     w.EJ.Status,
	}
}

func (w *world) editTemplate(edit func(*corev1.PodSpec)) *world {
	edit(&w.template.Spec.Template.Spec)
	w.EJ.Template = plan.WithoutTemplate(w.whole()).Template
	w.EJ.Generation++
	return w
}

// claimed writes the claim that the next step decides on.
func (w *world) claimed(t *testing.T) *world {
	t.Helper()
	step := plan.Next(w.Observation)
	if step.Kind != plan.Claim {
		t.Fatalf("want a claim, got %s", step.Kind)
	}
	w.EJ.Status = *step.Status
	w.EJ.Status.LastRun.Claim.ID = fmt.Sprintf("claim-%d", w.EJ.Generation)
	w.Process = plan.Process{}
	return w
}

// byUs notes that this process made the claim.
func (w *world) byUs() *world {
	w.Process.Claimed(w.EJ.Status.LastRun.Claim.ID, false, w.Now)
	return w
}

// rejected notes that the API server refused the Job because of its template.
func (w *world) rejected() *world {
	w.Process.JobRejected(plan.Rejection{Reason: fissilev1.ReasonJobRejected, Message: "no", NeedsEdit: true}, w.Now)
	return w
}

// restarted turns the world into what a new process observes.
func (w *world) restarted() *world {
	w.Process = plan.Process{}
	w.Process.Observe(w.EJ, w.Jobs, w.Now)
	return w
}

// job adds the Job of the last run, with the given conditions.
func (w *world) job(t *testing.T, conditions ...batchv1.JobConditionType) *world {
	t.Helper()
	job, err := runjob.New(w.whole(), w.EJ.Status.LastRun)
	if err != nil {
		t.Fatal(err)
	}
	job.UID = "job-uid"
	for _, c := range conditions {
		job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{
			Type: c, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(w.Now),
		})
	}
	w.Jobs[w.EJ.Status.LastRun.Number] = job
	w.Process.Observe(w.EJ, w.Jobs, w.Now)
	return w
}

// over takes the next steps until the run is over.
func (w *world) over(t *testing.T) *world {
	t.Helper()
	if plan.Next(w.Observation).Kind == plan.Settle {
		w.settled(t)
	}
	w.reported(t)
	if run := w.EJ.Status.LastRun; run.Result == "" {
		t.Fatalf("run %d goes on", run.Number)
	}
	return w
}

// settled writes the settled run that the next step decides on.
func (w *world) settled(t *testing.T) *world {
	t.Helper()
	step := plan.Next(w.Observation)
	if step.Kind != plan.Settle {
		t.Fatalf("want a settle, got %s", step.Kind)
	}
	return w.edit(step.Strategy).annotate(step.Settled)
}

func (w *world) annotate(settled plan.Settled) *world {
	metav1.SetMetaDataAnnotation(&w.EJ.ObjectMeta, fissilev1.AnnotationSettledRun, settled.Annotation(w.EJ))
	return w
}

// edit sets the strategy as a user would.
func (w *world) edit(strategy fissilev1.TriggerStrategy) *world {
	if w.EJ.Spec.Trigger.Strategy != strategy {
		w.EJ.Spec.Trigger.Strategy = strategy
		w.EJ.Generation++
	}
	return w
}

// request requests a run with a requestID.
func (w *world) request(id string) *world {
	w.EJ.Spec.Trigger.RequestID = id
	w.EJ.Generation++
	return w
}

func (w *world) output() *world {
	w.EJ.Spec.Output = &fissilev1.Output{NamePrefix: "out"}
	return w
}

func (w *world) suspended() *world {
	w.EJ.Spec.Suspend = new(true)
	w.EJ.Generation++
	return w
}

// after lets time pass.
func (w *world) after(d time.Duration) *world {
	w.Now = w.Now.Add(d)
	return w
}

// reported writes the status that the next step decides.
func (w *world) reported(t *testing.T) *world {
	t.Helper()
	step := plan.Next(w.Observation)
	if step.Kind != plan.WriteStatus {
		t.Fatalf("want a status write, got %s", step.Kind)
	}
	w.EJ.Status = *step.Status
	return w
}

func (w *world) live() *world {
	w.LiveReadAt = w.Now
	return w
}

// waitsFor fails unless the next step is to wait for that long.
func (w *world) waitsFor(t *testing.T, want time.Duration) {
	t.Helper()
	if step := plan.Next(w.Observation); step.Kind != plan.Wait || step.After != want {
		t.Fatalf("got %s after %s, want to wait for %s", step.Kind, step.After, want)
	}
}

// claims fails unless the next step is to claim a run.
func (w *world) claims(t *testing.T) {
	t.Helper()
	if step := plan.Next(w.Observation); step.Kind != plan.Claim {
		t.Fatalf("got %s, want a claim", step.Kind)
	}
}

func conditionReason(ej *plan.ExtendedJob, conditionType string) string {
	if c := meta.FindStatusCondition(ej.Status.Conditions, conditionType); c != nil {
		return c.Reason
	}
	return ""
}
