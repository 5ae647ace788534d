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
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// keepTest is an ExtendedJob whose first run has generated a password.
type keepTest struct {
	*outputTest
	password map[string][]byte
}

func newKeepTest(t *testing.T, versioned bool) *keepTest {
	t.Helper()
	v := &keepTest{outputTest: newOutputTest(t)}
	v.edit(func() {
		v.ej.Spec.Output = &fissilev1.Output{NamePrefix: "out", IfExists: fissilev1.ExistingOutputKeep, DeletionPolicy: fissilev1.DeletionPolicyRetain}
		if versioned {
			v.ej.Spec.Output.Versioned = new(true)
		}
	})
	v.run()
	v.password = v.secret().Data
	v.rewire(func(d *dependencies, options *Options) { d.Documents = inPlace(v, options.LogReadTimeout) })
	return v
}

// Open returns the log of a run. Each of its containers prints the same.
func (v *keepTest) Open(ctx context.Context, pod types.NamespacedName, _ string) (io.ReadCloser, error) {
	return v.outputTest.Open(ctx, pod, "main")
}

// secret returns the one output Secret of the container main.
func (v *keepTest) secret() *corev1.Secret {
	v.Helper()
	var secrets corev1.SecretList
	if err := v.client.List(v.Context(), &secrets); err != nil {
		v.Fatal(err)
	}
	all := slices.DeleteFunc(secrets.Items, func(s corev1.Secret) bool { return s.Labels[fissilev1.LabelContainerName] != "main" })
	if len(all) != 1 {
		v.Fatalf("got %d Secrets of the container, want one", len(all))
	}
	return &all[0]
}

// createAgain replaces the ExtendedJob with one of the same name, as a manifest or a
// backup has it.
func (v *keepTest) createAgain(change func(*fissilev1.ExtendedJob)) {
	v.Helper()
	if err := v.client.Delete(v.Context(), v.ej); err != nil {
		v.Fatal(err)
	}
	v.ej.UID, v.ej.ResourceVersion = "", ""
	change(v.ej)
	status := v.ej.Status
	v.mustCreate(v.ej)
	v.ej.Status = status
	if err := v.client.Status().Update(v.Context(), v.ej); err != nil {
		v.Fatal(err)
	}
}

