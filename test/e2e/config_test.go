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
	"crypto/sha256"
	"fmt"
	"time"

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
		Expect(recorded.Created()).To(BeEmpty())

		config := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "config"},
			Data:       map[string]string{"value": "one"},
		}
		Expect(k8s.Create(ctx, config)).To(Succeed())
		Eventually(secret(namespace, "out-main")).WithContext(ctx).Should(Equal(map[string]string{"saw": "one"}))

		kubectl(ctx, "--namespace="+namespace, "label", "configmap", "config", "only=metadata")
		Consistently(recorded.Created).Should(HaveLen(1))

		patch(ctx, config, `{"data":{"value":"two"}}`)
		Eventually(secret(namespace, "out-main")).WithContext(ctx).Should(Equal(map[string]string{"saw": "two"}))
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(oneOff.Status.LastRun.Cause).To(Equal(fissilev1.CauseConfigChange))
		Consistently(recorded.Created).Should(HaveLen(2))
	})
})

var _ = Describe("The pipeline of the samples", func() {
	It("runs the later ExtendedJobs again, in order and once each, when the first one is run again", early, func(ctx context.Context) {
		namespace := newNamespace(ctx)
		kubectl(ctx, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce-") // samples contain only the essentials
		recorded := recordJobs(ctx, namespace)
		kubectl(ctx, "--namespace="+namespace, "apply", "--kustomize=../../config/samples/pipeline")
		ca, certificate, config := ejob.New(namespace, "ca").Obj(), ejob.New(namespace, "certificate").Obj(), ejob.New(namespace, "server-config").Obj()
		// ran waits until the last one has used the newest output of all the others.
		ran := func(number int64) {
			GinkgoHelper()
			for _, ej := range []*fissilev1.ExtendedJob{ca, certificate, config} {
				Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(number, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
			}
			authority, err := secret(namespace, fmt.Sprintf("ca-generate-v%d", number))(ctx)
			Expect(err).NotTo(HaveOccurred())
			signature := fmt.Sprintf("%x", sha256.Sum256([]byte(authority["ca.key"]+authority["ca.crt"])))
			Expect(secret(namespace, fmt.Sprintf("certificate-issue-v%d", number))(ctx)).To(SatisfyAll(
				HaveKeyWithValue("ca.crt", authority["ca.crt"]), HaveKeyWithValue("tls.crt", signature)))
			Expect(secret(namespace, "server-config-render")(ctx)).To(Equal(map[string]string{
				"server.conf": fmt.Sprintf("listen 443\ntrust %s\ncertificate %s\n", authority["ca.crt"], signature),
			}))
		}
		start := time.Now()
		ran(1)
		GinkgoWriter.Printf("The pipeline ran in %s.\n", time.Since(start))

		start = time.Now()
		trigger(ctx, ca)
		Eventually(the(config)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		GinkgoWriter.Printf("It was rotated in %s.\n", time.Since(start))
		ran(2)
		Expect([]fissilev1.RunCause{ca.Status.LastRun.Cause, certificate.Status.LastRun.Cause, config.Status.LastRun.Cause}).
			To(Equal([]fissilev1.RunCause{fissilev1.CauseNow, fissilev1.CauseConfigChange, fissilev1.CauseConfigChange}))
		Consistently(recorded.Created).Should(SatisfyAll(HaveLen(6), HaveExactElements(
			HavePrefix("ca-"), HavePrefix("certificate-"), HavePrefix("server-config-"),
			HavePrefix("ca-"), HavePrefix("certificate-"), HavePrefix("server-config-"),
		)))

		generated := config.Spec.JobTemplate.Spec.Template.Spec.Volumes[0].ConfigMap.Name
		template := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: generated}}
		patch(ctx, template, `{"data":{"server.conf":"trust @CA@\n"}}`)
		Eventually(secret(namespace, "server-config-render")).WithContext(ctx).Should(HaveKeyWithValue("server.conf", HavePrefix("trust ")))
		Consistently(recorded.Created).Should(HaveLen(7))
	})
})
