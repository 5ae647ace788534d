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

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/program"
)

// create creates an ExtendedJob.
func create(b *ejob.Builder) *fissilev1.ExtendedJob {
	GinkgoHelper()
	ej := b.Obj()
	Expect(plane.client.Create(context.Background(), ej)).To(Succeed())
	return ej
}

// edit edits an ExtendedJob like kubectl edit, and retries if somebody else wrote it
// meanwhile.
func edit(ej *fissilev1.ExtendedJob, change func()) {
	GinkgoHelper()
	Eventually(komega.Update(ej, change)).Should(Succeed())
}

func setStrategy(ej *fissilev1.ExtendedJob, strategy fissilev1.TriggerStrategy) {
	GinkgoHelper()
	edit(ej, func() { ej.Spec.Trigger.Strategy = strategy })
}

// manifest returns an ExtendedJob as a user writes it.
func manifest(ej *fissilev1.ExtendedJob) *unstructured.Unstructured {
	GinkgoHelper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ej)
	Expect(err).NotTo(HaveOccurred())
	delete(content, "status")
	object := &unstructured.Unstructured{Object: content}
	object.SetGroupVersionKind(fissilev1.GroupVersion.WithKind("ExtendedJob"))
	return object
}

// inV1alpha1 returns a reference to the same ExtendedJob in the other version.
func inV1alpha1(ej *fissilev1.ExtendedJob) *fissilev1alpha1.ExtendedJob {
	return &fissilev1alpha1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: ej.Namespace, Name: ej.Name}}
}

// secret returns a Secret of the spec's namespace.
func secret(name string) func() (*corev1.Secret, error) {
	return func() (*corev1.Secret, error) {
		s := &corev1.Secret{}
		return s, plane.client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: name}, s)
	}
}

// secretNames lists the Secrets of the spec's namespace.
func secretNames() ([]string, error) {
	var list corev1.SecretList
	if err := plane.client.List(context.Background(), &list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	var names []string
	for _, s := range list.Items {
		names = append(names, s.Name)
	}
	return names, nil
}

// eventsOn returns the events on an ExtendedJob, oldest first.
func eventsOn(ej *fissilev1.ExtendedJob) func() ([]eventsv1.Event, error) {
	return func() ([]eventsv1.Event, error) {
		var list eventsv1.EventList
		err := plane.client.List(context.Background(), &list, client.InNamespace(ej.Namespace))
		var events []eventsv1.Event
		for _, event := range list.Items {
			if event.Regarding.UID == ej.UID {
				events = append(events, event)
			}
		}
		return events, err
	}
}

// kubectl runs kubectl in the spec's namespace and returns its output.
func kubectl(arguments ...string) string {
	GinkgoHelper()
	return kubectlWithInput("", arguments...)
}

// kubectlWithInput does the same with standard input.
func kubectlWithInput(input string, arguments ...string) string {
	GinkgoHelper()
	output, err := runKubectl(input, arguments...)
	Expect(err).NotTo(HaveOccurred(), output)
	return output
}

// kubectlRefusal returns what kubectl prints when the API server refuses its
// request.
func kubectlRefusal(input string, arguments ...string) string {
	GinkgoHelper()
	output, err := runKubectl(input, arguments...)
	Expect(err).To(HaveOccurred(), output)
	return output
}

func runKubectl(input string, arguments ...string) (string, error) {
	kubectl := program.Program{Path: plane.ControlPlane.KubectlPath, Flags: []string{
		"--kubeconfig=" + plane.kubeconfig, "--cache-dir=" + plane.kubeconfig + ".cache", "--namespace=" + namespace,
	}}
	return kubectl.RunWithInput(context.Background(), input, arguments...)
}
