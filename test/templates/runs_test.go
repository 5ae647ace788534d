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

package templates

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

// The operator creates the Job that a user would create.
func TestTheOperatorRunsTheJob(t *testing.T) {
	namespace := newNamespace(t)
	started := map[string]manifest{}
	for i, m := range accepted(t) {
		createReferences(t, namespace, m)
		for _, version := range []kind{v1, v1alpha1} {
			if version == v1alpha1 && !m.isPod() {
				continue
			}
			running := m
			running.objectName = "m" + strconv.Itoa(i) + "-" + string(version)
			created, err := server.ask(t.Context(), http.MethodPost, server.url(version, namespace), "application/json", running.extendedJob(version, "now"))
			if err != nil || !created.accepted {
				t.Fatalf("%s: %v %s", m.name, err, created.message)
			}
			started[running.objectName] = m
		}
	}

	made := jobsByOwner(t, namespace, len(started))
	for name, m := range started {
		ofRun, ok := made[name]
		if !ok {
			t.Errorf("%s: %s has no Job", m.name, name)
			continue
		}
		plain, err := server.dryRun(t.Context(), job, strict, m.objectName, m.object(job))
		if err != nil {
			t.Fatal(err)
		}
		if difference := differOfJobs(m, plain.object, ofRun); difference != "" {
			t.Errorf("%s: %s: %s", m.name, name, difference)
		}
	}
	t.Logf("%d of %d ExtendedJobs made their Jobs", len(made), len(started))
}

// createReferences creates the objects that the pods read, so that a run does not wait.
func createReferences(t *testing.T, namespace string, m manifest) {
	t.Helper()
	var decoded batchv1.JobTemplateSpec
	if err := json.Unmarshal(encode(m.template), &decoded); err != nil {
		t.Fatal(err)
	}
	for _, reference := range configrefs.Of(&decoded.Spec.Template.Spec) {
		if len(validation.IsDNS1123Subdomain(reference.Name)) > 0 {
			continue // There can be no such object.
		}
		metadata := metav1.ObjectMeta{Namespace: namespace, Name: reference.Name}
		data := map[string]string{}
		for _, key := range reference.Keys {
			data[key] = "value"
		}
		var object client.Object = &corev1.ConfigMap{ObjectMeta: metadata, Data: data}
		if reference.Kind == configrefs.Secret {
			object = &corev1.Secret{ObjectMeta: metadata, StringData: data}
		}
		err := server.Client.Create(t.Context(), object)
		if apierrors.IsAlreadyExists(err) { // for another manifest, which may read other keys
			err = server.Client.Patch(t.Context(), object, client.Merge)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// jobsByOwner waits for the given number of Jobs, or until a timeout, and returns them
// by the name of their ExtendedJob.
func jobsByOwner(t *testing.T, namespace string, number int) map[string]map[string]any {
	t.Helper()
	var list batchv1.JobList
	// The caller reports missing Jobs by name.
	_ = wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		err := server.Client.List(ctx, &list, client.InNamespace(namespace))
		return len(list.Items) >= number, err
	})
	made := map[string]map[string]any{}
	for _, job := range list.Items {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&job)
		if err != nil {
			t.Fatal(err)
		}
		if owner := metav1.GetControllerOf(&job); owner != nil {
			made[owner.Name] = content
		}
	}
	return made
}
