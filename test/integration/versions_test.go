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
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// full are manifests that use every field that their version has, except the pod's.
var full = map[string]string{
	"v1": `
apiVersion: fissile.cloudfoundry.org/v1
kind: ExtendedJob
metadata:
  name: full
spec:
  trigger:
    strategy: done
  jobTemplate:
    metadata:
      labels: {job: label}
      annotations: {job: annotation}
    spec:
      backoffLimit: 3
      activeDeadlineSeconds: 60
      template:
        metadata:
          labels: {pod: label}
          annotations: {pod: annotation}
        spec:
          containers:
          - name: json
            image: busybox
            env: [{name: EMPTY, value: ""}]
            resources: {}
          restartPolicy: OnFailure
  updateOnConfigChange: true
  updateOnTemplateChange: false
  suspend: false
  successfulJobsHistoryLimit: 0
  failedJobsHistoryLimit: 3
  output:
    namePrefix: foo-
    outputType: json
    secretLabels: {secret: label}
    secretAnnotations: {secret: annotation}
    writeOnFailure: true
    versioned: true
    versionsToKeep: 5
    deletionPolicy: Retain
`,
	"v1alpha1": `
apiVersion: fissile.cloudfoundry.org/v1alpha1
kind: ExtendedJob
metadata:
  name: full
spec:
  trigger:
    strategy: done
    when: ready
    selector: {matchLabels: {key: value}}
  template:
    metadata:
      labels: {pod: label}
      annotations: {pod: annotation}
    spec:
      containers:
      - name: json
        image: busybox
        env: [{name: EMPTY, value: ""}]
        resources: {}
      restartPolicy: OnFailure
  updateOnConfigChange: true
  output:
    namePrefix: foo-
    outputType: json
    secretLabels: {secret: label}
    writeOnFailure: false
    versioned: true
`,
}

