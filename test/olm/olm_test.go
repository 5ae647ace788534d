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

package olm

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/cluster"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

const (
	before = "extendedjob-operator.v0.0.1"
	// userNamespace is the namespace of the ExtendedJobs.
	userNamespace = "team"
)

var _ = Describe("The bundle", Ordered, func() {
	var settled *fissilev1.ExtendedJob
	after := "extendedjob-operator.v" + os.Getenv("VERSION")

	AfterEach(func(ctx context.Context) {
		if CurrentSpecReport().Failed() {
			report(ctx)
		}
	})

	It("is installed by a Subscription", func(ctx context.Context) {
		restrictedNamespace(ctx, operatorNamespace)
		restrictedNamespace(ctx, userNamespace)
		start := time.Now()
		for _, object := range []*unstructured.Unstructured{
			withSpec(olmObject("v1alpha1", "CatalogSource", "olm", "extendedjob-catalog"), map[string]any{
				"sourceType":    "grpc",
				"image":         environment("CATALOG_IMG"),
				"grpcPodConfig": map[string]any{"securityContextConfig": "restricted"},
			}),
			withSpec(olmObject("v1", "OperatorGroup", operatorNamespace, "extendedjob"), map[string]any{}),
			// Each version is installed when the test says so.
			withSpec(olmObject("v1alpha1", "Subscription", operatorNamespace, "extendedjob-operator"), map[string]any{
				"name":                "extendedjob-operator",
				"channel":             environment("CHANNEL"),
				"source":              "extendedjob-catalog",
				"sourceNamespace":     "olm",
				"startingCSV":         before,
				"installPlanApproval": "Manual",
			}),
		} {
			Expect(k8s.Create(ctx, object)).To(Succeed())
		}
		approve(ctx, before)
		Eventually(phase(before)).WithContext(ctx).Should(Equal("Succeeded"))
		took("From Subscription to Succeeded", start)
	})

	It("converts and validates with the certificate that OLM makes", func(ctx context.Context) {
		old := &fissilev1alpha1.ExtendedJob{
			ObjectMeta: metav1.ObjectMeta{Namespace: userNamespace, Name: "as-in-cf-operator"},
			Spec: fissilev1alpha1.ExtendedJobSpec{
				Trigger:  fissilev1alpha1.Trigger{Strategy: fissilev1.StrategyManual},
				Template: ejob.Shell("", "", "true").Obj().Spec.JobTemplate.Spec.Template,
			},
		}
		Expect(k8s.Create(ctx, old)).To(Succeed())
		converted := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: userNamespace, Name: old.Name}}
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(converted), converted)).To(Succeed())
		Expect(converted.Spec.JobTemplate.Spec.Template).To(Equal(old.Spec.Template))

		// An error that no schema finds.
		refused := ejob.Shell(userNamespace, "refused", "true").Strategy(fissilev1.StrategyManual).
			Output("out").SecretLabels(map[string]string{"fissile.cloudfoundry.org/secret-kind": "mine"}).Obj()
		Expect(k8s.Create(ctx, refused)).To(MatchError(ContainSubstring("the key is reserved for the operator")))
	})

	// If a step fails, OLM retries an InstallPlan for a minute, and applies the bundle's CRD each time.
	It("converts again soon after its InstallPlan was tried again", func(ctx context.Context) {
		crd := &unstructured.Unstructured{}
		crd.SetAPIVersion("apiextensions.k8s.io/v1")
		crd.SetKind("CustomResourceDefinition")
		crd.SetName("extendedjobs.fissile.cloudfoundry.org")
		conversion := func(ctx context.Context) (any, error) {
			if err := k8s.Get(ctx, client.ObjectKeyFromObject(crd), crd); err != nil {
				return nil, err
			}
			webhook, _, err := unstructured.NestedFieldCopy(crd.Object, "spec", "conversion")
			return webhook, err
		}
		asOLMHasIt, err := conversion(ctx)
		Expect(err).NotTo(HaveOccurred())
		applied := crd.GetResourceVersion()

		start := time.Now()
		tryAgain(ctx, before)
		Eventually(func(g Gomega) {
			g.Expect(conversion(ctx)).To(Equal(asOLMHasIt))
			g.Expect(crd.GetResourceVersion()).NotTo(Equal(applied))
		}).WithContext(ctx).Should(Succeed())
		took("From the InstallPlan that is tried again to the conversion", start)

		// With what its cache says, OLM may execute the plan once more, and the upgrade that comes next would then fail.
		installPlan(ctx, before, "Complete")
		kubectl(ctx, "--namespace=olm", "delete", "pods", "--selector=app=catalog-operator")
		kubectl(ctx, "--namespace=olm", "rollout", "status", "deployment", "catalog-operator", "--timeout=2m")
		Eventually(conversion).WithContext(ctx).Should(Equal(asOLMHasIt))

		old := &fissilev1alpha1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: userNamespace, Name: "as-in-cf-operator"}}
		Eventually(komega.Object(old)).WithContext(ctx).Should(HaveField("Spec.Template.Spec.Containers", Not(BeEmpty())))
		Eventually(phase(before)).WithContext(ctx).Should(Equal("Succeeded"))
	})

	It("is upgraded while a run is under way, which goes on", func(ctx context.Context) {
		settled = ejob.Shell(userNamespace, "settled", `echo '{"a":"1"}'`).Strategy(fissilev1.StrategyOnce).Output("settled").Obj()
		Expect(k8s.Create(ctx, settled)).To(Succeed())
		Eventually(komega.Object(settled)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Eventually(komega.Get(&batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: userNamespace, Name: settled.Status.LastRun.JobName}})).
			WithContext(ctx).Should(MatchError(apierrors.IsNotFound, "IsNotFound"))

		jobs, err := cluster.RecordJobs(ctx, k8s, userNamespace)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(jobs.Stop)
		inFlight := ejob.Shell(userNamespace, "in-flight", `until [ -e /tmp/go ]; do sleep 1; done; echo '{"a":"1"}'`).
			Strategy(fissilev1.StrategyOnce).Output("in-flight").Obj()
		Expect(k8s.Create(ctx, inFlight)).To(Succeed())
		Eventually(komega.Object(inFlight)).WithContext(ctx).Should(HaveField("Status.Active", Not(BeEmpty())))
		job := inFlight.Status.Active
		kubectl(ctx, "--namespace="+userNamespace, "wait", "--for=jsonpath={.status.ready}=1", "job/"+job, "--timeout=2m")
		atRest := settled.ResourceVersion

		start := time.Now()
		approve(ctx, after)
		Eventually(phase(after)).WithContext(ctx).Should(Equal("Succeeded"))
		took("From approval to Succeeded", start)
		Expect(komega.Object(inFlight)()).To(HaveField("Status.Active", job))
		kubectl(ctx, "--namespace="+userNamespace, "exec", "job/"+job, "--", "touch", "/tmp/go")

		Eventually(komega.Object(inFlight)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: userNamespace, Name: "in-flight-main"}}
		Expect(komega.Object(secret)()).To(HaveField("Data", HaveKeyWithValue("a", []byte("1"))))
		Expect(jobs.Created()).To(Equal([]string{job}))
		Expect(komega.Object(settled)()).To(HaveField("ResourceVersion", atRest))

		deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: operatorDeployment}}
		Expect(komega.Object(deployment)()).To(HaveField("Spec.Template.Spec.Containers", ContainElement(HaveField("Image", environment("IMG")))))
	})

	It("reads the configuration that a user makes", func(ctx context.Context) {
		configuration := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: "extendedjob-operator-config"},
			Data: map[string]string{"operator.yaml": `
apiVersion: config.fissile.cloudfoundry.org/v1alpha1
kind: OperatorConfiguration
watchNamespaces: [elsewhere]
`},
		}
		Expect(k8s.Create(ctx, configuration)).To(Succeed())
		replacePods(ctx)
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"trigger":{"strategy":"now"}}}`))
		Expect(k8s.Patch(ctx, settled, patch)).To(Succeed())
		Consistently(komega.Object(settled)).WithContext(ctx).WithTimeout(5 * time.Second).Should(ejob.HaveStrategy(fissilev1.StrategyNow))

		// Deleting it would not work: a missing file does not lift a restriction.
		configuration.Data["operator.yaml"] = `
