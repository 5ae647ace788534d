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

// Package e2e tests the operator as users install it: its own image and manifests on
// a real cluster, with real pods and real logs. make test-e2e deploys it first.
package e2e

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/cluster"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/program"
)

const (
	// timeout is longer than a run takes on a slow machine.
	timeout = 2 * time.Minute
	// quiet is how long specs check that nothing happens.
	quiet    = 3 * time.Second
	interval = 100 * time.Millisecond

	// early is for the slowest specs: if they began late, one process would still work
	// at the end while the others wait.
	early = SpecPriority(1)

	operatorNamespace  = cluster.OperatorNamespace
	operatorDeployment = cluster.OperatorDeployment
)

var (
	restConfig *rest.Config
	k8s        client.WithWatch
	// kubectlProgram has a cache of the suite's own. In the user's cache, kubectl may
	// remember a cluster without ExtendedJobs, and would then not know short names.
	kubectlProgram program.Program
	shell          = ejob.Shell
)

func TestE2E(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "End to end")
}

var _ = BeforeSuite(func(ctx context.Context) {
	// Otherwise there is no time limit if a context is given.
	EnforceDefaultTimeoutsWhenUsingContexts()
	SetDefaultEventuallyTimeout(timeout)
	SetDefaultEventuallyPollingInterval(interval)
	SetDefaultConsistentlyDuration(quiet)
	SetDefaultConsistentlyPollingInterval(interval)

	kubectlProgram = program.Kubectl("--cache-dir=" + GinkgoT().TempDir())
	var err error
	restConfig, err = cluster.Config()
	Expect(err).NotTo(HaveOccurred(), "the suite is started by make test-e2e, which says which cluster to use")
	k8s, err = cluster.Connect(restConfig)
	Expect(err).NotTo(HaveOccurred())
	kubectl(ctx, "--namespace="+operatorNamespace, "rollout", "status", "deployment", operatorDeployment, "--timeout=2m")
})

// newNamespace creates a namespace for a spec, in which pods must be as restricted
// as pod security can require.
//
// If the operator may not access new namespaces, E2E_NAMESPACE names one that it may
// access.
func newNamespace(ctx context.Context) string {
	if name := os.Getenv("E2E_NAMESPACE"); name != "" {
		DeferCleanup(func(ctx context.Context) {
			Expect(k8s.DeleteAllOf(ctx, &fissilev1.ExtendedJob{}, client.InNamespace(name))).To(Succeed())
		})
		return name
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "e2e-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	Expect(k8s.Create(ctx, namespace)).To(Succeed())
	DeferCleanup(func(ctx context.Context) {
		if CurrentSpecReport().Failed() {
			report(ctx, namespace.Name)
		}
		Expect(client.IgnoreNotFound(k8s.Delete(ctx, namespace))).To(Succeed())
	})
	// After a spec that ended the operator, its webhooks may not be served yet.
	probe := shell(namespace.Name, "probe", "true").Strategy(fissilev1.StrategyManual).Obj()
	Eventually(k8s.Create).WithArguments(probe, client.DryRunAll).WithContext(ctx).Should(Succeed())
	return namespace.Name
}

// report prints information about why a spec failed.
func report(ctx context.Context, namespace string) {
	for _, arguments := range [][]string{
		{"--namespace=" + namespace, "describe", "extendedjobs,jobs,pods"},
		{"--namespace=" + operatorNamespace, "describe", "pods"},
		{"--namespace=" + operatorNamespace, "logs", "--selector=app.kubernetes.io/component=controller-manager", "--prefix", "--tail=200"},
	} {
		output, err := command(ctx, arguments...).CombinedOutput()
		GinkgoWriter.Printf("kubectl %v: %v\n%s\n", arguments, err, output)
	}
}

// kubectl runs kubectl on the cluster and returns its output.
func kubectl(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	output, err := kubectlProgram.Run(ctx, arguments...)
	Expect(err).NotTo(HaveOccurred())
	return output
}

func command(ctx context.Context, arguments ...string) *exec.Cmd {
	return kubectlProgram.Command(ctx, arguments...)
}

// apply passes the manifest of an ExtendedJob to kubectl, with a command such as
// "apply --server-side".
func apply(ctx context.Context, ej *fissilev1.ExtendedJob, how string) {
	GinkgoHelper()
	ej.TypeMeta = metav1.TypeMeta{APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob"}
	manifest, err := yaml.Marshal(ej)
	Expect(err).NotTo(HaveOccurred())
	arguments := append(strings.Fields(how), "--namespace="+ej.Namespace, "--filename=-")
	_, err = kubectlProgram.RunWithInput(ctx, string(manifest), arguments...)
	Expect(err).NotTo(HaveOccurred())
}

// the returns a function that reads an object, for Eventually.
func the[T client.Object](object T) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		return object, k8s.Get(ctx, client.ObjectKeyFromObject(object), object)
	}
}

// secret returns a function that reads the data of a Secret, for Eventually.
func secret(namespace, name string) func(context.Context) (map[string]string, error) {
	return func(ctx context.Context) (map[string]string, error) {
		secret := &corev1.Secret{}
		if err := k8s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret); err != nil {
			return nil, err
		}
		data := make(map[string]string, len(secret.Data))
		for key, value := range secret.Data {
			data[key] = string(value)
		}
		return data, nil
	}
}

// jobs returns a function that lists the names of the Jobs in a namespace, for
// Eventually.
func jobs(namespace string) func(context.Context) ([]string, error) {
	return names(batchv1.SchemeGroupVersion.WithKind("JobList"), namespace)
}

// secretNames does the same for Secrets.
func secretNames(namespace string) func(context.Context) ([]string, error) {
	return names(corev1.SchemeGroupVersion.WithKind("SecretList"), namespace)
}

func names(kind schema.GroupVersionKind, namespace string) func(context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		var list metav1.PartialObjectMetadataList
		list.SetGroupVersionKind(kind)
		err := k8s.List(ctx, &list, client.InNamespace(namespace))
		names := []string{}
		for i := range list.Items {
			names = append(names, list.Items[i].Name)
		}
		return names, err
	}
}

// patch changes an object like kubectl patch --type=merge.
func patch(ctx context.Context, object client.Object, merge string) {
	GinkgoHelper()
	Expect(k8s.Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(merge)))).To(Succeed())
}

// trigger requests a run.
func trigger(ctx context.Context, ej client.Object) {
	GinkgoHelper()
	patch(ctx, ej, `{"spec":{"trigger":{"strategy":"now"}}}`)
}
