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
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

func TestNext(t *testing.T) {
	for name, test := range map[string]struct {
		given func(t *testing.T) *world
		want  plan.Kind
	}{
		"an errand that was created runs nothing and says so": {
			func(*testing.T) *world { return given(manual) }, plan.WriteStatus,
		},
		"an errand that said so waits": {
			func(t *testing.T) *world { return given(manual).reported(t) }, plan.Wait,
		},
		"now is claimed": {
			func(*testing.T) *world { return given(now) }, plan.Claim,
		},
		"once is claimed": {
			func(*testing.T) *world { return given(once) }, plan.Claim,
		},
		"an object that is being deleted runs nothing": {
			func(*testing.T) *world {
				w := given(now)
				w.EJ.DeletionTimestamp = new(metav1.NewTime(start))
				return w
			}, plan.Wait,
		},
		"a claim just made is followed by its Job": {
			func(t *testing.T) *world { return given(now).claimed(t).byUs() }, plan.CreateJob,
		},
		"a claim made a while ago is looked at first": {
			func(t *testing.T) *world { return given(now).claimed(t).byUs().after(plan.CreateWindow) }, plan.ReadLive,
		},
		"a claim of another process is looked at first": {
			func(t *testing.T) *world { return given(now).claimed(t) }, plan.ReadLive,
		},
		"a claim of another process without its Job is claimed anew": {
			func(t *testing.T) *world { return given(now).claimed(t).live() }, plan.Claim,
		},
		"our claim is followed by its Job after a look": {
			func(t *testing.T) *world { return given(now).claimed(t).byUs().after(plan.CreateWindow).live() }, plan.CreateJob,
		},
		"our claim for another spec is claimed anew": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).byUs().after(plan.CreateWindow)
				w.EJ.Generation++
				return w.live()
			}, plan.Claim,
		},
		"a Job that we created and the cache does not show is waited for": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).byUs()
				w.Process.JobCreated("job-uid", w.Now)
				return w
			}, plan.Wait,
		},
		"a Job that we created and is not there was deleted: the run is settled": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).byUs().after(plan.CreateWindow)
				w.Process.JobCreated("job-uid", w.Now)
				return w.live()
			}, plan.Settle,
		},
		"a claim is settled without a Job when the trigger was taken back": {
			func(t *testing.T) *world { return given(once).claimed(t).edit(manual).live() }, plan.WriteStatus,
		},
		"a claim is settled without a Job when the ExtendedJob was suspended": {
			func(t *testing.T) *world { return given(once).claimed(t).suspended().live() }, plan.WriteStatus,
		},
		"a short run costs no write while it goes on": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t) }, plan.Wait,
		},
		"a long run has its Job recorded": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t).after(30 * time.Second) }, plan.WriteStatus,
		},
		"what keeps the pods of a run from running is reported": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t)
				w.BlockedBy = "Pod p: container c: image i cannot be pulled"
				return w
			}, plan.WriteStatus,
		},
		"a Job that is about to complete is not over": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobSuccessCriteriaMet) }, plan.Wait,
		},
		"a Job that is about to fail is not over": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobFailureTarget) }, plan.Wait,
		},
		"a Job that completed without output is settled": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobComplete) }, plan.Settle,
		},
		"a Job that completed with output has it stored first": {
			func(t *testing.T) *world { return given(now).output().claimed(t).job(t, batchv1.JobComplete) }, plan.StoreOutput,
		},
		"a Job that failed with output is settled": {
			func(t *testing.T) *world { return given(now).output().claimed(t).job(t, batchv1.JobFailed) }, plan.Settle,
		},
		"a Job that failed with writeOnFailure has its output stored first": {
			func(t *testing.T) *world {
				w := given(now).output()
				w.EJ.Spec.Output.WriteOnFailure = new(true)
				return w.claimed(t).job(t, batchv1.JobFailed)
			}, plan.StoreOutput,
		},
		"output settings of a run are those of its start": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t, batchv1.JobComplete)
				return w.output()
			}, plan.Settle,
		},
		"a settled run is reported before its Job is deleted": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobComplete).settled(t) }, plan.WriteStatus,
		},
		"now that is set again after the run is a new request": {
			func(t *testing.T) *world {
				return given(now).claimed(t).job(t, batchv1.JobComplete).over(t).edit(now)
			}, plan.Claim,
		},
		"once that is applied again after the run goes back to done": {
			func(t *testing.T) *world {
				return given(once).claimed(t).job(t, batchv1.JobComplete).over(t).edit(once)
			}, plan.Settle,
		},
		"once that was cancelled before it started still runs": {
			func(t *testing.T) *world {
				return given(once).claimed(t).edit(manual).live().over(t).edit(once)
			}, plan.Claim,
		},
		"the history of a copied manifest does not count": {
			func(*testing.T) *world {
				w := given(once).annotate(plan.Settled{Number: 3, Result: fissilev1.ResultSucceeded, OneOffDone: true})
				w.EJ.UID = "another-uid"
				return w
			}, plan.Claim,
		},
		"a status that was wiped does not make a one-off run again": {
			func(*testing.T) *world {
				return given(done).annotate(plan.Settled{Number: 3, Result: fissilev1.ResultSucceeded, OneOffDone: true})
			}, plan.WriteStatus,
		},
		"a run reads its inputs before it is claimed": {
			func(*testing.T) *world {
				w := given(once)
				w.Inputs = nil
				return w
			}, plan.ReadInputs,
		},
		"a run waits for what is missing": {
			func(t *testing.T) *world {
				w := given(once)
				w.Inputs.Missing = []string{"Secret a"}
				return w.reported(t)
			}, plan.Wait,
		},
		"a one-off looks at its inputs when it is done": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs = nil
				return w
			}, plan.ReadInputs,
		},
		"a one-off does not look at its inputs without updateOnConfigChange": {
			func(t *testing.T) *world {
				w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
				delete(w.Jobs, 1)
				w.Inputs = nil
				return w
			}, plan.Wait,
		},
		"a one-off whose inputs are the same runs nothing": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				delete(w.Jobs, 1)
				return w
			}, plan.Wait,
		},
		"a one-off whose inputs changed runs": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs = inputs("after")
				return w
			}, plan.Claim,
		},
		"a change waits for others to come with it": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				delete(w.Jobs, 1)
				return w.noticed("after").after(w.Debounce - time.Millisecond)
			}, plan.Wait,
		},
		"an errand does not run for its inputs": {
			func(t *testing.T) *world {
				w := given(now)
				w.EJ.Spec.UpdateOnConfigChange = new(true)
				w.claimed(t).job(t, batchv1.JobComplete).over(t)
				delete(w.Jobs, 1)
				w.Inputs = inputs("after")
				return w
			}, plan.Wait,
		},
		"inputs that changed and changed back during the run are run once more": {
			func(t *testing.T) *world {
				w := given(once)
				w.EJ.Spec.UpdateOnConfigChange = new(true)
				w.claimed(t).job(t)
				w.Inputs = inputs("after")
				w.reported(t)
				w.Inputs = inputs("before")
				return w.job(t, batchv1.JobComplete).over(t)
			}, plan.Claim,
		},
		"a run asks for the newest versions before it is claimed": {
			func(*testing.T) *world {
				w := given(once)
				w.Inputs.Newest = false
				return w
			}, plan.ReadNewestInputs,
		},
		"a one-off whose inputs are the same does not ask for the newest versions": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				delete(w.Jobs, 1)
				w.Inputs.Newest = false
				return w
			}, plan.Wait,
		},
		"a lost key runs nothing though the ExtendedJob printed another version of its own": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs.Digest = "1:another-key:before"
				w.Inputs.Objects[0].ResolvedName = "secret-v2"
				return w
			}, plan.WriteStatus,
		},
		"a lost key runs nothing if nobody wrote the objects": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs.Digest = "1:another-key:before"
				return w
			}, plan.WriteStatus,
		},
		"a lost key runs once if somebody wrote an object": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs = inputs("after")
				w.Inputs.Digest = "1:another-key:before"
				return w
			}, plan.Claim,
		},
		"a one-off of which no inputs are recorded has them recorded": {
			func(*testing.T) *world {
				w := given(done)
				w.EJ.Spec.UpdateOnConfigChange = new(true)
				return w
			}, plan.WriteStatus,
		},
		"a template that did not change runs nothing": {
			oneOffOfTemplate, plan.Wait,
		},
		"a template that was edited is looked at": {
			func(t *testing.T) *world {
				return oneOffOfTemplate(t).editTemplate(func(s *corev1.PodSpec) { s.NodeName = "n" })
			}, plan.ReadTemplate,
		},
		"a template that changed is run": {
			func(t *testing.T) *world {
				return oneOffOfTemplate(t).editTemplate(func(s *corev1.PodSpec) { s.NodeName = "n" }).completeTemplate()
			}, plan.Claim,
		},
		"a default that is written out runs nothing": {
			func(t *testing.T) *world {
				return oneOffOfTemplate(t).editTemplate(func(s *corev1.PodSpec) { s.RestartPolicy = corev1.RestartPolicyNever }).
					completeTemplate().reported(t)
			}, plan.Wait,
		},
		"a run is not claimed while pods of an earlier one run": {
			func(t *testing.T) *world {
				w := given(now)
				w.PodsRunning = true
				return w.reported(t)
			}, plan.Wait,
		},
		"a run is not claimed while it is suspended": {
			func(t *testing.T) *world { return given(now).suspended().reported(t) }, plan.Wait,
		},
		"a Job that the status does not know is looked at": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t)
				w.EJ.Status = fissilev1.ExtendedJobStatus{}
				return w
			}, plan.ReadLive,
		},
		"a Job that the status does not know is adopted": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t)
				w.EJ.Status = fissilev1.ExtendedJobStatus{}
				return w.live()
			}, plan.WriteStatus,
		},
		"inputs that changed during the run of an adopted Job are run": {
			func(t *testing.T) *world {
				w := given(once)
				w.EJ.Spec.UpdateOnConfigChange = new(true)
				w.claimed(t).job(t)
				w.EJ.Status, w.Inputs = fissilev1.ExtendedJobStatus{}, nil
				w.live().reported(t)
				w.Inputs = inputs("after")
				w.job(t, batchv1.JobComplete).over(t)
				clear(w.Jobs)
				return w
			}, plan.Claim,
		},
		"an unfinished Job of a settled run is deleted": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t, batchv1.JobComplete).over(t)
				w.Jobs[1].Status.Conditions = nil
				return w
			}, plan.DeleteJob,
		},
		"a Job refused for its template is reported": {
			func(t *testing.T) *world {
				return given(once).claimed(t).byUs().rejected()
			}, plan.WriteStatus,
		},
		"a Job refused for its template is not tried again": {
			func(t *testing.T) *world {
				return given(once).claimed(t).byUs().rejected().reported(t).restarted().after(time.Hour)
			}, plan.Wait,
		},
		"a Job refused for its template is tried again after an edit": {
			func(t *testing.T) *world {
				w := given(once).claimed(t).byUs().rejected().reported(t)
				w.EJ.Generation++
				return w.live()
			}, plan.Claim,
		},
		"a run whose Job name is taken goes on under the next number": {
			func(t *testing.T) *world {
				w := given(once).claimed(t).byUs()
				w.Process.JobRejected(plan.Rejection{Reason: fissilev1.ReasonNameConflict, Message: "taken"}, w.Now)
				return w
			}, plan.Claim,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plan.Next(test.given(t).Observation).Kind; got != test.want {
				t.Errorf("want %s, got %s", test.want, got)
			}
		})
	}
}

