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

package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A status that can be computed", compat, func() {
	It("is stored, whatever others put into a Job", func(ctx context.Context) {
		stored := create(ejob.New(namespace, "odd").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(stored)).Should(ejob.BeIdle())
		operator.stop()
		DeferCleanup(startAgain)
		const runs = 150
		for seed := range uint64(runs) {
			r := &oddity{rand.New(rand.NewPCG(seed, 0))}
			stored.Status = fissilev1.ExtendedJobStatus{}
			o := r.observation(stored)
			for range 24 {
				step := plan.Next(o)
				if step.Kind == plan.Claim {
					step.Status.LastRun.Claim.ID = "claim"
				}
				if step.Status != nil {
					stored.Status = *step.Status
					Expect(plane.client.Status().Update(ctx, stored)).To(Succeed(), "seed %d", seed)
				}
				if step.Kind == plan.Wait {
					break
				}
				r.do(&o, step)
			}
		}
		operator.start()
	})
})

// oddity generates what an operator may observe, however odd.
type oddity struct{ *rand.Rand }

func (r *oddity) one(of ...string) string { return of[r.IntN(len(of))] }

// text returns text that others may write where the operator quotes it.
func (r *oddity) text() string {
	return r.one("", "spot-reclaimed", "Ein Grund, ohne CamelCase", "日本語", "a\nb\x00c", strings.Repeat("long ", 2000), "OOMKilled", "-", "\xff\xfe")
}

func (r *oddity) name() string {
	return r.one("a", strings.Repeat("n", 253), strings.Repeat("n", 260), "Not_A Name", "")
}

func (r *oddity) observation(stored *fissilev1.ExtendedJob) plan.Observation {
	ej := stored.DeepCopy()
	ej.Spec.Trigger.Strategy = fissilev1.TriggerStrategy(r.one("now", "once", "done", "manual"))
	ej.Spec.Trigger.RequestID = r.one("", "v1", strings.Repeat("é", 128))
	ej.Spec.UpdateOnConfigChange = new(r.IntN(2) == 0)
	if r.IntN(2) == 0 {
		ej.Spec.Output = &fissilev1.Output{NamePrefix: "out"}
	}
	if r.IntN(4) == 0 {
		ej.Spec.Suspend = new(true)
	}
	if r.IntN(4) == 0 {
		metav1.SetMetaDataAnnotation(&ej.ObjectMeta, fissilev1.AnnotationSettledRun, string(ej.UID)+r.one("/3/Odd/false", "/3/Succeeded/true", "/-1//", "/x"))
	}
	o := plan.Observation{EJ: plan.WithoutTemplate(ej), Now: time.Now(), Jobs: map[int64]*batchv1.Job{}, LeaseDuration: time.Second}
	for number := range int64(r.IntN(3)) {
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: runjob.JobName(ej, number+1), UID: "job", CreationTimestamp: metav1.Now()}}
		job.Labels = runjob.Labels(ej)
		job.Annotations = map[string]string{fissilev1.AnnotationRunCause: r.text(), fissilev1.AnnotationClaim: r.text(),
			fissilev1.AnnotationOutput: r.one("{", `{"namePrefix":"x"}`), fissilev1.AnnotationRequestID: r.text(), fissilev1.AnnotationInputsDigest: r.text()}
		r.end(job)
		o.Jobs[number+1] = job
	}
	return o
}

// end ends a Job in some way, or not.
func (r *oddity) end(job *batchv1.Job) {
	ending := batchv1.JobConditionType(r.one(string(batchv1.JobFailed), string(batchv1.JobComplete), string(batchv1.JobSuspended)))
	job.Status.Conditions = []batchv1.JobCondition{{Type: ending, Status: corev1.ConditionTrue, Reason: r.text(), Message: r.text()}}
}

func (r *oddity) inputs() *plan.Inputs {
	inputs := &plan.Inputs{Newest: true, Inputs: fissilev1.Inputs{Digest: "1:key:" + r.text()}}
	for i := range r.IntN(2) * r.IntN(5000) {
		inputs.Objects = append(inputs.Objects, fissilev1.InputObject{
			ObjectName: fissilev1.ObjectName{Kind: fissilev1.InputSecret, Name: fmt.Sprint(r.name(), i)}, UID: "uid", ResourceVersion: "1",
		})
	}
	if r.IntN(4) == 0 {
		inputs.Missing = []string{"Secret " + r.name(), strings.Repeat("Secret x, ", 500)}
	}
	return inputs
}

// do simulates the result of a step.
func (r *oddity) do(o *plan.Observation, step plan.Step) {
	switch step.Kind {
	case plan.ReadLive:
		o.LiveReadAt = o.Now
	case plan.ReadInputs, plan.ReadNewestInputs:
		o.Inputs = r.inputs()
	case plan.ReadTemplate:
		o.TemplateDigest = "a:" + r.text()
	case plan.Claim, plan.WriteStatus:
		o.EJ.Status = *step.Status
		if step.Kind == plan.Claim {
			o.Process.Claimed("claim", step.Renewed, o.Now)
		}
	case plan.CreateJob:
		job, err := runjob.New(&fissilev1.ExtendedJob{ObjectMeta: o.EJ.ObjectMeta, Spec: fissilev1.ExtendedJobSpec{Output: o.EJ.Spec.Output}, Status: o.EJ.Status}, o.EJ.Status.LastRun)
		if err != nil || r.IntN(3) == 0 {
			o.Process.JobRejected(plan.Rejection{Reason: fissilev1.ReasonJobCreateFailed, Message: r.text(), NeedsEdit: r.IntN(2) == 0}, o.Now)
			return
		}
		r.end(job)
		o.Jobs[o.EJ.Status.LastRun.Number] = job
	case plan.LabelJob:
		step.Job.Labels = runjob.Labels(o.EJ)
	case plan.StoreOutput:
		o.Output = &plan.Output{Reason: r.one(fissilev1.ReasonStored, fissilev1.ReasonOutputConflict, fissilev1.ReasonOutputInvalid), Message: r.text()}
		if o.Output.Stored() {
			o.Output.Secrets = []fissilev1.OutputSecret{{Container: "main", SecretName: "out-main"}, {Container: "main", SecretName: "out-main-v2", Version: 2}}
		}
	case plan.Settle:
		o.EJ.Spec.Trigger.Strategy = step.Strategy
		metav1.SetMetaDataAnnotation(&o.EJ.ObjectMeta, fissilev1.AnnotationSettledRun, step.Settled.Annotation(o.EJ))
	case plan.DeleteJob:
		for number, job := range o.Jobs {
			if job == step.Job {
				delete(o.Jobs, number)
			}
		}
	}
}
