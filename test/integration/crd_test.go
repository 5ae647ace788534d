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
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// maxAnnotations is how many bytes of annotations the API server accepts on an
// object.
const maxAnnotations = 262144

var _ = Describe("The custom resource definition", compat, func() {
	It("can be applied and applied again by kubectl, which keeps all of it in an annotation", func() {
		// Not from config/crd: kubectl would redirect the conversion webhook from the
		// manager that the tests run.
		crd := plane.CRDs[0].DeepCopy()
		Expect(komega.Get(crd)()).To(Succeed())
		crd.TypeMeta = metav1.TypeMeta{APIVersion: apiextensionsv1.SchemeGroupVersion.String(), Kind: "CustomResourceDefinition"}
		crd.ResourceVersion = ""
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(crd)
		Expect(err).NotTo(HaveOccurred())
		delete(content, "status")
		file := filepath.Join(GinkgoT().TempDir(), "crd.yaml")
		Expect(controlplane.WriteYAML(file, content)).To(Succeed())
		before := crd.Generation
		kubectl("apply", "--filename="+file)
		kubectl("apply", "--filename="+file)

		Expect(komega.Get(crd)()).To(Succeed())
		Expect(crd.Generation).To(Equal(before))
		size := len(crd.Annotations[corev1.LastAppliedConfigAnnotation])
		AddReportEntry("bytes of the custom resource definition, as kubectl apply keeps it", size)
		Expect(size).To(And(BeNumerically(">", 10_000), BeNumerically("<", maxAnnotations)))
	})

	DescribeTable("explains its fields", func(version, field string, explanation ...string) {
		explained := kubectl("explain", field, "--api-version="+version)
		for _, text := range explanation {
			Expect(explained).To(ContainSubstring(text))
		}
	},
		Entry("of v1", "fissile.cloudfoundry.org/v1", "ejob.spec.output",
			"namePrefix", "`<namePrefix>-<container>`", "files\t<[]Object>", "writeOnFailure", "deletionPolicy", "Retain"),
		Entry("of v1alpha1", "fissile.cloudfoundry.org/v1alpha1", "ejob.spec.trigger",
			"strategy", `"manual" (an errand: nothing runs)`, "Deprecated: remove it."),
		Entry("of a template, by name and type", "fissile.cloudfoundry.org/v1", "ejob.spec.jobTemplate.spec.template.spec.containers",
			"env\t<[]Object>", "image\t<string>", "livenessProbe\t<Object>", "name\t<string> -required-", "tty\t<boolean>"),
		Entry("of a probe in v1alpha1, by name and type", "fissile.cloudfoundry.org/v1alpha1", "ejob.spec.template.spec.containers.livenessProbe.httpGet",
			"path\t<string>", "port\t<Object>"),
		Entry("of a quantity", "fissile.cloudfoundry.org/v1", "ejob.spec.jobTemplate.spec.template.spec.containers.resources",
			"limits\t<map[string]Object>"),
		Entry("of the status", "fissile.cloudfoundry.org/v1", "ejob.status.lastRun",
			"completionTime", "how the run ended"),
	)

	DescribeTable("accepts manifests as cf-operator published them (case 1)", func(file string) {
		document, err := os.ReadFile(filepath.Join("testdata", file))
		Expect(err).NotTo(HaveOccurred())
		Expect(kubectlWithInput(string(document), "apply", "--filename=-")).NotTo(ContainSubstring("Warning"))
	},
		Entry("an errand", "errand.yaml"),
		Entry("a one-off", "one-off.yaml"),
		Entry("a one-off that follows its configuration", "one-off-updating.yaml"),
		Entry("a one-off that deletes its pod", "one-off-deletes-pod.yaml"),
		Entry("an output", "output.yaml"),
	)

	It("can store every sample", func() {
		kubectl("apply", "--kustomize="+repository+"/config/samples")
		for _, name := range []string{"output", "myfoo"} {
			ej := ejob.New(namespace, name).Obj()
			Expect(komega.Get(ej)()).To(Succeed())
			complete(activeJob(ej, 1), logs{"json": `{"foo": "1", "bar": "baz"}`})
			Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		}
		Expect(secretNames()).To(ConsistOf("output-json", "foo-json"))
	})
})
