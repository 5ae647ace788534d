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
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func TestInTheOperatorsNamespaceNothingRunsUnlessItIsAskedFor(t *testing.T) {
	v := newOutputTest(t)
	v.r.Namespace = v.ej.Namespace
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
	var jobs batchv1.JobList
	if err := v.client.List(t.Context(), &jobs); err != nil || len(jobs.Items) != 0 {
		t.Errorf("got %d Jobs, error %v, want none", len(jobs.Items), err)
	}
	v.edit(func() {})
	running := meta.FindStatusCondition(v.ej.Status.Conditions, fissilev1.ConditionRunning)
	if running == nil || running.Status != metav1.ConditionUnknown || running.Reason != fissilev1.ReasonNamespaceClosed {
		t.Errorf("got condition %+v, want %s", running, fissilev1.ReasonNamespaceClosed)
	}

	v.r.RunInNamespace = true
	v.reconcile()
	v.activeJob()
}

func TestInTheOperatorsNamespaceARunThatHasNoJobIsCalledOff(t *testing.T) {
	v := newOutputTest(t)
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.ej.Status.Runs = new(int64(1))
	v.ej.Status.LastRun = &fissilev1.Run{Number: 1, Cause: fissilev1.CauseNow, JobName: "none", StartTime: metav1.NewTime(v.clock.Now()), Claim: &fissilev1.Claim{
		ID: "another process's", Generation: v.ej.Generation, Strategy: fissilev1.StrategyNow,
	}}
	if err := v.client.Status().Update(t.Context(), v.ej); err != nil {
		t.Fatal(err)
	}
	v.r.Namespace = v.ej.Namespace
	v.reconcile()
	v.edit(func() {})
	if run := v.ej.Status.LastRun; run.Result != fissilev1.ResultCancelled {
		t.Errorf("got run %+v, want it called off", run)
	}
}

func TestOutputIsNotStoredUnderAReservedName(t *testing.T) {
	v := newOutputTest(t)
	v.rewire(func(_ *dependencies, options *Options) { options.ReservedSecretNames = []string{"out-*"} })
	v.run()
	v.expectPersisted(fissilev1.ReasonOutputInvalid)
	if message := v.ej.Status.LastRun.Output.Message; !strings.Contains(message, "Secret out-main-v1 is refused") {
		t.Errorf("got message %q", message)
	}
	var secrets corev1.SecretList
	if err := v.client.List(t.Context(), &secrets); err != nil || len(secrets.Items) != 0 {
		t.Errorf("got %d Secrets, error %v, want none", len(secrets.Items), err)
	}
}
