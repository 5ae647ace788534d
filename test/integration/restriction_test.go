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
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("Whoever has the operator's token", compat, func() {
	const refused, admitted = true, false
	// thief is the operator's user, with all its rights.
	thief := func() client.Client {
		GinkgoHelper()
		return as(controlplane.OperatorUser, "system:serviceaccounts", "system:serviceaccounts:"+operatorNamespace, "system:authenticated")
	}
	// expect expects a request to be admitted, or refused by a policy.
	expect := func(err error, refused bool) {
		GinkgoHelper()
		if !refused {
			Expect(err).NotTo(HaveOccurred())
			return
		}
		Expect(apierrors.IsForbidden(err)).To(BeTrue(), fmt.Sprint(err))
		Expect(err).To(MatchError(ContainSubstring("ValidatingAdmissionPolicy 'extendedjob-operator-")))
	}
	output := func(namespace, name string) *corev1.Secret {
		return &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: map[string]string{fissilev1.AnnotationOwnerUID: "any"}},
			Type:       corev1.SecretTypeOpaque,
			Data:       map[string][]byte{"a": []byte("1")},
		}
	}
	foreign := func(name string) *corev1.Secret {
		s := output(namespace, name)
		s.Annotations = nil
		return s
	}
	controlled := func(owner *fissilev1.ExtendedJob) *batchv1.Job {
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "job"}}
		job.Spec.Template.Spec = *ejob.New(namespace, "ej").PodSpec()
		if owner != nil {
			job.OwnerReferences = []metav1.OwnerReference{runjob.OwnerReference(owner)}
		}
		return job
	}

	DescribeTable("creates no Secret but one that is an ExtendedJob's output", func(build func() *corev1.Secret, refused bool) {
		expect(thief().Create(context.Background(), build(), client.DryRunAll), refused)
	},
		Entry("an output", func() *corev1.Secret { return output(namespace, "out") }, admitted),
		Entry("another one", func() *corev1.Secret { return foreign("out") }, refused),
		Entry("a token of a service account", func() *corev1.Secret {
			s := output(namespace, "token")
			s.Type, s.Data = corev1.SecretTypeServiceAccountToken, nil
			s.Annotations[corev1.ServiceAccountNameKey] = "default"
			return s
		}, refused),
		Entry("credentials of a registry, which a file can hold", func() *corev1.Secret {
			s := output(namespace, "registry")
			s.Type, s.Data = corev1.SecretTypeDockerConfigJson, map[string][]byte{corev1.DockerConfigJsonKey: []byte("{}")}
			return s
		}, admitted),
		Entry("a certificate, which a file can hold", func() *corev1.Secret {
			s := output(namespace, "tls")
			s.Type, s.Data = corev1.SecretTypeTLS, map[string][]byte{corev1.TLSCertKey: []byte("a"), corev1.TLSPrivateKeyKey: []byte("b")}
			return s
		}, admitted),
		Entry("a type that no file can have", func() *corev1.Secret {
			s := output(namespace, "registry")
			s.Type, s.Data = corev1.SecretTypeDockercfg, map[string][]byte{corev1.DockerConfigKey: []byte("{}")}
			return s
		}, refused),
		Entry("in kube-system", func() *corev1.Secret { return output(metav1.NamespaceSystem, "out") }, refused),
		Entry("the operator's certificate", func() *corev1.Secret {
			s := output(operatorNamespace, "extendedjob-serving-certificate")
			s.Annotations = nil
			return s
		}, admitted),
		Entry("one beside it", func() *corev1.Secret {
			s := output(operatorNamespace, "another")
			s.Annotations = nil
			return s
		}, refused),
	)

	It("changes and deletes no Secret of others", func(ctx context.Context) {
		thief := thief()
		for _, test := range []struct {
			secret  *corev1.Secret
			refused bool
		}{{foreign("foreign"), refused}, {output(namespace, "output"), admitted}} {
			Expect(plane.client.Create(ctx, test.secret)).To(Succeed())
			for _, change := range []func(*corev1.Secret){
				func(s *corev1.Secret) { s.Data["a"] = []byte("evil") },
				func(s *corev1.Secret) {
					metav1.SetMetaDataAnnotation(&s.ObjectMeta, fissilev1.AnnotationOwnerUID, "mine")
				},
			} {
				changed := test.secret.DeepCopy()
				change(changed)
				expect(thief.Patch(ctx, changed, client.MergeFrom(test.secret), client.DryRunAll), test.refused)
			}
			expect(thief.Delete(ctx, test.secret), test.refused)
		}
	})

	It("has no Jobs but those that an ExtendedJob controls", func(ctx context.Context) {
		thief := thief()
		ej := create(ejob.New(namespace, "ej").Strategy(fissilev1.StrategyManual))
		expect(thief.Create(ctx, controlled(nil)), refused)
		job := controlled(ej)
		expect(thief.Create(ctx, job), admitted)
		suspended := job.DeepCopy()
		suspended.Spec.Suspend = new(true)
		expect(thief.Patch(ctx, suspended, client.MergeFrom(job)), refused)
		labelled := job.DeepCopy()
		labelled.Labels["a"] = "b"
		expect(thief.Patch(ctx, labelled, client.MergeFrom(job)), admitted)
		expect(thief.Delete(ctx, job), admitted)

		foreign := controlled(nil)
		foreign.Name = "foreign"
		Expect(plane.client.Create(ctx, foreign)).To(Succeed())
		adopted := foreign.DeepCopy()
		adopted.OwnerReferences = job.OwnerReferences
		expect(thief.Patch(ctx, adopted, client.MergeFrom(foreign)), refused)
		expect(thief.Delete(ctx, foreign), refused)
	})

	DescribeTable("changes of an ExtendedJob what follows from its runs", func(change func(*fissilev1.ExtendedJob), refused bool) {
		ej := create(ejob.New(namespace, "ej").Strategy(fissilev1.StrategyManual))
		before := ej.DeepCopy()
		change(ej)
		expect(thief().Patch(context.Background(), ej, client.MergeFrom(before)), refused)
	},
		Entry("the strategy", func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = fissilev1.StrategyDone }, admitted),
		Entry("an annotation of the operator's", func(ej *fissilev1.ExtendedJob) {
			metav1.SetMetaDataAnnotation(&ej.ObjectMeta, fissilev1.AnnotationSettledRun, "any")
		}, admitted),
		Entry("another annotation", func(ej *fissilev1.ExtendedJob) { metav1.SetMetaDataAnnotation(&ej.ObjectMeta, "a", "b") }, refused),
		Entry("a label", func(ej *fissilev1.ExtendedJob) { ej.Labels = map[string]string{"a": "b"} }, refused),
		Entry("a finalizer", func(ej *fissilev1.ExtendedJob) { ej.Finalizers = []string{"example.com/keep"} }, refused),
		Entry("the template", func(ej *fissilev1.ExtendedJob) {
			ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image = "evil"
		}, refused),
		Entry("the environment of a run", func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{{Name: "LD_PRELOAD", Value: new("evil")}}
		}, refused),
		Entry("the request", func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.RequestID = "1" }, refused),
	)
})
