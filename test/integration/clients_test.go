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
	"os"
	"os/exec"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applybatchv1 "k8s.io/client-go/applyconfigurations/batch/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	applyfissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/client-go/applyconfiguration/fissile/v1"
	applyfissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/client-go/applyconfiguration/fissile/v1alpha1"
	fissileclients "github.com/cloudfoundry-incubator/extendedjob-operator/client-go/clientset/versioned"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The typed clients", func() {
	var clients fissileclients.Interface

	BeforeEach(func() {
		var err error
		clients, err = fissileclients.NewForConfig(plane.Config)
		Expect(err).NotTo(HaveOccurred())
	})

	It("start a run and wait for its end, as their example shows", func() {
		program, err := gexec.Build("github.com/cloudfoundry-incubator/extendedjob-operator/client-go/examples/run")
		Expect(err).NotTo(HaveOccurred())
		bind(rbacv1.RoleRef{Kind: "ClusterRole", Name: "extendedjob-runner-role"})
		kubeconfig, err := plane.Kubeconfig("user-of-" + namespace)
		Expect(err).NotTo(HaveOccurred())
		run := func(requestID string) *gexec.Session {
			GinkgoHelper()
			command := exec.CommandContext(context.Background(), program, "--namespace="+namespace, "errand", requestID)
			command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
			session, err := gexec.Start(command, GinkgoWriter, GinkgoWriter)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(session.Kill)
			return session
		}
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(errand)).Should(ejob.BeIdle())

		By("waiting for a run that succeeds")
		session := run("v1")
		job := activeJob(errand, 1)
		Consistently(session).ShouldNot(gexec.Exit())
		complete(job, nil)
		Eventually(session).Should(gexec.Exit(0))

		By("not running a request again")
		Eventually(run("v1")).Should(gexec.Exit(0))
		Expect(jobsEver()).To(Equal(1))

		By("waiting for a run that fails")
		session = run("v2")
		fail(activeJob(errand, 2), nil)
		Eventually(session).Should(gexec.Exit(1))
		Expect(session.Err).To(gbytes.Say("run 2: Failed: "))
	})

	It("apply what was said, and own nothing else", func() {
		options := metav1.ApplyOptions{FieldManager: "deployer"}
		pod := applycorev1.PodTemplateSpec().WithSpec(applycorev1.PodSpec().
			WithRestartPolicy(corev1.RestartPolicyNever).
			WithContainers(applycorev1.Container().WithName("main").WithImage("busybox").WithCommand("true")))

		errand, err := clients.FissileV1().ExtendedJobs(namespace).Apply(context.Background(),
			applyfissilev1.ExtendedJob("errand", namespace).WithSpec(applyfissilev1.ExtendedJobSpec().
				WithTrigger(applyfissilev1.Trigger().WithStrategy(fissilev1.StrategyManual)).
				WithJobTemplate(applybatchv1.JobTemplateSpec().WithSpec(applybatchv1.JobSpec().WithTemplate(pod)))), options)
		Expect(err).NotTo(HaveOccurred())
		Expect(fieldsOf("deployer", errand.ManagedFields)).To(MatchJSON(`{"f:spec": {
			"f:trigger": {"f:strategy": {}},
			"f:jobTemplate": {"f:spec": {"f:template": {"f:spec": {
				"f:restartPolicy": {},
				"f:containers": {"k:{\"name\":\"main\"}": {".": {}, "f:name": {}, "f:image": {}, "f:command": {}}}
			}}}}
		}}`))

		old, err := clients.FissileV1alpha1().ExtendedJobs(namespace).Apply(context.Background(),
			applyfissilev1alpha1.ExtendedJob("old", namespace).WithSpec(applyfissilev1alpha1.ExtendedJobSpec().
				WithTrigger(applyfissilev1alpha1.Trigger().WithStrategy(fissilev1.StrategyManual)).
				WithTemplate(pod)), options)
		Expect(err).NotTo(HaveOccurred())
		Expect(fieldsOf("deployer", old.ManagedFields)).To(MatchJSON(`{"f:spec": {
			"f:trigger": {"f:strategy": {}},
			"f:template": {"f:spec": {
				"f:restartPolicy": {},
				"f:containers": {"k:{\"name\":\"main\"}": {".": {}, "f:name": {}, "f:image": {}, "f:command": {}}}
			}}
		}}`))
	})
})

// fieldsOf returns the fields that a manager owns.
func fieldsOf(manager string, entries []metav1.ManagedFieldsEntry) string {
	var fields strings.Builder
	for _, entry := range entries {
		if entry.Manager == manager {
			fields.Write(entry.FieldsV1.GetRawBytes())
		}
	}
	return fields.String()
}