func TestStrategyAfterARun(t *testing.T) {
	for name, test := range map[string]struct {
		given func(t *testing.T) *world
		want  fissilev1.TriggerStrategy
	}{
		"an errand goes back to manual": {
			func(t *testing.T) *world { return given(now).claimed(t) }, manual,
		},
		"a one-off goes to done": {
			func(t *testing.T) *world { return given(once).claimed(t) }, done,
		},
		"a one-off that was run on demand goes back to done": {
			func(t *testing.T) *world { return given(done).reported(t).edit(now).claimed(t) }, done,
		},
		"a one-off that became an errand goes back to manual": {
			func(t *testing.T) *world {
				return given(once).claimed(t).job(t, batchv1.JobComplete).over(t).
					edit(manual).reported(t).edit(now).claimed(t)
			}, manual,
		},
		"another strategy set during the run stays": {
			func(t *testing.T) *world { return given(now).claimed(t).edit(once) }, once,
		},
		"now that left and came back during the run is a new request": {
			func(t *testing.T) *world {
				return given(now).claimed(t).job(t).edit(manual).reported(t).edit(now)
			}, now,
		},
		"an errand that was edited during the run, but not in what it runs, goes back to manual": {
			func(t *testing.T) *world {
				w := given(now).claimed(t)
				w.EJ.Spec.FailedJobsHistoryLimit = new(int32(3))
				w.EJ.Generation++
				return w
			}, manual,
		},
		"now with a template that was edited during the run is a new request": {
			func(t *testing.T) *world {
				return given(now).claimed(t).job(t).editTemplate(func(s *corev1.PodSpec) { s.NodeName = "n" })
			}, now,
		},
		"a done that never ran goes back to done though the request had to wait": {
			func(t *testing.T) *world {
				w := given(done).reported(t).edit(now)
				w.PodsRunning = true
				w.reported(t).PodsRunning = false
				return w.claimed(t)
			}, done,
		},
		"a once that had to wait and was made a now goes to done": {
			func(t *testing.T) *world {
				w := given(once)
				w.PodsRunning = true
				w.reported(t).edit(now).reported(t).PodsRunning = false
				return w.claimed(t)
			}, done,
		},
		"a one-off turned errand goes back to manual though the request had to wait": {
			func(t *testing.T) *world {
				w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t).edit(manual).reported(t).edit(now)
				w.PodsRunning = true
				w.reported(t).PodsRunning = false
				return w.claimed(t)
			}, manual,
		},
		"a one-off that is run on demand by a new requestID stays done": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				clear(w.Jobs)
				return w.request("v1").claimed(t)
			}, done,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := test.given(t).job(t, batchv1.JobComplete).over(t)
			if got := w.EJ.Spec.Trigger.Strategy; got != test.want {
				t.Errorf("want %s, got %s", test.want, got)
			}
		})
	}
}

