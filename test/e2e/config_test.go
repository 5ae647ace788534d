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

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A one-off that is updated on configuration change", func() {
	It("waits for its ConfigMap, and runs again with its new data (28, 43)", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		builder := shell(namespace, "one-off", `echo "{\"saw\":\"$VALUE\"}"`).Strategy(fissilev1.StrategyOnce).Output("out")
		builder.Obj().Spec.UpdateOnConfigChange = new(true)
		builder.PodSpec().Containers[0].Env = []corev1.EnvVar{{Name: "VALUE", ValueFrom: &corev1.EnvVarSource{
			ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "config"}, Key: "value"},
		}}}
		oneOff := builder.Obj()
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing),
			ejob.HaveMessage(fissilev1.ConditionReferencesResolved, ContainSubstring("ConfigMap config")),
		))
		Expect(recorded.created()).To(BeEmpty())

		config := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "config"},
			Data:       map[string]string{"value": "one"},
		}
		Expect(k8s.Create(ctx, config)).To(Succeed())
		Eventually(secret(namespace, "out-main")).WithContext(ctx).Should(Equal(map[string]string{"saw": "one"}))

		kubectl(ctx, "--namespace="+namespace, "label", "configmap", "config", "only=metadata")
		Consistently(recorded.created).Should(HaveLen(1))

		patch(ctx, config, `{"data":{"value":"two"}}`)
		Eventually(secret(namespace, "out-main")).WithContext(ctx).Should(Equal(map[string]string{"saw": "two"}))
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(oneOff.Status.LastRun.Cause).To(Equal(fissilev1.CauseConfigChange))
		Consistently(recorded.created).Should(HaveLen(2))
	})

	It("is a link of a chain: what the first prints anew runs the others, once each", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		recorded := recordJobs(ctx, namespace)
		link := func(name, script, input string) *fissilev1.ExtendedJob {
			builder := shell(namespace, name, script).Strategy(fissilev1.StrategyOnce).Output(name)
			builder.Obj().Spec.Output.Versioned = new(true)
			if input != "" {
				builder.Obj().Spec.UpdateOnConfigChange = new(true)
				builder.PodSpec().Containers[0].Env = []corev1.EnvVar{{Name: "INPUT", ValueFrom: &corev1.EnvVarSource{
					SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: input}, Key: "value"},
				}}}
			}
			return builder.Obj()
		}
		// The authority is an errand once it has run: it is rotated on demand.
		authority := link("authority", `echo "{\"value\":\"authority of $(cat /proc/sys/kernel/random/uuid)\"}"`, "")
		certificate := link("certificate", `echo "{\"value\":\"certificate from $INPUT\"}"`, "authority-main-v1")
		config := link("config", `echo "{\"value\":\"config with $INPUT\"}"`, "certificate-main-v1")
		for _, ej := range []*fissilev1.ExtendedJob{config, certificate, authority} {
			Expect(k8s.Create(ctx, ej)).To(Succeed())
		}
		consistent := func(version string) func(Gomega) {
			return func(g Gomega) {
				first, err := secret(namespace, "authority-main-v"+version)(ctx)
				g.Expect(err).NotTo(HaveOccurred())
				last, err := secret(namespace, "config-main-v"+version)(ctx)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(last["value"]).To(Equal("config with certificate from " + first["value"]))
			}
		}
		Eventually(consistent("1")).Should(Succeed())
		for _, ej := range []*fissilev1.ExtendedJob{authority, certificate, config} {
			Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		}

		trigger(ctx, authority)
		Eventually(consistent("2")).Should(Succeed())
		for _, ej := range []*fissilev1.ExtendedJob{authority, certificate, config} {
			Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		}
		Consistently(recorded.created).Should(HaveLen(6))
	})
})
