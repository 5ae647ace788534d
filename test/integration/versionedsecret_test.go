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
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The name of a versioned Secret", func() {
	It("stands for the newest version everywhere in the pod, and no other name does (case 83)", func() {
		const pod = `
imagePullSecrets: [{name: db-v1}]
initContainers:
- name: init
  image: busybox
  env: [{name: VALUE, valueFrom: {secretKeyRef: {name: db-v1, key: key}}}]
- name: sidecar
  image: busybox
  restartPolicy: Always
  envFrom: [{secretRef: {name: db-v1}}]
containers:
- name: main
  image: busybox
  env: [{name: VALUE, valueFrom: {secretKeyRef: {name: db-v1, key: key}}}]
  envFrom: [{secretRef: {name: db-v1}}, {secretRef: {name: db-password}}, {secretRef: {name: my-db-v2}}, {secretRef: {name: plain-v2}}]
volumes:
- {name: secret, secret: {secretName: db-v1}}
- {name: projected, projected: {sources: [{secret: {name: db-v1}}]}}
- {name: csi, csi: {driver: csi.example.com, nodePublishSecretRef: {name: db-v1}}}
restartPolicy: Never
`
		b := ejob.New(namespace, "versions").Strategy(fissilev1.StrategyNow)
		*b.PodSpec() = corev1.PodSpec{}
		Expect(yaml.UnmarshalStrict([]byte(pod), b.PodSpec())).To(Succeed())
		first := createVersion("db", 1, "1")
		for _, ordinal := range []int64{4, 9, 10, 11, 8} {
			createVersion("db", ordinal, "1")
		}
		deleteInput(first)
		createVersion("my-db", 2, "1")
		// These names look like versions.
		for _, name := range []string{"db-password", "db-v12", "plain-v2", "plain-v3"} {
			createInput(opaque(name, "1"))
		}
		mislabelled := versionedsecret.New(opaque("db", "1"), 13, "")
		mislabelled.Labels[versionedsecret.LabelVersion] = "14"
		createInput(mislabelled)

		errand := create(b)
		want := &corev1.PodSpec{}
		Expect(yaml.UnmarshalStrict([]byte(strings.ReplaceAll(pod, "{name: db-v1", "{name: db-v11")), want)).To(Succeed())
		want.Volumes[0].Secret.SecretName = "db-v11"
		job := activeJob(errand, 1)
		got := &job.Spec.Template.Spec
		Expect(got.ImagePullSecrets).To(Equal(want.ImagePullSecrets))
		for i := range want.InitContainers {
			Expect(got.InitContainers[i].Env).To(Equal(want.InitContainers[i].Env))
			Expect(got.InitContainers[i].EnvFrom).To(Equal(want.InitContainers[i].EnvFrom))
		}
		Expect(got.Containers[0].Env).To(Equal(want.Containers[0].Env))
		Expect(got.Containers[0].EnvFrom).To(Equal(want.Containers[0].EnvFrom))
		Expect(got.Volumes[0].Secret.SecretName).To(Equal("db-v11"))
		Expect(got.Volumes[1].Projected.Sources).To(Equal(want.Volumes[1].Projected.Sources))
		Expect(got.Volumes[2].CSI.NodePublishSecretRef).To(Equal(want.Volumes[2].CSI.NodePublishSecretRef))

		stored := oneOffOf("versions")
		Expect(stored.Generation).To(Equal(errand.Generation))
		Expect(stored.Spec).To(Equal(errand.Spec), "what the user wrote stays")
		complete(job, nil)
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
	})

	It("is waited for like any other while there is no version", func() {
		oneOff := create(ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyOnce).ReadsSecret("db-v1"))
		Eventually(komega.Object(oneOff)).Should(ejob.HaveMessage(fissilev1.ConditionReferencesResolved, Equal("Missing: Secret db-v1.")))
		createVersion("db", 3, "1")
		job := activeJob(oneOff, 1)
		Expect(job.Spec.Template.Spec.Containers[0].EnvFrom[0].SecretRef.Name).To(Equal("db-v3"))
		run(oneOff, 1)
	})

	It("stands for changed data when a version brings some, and only then", func() {
		createVersion("db", 1, "1")
		createVersion("db", 2, "1")
		oneOff := create(ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange().ReadsSecret("db-v1"))
		run(oneOff, 1)
		createVersion("db", 3, "1")
		Consistently(jobsEver).Should(Equal(1))
		createVersion("db", 1_000, "2")
		job := activeJob(oneOff, 2)
		Expect(job.Spec.Template.Spec.Containers[0].EnvFrom[0].SecretRef.Name).To(Equal("db-v1000"))
		run(oneOff, 2)
		createVersion("db", 999, "3") // not the newest
		Consistently(jobsEver).Should(Equal(2))
	})

	It("costs a list of the versions for each run, and a read of each version once", func() {
		createVersion("db", 1, "1")
		createVersion("db", 2, "1")
		start := plane.audit.now()
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyNow).ReadsSecret("db-v1"))
		complete(activeJob(errand, 1), nil)
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		setStrategy(errand, fissilev1.StrategyNow)
		complete(activeJob(errand, 2), nil)
		Eventually(komega.Object(errand)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Eventually(jobsOf(errand)).Should(BeEmpty())
		reads := func() []string {
			var reads []string
			for _, request := range plane.audit.requests(start, namespace) {
				if strings.HasPrefix(request, "get ") || strings.HasPrefix(request, "list ") {
					reads = append(reads, request)
				}
			}
			return reads
		}
		Eventually(reads).Should(ConsistOf("get secrets", "list secrets", "list secrets"))
	})
})

// createVersion creates a version of a Secret with one key.
func createVersion(base string, ordinal int64, value string) *corev1.Secret {
	GinkgoHelper()
	version := versionedsecret.New(opaque(base, value), ordinal, "made by a test")
	createInput(version)
	return version
}