func TestResult(t *testing.T) {
	stored := &plan.Output{Reason: fissilev1.ReasonStored, Secrets: []fissilev1.OutputSecret{{Container: "c", SecretName: "out-c"}}}
	for name, test := range map[string]struct {
		output *plan.Output
		ending batchv1.JobConditionType
		result fissilev1.RunResult
		// These report whether the three conditions are true; reason is that of
		// Complete.
		complete, failed, persisted bool
		reason                      string
	}{
		"completed with output stored": {
			stored, batchv1.JobComplete, fissilev1.ResultSucceeded, true, false, true, fissilev1.ReasonSucceeded,
		},
		"completed with output refused": {
			&plan.Output{Reason: fissilev1.ReasonOutputInvalid}, batchv1.JobComplete,
			fissilev1.ResultFailed, false, true, false, fissilev1.ReasonOutputRefused,
		},
		"completed with output in conflict": {
			&plan.Output{Reason: fissilev1.ReasonOutputConflict}, batchv1.JobComplete,
			fissilev1.ResultFailed, false, true, false, fissilev1.ReasonOutputPending,
		},
		"failed": {
			nil, batchv1.JobFailed, fissilev1.ResultFailed, false, true, false, fissilev1.ReasonJobFailed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(once).output().claimed(t).job(t, test.ending)
			w.Output = test.output
			w.over(t)
			got := map[string]bool{}
			for _, c := range w.EJ.Status.Conditions {
				got[c.Type] = c.Status == metav1.ConditionTrue
			}
			want := map[string]bool{
				fissilev1.ConditionReady:              test.complete,
				fissilev1.ConditionComplete:           test.complete,
				fissilev1.ConditionFailed:             test.failed,
				fissilev1.ConditionOutputPersisted:    test.persisted,
				fissilev1.ConditionReferencesResolved: true,
				fissilev1.ConditionRunning:            false,
			}
			if test.failed {
				want[fissilev1.ConditionStalled] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("true conditions (-want +got):\n%s", diff)
			}
			if got := w.EJ.Status.LastRun.Result; got != test.result {
				t.Errorf("want result %s, got %s", test.result, got)
			}
			if got := conditionReason(w.EJ, fissilev1.ConditionComplete); got != test.reason {
				t.Errorf("want reason %s, got %s", test.reason, got)
			}
		})
	}
}

