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
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("An ExtendedJob that cannot be decoded", compat, Serial, func() {
	It("says so, keeps no other from running, and runs when it is corrected", func() {
		admitWhatever()
		restoreWebhooks := keepFromWebhooks(namespace)
		bad := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
			"trigger": map[string]any{"strategy": "once"},
			"jobTemplate": map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
				"restartPolicy": "Never",
				"containers": []any{map[string]any{
					"name": "main", "image": "busybox", "resources": map[string]any{"limits": map[string]any{"cpu": "1e1.5"}},
				}},
			}}}},
		}}}
		bad.SetGroupVersionKind(fissilev1.GroupVersion.WithKind("ExtendedJob"))
		bad.SetNamespace(namespace)
		bad.SetName("bad")
		// Changes of the schema and the webhooks take effect after a moment.
		Eventually(func() error { return plane.client.Create(context.Background(), bad) }).Should(Succeed())
		DeferCleanup(func() { Expect(client.IgnoreNotFound(plane.client.Delete(context.Background(), bad))).To(Succeed()) })

		Eventually(func() string { return kubectl("get", "ejob", "bad") }).Should(ContainSubstring(fissilev1.ReasonUndecodable))
		const field = "spec.jobTemplate.spec.template.spec.containers[0].resources.limits.cpu"
		Expect(kubectl("get", "ejob", "bad", `--output=jsonpath={.status.conditions[?(@.type=="Stalled")].message}`)).
			To(ContainSubstring(field))
		activeJob(create(ejob.New(namespace, "good").Strategy(fissilev1.StrategyOnce)), 1)
		operator.restart()
		activeJob(create(ejob.New(namespace, "after-a-restart").Strategy(fissilev1.StrategyOnce)), 1)

		restoreWebhooks()
		Eventually(func() error {
			return plane.client.Patch(context.Background(), bad.DeepCopy(), client.RawPatch("application/merge-patch+json",
				[]byte(`{"spec":{"updateOnConfigChange":true}}`)), client.DryRunAll)
		}).Should(MatchError(ContainSubstring("quantities")), "the webhook is back")
		kubectl("patch", "ejob", "bad", "--type=json", `--patch=[{"op":"replace","path":"/`+
			`spec/jobTemplate/spec/template/spec/containers/0/resources/limits/cpu","value":"1"}]`)
		corrected := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bad"}}
		Eventually(komega.Object(corrected)).Should(HaveField("Status.Active", Not(BeEmpty())))
		activeJob(corrected, 1)
		Expect(corrected).NotTo(ejob.HaveCondition(fissilev1.ConditionStalled, metav1.ConditionTrue, fissilev1.ReasonUndecodable))
	})
})

// admitWhatever makes the schema of v1 admit any object, until the spec ends.
func admitWhatever() {
	GinkgoHelper()
	crd := &apiextensionsv1.CustomResourceDefinition{}
	Expect(plane.client.Get(context.Background(), client.ObjectKey{Name: "extendedjobs.fissile.cloudfoundry.org"}, crd)).To(Succeed())
	before := crd.DeepCopy()
	for i := range crd.Spec.Versions {
		if crd.Spec.Versions[i].Storage {
			crd.Spec.Versions[i].Schema.OpenAPIV3Schema = &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: new(true)}
		}
	}
	Expect(plane.client.Update(context.Background(), crd)).To(Succeed())
	DeferCleanup(func() {
		Expect(plane.client.Get(context.Background(), client.ObjectKeyFromObject(crd), crd)).To(Succeed())
		crd.Spec = before.Spec
		Expect(plane.client.Update(context.Background(), crd)).To(Succeed())
	})
}

// keepFromWebhooks excludes a namespace from the webhooks, until it is restored.
func keepFromWebhooks(namespace string) (restore func()) {
	GinkgoHelper()
	var list admissionregistrationv1.ValidatingWebhookConfigurationList
	Expect(plane.client.List(context.Background(), &list)).To(Succeed())
	selectNamespaces := func(selector *metav1.LabelSelector) {
		GinkgoHelper()
		for i := range list.Items {
			patch := client.MergeFrom(list.Items[i].DeepCopy())
			for j := range list.Items[i].Webhooks {
				list.Items[i].Webhooks[j].NamespaceSelector = selector
			}
			Expect(plane.client.Patch(context.Background(), &list.Items[i], patch)).To(Succeed())
		}
	}
	selectNamespaces(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
		Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn, Values: []string{namespace},
	}}})
	restore = func() { selectNamespaces(&metav1.LabelSelector{}) }
	DeferCleanup(restore)
	return restore
}
