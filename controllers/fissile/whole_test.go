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
	"context"
	"errors"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// noAnswer is a client that gets no answer the first time that it creates a Job.
type noAnswer struct {
	client.Client
	asked bool
}

func (c *noAnswer) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	if _, ok := obj.(*batchv1.Job); ok && !c.asked {
		c.asked = true
		return errors.New("connection lost")
	}
	return c.Client.Create(ctx, obj, opts...)
}

func TestAJobThatIsNotCreatedAtOnceHasTheWholeTemplate(t *testing.T) {
	v := newOutputTest(t)
	v.rewire(func(d *dependencies, _ *Options) { d.Client = &noAnswer{Client: v.client} })
	v.edit(func() {
		v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
		v.ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "A", Value: "b"}}
	})
	request := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)}
	if _, err := v.r.Reconcile(t.Context(), request); err == nil {
		t.Fatal("the create did not fail")
	}
	v.reconcile()
	if got, want := v.activeJob().Spec.Template.Spec.Containers, v.ej.Spec.JobTemplate.Spec.Template.Spec.Containers; !apiequality.Semantic.DeepEqual(got, want) {
		t.Errorf("got the containers %v, want %v", got, want)
	}
}

func TestARunLeavesTheTemplateAsItIs(t *testing.T) {
	v := newOutputTest(t)
	before := v.ej.Spec.JobTemplate.DeepCopy()
	v.run()
	v.edit(func() {})
	if !apiequality.Semantic.DeepEqual(&v.ej.Spec.JobTemplate, before) || v.ej.Spec.Trigger.Strategy != fissilev1.StrategyManual {
		t.Errorf("got %+v", v.ej.Spec)
	}
}
