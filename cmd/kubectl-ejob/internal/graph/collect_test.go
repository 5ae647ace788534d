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

package graph

import (
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes/fake"
	fakemetadata "k8s.io/client-go/metadata/fake"
	clientgotesting "k8s.io/client-go/testing"
)

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "default", Name: name}
}

func newCollector() (*Collector, *fake.Clientset, *fakemetadata.FakeMetadataClient) {
	owned := &batchv1.Job{ObjectMeta: named("of-a-cronjob")}
	owned.OwnerReferences = []metav1.OwnerReference{{Kind: "CronJob", Name: "cronjob", Controller: new(true)}}
	kubernetes := fake.NewClientset(
		&appsv1.Deployment{ObjectMeta: named("deployment")}, &appsv1.StatefulSet{ObjectMeta: named("statefulset")},
		&appsv1.DaemonSet{ObjectMeta: named("daemonset")}, &batchv1.Job{ObjectMeta: named("job")}, owned,
		&batchv1.CronJob{ObjectMeta: named("cronjob")}, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "other"}},
	)
	scheme := fakemetadata.NewTestScheme()
	utilruntime.Must(metav1.AddMetaToScheme(scheme))
	utilruntime.Must(corev1.AddToScheme(scheme))
	metadata := fakemetadata.NewSimpleMetadataClient(scheme, partial("ConfigMap", "configmap"), partial("Secret", "secret"))
	return &Collector{Namespace: "default", Kubernetes: kubernetes, Metadata: metadata}, kubernetes, metadata
}

func partial(kind, name string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: kind}, ObjectMeta: named(name)}
}

func TestCollect(t *testing.T) {
	collector, _, _ := newCollector()
	var objects Objects
	unseen, err := collector.Collect(t.Context(), &objects)
	if err != nil || len(unseen) > 0 {
		t.Fatalf("got %v, %v", unseen, err)
	}
	var got []string
	for _, workload := range objects.Workloads {
		got = append(got, string(workload.Kind)+" "+workload.Name)
	}
	want := []string{"Deployment deployment", "StatefulSet statefulset", "DaemonSet daemonset", "Job job", "CronJob cronjob"}
	if !slices.Equal(got, want) || len(objects.ConfigMaps.Items) != 1 || len(objects.Secrets.Items) != 1 {
		t.Errorf("got %q, %v, %v; want %q", got, objects.ConfigMaps, objects.Secrets, want)
	}
}

func TestWhatMayNotBeSeenIsToldAndNotMissing(t *testing.T) {
	collector, kubernetes, metadata := newCollector()
	forbid := func(action clientgotesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: action.GetResource().Resource}, "", nil)
	}
	kubernetes.PrependReactor("list", "cronjobs", forbid)
	metadata.PrependReactor("list", "secrets", forbid)
	var objects Objects
	unseen, err := collector.Collect(t.Context(), &objects)
	if want := []string{"Secrets", "CronJobs"}; err != nil || !slices.Equal(unseen, want) {
		t.Errorf("got %v, %v; want %v", unseen, err, want)
	}
	if !objects.Secrets.Unknown || objects.ConfigMaps.Unknown || len(objects.Workloads) != 4 {
		t.Errorf("got %+v", objects)
	}
}