apiVersion: config.fissile.cloudfoundry.org/v1alpha1
kind: OperatorConfiguration
`
		Expect(k8s.Update(ctx, configuration)).To(Succeed())
		replacePods(ctx)
		Eventually(komega.Object(settled)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
	})

	It("is removed, and leaves what users have", func(ctx context.Context) {
		Expect(k8s.Delete(ctx, olmObject("v1alpha1", "Subscription", operatorNamespace, "extendedjob-operator"))).To(Succeed())
		Expect(k8s.Delete(ctx, olmObject("v1alpha1", "ClusterServiceVersion", operatorNamespace, after))).To(Succeed())

		for _, object := range []client.Object{
			&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: operatorDeployment}},
			&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: operatorDeployment}},
		} {
			Eventually(komega.Get(object)).WithContext(ctx).Should(MatchError(apierrors.IsNotFound, "IsNotFound"))
		}
		Eventually(webhooks).WithContext(ctx).Should(BeEmpty())

		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(settled), settled)).To(Succeed())
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: userNamespace, Name: "settled-main"}}
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
	})
})

// approve approves the InstallPlan of a version once OLM waits for approval. A plan that changes before is recreated.
func approve(ctx context.Context, csv string) {
	GinkgoHelper()
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"approved":true}}`))
	Expect(k8s.Patch(ctx, installPlan(ctx, csv, "RequiresApproval"), patch)).To(Succeed())
}

