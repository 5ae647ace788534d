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
	"math"
	"slices"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// forge makes the Job of a run as somebody else can: with everything that they can see
// of a real one.
func (v *outputTest) forge(number int64, annotations map[string]string) {
	v.Helper()
	v.edit(func() {})
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ns", Name: runjob.JobName(v.ej, number), Labels: runjob.Labels(v.ej), Annotations: annotations,
		OwnerReferences: []metav1.OwnerReference{runjob.OwnerReference(v.ej)},
	}}
	v.mustCreate(job)
	v.createPod(job, job.Name, corev1.PodStatus{Phase: corev1.PodSucceeded})
	v.finish(job, batchv1.JobComplete)
}

func (v *outputTest) secretNames() []string {
	v.Helper()
	var names []string
	for _, secret := range v.secrets() {
		names = append(names, secret.Name)
	}
	return names
}

func TestAForgedJobIsNobodysRun(t *testing.T) {
	for name, test := range map[string]struct {
		number      int64
		annotations func(genuine map[string]string) map[string]string
	}{
		"that is to print the output": {5, func(genuine map[string]string) map[string]string { return genuine }},
		"that is to plant a Secret": {5, func(map[string]string) map[string]string {
			return map[string]string{fissilev1.AnnotationOutput: `{"namePrefix":"planted"}`, fissilev1.AnnotationOutputContainers: "main"}
		}},
		"with the greatest number": {math.MaxInt64, func(map[string]string) map[string]string { return nil }},
		"with an unknown cause": {2, func(map[string]string) map[string]string {
			return map[string]string{fissilev1.AnnotationRunCause: "Because"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			v.edit(func() { v.ej.Spec.SuccessfulJobsHistoryLimit = new(int32(1)) })
			v.run()
			var jobs batchv1.JobList
			if err := v.client.List(t.Context(), &jobs); err != nil || len(jobs.Items) != 1 {
				t.Fatalf("got %d Jobs, error %v, want the one of the run", len(jobs.Items), err)
			}
			v.forge(test.number, test.annotations(jobs.Items[0].Annotations))
			v.reconcile()
			v.edit(func() {})
			if run := v.ej.Status.LastRun; run.Number != 1 {
				t.Errorf("run %d is the last one", run.Number)
			}
			if secrets := v.secretNames(); !slices.Equal(secrets, []string{"out-main-v1"}) {
				t.Errorf("got Secrets %v", secrets)
			}

			v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
			v.reconcile()
			job := v.activeJob()
			v.createPod(job, job.Name, corev1.PodStatus{Phase: corev1.PodSucceeded})
			v.finish(job, batchv1.JobComplete)
			v.reconcile()
			v.expect(1, 2)
		})
	}
}

func TestAForgedSecretLeavesRunsTheirNumbers(t *testing.T) {
	v := newOutputTest(t)
	v.run()
	forged := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "forged", Annotations: map[string]string{
		fissilev1.AnnotationOwnerUID: string(v.ej.UID), fissilev1.AnnotationOwnerName: v.ej.Name,
		fissilev1.AnnotationRun: fmt.Sprint(int64(math.MaxInt64)),
	}}}
	v.mustCreate(forged)
	v.run()
	v.expect(1, 2)
}

func TestAJobWhoseAnnotationsWereChangedIsStillTheRun(t *testing.T) {
	for name, known := range map[string]func(*outputTest){
		"in this process": func(*outputTest) {},
		"after a restart": func(v *outputTest) {
			v.pass(31 * time.Second)
			v.reconcile() // its UID is recorded
			v.r.states = processStates{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			job := v.start()
			known(v)
			if err := v.client.Get(t.Context(), client.ObjectKeyFromObject(job), job); err != nil {
				t.Fatal(err)
			}
			job.Annotations[fissilev1.AnnotationOutput] = `{"namePrefix":"planted"}`
			if err := v.client.Update(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			v.reconcile()
			if active := v.activeJob(); active == nil || active.Name != job.Name {
				t.Errorf("got the active Job %+v, want %s", active, job.Name)
			}
			v.endJob()
			v.reconcile()
			v.expectPersisted(fissilev1.ReasonOutputUnavailable)
			if secrets := v.secretNames(); len(secrets) > 0 {
				t.Errorf("got Secrets %v, want none", secrets)
			}
		})
	}
}

func TestVersionsOfAnotherExtendedJobAreNotContinued(t *testing.T) {
	v := newOutputTest(t)
	theirs := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "out-main", Annotations: map[string]string{
		fissilev1.AnnotationOwnerUID: "another-uid", fissilev1.AnnotationOwnerName: "another",
	}}}
	theirs = versionedsecret.New(theirs, 1, "")
	v.mustCreate(theirs)
	v.run()
	v.expectPersisted(fissilev1.ReasonOutputConflict)
	v.expect(1)

	if err := v.client.Delete(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	v.pass(v.requeueAfter)
	v.reconcile()
	v.expectPersisted(fissilev1.ReasonStored)
}
