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

// Package integration tests the operator against a real kube-apiserver and etcd: the
// CustomResourceDefinition and the roles as kustomize builds them, and the program
// as main.go wires it, with its webhooks. The tests play Jobs, pods and logs.
package integration

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

var (
	assets   string
	plane    *controlPlane
	node     *kubelet
	operator *manager
	// namespace is the spec's own.
	namespace string
)

// compat is for specs that an API server of another version may make fail: about
// what it accepts, refuses, warns of, defaults, converts or drops, who may do what,
// how it merges and deletes, and how it answers a client. They also run on the
// oldest version that the operator supports. Decisions that the operator makes by
// itself from the objects that it sees are tested once.
var compat = Label("compat")

// early is for the slowest specs: if they began late, one process would still work
// at the end while the others wait.
const early = SpecPriority(1)

func TestIntegration(t *testing.T) {
	var err error
	if assets, err = controlplane.FindAssets(repository); err != nil {
		t.Fatal(err)
	}
	RegisterFailHandler(Fail)
	RunSpecs(t, "Integration")
}

var _ = BeforeSuite(func() {
	SetDefaultEventuallyTimeout(timeout)
	SetDefaultEventuallyPollingInterval(interval)
	SetDefaultConsistentlyDuration(quietTime)
	SetDefaultConsistentlyPollingInterval(interval)

	ctrl.SetLogger(GinkgoLogr)

	directory := GinkgoT().TempDir()
	plane = startControlPlane(assets, directory)
	komega.SetClient(plane.client)
	node = startKubelet(plane.client)
	DeferCleanup(node.Close)
	DeferCleanup(gexec.CleanupBuildArtifacts)
	operator = newManager(directory, plane)
	operator.start()
	DeferCleanup(func() { operator.stop() })
})

var _ = BeforeEach(func() {
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
	Expect(plane.client.Create(context.Background(), object)).To(Succeed())
	namespace = object.Name
})

var _ = AfterEach(func() {
	Expect(operator.session).NotTo(gexec.Exit(), "the manager has to survive every spec")
	for _, panics := range []string{
		"controller_runtime_reconcile_panics_total",
		"controller_runtime_webhook_panics_total",
		"controller_runtime_conversion_webhook_panics_total",
	} {
		Expect(operator.metric(panics, nil)).To(BeZero(), panics)
	}
})