// runThrough requests a run, and goes through it with an operator that dies at one of
// its writes, before it is made or after.
func (v *keepTest) runThrough(dieAt int, after bool) (died bool) {
	v.Helper()
	api := v.client.(client.WithWatch)
	writes := 0
	write := func(request func() error) error {
		if died {
			return errors.New("the operator is dead")
		}
		if writes++; writes != dieAt {
			return request()
		}
		died = true
		if after {
			if err := request(); err != nil {
				return err
			}
		}
		return errors.New("the operator dies")
	}
	mortal := interceptor.NewClient(api, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
			return write(func() error { return c.Create(ctx, obj, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
			return write(func() error { return c.Patch(ctx, obj, patch, opts...) })
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, name string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			return write(func() error { return c.SubResource(name).Patch(ctx, obj, patch, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
			return write(func() error { return c.Delete(ctx, obj, opts...) })
		},
	})
	v.rewire(func(d *dependencies, _ *Options) { d.Client = mortal })
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	restarted := false
	for range 20 {
		_, err := v.r.Reconcile(v.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)})
		if err != nil && !died {
			v.Fatal(err)
		}
		if died && !restarted {
			restarted = true
			v.rewire(func(d *dependencies, _ *Options) { d.Client = v.client })
			v.r.states = processStates{}
		}
		v.pass(20 * time.Second)
		var jobs batchv1.JobList
		if err := v.client.List(v.Context(), &jobs); err != nil {
			v.Fatal(err)
		}
		switch {
		case len(jobs.Items) == 1 && runjob.Finished(&jobs.Items[0]) == nil:
			v.endJob()
		case len(jobs.Items) == 0 && v.atRest():
			return died
		}
	}
	v.Fatal("the run does not end")
	return died
}

func (v *keepTest) atRest() bool {
	v.edit(func() {})
	run := v.ej.Status.LastRun
	return v.ej.Spec.Trigger.Strategy == fissilev1.StrategyManual && run != nil && run.Result != ""
}

func TestAPasswordIsGeneratedOnce(t *testing.T) {
	const deleted = "after delete and create"
	for name, lose := range map[string]func(v *keepTest){
		"when it runs again": func(*keepTest) {},
		"after kubectl replace": func(v *keepTest) {
			v.edit(func() { v.ej.Annotations = nil })
		},
		deleted: func(v *keepTest) {
			v.createAgain(func(ej *fissilev1.ExtendedJob) {
				ej.Annotations, ej.Status = nil, fissilev1.ExtendedJobStatus{}
			})
		},
		"after a restore without status": func(v *keepTest) {
			v.createAgain(func(ej *fissilev1.ExtendedJob) { ej.Status = fissilev1.ExtendedJobStatus{} })
		},
		"after a restore with status": func(v *keepTest) { v.createAgain(func(*fissilev1.ExtendedJob) {}) },
		"after delete and create, when it then goes with the ExtendedJob": func(v *keepTest) {
			v.createAgain(func(ej *fissilev1.ExtendedJob) {
				ej.Annotations, ej.Status = nil, fissilev1.ExtendedJobStatus{}
				ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyDelete
			})
		},
	} {
		for _, versioned := range []bool{false, true} {
			// A write that was made but not answered is the harder case.
			for _, after := range []bool{true, false} {
				if !after && name != deleted {
					continue
				}
				died := true
				for dieAt := 1; died && !t.Failed(); dieAt++ {
					t.Run(fmt.Sprintf("%s, versioned %t, crash at write %d, made %t", name, versioned, dieAt, after), func(t *testing.T) {
						v := newKeepTest(t, versioned)
						lose(v)
						died = v.runThrough(dieAt, after)
						v.expectKept()
					})
				}
			}
		}
	}
}

// expectKept fails unless the Secret is unchanged and still the ExtendedJob's, and the
// status says so.
func (v *keepTest) expectKept() {
	v.Helper()
	v.reconcile()
	v.expectPersisted(fissilev1.ReasonStored)
	secret := v.secret()
	if !maps.EqualFunc(secret.Data, v.password, slices.Equal) {
		v.Errorf("the password %s has become %s", v.password, secret.Data)
	}
	retained := v.ej.Spec.Output.DeletionPolicy == fissilev1.DeletionPolicyRetain
	if secret.Annotations[fissilev1.AnnotationOwnerUID] != string(v.ej.UID) || metav1.IsControlledBy(secret, v.ej) == retained || retained && metav1.GetControllerOf(secret) != nil {
		v.Errorf("the Secret has the owners %v and the annotations %v", secret.OwnerReferences, secret.Annotations)
	}
	run := v.ej.Status.LastRun
	if want := "is kept: " + secret.Name; run.Result != fissilev1.ResultSucceeded || !strings.Contains(run.Message, want) || !strings.Contains(run.Output.Message, want) {
		v.Errorf("the run says %q, its output %+v, want %q", run.Message, run.Output, want)
	}
	if outputs := v.ej.Status.Outputs; len(outputs) != 1 || outputs[0].SecretName != secret.Name {
		v.Errorf("the status lists %+v", outputs)
	}
}

func TestOnlyWhatIsMissingIsRead(t *testing.T) {
	v := newKeepTest(t, false)
	v.edit(func() {
		pod := &v.ej.Spec.JobTemplate.Spec.Template.Spec
		pod.Containers = append(pod.Containers, corev1.Container{Name: "other"})
	})
	v.run()
	v.edit(func() {})
	var names []string
	for _, output := range v.ej.Status.Outputs {
		names = append(names, output.SecretName)
	}
	if message := v.ej.Status.LastRun.Output.Message; !slices.Equal(names, []string{"out-main", "out-other"}) || !strings.HasSuffix(message, "are kept: out-main.") {
		t.Errorf("got the outputs %q, %q", names, message)
	}
	if !maps.EqualFunc(v.secret().Data, v.password, slices.Equal) {
		t.Error("the password has changed")
	}

	v.logFailure = errors.New("nobody is to read it")
	v.run()
	v.expectPersisted(fissilev1.ReasonStored)
}

func TestTheSecretOfAnotherIsNotKept(t *testing.T) {
	v := newKeepTest(t, false)
	secret := v.secret()
	secret.Annotations[fissilev1.AnnotationOwnerName], secret.Annotations[fissilev1.AnnotationOwnerUID] = "another", "its-uid"
	if err := v.client.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	v.run()
	v.expectPersisted(fissilev1.ReasonOutputConflict)
}

func TestASecretThatTheCacheDoesNotShowIsKept(t *testing.T) {
	v := newKeepTest(t, false)
	behind := true
	cache := interceptor.NewClient(v.client.(client.WithWatch), interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			if behind && key.Name == "out-main" {
				key.Name = "not-there-yet"
			}
			return c.Get(ctx, key, obj, opts...)
		},
	})
	v.rewire(func(d *dependencies, _ *Options) { d.Client = cache })
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
	v.endJob()
	if _, err := v.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)}); err == nil {
		t.Error("want an error, so that it is tried again when the cache has caught up")
	}
	behind = false
	v.reconcile()
	v.expectKept()
}

func TestOutputSecretsCanBeListedByTheirExtendedJob(t *testing.T) {
	v := newOutputTest(t)
	v.run()
	v.run()
	var versions corev1.SecretList
	if err := v.client.List(t.Context(), &versions, client.MatchingLabels{fissilev1.LabelName: "ej"}); err != nil {
		t.Fatal(err)
	}
	if len(versions.Items) != 2 {
		t.Errorf("got %d Secrets, want both versions", len(versions.Items))
	}
}
