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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The two versions", compat, func() {
	ctx := context.Background()
	labels, annotations := map[string]string{"label": "a"}, map[string]string{"annotation": "b"}

	// old returns what a client sees that only knows v1alpha1.
	old := func(ej *fissilev1.ExtendedJob) *fissilev1alpha1.ExtendedJob {
		GinkgoHelper()
		seen := inV1alpha1(ej)
		Expect(plane.client.Get(ctx, client.ObjectKeyFromObject(seen), seen)).To(Succeed())
		return seen
	}

	It("keep the labels and annotations of both templates", func() {
		ej := ejob.New(namespace, "labelled").Strategy(fissilev1.StrategyManual).Obj()
		ej.Spec.JobTemplate.Labels, ej.Spec.JobTemplate.Annotations = labels, annotations
		ej.Spec.JobTemplate.Spec.Template.Labels, ej.Spec.JobTemplate.Spec.Template.Annotations = labels, annotations
		Expect(plane.client.Create(ctx, ej)).To(Succeed())
		Expect(ej.Spec.JobTemplate).To(SatisfyAll(HaveField("Labels", labels), HaveField("Annotations", annotations)))
		Expect(ej.Spec.JobTemplate.Spec.Template).To(SatisfyAll(HaveField("Labels", labels), HaveField("Annotations", annotations)))
		Expect(old(ej).Spec.Template).To(SatisfyAll(HaveField("Labels", labels), HaveField("Annotations", annotations)))

		older := &fissilev1alpha1.ExtendedJob{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "older"},
			Spec: fissilev1alpha1.ExtendedJobSpec{
				Trigger: fissilev1alpha1.Trigger{Strategy: fissilev1.StrategyNow},
				Template: corev1.PodTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations},
					Spec:       *ejob.New("", "").PodSpec(),
				},
			},
		}
		Expect(plane.client.Create(ctx, older)).To(Succeed())
		Expect(older.Spec.Template).To(SatisfyAll(HaveField("Labels", labels), HaveField("Annotations", annotations)))

		By("reaching the pods")
		created := ejob.New(namespace, "older").Obj()
		Expect(komega.Get(created)()).To(Succeed())
		Expect(activeJob(created, 1).Spec.Template).To(SatisfyAll(
			HaveField("Labels", HaveKeyWithValue("label", "a")), HaveField("Annotations", HaveKeyWithValue("annotation", "b"))))
	})

	It("keep what only v1 has when an old client edits something else (case 3)", func() {
		b := ejob.New(namespace, "newer").Strategy(fissilev1.StrategyManual).Output("foo").Suspend().HistoryLimits(3, 4)
		ej := b.Obj()
		ej.Spec.UpdateOnTemplateChange = new(true)
		ej.Spec.JobTemplate.Labels = labels
		ej.Spec.JobTemplate.Spec.BackoffLimit = new(int32(7))
		ej.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(60))
		ej.Spec.Output.SecretAnnotations = annotations
		ej.Spec.Output.VersionsToKeep = 5
		ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyRetain
		create(b)
		wanted := ej.Spec.DeepCopy()

		seen := inV1alpha1(ej)
		Eventually(komega.Update(seen, func() { seen.Spec.Template.Spec.Containers[0].Image = "busybox:1.37" })).Should(Succeed())
		wanted.JobTemplate.Spec.Template.Spec.Containers[0].Image = "busybox:1.37"
		Expect(komega.Get(ej)()).To(Succeed())
		Expect(ej.Spec).To(Equal(*wanted))
		Expect(ej.Annotations).NotTo(HaveKey(fissilev1.AnnotationConversionData))
	})

	It("keep what only v1alpha1 has when a new client edits something else", func() {
		Expect(createManifest(patched(valid["v1alpha1"],
			add("/spec/trigger", `{"strategy":"manual","when":"ready","selector":{"matchLabels":{"a":"b"}}}`)))).To(Succeed())
		ej := ejob.New(namespace, "valid").Obj()
		Expect(komega.Get(ej)()).To(Succeed())
		edit(ej, func() { ej.Spec.Suspend = new(true) })
		Expect(old(ej).Spec.Trigger).To(SatisfyAll(
			HaveField("When", "ready"),
			HaveField("Selector", HaveValue(HaveField("MatchLabels", HaveKeyWithValue("a", "b")))),
		))
	})

	It("change nothing when an object is read and written back (case 2)", func() {
		b := ejob.New(namespace, "same").Strategy(fissilev1.StrategyManual).Output("foo").HistoryLimits(3, 4)
		ej := create(b)
		Eventually(komega.Object(ej)).Should(ejob.BeIdle())
		written := ej.DeepCopy()
		Expect(plane.client.Update(ctx, written)).To(Succeed())
		Expect(written).To(Equal(ej))
		seen := old(ej)
		Expect(plane.client.Update(ctx, seen)).To(Succeed())
		Expect(komega.Object(written)()).To(SatisfyAll(HaveField("Spec", ej.Spec), HaveField("Generation", ej.Generation)))
		Consistently(jobsEver).Should(BeZero())
	})

	It("have the same status", func() {
		ej := create(ejob.New(namespace, "status").Strategy(fissilev1.StrategyOnce).Output("foo"))
		complete(activeJob(ej, 1), logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(old(ej).Status).To(Equal(ej.Status))
	})
})
