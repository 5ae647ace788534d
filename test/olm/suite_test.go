//go:build e2e

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

// Package olm tests the operator as the Operator Lifecycle Manager installs it, on
// a real cluster: from a Subscription to its removal. make test-olm installs OLM
// first, and the images of two versions and of a catalog with both; the older is
// the same code under another version.
package olm

import (
	"context"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/cluster"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/program"
)

const (
	// timeout is long enough for a step of OLM on a slow machine.
	timeout  = 3 * time.Minute
	interval = 200 * time.Millisecond

	// operatorNamespace is the namespace that the bundle suggests.
	operatorNamespace  = cluster.OperatorNamespace
	operatorDeployment = cluster.OperatorDeployment
)

var k8s client.WithWatch

func TestOLM(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Operator Lifecycle Manager")
}

var _ = BeforeSuite(func() {
	SetDefaultEventuallyTimeout(timeout)
	SetDefaultEventuallyPollingInterval(interval)

	restConfig, err := cluster.Config()
	Expect(err).NotTo(HaveOccurred(), "the suite is started by make test-olm, which says which cluster to use")
	k8s, err = cluster.Connect(restConfig)
	Expect(err).NotTo(HaveOccurred())
	komega.SetClient(k8s)
})

// environment returns a variable that make test-olm sets.
func environment(name string) string {
	GinkgoHelper()
	value := os.Getenv(name)
	Expect(value).NotTo(BeEmpty(), "%s is not set; the suite is started by make test-olm", name)
	return value
}

// restrictedNamespace creates a namespace that enforces the strictest pod security
// standard.
func restrictedNamespace(ctx context.Context, name string) {
	GinkgoHelper()
	Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:   name,
		Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}})).To(Succeed())
}

// olmObject is an object of OLM's API.
func olmObject(version, kind, namespace, name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("operators.coreos.com/" + version)
	object.SetKind(kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	return object
}

// withSpec sets an object's spec.
func withSpec(object *unstructured.Unstructured, spec map[string]any) *unstructured.Unstructured {
	object.Object["spec"] = spec
	return object
}

// field returns a function for Eventually that reads a string of an object.
func field(object *unstructured.Unstructured, path ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := k8s.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return "", err
		}
		value, _, err := unstructured.NestedString(object.Object, path...)
		return value, err
	}
}

// report prints what helps to find out why a spec failed.
func report(ctx context.Context) {
	for _, arguments := range [][]string{
		{"--namespace=" + operatorNamespace, "get", "subscriptions.operators.coreos.com,installplans,clusterserviceversions,catalogsources", "--output=yaml"},
		{"--namespace=olm", "get", "catalogsources,pods,jobs", "--output=wide"},
		{"--namespace=" + operatorNamespace, "describe", "deployments,pods"},
		{"--namespace=" + operatorNamespace, "logs", "--selector=app.kubernetes.io/component=controller-manager", "--prefix", "--tail=100"},
		{"--namespace=olm", "logs", "deployment/catalog-operator", "--tail=50"},
		{"--namespace=olm", "logs", "deployment/olm-operator", "--tail=50"},
	} {
		output, err := program.Kubectl().Run(ctx, arguments...)
		GinkgoWriter.Printf("kubectl %v: %v\n%s\n", arguments, err, output)
	}
}

// kubectl runs kubectl on the cluster.
func kubectl(ctx context.Context, arguments ...string) {
	GinkgoHelper()
	_, err := program.Kubectl().Run(ctx, arguments...)
	Expect(err).NotTo(HaveOccurred())
}
