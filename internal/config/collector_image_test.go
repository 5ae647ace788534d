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

package config_test

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/config"
)

func ownPod(name string, containers ...corev1.Container) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: name}, Spec: corev1.PodSpec{Containers: containers}}
}

func TestCollectorImage(t *testing.T) {
	pod := ownPod("manager-1", corev1.Container{Name: "proxy", Image: "proxy:1"}, corev1.Container{Name: "manager", Image: "registry/operator:2"})
	for name, test := range map[string]struct {
		env, configured, pod, namespace string
		want                            string
	}{
		"that of the operator's own pod":       {pod: "manager-1", namespace: "system", want: "registry/operator:2"},
		"the configuration's before that":      {configured: "mirror/collector:3", pod: "manager-1", namespace: "system", want: "mirror/collector:3"},
		"the environment's before both":        {env: "related:4", configured: "mirror/collector:3", pod: "manager-1", namespace: "system", want: "related:4"},
		"none outside of a cluster":            {},
		"none in a pod that is not named":      {namespace: "system"},
		"none in a pod that is not there":      {pod: "manager-2", namespace: "system"},
		"none in a pod that has other content": {pod: "other", namespace: "system"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("RELATED_IMAGE_COLLECTOR", test.env)
			t.Setenv("POD_NAME", test.pod)
			reader := fake.NewClientBuilder().WithObjects(pod, ownPod("other", corev1.Container{Name: "main", Image: "other:1"})).Build()
			configuration := &configv1alpha1.OperatorConfiguration{Output: configv1alpha1.Output{CollectorImage: test.configured}}
			got, err := config.CollectorImage(t.Context(), reader, configuration, test.namespace)
			if err != nil || got != test.want {
				t.Errorf("got %q, error %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestCollectorImageOfAPodThatCannotBeRead(t *testing.T) {
	t.Setenv("POD_NAME", "manager-1")
	read := func(failure error) (string, error) {
		reader := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
			Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return failure
			},
		}).Build()
		return config.CollectorImage(t.Context(), reader, &configv1alpha1.OperatorConfiguration{}, "system")
	}
	if image, err := read(apierrors.NewForbidden(corev1.Resource("pods"), "manager-1", errors.New("no right"))); image != "" || err != nil {
		t.Errorf("without the right: got %q, error %v, want none", image, err)
	}
	if _, err := read(errors.New("connection refused")); err == nil {
		t.Error("got no error where the API server does not answer")
	}
}