func TestOutputThatIsStoredLateCompletesTheRun(t *testing.T) {
	w := given(once).output().claimed(t).job(t, batchv1.JobComplete)
	w.Output = &plan.Output{Reason: fissilev1.ReasonOutputConflict, Message: "in the way"}
	w.over(t)
	w.Output = nil

	if got := plan.Next(w.after(plan.OutputRetry).Observation).Kind; got != plan.StoreOutput {
		t.Fatalf("want another try, got %s", got)
	}
	w.Output = &plan.Output{Reason: fissilev1.ReasonStored}
	w.reported(t)
	if !meta.IsStatusConditionTrue(w.EJ.Status.Conditions, fissilev1.ConditionComplete) {
		t.Error("the run is not complete")
	}
	if got := *w.EJ.Status.Succeeded; got != 1 {
		t.Errorf("want 1 run succeeded, got %d", got)
	}
	if got := *w.EJ.Status.Failed; got != 0 {
		t.Errorf("want 0 runs failed, got %d", got)
	}
}

func TestARequestThatIsTakenBackIsCancelled(t *testing.T) {
	w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
	clear(w.Jobs)
	w.suspended().edit(now).reported(t)
	if meta.IsStatusConditionTrue(w.EJ.Status.Conditions, fissilev1.ConditionComplete) {
		t.Error("it is complete although a run is due")
	}
	w.edit(done).reported(t)
	if got := w.EJ.Status.LastRun; got.Number != 2 || got.Result != fissilev1.ResultCancelled {
		t.Errorf("want run 2 to be cancelled, got run %d: %s", got.Number, got.Result)
	}
	if meta.IsStatusConditionTrue(w.EJ.Status.Conditions, fissilev1.ConditionComplete) {
		t.Error("it is complete for a request that was never run")
	}
	if got := plan.Next(w.Observation).Kind; got != plan.Wait {
		t.Errorf("want nothing more to do, got %s", got)
	}
}

