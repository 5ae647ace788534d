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
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestNext(t *testing.T) {
	for name, test := range map[string]struct {
		given func(t *testing.T) *world
		want  plan.Kind
		shown string
	}{
		"an errand that was created runs nothing and says so": {
			func(*testing.T) *world { return given(manual) }, plan.WriteStatus, "NeverRun",
		},
		"an errand that said so waits": {
			func(t *testing.T) *world { return given(manual).reported(t) }, plan.Wait, "NeverRun",
		},
		"now is claimed": {
			func(*testing.T) *world { return given(now) }, plan.Claim, "Now: RunActive",
		},
		"once is claimed": {
			func(*testing.T) *world { return given(once) }, plan.Claim, "Once: RunActive",
		},
		"an object that is being deleted runs nothing": {
			func(*testing.T) *world {
				w := given(now)
				w.EJ.DeletionTimestamp = new(metav1.NewTime(start))
				return w
			}, plan.Wait, "",
		},
		"a claim just made is followed by its Job": {
			func(t *testing.T) *world { return given(now).claimed(t).byUs() }, plan.CreateJob, "Now: RunActive",
		},
		"a claim made a while ago is looked at first": {
			func(t *testing.T) *world { return given(now).claimed(t).byUs().after(plan.CreateWindow) }, plan.ReadLive, "Now: RunActive",
		},
		"a claim of another process is looked at first": {
			func(t *testing.T) *world { return given(now).claimed(t) }, plan.ReadLive, "Now: RunActive",
		},
		"a claim of another process without its Job is claimed anew": {
			func(t *testing.T) *world { return given(now).claimed(t).live() }, plan.Claim, "Now: RunActive",
		},
		"our claim is followed by its Job after a look": {
			func(t *testing.T) *world { return given(now).claimed(t).byUs().after(plan.CreateWindow).live() }, plan.CreateJob, "Now: RunActive",
		},
		"our claim for another spec is claimed anew": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).byUs().after(plan.CreateWindow)
				w.EJ.Generation++
				return w.live()
			}, plan.Claim, "Now: RunActive",
		},
		"a Job that we created and the cache does not show is waited for": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).byUs()
				w.Process.JobCreated("job-uid", w.Now)
				return w
			}, plan.Wait, "Now: RunActive",
		},
		"a Job that we created and is not there was deleted: the run is settled": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).byUs().after(plan.CreateWindow)
				w.Process.JobCreated("job-uid", w.Now)
				return w.live()
			}, plan.Settle, "Now: JobDeleted",
		},
		"a claim is settled without a Job when the trigger was taken back": {
			func(t *testing.T) *world { return given(once).claimed(t).edit(manual).live() }, plan.WriteStatus, "Once: Cancelled",
		},
		"a claim is settled without a Job when the ExtendedJob was suspended": {
			func(t *testing.T) *world { return given(once).claimed(t).suspended().live() }, plan.WriteStatus, "Once: RunDue",
		},
		"a short run costs no write while it goes on": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t) }, plan.Wait, "Now: RunActive",
		},
		"a long run has its Job recorded": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t).after(30 * time.Second) }, plan.WriteStatus, "Now: RunActive",
		},
		"what keeps the pods of a run from running is reported": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t)
				w.BlockedBy = "Pod p: container c: image i cannot be pulled"
				return w
			}, plan.WriteStatus, "Now: PodsNotRunning",
		},
		"a Job that is about to complete is not over": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobSuccessCriteriaMet) }, plan.Wait, "Now: RunActive",
		},
		"a Job that is about to fail is not over": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobFailureTarget) }, plan.Wait, "Now: RunActive",
		},
		"a Job that completed without output is settled": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobComplete) }, plan.Settle, "Now: Succeeded",
		},
		"a Job that completed with output has it stored first": {
			func(t *testing.T) *world { return given(now).output().claimed(t).job(t, batchv1.JobComplete) }, plan.StoreOutput, "Now: RunActive",
		},
		"a Job that failed with output is settled": {
			func(t *testing.T) *world { return given(now).output().claimed(t).job(t, batchv1.JobFailed) }, plan.Settle, "Now: JobFailed",
		},
		"a Job that failed with writeOnFailure has its output stored first": {
			func(t *testing.T) *world {
				w := given(now).output()
				w.EJ.Spec.Output.WriteOnFailure = new(true)
				return w.claimed(t).job(t, batchv1.JobFailed)
			}, plan.StoreOutput, "Now: RunActive",
		},
		"output settings of a run are those of its start": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t, batchv1.JobComplete)
				return w.output()
			}, plan.Settle, "Now: Succeeded",
		},
		"a settled run is reported before its Job is deleted": {
			func(t *testing.T) *world { return given(now).claimed(t).job(t, batchv1.JobComplete).settled(t) }, plan.WriteStatus, "Now: Succeeded",
		},
		"now that is set again after the run is a new request": {
			func(t *testing.T) *world {
				return given(now).claimed(t).job(t, batchv1.JobComplete).over(t).edit(now)
			}, plan.Claim, "Now: RunActive",
		},
		"once that is applied again after the run goes back to done": {
			func(t *testing.T) *world {
				return given(once).claimed(t).job(t, batchv1.JobComplete).over(t).edit(once)
			}, plan.Settle, "Once: Succeeded",
		},
		"once that was cancelled before it started still runs": {
			func(t *testing.T) *world {
				return given(once).claimed(t).edit(manual).live().over(t).edit(once)
			}, plan.Claim, "Once: RunActive",
		},
		"the history of a copied manifest does not count": {
			func(*testing.T) *world {
				w := given(once).annotate(plan.Settled{Number: 3, Result: fissilev1.ResultSucceeded, OneOffDone: true})
				w.EJ.UID = "another-uid"
				return w
			}, plan.Claim, "Once: RunActive",
		},
		"a status that was wiped does not make a one-off run again": {
			func(*testing.T) *world {
				return given(done).annotate(plan.Settled{Number: 3, Result: fissilev1.ResultSucceeded, OneOffDone: true})
			}, plan.WriteStatus, "NeverRun",
		},
		"a run reads its inputs before it is claimed": {
			func(*testing.T) *world {
				w := given(once)
				w.Inputs = nil
				return w
			}, plan.ReadInputs, "",
		},
		"a run waits for what is missing": {
			func(t *testing.T) *world {
				w := given(once)
				w.Inputs.Missing = []string{"Secret a"}
				return w.reported(t)
			}, plan.Wait, "ReferencesMissing",
		},
		"a one-off looks at its inputs when it is done": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs = nil
				return w
			}, plan.ReadInputs, "Once: Succeeded",
		},
		"a one-off does not look at its inputs without updateOnConfigChange": {
			func(t *testing.T) *world {
				w := given(once).claimed(t).job(t, batchv1.JobComplete).over(t)
				delete(w.Jobs, 1)
				w.Inputs = nil
				return w
			}, plan.Wait, "Once: Succeeded",
		},
		"a one-off whose inputs are the same runs nothing": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				delete(w.Jobs, 1)
				return w
			}, plan.Wait, "Once: Succeeded",
		},
		"a one-off whose inputs changed runs": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs = inputs("after")
				return w
			}, plan.Claim, "ConfigChange: RunActive",
		},
		"a change waits for others to come with it": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				delete(w.Jobs, 1)
				return w.noticed("after").after(w.Debounce - time.Millisecond)
			}, plan.Wait, "Once: Succeeded",
		},
		"an errand does not run for its inputs": {
			func(t *testing.T) *world {
				w := given(now)
				w.EJ.Spec.UpdateOnConfigChange = new(true)
				w.claimed(t).job(t, batchv1.JobComplete).over(t)
				delete(w.Jobs, 1)
				w.Inputs = inputs("after")
				return w
			}, plan.Wait, "Now: Succeeded",
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
			}, plan.Claim, "ConfigChange: RunActive",
		},
		"a run asks for the newest versions before it is claimed": {
			func(*testing.T) *world {
				w := given(once)
				w.Inputs.Newest = false
				return w
			}, plan.ReadNewestInputs, "",
		},
		"a one-off whose inputs are the same does not ask for the newest versions": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				delete(w.Jobs, 1)
				w.Inputs.Newest = false
				return w
			}, plan.Wait, "Once: Succeeded",
		},
		"a lost key runs nothing though the ExtendedJob printed another version of its own": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs.Digest = "1:another-key:before"
				w.Inputs.Objects[0].ResolvedName = "secret-v2"
				return w
			}, plan.WriteStatus, "Once: Succeeded",
		},
		"a lost key runs nothing if nobody wrote the objects": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs.Digest = "1:another-key:before"
				return w
			}, plan.WriteStatus, "Once: Succeeded",
		},
		"a lost key runs once if somebody wrote an object": {
			func(t *testing.T) *world {
				w := oneOffThatRan(t)
				w.Inputs = inputs("after")
				w.Inputs.Digest = "1:another-key:before"
				return w
			}, plan.Claim, "ConfigChange: RunActive",
		},
		"a one-off of which no inputs are recorded has them recorded": {
			func(*testing.T) *world {
				w := given(done)
				w.EJ.Spec.UpdateOnConfigChange = new(true)
				return w
			}, plan.WriteStatus, "NeverRun",
		},
		"a template that did not change runs nothing": {
			oneOffOfTemplate, plan.Wait, "Once: Succeeded",
		},
		"a template that was edited is looked at": {
			func(t *testing.T) *world {
				return oneOffOfTemplate(t).editTemplate(func(s *corev1.PodSpec) { s.NodeName = "n" })
			}, plan.ReadTemplate, "Once: Succeeded",
		},
		"a template that changed is run": {
			func(t *testing.T) *world {
				return oneOffOfTemplate(t).editTemplate(func(s *corev1.PodSpec) { s.NodeName = "n" }).completeTemplate()
			}, plan.Claim, "TemplateChange: RunActive",
		},
		"a default that is written out runs nothing": {
			func(t *testing.T) *world {
				return oneOffOfTemplate(t).editTemplate(func(s *corev1.PodSpec) { s.RestartPolicy = corev1.RestartPolicyNever }).
					completeTemplate().reported(t)
			}, plan.Wait, "Once: Succeeded",
		},
		"a run is not claimed while pods of an earlier one run": {
			func(t *testing.T) *world {
				w := given(now)
				w.PodsRunning = true
				return w.reported(t)
			}, plan.Wait, "PodsTerminating",
		},
		"a run is not claimed while it is suspended": {
			func(t *testing.T) *world { return given(now).suspended().reported(t) }, plan.Wait, "Suspended",
		},
		"a Job that the status does not know is looked at": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t)
				w.EJ.Status = fissilev1.ExtendedJobStatus{}
				return w
			}, plan.ReadLive, "",
		},
		"a Job that the status does not know is adopted": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t)
				w.EJ.Status = fissilev1.ExtendedJobStatus{}
				return w.live()
			}, plan.WriteStatus, "Now: RunActive",
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
			}, plan.Claim, "ConfigChange: RunActive",
		},
		"an unfinished Job of a settled run is deleted": {
			func(t *testing.T) *world {
				w := given(now).claimed(t).job(t, batchv1.JobComplete).over(t)
				w.Jobs[1].Status.Conditions = nil
				return w
			}, plan.DeleteJob, "Now: Succeeded",
		},
		"a Job refused for its template is reported": {
			func(t *testing.T) *world {
				return given(once).claimed(t).byUs().rejected()
			}, plan.WriteStatus, "Once: JobRejected",
		},
		"a Job refused for its template is not tried again": {
			func(t *testing.T) *world {
				return given(once).claimed(t).byUs().rejected().reported(t).restarted().after(time.Hour)
			}, plan.Wait, "Once: JobRejected",
		},
		"a Job refused for its template is tried again after an edit": {
			func(t *testing.T) *world {
				w := given(once).claimed(t).byUs().rejected().reported(t)
				w.EJ.Generation++
				return w.live()
			}, plan.Claim, "Once: RunActive",
		},
		"a run whose Job name is taken goes on under the next number": {
			func(t *testing.T) *world {
				w := given(once).claimed(t).byUs()
				w.Process.JobRejected(plan.Rejection{Reason: fissilev1.ReasonNameConflict, Message: "taken"}, w.Now)
				return w
			}, plan.Claim, "Once: RunActive",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := test.given(t)
			step := plan.Next(w.Observation)
			if got := w.shown(step); step.Kind != test.want || got != test.shown {
				t.Errorf("want %s showing %q, got %s showing %q", test.want, test.shown, step.Kind, got)
			}
		})
	}
}

// shown returns what users see once a step is done: the cause of the last run, and the
// reason of the condition Complete or of the outcome that the step settles.
func (w *world) shown(step plan.Step) string {
	ej := *w.EJ
	if step.Status != nil {
		ej.Status = *step.Status
	}
	reason := conditionReason(&ej, fissilev1.ConditionComplete)
	if step.Kind == plan.Settle && step.Outcome != nil {
		reason = step.Outcome.Reason
	}
	if run := ej.Status.LastRun; run != nil {
		return string(run.Cause) + ": " + reason
	}
	return reason
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
