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
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// as returns the client of a user.
func as(user string, groups ...string) client.Client {
	GinkgoHelper()
	config := rest.CopyConfig(plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	c, err := client.New(config, client.Options{Scheme: plane.Scheme})
	Expect(err).NotTo(HaveOccurred())
	return c
}

// rule allows verbs on a resource.
func rule(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

// userWith returns the client of a user with these rights in the spec's namespace,
// and waits until the API server knows them.
func userWith(rules ...rbacv1.PolicyRule) client.Client {
	GinkgoHelper()
	rules = append(rules, rule("", "configmaps", "list"))
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "user-"}, Rules: rules}
	Expect(plane.client.Create(context.Background(), role)).To(Succeed())
	return bind(rbacv1.RoleRef{Kind: "Role", Name: role.Name})
}

// bind returns the client of a user with a role in the spec's namespace, and waits
// until the API server knows it.
func bind(role rbacv1.RoleRef) client.Client {
	GinkgoHelper()
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "user-"}, RoleRef: role}
	binding.Subjects = []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "user-of-" + namespace}}
	Expect(plane.client.Create(context.Background(), binding)).To(Succeed())
	c := as("user-of-" + namespace)
	Eventually(func(g Gomega) {
		var lists []error
		for _, list := range []client.ObjectList{&corev1.ConfigMapList{}, &fissilev1.ExtendedJobList{}} {
			lists = append(lists, c.List(context.Background(), list, client.InNamespace(namespace)))
		}
		g.Expect(lists).To(ContainElement(BeNil()))
	}).Should(Succeed())
	return c
}

var (
	writeExtendedJobs = rule("fissile.cloudfoundry.org", "extendedjobs", "get", "list", "create", "update", "patch")
	createJobs        = rule("batch", "jobs", "create")
	createSecrets     = rule("", "secrets", "create")
)

var _ = Describe("What a user has the operator do", compat, requesterSpecs)

var _ = Describe("Without policies, what a user has the operator do", compat, Ordered, func() {
	BeforeAll(func(ctx context.Context) {
		binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
		Expect(plane.client.Get(ctx, client.ObjectKey{Name: "extendedjob-requester-rights"}, binding)).To(Succeed())
		Expect(plane.client.Delete(ctx, binding)).To(Succeed())
		webhooks := &admissionregistrationv1.ValidatingWebhookConfiguration{}
		Expect(plane.client.Get(ctx, client.ObjectKey{Name: "extendedjob-validating-webhook-configuration"}, webhooks)).To(Succeed())
		withoutConditions := webhooks.DeepCopy()
		for i := range withoutConditions.Webhooks {
			withoutConditions.Webhooks[i].MatchConditions = nil
		}
		Expect(plane.client.Update(ctx, withoutConditions)).To(Succeed()) // as OLM creates them
		operator.config.Webhook.ReviewRequesters = nil
		operator.restart()
		create(ejob.New(namespace, "probe").Strategy(fissilev1.StrategyManual))
		user := userWith(writeExtendedJobs)
		// refusedBy waits until a change of what runs is refused.
		refusedBy := func(ctx context.Context, probe client.ObjectKey, refuser string) {
			GinkgoHelper()
			Eventually(func(g Gomega) {
				ej := &fissilev1.ExtendedJob{}
				g.Expect(user.Get(ctx, probe, ej)).To(Succeed())
				ej.Spec.FailedJobsHistoryLimit = new(int32(7))
				g.Expect(user.Update(ctx, ej, client.DryRunAll)).To(MatchError(ContainSubstring(refuser)))
			}).Should(Succeed())
		}
		probe := client.ObjectKey{Namespace: namespace, Name: "probe"}
		DeferCleanup(func(ctx context.Context) {
			binding.ResourceVersion = ""
			Expect(plane.client.Create(ctx, binding)).To(Succeed())
			webhooks.ResourceVersion = withoutConditions.ResourceVersion
			Expect(plane.client.Update(ctx, webhooks)).To(Succeed())
			operator.config.Webhook.ReviewRequesters = new(false)
			operator.restart()
			refusedBy(ctx, probe, "ValidatingAdmissionPolicy")
		})
		refusedBy(ctx, probe, "admission webhook")
	})

	requesterSpecs()
})