// installPlan returns the InstallPlan of a version once it is in a phase.
func installPlan(ctx context.Context, csv, phase string) *unstructured.Unstructured {
	GinkgoHelper()
	plans := &unstructured.UnstructuredList{}
	plans.SetAPIVersion("operators.coreos.com/v1alpha1")
	plans.SetKind("InstallPlanList")
	var plan *unstructured.Unstructured
	Eventually(func(g Gomega) {
		g.Expect(k8s.List(ctx, plans, client.InNamespace(operatorNamespace))).To(Succeed())
		for i := range plans.Items {
			names, _, err := unstructured.NestedStringSlice(plans.Items[i].Object, "spec", "clusterServiceVersionNames")
			g.Expect(err).NotTo(HaveOccurred())
			status, _, err := unstructured.NestedString(plans.Items[i].Object, "status", "phase")
			g.Expect(err).NotTo(HaveOccurred())
			if slices.Equal(names, []string{csv}) && status == phase {
				plan = &plans.Items[i]
			}
		}
		g.Expect(plan).NotTo(BeNil())
	}).WithContext(ctx).Should(Succeed())
	return plan
}

// tryAgain makes OLM execute the InstallPlan of a version again, as if its steps had failed.
func tryAgain(ctx context.Context, csv string) {
	GinkgoHelper()
	plan := installPlan(ctx, csv, "Complete")
	steps, _, err := unstructured.NestedSlice(plan.Object, "status", "plan")
	Expect(err).NotTo(HaveOccurred())
	Expect(steps).NotTo(BeEmpty())
	for _, step := range steps {
		step.(map[string]any)["status"] = "Unknown"
	}
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"phase": "Installing", "plan": steps, "startTime": nil}})
	Expect(err).NotTo(HaveOccurred())
	// An update would conflict when OLM labels the plan.
	Expect(k8s.Status().Patch(ctx, plan, client.RawPatch(types.MergePatchType, patch))).To(Succeed())
}

func phase(csv string) func(context.Context) (string, error) {
	return field(olmObject("v1alpha1", "ClusterServiceVersion", operatorNamespace, csv), "status", "phase")
}

// took adds the duration of something to the report.
func took(what string, start time.Time) {
	AddReportEntry(what, time.Since(start).Round(time.Second).String(), ReportEntryVisibilityAlways)
}

// webhooks lists the names of the ValidatingWebhookConfigurations of the operator.
func webhooks(ctx context.Context) ([]string, error) {
	var list admissionregistrationv1.ValidatingWebhookConfigurationList
	if err := k8s.List(ctx, &list); err != nil {
		return nil, err
	}
	var names []string
	for i := range list.Items {
		for _, webhook := range list.Items[i].Webhooks {
			if strings.HasSuffix(webhook.Name, ".extendedjob.fissile.cloudfoundry.org") {
				names = append(names, webhook.Name)
			}
		}
	}
	return names, nil
}

// replacePods replaces the operator's pods, so that new ones read the configuration.
func replacePods(ctx context.Context) {
	GinkgoHelper()
	kubectl(ctx, "--namespace="+operatorNamespace, "delete", "pods", "--selector=app.kubernetes.io/component=controller-manager")
	kubectl(ctx, "--namespace="+operatorNamespace, "rollout", "status", "deployment", operatorDeployment, "--timeout=2m")
}
