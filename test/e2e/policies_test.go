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

package e2e

import (
	"context"
	"fmt"
	"maps"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The API server enforces the policies of this file itself. They apply to one
// namespace, and are deleted with the spec. Each takes a moment until it is in
// force, and another one until it no longer is.

var (
	jobsResource    = metav1.GroupVersionResource{Group: batchv1.GroupName, Version: "v1", Resource: "jobs"}
	podsResource    = metav1.GroupVersionResource{Version: "v1", Resource: "pods"}
	secretsResource = metav1.GroupVersionResource{Version: "v1", Resource: "secrets"}
)

// matching matches requests to create a resource in a namespace.
func matching(namespace string, resource metav1.GroupVersionResource) *admissionregistrationv1.MatchResources {
	return &admissionregistrationv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
		ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
			RuleWithOperations: admissionregistrationv1.RuleWithOperations{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule: admissionregistrationv1.Rule{
					APIGroups: []string{resource.Group}, APIVersions: []string{resource.Version}, Resources: []string{resource.Resource},
				},
			},
		}},
	}
}

// probe returns an object of a resource with which policies are tested.
func probe(namespace string, resource metav1.GroupVersionResource) client.Object {
	meta := metav1.ObjectMeta{Namespace: namespace, Name: "probe", Labels: map[string]string{"probe": "true"}}
	template := shell(namespace, "probe", "true").Obj().Spec.JobTemplate.Spec.Template
	template.Labels = meta.Labels
	switch resource {
	case jobsResource:
		return &batchv1.Job{ObjectMeta: meta, Spec: batchv1.JobSpec{Template: template}}
	case podsResource:
		return &corev1.Pod{ObjectMeta: meta, Spec: template.Spec}
	default:
		return &corev1.Secret{ObjectMeta: meta}
	}
}

// mutate makes the API server patch new objects of a resource with CEL expressions.
func mutate(ctx context.Context, namespace string, resource metav1.GroupVersionResource, patches ...string) {
	GinkgoHelper()
	const mark = "policy-is-in-force"
	policy := &admissionregistrationv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("change-%s-%s", resource.Resource, namespace)},
		Spec: admissionregistrationv1.MutatingAdmissionPolicySpec{
			MatchConstraints:   matching(namespace, resource),
			ReinvocationPolicy: admissionregistrationv1.NeverReinvocationPolicy,
			Mutations: []admissionregistrationv1.Mutation{
				{PatchType: admissionregistrationv1.PatchTypeJSONPatch, JSONPatch: &admissionregistrationv1.JSONPatch{
					Expression: "[" + strings.Join(patches, ", ") + "]",
				}},
				{PatchType: admissionregistrationv1.PatchTypeApplyConfiguration, ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{
					Expression: fmt.Sprintf(`Object{metadata: Object.metadata{labels: {%q: "true"}}}`, mark),
				}},
			},
		},
	}
	binding := &admissionregistrationv1.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec:       admissionregistrationv1.MutatingAdmissionPolicyBindingSpec{PolicyName: policy.Name},
	}
	put(ctx, policy)
	put(ctx, binding)
	Eventually(func(ctx context.Context) (map[string]string, error) {
		tried := probe(namespace, resource)
		err := k8s.Create(ctx, tried, client.DryRunAll)
		return maps.Clone(tried.GetLabels()), err
	}).WithContext(ctx).Should(HaveKey(mark))
}

// refuse makes the API server refuse new objects of a resource with a message, until
// it is lifted.
func refuse(ctx context.Context, namespace string, resource metav1.GroupVersionResource, message string) (lift func(context.Context)) {
	GinkgoHelper()
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("refuse-%s-%s", resource.Resource, namespace)},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: matching(namespace, resource),
			Validations:      []admissionregistrationv1.Validation{{Expression: "false", Message: message}},
		},
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        policy.Name,
			ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
	put(ctx, policy)
	lift = put(ctx, binding)
	Eventually(func(ctx context.Context) error {
		return k8s.Create(ctx, probe(namespace, resource), client.DryRunAll)
	}).WithContext(ctx).Should(MatchError(ContainSubstring(message)))
	return lift
}