// requesterSpecs apply to both mechanisms that check the rights of users.
func requesterSpecs() {
	noJobs := func() string {
		return fmt.Sprintf(`user "user-of-%s" cannot create resource "jobs" in API group "batch" in the namespace %q`, namespace, namespace)
	}
	noSecrets := func() string {
		return fmt.Sprintf(`user "user-of-%s" cannot create resource "secrets" in API group "" in the namespace %q`, namespace, namespace)
	}
	allowed := func() string { return "" }
	// expect expects a request to be allowed, or to be refused with a message.
	expect := func(err error, refusal string) {
		GinkgoHelper()
		if refusal == "" {
			Expect(err).NotTo(HaveOccurred())
			return
		}
		Expect(apierrors.IsForbidden(err)).To(BeTrue(), fmt.Sprint(err))
		Expect(err).To(MatchError(ContainSubstring(refusal)))
	}

	DescribeTable("by creating an ExtendedJob, he must be allowed to do",
		func(rights []rbacv1.PolicyRule, output bool, refusal func() string) {
			user := userWith(append(rights, writeExtendedJobs)...)
			b := ejob.New(namespace, "v1").Strategy(fissilev1.StrategyManual)
			old := &fissilev1alpha1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "v1alpha1"}}
			old.Spec.Trigger.Strategy = fissilev1.StrategyManual
			old.Spec.Template.Spec = *b.PodSpec()
			if output {
				b.Output("out")
				old.Spec.Output = &fissilev1alpha1.Output{NamePrefix: "old"}
			}
			expect(user.Create(context.Background(), b.Obj()), refusal())
			expect(user.Create(context.Background(), old), refusal())
		},
		Entry("not without the right to create Jobs", nil, false, noJobs),
		Entry("not with the right to create Secrets alone", []rbacv1.PolicyRule{createSecrets}, true, noJobs),
		Entry("and create Secrets, if it has an output", []rbacv1.PolicyRule{createJobs}, true, noSecrets),
		Entry("and no more, if it has none", []rbacv1.PolicyRule{createJobs}, false, allowed),
		Entry("with both rights, anything", []rbacv1.PolicyRule{createJobs, createSecrets}, true, allowed),
	)

	DescribeTable("by changing one, he must be allowed to do, if he changes what runs",
		func(rights []rbacv1.PolicyRule, output bool, change func(*fissilev1.ExtendedJob), refusal func() string) {
			b := ejob.New(namespace, "ej").Strategy(fissilev1.StrategyManual)
			if output {
				b.Output("out")
			}
			create(b)
			user := userWith(append(rights, writeExtendedJobs)...)
			ej := &fissilev1.ExtendedJob{}
			Expect(user.Get(context.Background(), client.ObjectKeyFromObject(b.Obj()), ej)).To(Succeed())
			before := ej.DeepCopy()
			change(ej)
			expect(user.Patch(context.Background(), ej, client.MergeFrom(before)), refusal())
		},
		Entry("the template", nil, false, func(ej *fissilev1.ExtendedJob) {
			ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image = "evil"
		}, noJobs),
		Entry("the environment of a run", nil, false, func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
			ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{{Name: "LD_PRELOAD", Value: new("evil")}}
		}, noJobs),
		Entry("a flag", nil, false, func(ej *fissilev1.ExtendedJob) { ej.Spec.UpdateOnConfigChange = new(true) }, noJobs),
		Entry("a limit", nil, false, func(ej *fissilev1.ExtendedJob) { ej.Spec.FailedJobsHistoryLimit = new(int32(7)) }, noJobs),
		Entry("to have an output", []rbacv1.PolicyRule{createJobs}, false, func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Output = &fissilev1.Output{NamePrefix: "out"}
		}, noSecrets),
		Entry("to have another output", []rbacv1.PolicyRule{createJobs}, true, func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Output.NamePrefix = "another"
		}, noSecrets),
		Entry("to have no output", []rbacv1.PolicyRule{createJobs}, true, func(ej *fissilev1.ExtendedJob) { ej.Spec.Output = nil }, allowed),
		Entry("the strategy", nil, true, func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = fissilev1.StrategyNow }, allowed),
		Entry("the request", nil, true, func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.RequestID = "1" }, allowed),
		Entry("whether it is suspended", nil, true, func(ej *fissilev1.ExtendedJob) { ej.Spec.Suspend = new(true) }, allowed),
		Entry("metadata", nil, true, func(ej *fissilev1.ExtendedJob) {
			ej.Labels, ej.Annotations = map[string]string{"a": "b"}, map[string]string{"a": "b"}
			ej.Finalizers = []string{"example.com/keep"}
		}, allowed),
	)

	It("in v1alpha1 by a field that this version has in an annotation, he must be allowed to do", func(ctx context.Context) {
		create(ejob.New(namespace, "ej").Strategy(fissilev1.StrategyManual))
		user := userWith(writeExtendedJobs)
		old := &fissilev1alpha1.ExtendedJob{}
		Expect(user.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "ej"}, old)).To(Succeed())
		before := old.DeepCopy()
		metav1.SetMetaDataAnnotation(&old.ObjectMeta, fissilev1.AnnotationConversionData, `{"updateOnTemplateChange":true}`)
		expect(user.Patch(ctx, old, client.MergeFrom(before)), noJobs())
	})

	It("with the role of a runner, is to run it", func(ctx context.Context) {
		ej := create(ejob.New(namespace, "ej").Strategy(fissilev1.StrategyManual).Output("out"))
		runner := bind(rbacv1.RoleRef{Kind: "ClusterRole", Name: "extendedjob-runner-role"})
		before := ej.DeepCopy()
		ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
		Expect(runner.Patch(ctx, ej, client.MergeFrom(before))).To(Succeed())
		complete(activeJob(ej, 1), logs{"main": `{"a":"1"}`})
		Eventually(func(g Gomega) {
			g.Expect(runner.Get(ctx, client.ObjectKeyFromObject(ej), ej)).To(Succeed())
			g.Expect(ej).To(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		}).Should(Succeed())

		Expect(apierrors.IsForbidden(runner.Create(ctx, ejob.New(namespace, "another").Strategy(fissilev1.StrategyNow).Obj()))).To(BeTrue())
		Expect(apierrors.IsForbidden(runner.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "out-main"}, &corev1.Secret{}))).To(BeTrue())
	})
}
