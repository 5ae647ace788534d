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

	jsonpatch "github.com/evanphx/json-patch/v5"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// valid are manifests in which every field that the tests invalidate is valid.
var valid = map[string]string{
	"v1": `
apiVersion: fissile.cloudfoundry.org/v1
kind: ExtendedJob
metadata:
  name: valid
spec:
  trigger:
    strategy: manual
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - name: json
            image: busybox
          restartPolicy: Never
  output:
    namePrefix: foo
`,
	"v1alpha1": `
apiVersion: fissile.cloudfoundry.org/v1alpha1
kind: ExtendedJob
metadata:
  name: valid
spec:
  trigger:
    strategy: manual
  template:
    spec:
      containers:
      - name: json
        image: busybox
      restartPolicy: Never
  output:
    namePrefix: foo
`,
}

var _ = Describe("The schema", compat, func() {
	both := []string{"v1", "v1alpha1"}
	DescribeTable("refuses an invalid field by its name, when it is created and when it is edited (cases 7, 8, 9)",
		func(versions []string, patch, field string) {
			for _, version := range versions {
				By(version)
				expectRefusal(createManifest(patched(valid[version], patch)), field)

				Expect(createManifest([]byte(valid[version]))).To(Succeed())
				object := named("valid", version)
				expectRefusal(plane.client.Patch(context.Background(), object, client.RawPatch(types.JSONPatchType, []byte(patch))), field)
				Expect(plane.client.Delete(context.Background(), object)).To(Succeed())
			}
		},
		Entry("a strategy that there is not", both, add("/spec/trigger/strategy", `"foo"`), "spec.trigger.strategy"),
		Entry("a strategy in upper case", both, add("/spec/trigger/strategy", `"NOW"`), "spec.trigger.strategy"),
		Entry("a strategy that cf-operator retired", both, add("/spec/trigger/strategy", `"podstate"`), "spec.trigger.strategy"),
		Entry("an empty strategy", both, add("/spec/trigger/strategy", `""`), "spec.trigger.strategy"),
		Entry("a null strategy", both, add("/spec/trigger/strategy", `null`), "spec.trigger.strategy"),
		Entry("no strategy", both, remove("/spec/trigger/strategy"), "spec.trigger.strategy"),
		Entry("no trigger", both, remove("/spec/trigger"), "spec.trigger"),
		Entry("no template", []string{"v1"}, remove("/spec/jobTemplate"), "spec.jobTemplate"),
		Entry("no template", []string{"v1alpha1"}, remove("/spec/template"), "spec.template"),
		Entry("no restartPolicy", []string{"v1"},
			remove("/spec/jobTemplate/spec/template/spec/restartPolicy"), "spec.jobTemplate.spec.template.spec.restartPolicy"),
		Entry("no restartPolicy", []string{"v1alpha1"},
			remove("/spec/template/spec/restartPolicy"), "spec.template.spec.restartPolicy"),
		Entry("restartPolicy Always", []string{"v1"},
			add("/spec/jobTemplate/spec/template/spec/restartPolicy", `"Always"`), "spec.jobTemplate.spec.template.spec.restartPolicy"),
		Entry("restartPolicy Always", []string{"v1alpha1"},
			add("/spec/template/spec/restartPolicy", `"Always"`), "spec.template.spec.restartPolicy"),
		Entry("no containers", []string{"v1"},
			remove("/spec/jobTemplate/spec/template/spec/containers"), "spec.jobTemplate.spec.template.spec.containers"),
		Entry("no containers", []string{"v1alpha1"},
			remove("/spec/template/spec/containers"), "spec.template.spec.containers"),
		Entry("two containers of one name", []string{"v1"},
			add("/spec/jobTemplate/spec/template/spec/containers/-", `{"name":"json","image":"busybox"}`), "spec.jobTemplate.spec.template.spec.containers[1]"),
		Entry("two containers of one name", []string{"v1alpha1"},
			add("/spec/template/spec/containers/-", `{"name":"json","image":"busybox"}`), "spec.template.spec.containers[1]"),
		Entry("outputType yaml", both, add("/spec/output/outputType", `"yaml"`), "spec.output.outputType"),
		Entry("no namePrefix", both, remove("/spec/output/namePrefix"), "spec.output.namePrefix"),
		Entry("an empty namePrefix", both, add("/spec/output/namePrefix", `""`), "spec.output.namePrefix"),
		Entry("a namePrefix in upper case", both, add("/spec/output/namePrefix", `"Foo"`), "spec.output.namePrefix"),
		Entry("a namePrefix with a leading dash", both, add("/spec/output/namePrefix", `"-foo"`), "spec.output.namePrefix"),
		Entry("a namePrefix with an underscore", both, add("/spec/output/namePrefix", `"foo_"`), "spec.output.namePrefix"),
		Entry("a namePrefix with a parenthesis", both, add("/spec/output/namePrefix", `"foo("`), "spec.output.namePrefix"),
		Entry("a namePrefix with two dots in a row", both, add("/spec/output/namePrefix", `"foo..bar"`), "spec.output.namePrefix"),
		Entry("a negative successfulJobsHistoryLimit", []string{"v1"}, add("/spec/successfulJobsHistoryLimit", `-1`), "spec.successfulJobsHistoryLimit"),
		Entry("a negative failedJobsHistoryLimit", []string{"v1"}, add("/spec/failedJobsHistoryLimit", `-1`), "spec.failedJobsHistoryLimit"),
		Entry("versionsToKeep 0", []string{"v1"}, add("/spec/output/versionsToKeep", `0`), "spec.output.versionsToKeep"),
		Entry("a deletionPolicy that there is not", []string{"v1"}, add("/spec/output/deletionPolicy", `"delete"`), "spec.output.deletionPolicy"),
	)

	DescribeTable("refuses a strategy that there is not when it is applied on the server's side (case 7)", func(strategy string) {
		for _, version := range both {
			By(version)
			object := &unstructured.Unstructured{}
			Expect(yaml.Unmarshal(patched(valid[version], add("/spec/trigger/strategy", strategy)), object)).To(Succeed())
			object.SetNamespace(namespace)
			err := plane.client.Apply(context.Background(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("user"))
			expectRefusal(err, "spec.trigger.strategy")
		}
	},
		Entry("foo", `"foo"`),
		Entry("NOW", `"NOW"`),
		Entry("podstate", `"podstate"`),
		Entry("an empty one", `""`),
		Entry("null", `null`),
	)

	DescribeTable("says so of a field that there is not", func(version, patch, field string) {
		Expect(createManifest(patched(valid[version], patch))).To(MatchError(ContainSubstring("unknown field %q", field)))
	},
		Entry("in v1", "v1", add("/spec/triger", `{}`), "spec.triger"),
		Entry("that only the other version has, in v1", "v1", add("/spec/template", `{}`), "spec.template"),
		Entry("that only the other version has, in v1alpha1", "v1alpha1", add("/spec/suspend", `true`), "spec.suspend"),
	)

	It("sets outputType, and no other default", func() {
		Expect(createManifest([]byte(valid["v1"]))).To(Succeed())
		wanted, stored := &fissilev1.ExtendedJob{}, ejob.New(namespace, "valid").Obj()
		Expect(yaml.UnmarshalStrict([]byte(valid["v1"]), wanted)).To(Succeed())
		wanted.Spec.Output.OutputType = fissilev1.OutputTypeJSON
		Expect(komega.Object(stored)()).To(HaveField("Spec", wanted.Spec))
		Expect(plane.client.Delete(context.Background(), stored)).To(Succeed())

		Expect(createManifest([]byte(valid["v1alpha1"]))).To(Succeed())
		wantedOld, storedOld := &fissilev1alpha1.ExtendedJob{}, inV1alpha1(stored)
		Expect(yaml.UnmarshalStrict([]byte(valid["v1alpha1"]), wantedOld)).To(Succeed())
		wantedOld.Spec.Output.OutputType = fissilev1.OutputTypeJSON
		Expect(komega.Object(storedOld)()).To(HaveField("Spec", wantedOld.Spec))
	})

	DescribeTable("finds nothing to do when a manifest is applied again (case 11)", func(version string, how ...string) {
		ej := ejob.New(namespace, "valid").Obj()
		apply := func() string {
			kubectlWithInput(valid[version], append([]string{"apply", "--filename=-"}, how...)...)
			Expect(komega.Get(ej)()).To(Succeed())
			return ej.ResourceVersion
		}
		apply()
		Eventually(komega.Object(ej)).Should(ejob.BeIdle())
		before := ej.ResourceVersion
		Expect(apply()).To(Equal(before))
		Expect(kubectlWithInput(valid[version], "diff", "--filename=-")).To(BeEmpty())
		Consistently(komega.Object(ej)).Should(HaveField("ResourceVersion", before))
	},
		Entry("of v1", "v1"),
		Entry("of v1alpha1", "v1alpha1"),
		Entry("of v1, on the server's side", "v1", "--server-side"),
		Entry("of v1alpha1, on the server's side", "v1alpha1", "--server-side"),
	)
})

// expectRefusal expects an error that names exactly this field.
func expectRefusal(err error, field string) {
	GinkgoHelper()
	Expect(err).To(MatchError(apierrors.IsInvalid, "IsInvalid"))
	Expect(err).To(HaveField("ErrStatus.Details.Causes", ContainElement(HaveField("Field", field))))
}

// createManifest creates an object like kubectl, which requests errors about unknown
// fields.
func createManifest(document []byte) error {
	GinkgoHelper()
	object := &unstructured.Unstructured{}
	Expect(yaml.Unmarshal(document, object)).To(Succeed())
	object.SetNamespace(namespace)
	return plane.client.Create(context.Background(), object, client.FieldValidation(metav1.FieldValidationStrict))
}

// named returns an empty object of a version, to be read or deleted.
func named(name, version string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(fissilev1.GroupVersion.WithKind("ExtendedJob").GroupKind().WithVersion(version))
	object.SetNamespace(namespace)
	object.SetName(name)
	return object
}

// patched returns a manifest after a JSON patch.
func patched(document, patch string) []byte {
	GinkgoHelper()
	encoded, err := yaml.YAMLToJSON([]byte(document))
	Expect(err).NotTo(HaveOccurred())
	operations, err := jsonpatch.DecodePatch([]byte(patch))
	Expect(err).NotTo(HaveOccurred())
	encoded, err = operations.Apply(encoded)
	Expect(err).NotTo(HaveOccurred())
	return encoded
}

// add and remove are JSON patches.
func add(path, value string) string {
	return fmt.Sprintf(`[{"op":"add","path":%q,"value":%s}]`, path, value)
}

func remove(path string) string {
	return fmt.Sprintf(`[{"op":"remove","path":%q}]`, path)
}