var _ = Describe("The versions of the API", compat, func() {
	ctx := context.Background()
	other := map[string]string{"v1": "v1alpha1", "v1alpha1": "v1"}
	read := func(name, version string) *unstructured.Unstructured {
		GinkgoHelper()
		object := named(name, version)
		Expect(plane.client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		return object
	}

	DescribeTable("keep every field when it is read, written back and read in the other one (case 2)", func(version string) {
		Expect(createManifest([]byte(full[version]))).To(Succeed())
		Eventually(komega.Object(ejob.New(namespace, "full").Obj())).Should(ejob.BeIdle())
		written := map[string]any{}
		Expect(yaml.Unmarshal([]byte(full[version]), &written)).To(Succeed())
		before := read("full", version)
		Expect(yaml.Marshal(before.Object["spec"])).To(MatchYAML(must(yaml.Marshal(written["spec"]))), "what is stored is what was written")

		seen := read("full", other[version])
		for range 3 {
			Expect(plane.client.Update(ctx, seen)).To(Succeed())
		}
		Expect(read("full", version)).To(Equal(before))
		Expect(jobsEver()).To(BeZero())
	},
		Entry("from v1", "v1"),
		Entry("from v1alpha1", "v1alpha1"),
	)

	DescribeTable("are listed and watched whole, whatever was written in which", func(version string) {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(fissilev1.GroupVersion.WithKind("ExtendedJobList").GroupKind().WithVersion(version))
		Expect(plane.client.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
		watching, err := plane.client.Watch(ctx, list, client.InNamespace(namespace))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(watching.Stop)

		for _, written := range []string{"v1", "v1alpha1"} {
			Expect(createManifest(patched(valid[written], fmt.Sprintf(`[{"op":"replace","path":"/metadata/name","value":"in-%s"}]`, written)))).To(Succeed())
		}
		whole := SatisfyAll(
			HaveField("GetAPIVersion()", "fissile.cloudfoundry.org/"+version),
			HaveField("Object", HaveKeyWithValue("spec", HaveKeyWithValue("output", HaveKeyWithValue("namePrefix", "foo")))),
		)
		Expect(plane.client.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
		Expect(list.Items).To(HaveLen(2))
		for i := range list.Items {
			Expect(&list.Items[i]).To(whole)
		}
		for _, name := range []string{"in-v1", "in-v1alpha1"} {
			Eventually(watching.ResultChan()).Should(Receive(SatisfyAll(
				HaveField("Type", watch.Added), HaveField("Object.GetName()", name), HaveField("Object", whole))))
		}
	},
		Entry("in v1", "v1"),
		Entry("in v1alpha1", "v1alpha1"),
	)

	It("can be applied on the server's side by two managers, each in its own (case 11)", func() {
		apply := func(manager, version, spec string) error {
			GinkgoHelper()
			object := named("shared", version)
			fields := map[string]any{}
			Expect(yaml.Unmarshal([]byte(spec), &fields)).To(Succeed())
			object.Object["spec"] = fields
			return plane.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(manager))
		}
		const newer = `{trigger: {strategy: manual}, suspend: true, output: {namePrefix: foo, versionsToKeep: 3, versioned: true},
			jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: json, image: busybox}]}}}}}`
		const older = `{updateOnConfigChange: false, output: {secretLabels: {key: value}},
			template: {spec: {containers: [{name: json, command: ["true"]}]}}}`
		Expect(apply("newer", "v1", newer)).To(Succeed())
		Expect(apply("older", "v1alpha1", older)).To(Succeed())

		ej := ejob.New(namespace, "shared").Obj()
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionSuspended, "True", fissilev1.ReasonSuspended),
			HaveField("Spec.Suspend", HaveValue(BeTrue())),
			HaveField("Spec.Output", HaveValue(SatisfyAll(
				HaveField("NamePrefix", "foo"),
				HaveField("VersionsToKeep", BeEquivalentTo(3)),
				HaveField("SecretLabels", HaveKeyWithValue("key", "value")),
			))),
			HaveField("Spec.JobTemplate.Spec.Template.Spec.Containers", ConsistOf(SatisfyAll(
				HaveField("Image", "busybox"), HaveField("Command", Equal([]string{"true"})),
			))),
		))

		By("finding nothing to do, however often they come")
		before := ej.ResourceVersion
		for range 100 {
			Expect(apply("newer", "v1", newer)).To(Succeed())
			Expect(apply("older", "v1alpha1", older)).To(Succeed())
		}
		Expect(komega.Object(ej)()).To(HaveField("ResourceVersion", before))

		By("being told whose field it is that they want to change")
		err := apply("older", "v1alpha1", `{trigger: {strategy: now}}`)
		Expect(err).To(MatchError(apierrors.IsConflict, "IsConflict"))
		Expect(err).To(MatchError(ContainSubstring(`conflict with "newer": .spec.trigger.strategy`)))

		By("taking back what is theirs and nothing else")
		Expect(apply("older", "v1alpha1", `{updateOnConfigChange: false}`)).To(Succeed())
		Expect(komega.Object(ej)()).To(SatisfyAll(
			HaveField("Spec.Output.SecretLabels", BeEmpty()),
			HaveField("Spec.Output.VersionsToKeep", BeEquivalentTo(3)),
			HaveField("Spec.Suspend", HaveValue(BeTrue())),
			HaveField("Spec.JobTemplate.Spec.Template.Spec.Containers", ConsistOf(HaveField("Command", BeEmpty()))),
		))
		Expect(jobsEver()).To(BeZero())
	})

	It("can change places in the storage, and what was stored in v1alpha1 runs nothing when it is migrated", func() {
		store := func(version string) {
			GinkgoHelper()
			crd := plane.CRDs[0].DeepCopy()
			Eventually(komega.Update(crd, func() {
				for i := range crd.Spec.Versions {
					crd.Spec.Versions[i].Storage = crd.Spec.Versions[i].Name == version
				}
			})).Should(Succeed())
			Eventually(komega.Object(crd)).Should(HaveField("Status.StoredVersions", ContainElement(version)))
		}
		store("v1alpha1")
		DeferCleanup(store, "v1")

		config := &corev1.ConfigMap{Data: map[string]string{"a": "1"}}
		config.Namespace, config.Name = namespace, "config"
		Expect(plane.client.Create(ctx, config)).To(Succeed())
		builder := ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce).Output("foo").HistoryLimits(2, 2)
		builder.PodSpec().Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: config.Name},
		}}}
		builder.Obj().Spec.UpdateOnConfigChange = new(true)
		oneOff := create(builder)
		complete(activeJob(oneOff, 1), logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(createManifest([]byte(full["v1alpha1"]))).To(Succeed())
		Eventually(komega.Object(ejob.New(namespace, "full").Obj())).Should(ejob.BeIdle())

		store("v1")
		for _, name := range []string{"one-off", "full"} {
			before := read(name, "v1")
			migrated := before.DeepCopy()
			// Like a storage migrator, this rewrites a stored object.
			Eventually(komega.Update(migrated, func() { migrated.SetLabels(map[string]string{"migrated": "true"}) })).Should(Succeed())
			Eventually(komega.Update(migrated, func() { migrated.SetLabels(nil) })).Should(Succeed())
			Expect(migrated).To(SatisfyAll(
				HaveField("Object", HaveKeyWithValue("spec", before.Object["spec"])),
				HaveField("GetGeneration()", before.GetGeneration()),
				HaveField("GetAnnotations()", before.GetAnnotations()),
			))
		}
		By("being no longer there, as far as Kubernetes knows")
		crd := plane.CRDs[0].DeepCopy()
		Expect(komega.Get(crd)()).To(Succeed())
		crd.Status.StoredVersions = []string{"v1"}
		Expect(plane.client.Status().Update(ctx, crd)).To(Succeed())
		Consistently(jobsEver).Should(Equal(1))
		Expect(komega.Object(oneOff)()).To(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone),
			HaveField("Spec.SuccessfulJobsHistoryLimit", HaveValue(BeEquivalentTo(2))),
		))

		By("still running what is due")
		config.Data = map[string]string{"a": "2"}
		Expect(plane.client.Update(ctx, config)).To(Succeed())
		complete(activeJob(oneOff, 2), logs{"main": `{"a":"2"}`})
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
	})
})

// must returns a value that cannot fail here.
func must[T any](value T, err error) T {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	return value
}