func TestAOneOffThatWasEditedSaysHowToRunItAgain(t *testing.T) {
	const hint = "The template has been edited since run 1. To run it, set spec.trigger.requestID to a new value, or spec.trigger.strategy to now."
	edited := func(pod *corev1.PodSpec) { pod.Hostname = "edited" }
	for name, test := range map[string]struct {
		prepare func(*world)
		end     batchv1.JobConditionType
		want    bool
	}{
		"after a success": {prepare: func(w *world) { w.editTemplate(edited) }, end: batchv1.JobComplete, want: true},
		"after a failure": {prepare: func(w *world) { w.editTemplate(edited) }, end: batchv1.JobFailed, want: true},
		"not unless it was edited": {prepare: func(w *world) {
			w.EJ.Spec.Suspend = new(true)
			w.EJ.Generation++
		}, end: batchv1.JobComplete},
		"not if it is an errand now": {prepare: func(w *world) { w.editTemplate(edited).edit(manual) }, end: batchv1.JobComplete},
	} {
		t.Run(name, func(t *testing.T) {
			w := given(once).claimed(t).job(t, test.end).over(t)
			clear(w.Jobs)
			test.prepare(w)
			w.reported(t)
			for _, conditionType := range []string{fissilev1.ConditionReady, fissilev1.ConditionComplete} {
				got := meta.FindStatusCondition(w.EJ.Status.Conditions, conditionType)
				if strings.HasPrefix(got.Message, hint) != test.want {
					t.Errorf("%s says %q", conditionType, got.Message)
				}
			}
		})
	}
}

func TestUpdateOnTemplateChangeRunsNothingForEditsBeforeIt(t *testing.T) {
	w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
	clear(w.Jobs)
	w.editTemplate(func(pod *corev1.PodSpec) { pod.Hostname = "edited" })
	w.EJ.Spec.UpdateOnTemplateChange = new(true)
	w.completeTemplate()
	w.reported(t)
	if step := plan.Next(w.Observation); step.Kind != plan.Wait {
		t.Errorf("got the step %s, want none", step.Kind)
	}
	w.editTemplate(func(pod *corev1.PodSpec) { pod.Hostname = "edited again" }).completeTemplate()
	if step := plan.Next(w.Observation); step.Kind != plan.Claim {
		t.Errorf("got the step %s, want the run for an edit that came later", step.Kind)
	}
}

func TestAnEditThatRunsNothingRefreshesTheConditions(t *testing.T) {
	w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
	w.EJ.Generation++
	w.reported(t)
	for _, c := range w.EJ.Status.Conditions {
		if c.ObservedGeneration != w.EJ.Generation {
			t.Errorf("condition %s is about generation %d, the spec has %d", c.Type, c.ObservedGeneration, w.EJ.Generation)
		}
	}
}

func conditionReason(ej *plan.ExtendedJob, conditionType string) string {
	if c := meta.FindStatusCondition(ej.Status.Conditions, conditionType); c != nil {
		return c.Reason
	}
	return ""
}
