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
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The operator", Serial, func() {
	It("goes on with a run when it is killed in the middle (85)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		oneOff := shell(namespace, "one-off", `sleep 5; echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(jobs(namespace)).WithContext(ctx).Should(HaveLen(1))

		killOperator(ctx)
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
		Eventually(jobs(namespace)).WithContext(ctx).Should(BeEmpty())
		Expect(recorded.Created()).To(HaveLen(1))
	})

	It("finds what happened while it was down (35, 86)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		builder := shell(namespace, "one-off", `sleep 3; echo "{\"saw\":\"$VALUE\"}"`).Strategy(fissilev1.StrategyOnce).Output("out")
		builder.Obj().Spec.UpdateOnConfigChange = new(true)
		builder.PodSpec().Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: "config"},
		}}}
		oneOff := builder.Obj()
		config := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "config"},
			Data:       map[string]string{"VALUE": "one"},
		}
		errand := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyManual).Obj()
		for _, object := range []client.Object{config, oneOff, errand} {
			Expect(k8s.Create(ctx, object)).To(Succeed())
		}
		Eventually(jobs(namespace)).WithContext(ctx).Should(HaveLen(1))

		scaleOperator(ctx, 0)
		kubectl(ctx, "--namespace="+namespace, "wait", "--for=condition=Complete", "job", "--all", "--timeout=1m")
		for _, value := range []string{"two", "three"} {
			patch(ctx, config, fmt.Sprintf(`{"data":{"VALUE":"%s"}}`, value))
		}
		trigger(ctx, errand)
		scaleOperator(ctx, 2)

		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secret(namespace, "out-main")(ctx)).To(Equal(map[string]string{"saw": "three"}))
		Eventually(the(errand)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Consistently(recorded.Created).Should(HaveLen(3))
	})

	It("is missed where it is needed, at once and with a clear message, and nowhere else", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		finished := shell(namespace, "finished", `echo '{"a":"b"}'`).Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		Expect(k8s.Create(ctx, finished)).To(Succeed())
		Eventually(the(finished)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		running := shell(namespace, "running", "sleep 3600").Strategy(fissilev1.StrategyOnce).Obj()
		Expect(k8s.Create(ctx, running)).To(Succeed())
		Eventually(jobs(namespace)).WithContext(ctx).Should(HaveLen(1))

		scaleOperator(ctx, 0)
		Eventually(operatorPods).WithArguments(ctx).Should(BeEmpty(), "also those that end still serve webhooks")
		const atOnce = 5 * time.Second // instead of the ten for which the API server would wait
		start := time.Now()
		Expect(k8s.Create(ctx, shell(namespace, "new", "true").Strategy(fissilev1.StrategyManual).Obj())).
			To(MatchError(ContainSubstring(`failed calling webhook "v1.extendedjob.fissile.cloudfoundry.org"`)))
		old := &fissilev1alpha1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: finished.Name}}
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(old), old)).
			To(MatchError(ContainSubstring("conversion webhook for fissile.cloudfoundry.org/v1, Kind=ExtendedJob failed")))
		Expect(time.Since(start)).To(BeNumerically("<", atOnce))

		Expect(the(finished)(ctx)).To(HaveField("Status.Runs", HaveValue(BeEquivalentTo(1))))
		config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "other-kind"}}
		Expect(k8s.Create(ctx, config)).To(Succeed())
		Expect(k8s.Delete(ctx, finished)).To(Succeed())

		scaleOperator(ctx, 2)
		kubectl(ctx, "delete", "namespace", namespace, "--timeout=1m")
	})

	It("is as restricted as pod security can demand", Label("smoke"), func(ctx context.Context) {
		namespace := &corev1.Namespace{}
		Expect(k8s.Get(ctx, client.ObjectKey{Name: operatorNamespace}, namespace)).To(Succeed())
		Expect(namespace.Labels).To(HaveKeyWithValue("pod-security.kubernetes.io/enforce", "restricted"))
	})

	It("refuses what no schema refuses", Label("smoke"), func(ctx context.Context) {
		builder := shell(newNamespace(ctx), "refused", "true").Strategy(fissilev1.StrategyManual).Output("out")
		builder.Obj().Spec.Output.SecretLabels = map[string]string{"fissile.cloudfoundry.org/secret-kind": "mine"}
		Expect(k8s.Create(ctx, builder.Obj())).To(MatchError(ContainSubstring("the key is reserved for the operator")))
	})

	It("has a CRD that can be applied and explained", func(ctx context.Context) {
		crd := filepath.Join("..", "..", "config", "crd", "bases", "fissile.cloudfoundry.org_extendedjobs.yaml")
		for range 2 {
			kubectl(ctx, "apply", "--dry-run=server", "--filename="+crd)
		}
		Expect(kubectl(ctx, "explain", "ejob.spec.output", "--api-version=fissile.cloudfoundry.org/v1")).
			To(ContainSubstring("namePrefix begins the names of the Secrets"))
		Expect(kubectl(ctx, "explain", "ejob.spec.trigger", "--api-version=fissile.cloudfoundry.org/v1alpha1")).
			To(ContainSubstring("strategy is"))
	})
})

// killOperator ends all of the operator's processes at once, as if their nodes were
// gone.
func killOperator(ctx context.Context) {
	GinkgoHelper()
	Expect(k8s.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(operatorNamespace),
		client.MatchingLabels{"app.kubernetes.io/component": "controller-manager"}, client.GracePeriodSeconds(0))).To(Succeed())
}

// scaleOperator sets the number of replicas of the operator, and waits for them.
func scaleOperator(ctx context.Context, replicas int) {
	GinkgoHelper()
	kubectl(ctx, "--namespace="+operatorNamespace, "scale", "deployment", operatorDeployment, fmt.Sprintf("--replicas=%d", replicas))
	Eventually(the(&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: operatorDeployment}})).
		WithContext(ctx).Should(SatisfyAll(
		HaveField("Status.Replicas", BeEquivalentTo(replicas)),
		HaveField("Status.ReadyReplicas", BeEquivalentTo(replicas)),
	))
}
