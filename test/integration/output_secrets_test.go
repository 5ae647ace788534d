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
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("An output Secret", func() {
	const printed = `{"a":"1"}`

	// run requests a run whose pod prints something.
	run := func(ej *fissilev1.ExtendedJob, number int64, printed string) {
		GinkgoHelper()
		setStrategy(ej, fissilev1.StrategyNow)
		complete(activeJob(ej, number), logs{"main": printed})
	}
	stored := func(ej *fissilev1.ExtendedJob, number int64) {
		GinkgoHelper()
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(number, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
		))
	}
	conflict := func(ej *fissilev1.ExtendedJob, number int64, message string) {
		GinkgoHelper()
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(number, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputPending),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring(message)),
		))
	}
	change := func(name string, change func(*corev1.Secret)) *corev1.Secret {
		GinkgoHelper()
		s, err := secret(name)()
		Expect(err).NotTo(HaveOccurred())
		Eventually(komega.Update(s, func() { change(s) })).Should(Succeed())
		return s
	}

	DescribeTable("keeps what others put on it, and gets what is ours, whatever was taken off it (cases 74, 77)", compat,
		func(taken func(*corev1.Secret), wantTheirs []string) {
			ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Output("foo").
				SecretLabels(map[string]string{"old": "", "kept": "1"}))
			run(ej, 1, `{"a":"1","b":"2"}`)
			stored(ej, 1)
			before := change("foo-main", func(s *corev1.Secret) {
				s.Data["edited"] = []byte("by hand")
				metav1.SetMetaDataLabel(&s.ObjectMeta, "theirs", "")
				metav1.SetMetaDataAnnotation(&s.ObjectMeta, "theirs/too", "~stays/")
				taken(s)
			})

			edit(ej, func() { ej.Spec.Output.SecretLabels = map[string]string{"kept": "2", "new": ""} })
			run(ej, 2, `{"c":"3"}`)
			stored(ej, 2)
			after, err := secret("foo-main")()
			Expect(err).NotTo(HaveOccurred())
			Expect(after.UID).To(Equal(before.UID))
			Expect(after.Data).To(Equal(map[string][]byte{"c": []byte("3")}))
			Expect(after.Labels).To(SatisfyAll(
				HaveKeyWithValue("kept", "2"), HaveKeyWithValue("new", ""), HaveKeyWithValue(fissilev1.LabelContainerName, "main"),
			))
			Expect(after.Annotations).To(HaveKeyWithValue(fissilev1.AnnotationRun, "2"))
			Expect(metav1.IsControlledBy(after, ej)).To(BeTrue())
			var theirs []string
			if _, ok := after.Labels["theirs"]; ok {
				theirs = append(theirs, "theirs")
			}
			if after.Annotations["theirs/too"] == "~stays/" {
				theirs = append(theirs, "theirs/too")
			}
			Expect(theirs).To(ConsistOf(wantTheirs))
		},
		Entry("nothing", func(*corev1.Secret) {}, []string{"theirs", "theirs/too"}),
		Entry("our label", func(s *corev1.Secret) { delete(s.Labels, fissilev1.LabelContainerName) }, []string{"theirs", "theirs/too"}),
		Entry("all labels", func(s *corev1.Secret) { s.Labels = nil }, []string{"theirs/too"}),
		Entry("our annotations", func(s *corev1.Secret) {
			s.Annotations = map[string]string{"theirs/too": "~stays/"}
		}, []string{"theirs", "theirs/too"}),
		Entry("all annotations", func(s *corev1.Secret) { s.Annotations = nil }, []string{"theirs"}),
		Entry("everything", func(s *corev1.Secret) { s.Labels, s.Annotations = nil, nil }, nil),
	)

	It("that was deleted is created again, one that was made immutable is in the way (case 77)", compat, func(ctx context.Context) {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(ej, 1, printed)
		stored(ej, 1)
		first, err := secret("foo-main")()
		Expect(err).NotTo(HaveOccurred())
		Expect(plane.client.Delete(ctx, first)).To(Succeed())
		edit(ej, func() { ej.Spec.FailedJobsHistoryLimit = new(int32(1)) }) // otherwise consecutive requests are delayed
		run(ej, 2, printed)
		stored(ej, 2)

		frozen := change("foo-main", func(s *corev1.Secret) { s.Immutable = new(true) })
		edit(ej, func() { ej.Spec.FailedJobsHistoryLimit = new(int32(2)) })
		run(ej, 3, `{"a":"3"}`)
		conflict(ej, 3, "Secret foo-main was made immutable: delete it")
		Expect(secret("foo-main")()).To(Equal(frozen))

		Expect(plane.client.Delete(ctx, frozen)).To(Succeed())
		stored(ej, 3)
		Expect(secret("foo-main")()).To(HaveField("Data", HaveKeyWithValue("a", []byte("3"))))
		Eventually(eventsOn(ej)).Should(ContainElement(HaveField("Reason", "OutputStored")))
	})

	It("of two ExtendedJobs belongs to one, and the other says so (case 75)", func() {
		owner := create(ejob.New(namespace, "owner").Strategy(fissilev1.StrategyManual).Output("foo"))
		other := create(ejob.New(namespace, "other").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(owner, 1, `{"by":"owner"}`)
		stored(owner, 1)
		run(other, 1, `{"by":"other"}`)
		conflict(other, 1, "Secret foo-main belongs to ExtendedJob owner")
		run(owner, 2, `{"by":"owner again"}`)
		stored(owner, 2)
		settled, err := secret("foo-main")()
		Expect(err).NotTo(HaveOccurred())
		Consistently(secret("foo-main")).Should(Equal(settled))
		Expect(settled.Data).To(HaveKeyWithValue("by", []byte("owner again")))
		Expect(komega.Object(other)()).To(ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict))

		By("giving it to the other one")
		change("foo-main", func(s *corev1.Secret) {
			s.OwnerReferences[0].Name, s.OwnerReferences[0].UID = other.Name, other.UID
		})
		stored(other, 1)
		Expect(secret("foo-main")()).To(HaveField("Data", HaveKeyWithValue("by", []byte("other"))))
	})

	It("that is in the way is noticed when it goes, also after the prefix was edited (case 75)", func(ctx context.Context) {
		foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "foo-main"}}
		Expect(plane.client.Create(ctx, foreign)).To(Succeed())
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(ej, 1, printed)
		conflict(ej, 1, "Secret foo-main does not belong to this ExtendedJob")
		edit(ej, func() { ej.Spec.Output.NamePrefix = "bar" })
		Expect(plane.client.Delete(ctx, foreign)).To(Succeed())
		stored(ej, 1)
		Expect(secretNames()).To(ConsistOf("foo-main"), "the settings as of the run's start")
	})

	It("that is in the way costs the output when a new run starts, or the Job is deleted, and an event says so (case 75)", func(ctx context.Context) {
		foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "foo-main"}}
		Expect(plane.client.Create(ctx, foreign)).To(Succeed())
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(ej, 1, printed)
		conflict(ej, 1, "foo-main")
		run(ej, 2, printed)
		conflict(ej, 2, "foo-main")
		Eventually(eventsOn(ej)).Should(ContainElement(SatisfyAll(
			HaveField("Reason", "OutputDropped"), HaveField("Note", ContainSubstring("The output of run 1 is dropped")),
		)))

		Eventually(jobsOf(ej)).Should(HaveLen(1), "the one whose output is pending")
		jobs, err := jobsOf(ej)()
		Expect(err).NotTo(HaveOccurred())
		Expect(plane.client.Delete(ctx, &jobs[0], client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(2, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputRefused),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputUnavailable),
		))
	})

	It("that a quota leaves no room for is stored when there is room, and what was stored is not stored again (case 56)", early, compat, func(ctx context.Context) {
		const secrets = corev1.ResourceName("count/secrets")
		quota := &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "few-secrets"},
			Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{secrets: resource.MustParse("0")}},
		}
		Expect(plane.client.Create(ctx, quota)).To(Succeed())
		setHard := func(hard, used string) { // plays the quota controller
			Eventually(komega.UpdateStatus(quota, func() {
				quota.Status.Hard = corev1.ResourceList{secrets: resource.MustParse(hard)}
				quota.Status.Used = corev1.ResourceList{secrets: resource.MustParse(used)}
			})).Should(Succeed())
		}
		setHard("1", "0")
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Containers("a", "b").Output("foo").Versioned())
		complete(activeJob(ej, 1), logs{"a": `{"a":"1"}`, "b": `{"b":"2"}`})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonSecretRejected),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("exceeded quota: few-secrets")),
		))
		Expect(secretNames()).To(ConsistOf("foo-a-v1"))
		setHard("2", "1")
		Eventually(komega.Object(ej)).WithTimeout(longTimeout).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			HaveField("Status.Outputs", ConsistOf(
				SatisfyAll(HaveField("SecretName", "foo-a-v1"), HaveField("Version", int64(1)), HaveField("Keys", HaveValue(BeEquivalentTo(1)))),
				SatisfyAll(HaveField("SecretName", "foo-b-v1"), HaveField("Version", int64(1)), HaveField("Keys", HaveValue(BeEquivalentTo(1)))),
			)),
		))
		Expect(secretNames()).To(ConsistOf("foo-a-v1", "foo-b-v1"))
		Expect(jobsEver()).To(Equal(1))
	})

	It("of one name belongs to one of several ExtendedJobs that write it at once", func() {
		const writers = 4
		var ejs []*fissilev1.ExtendedJob
		for i := range writers {
			ejs = append(ejs, create(ejob.New(namespace, fmt.Sprint("writer-", i)).Strategy(fissilev1.StrategyNow).Output("foo").Versioned()))
		}
		var pods []*batchv1.Job
		for _, ej := range ejs {
			pods = append(pods, activeJob(ej, 1))
		}
		node.setDown(true) // so that all write at once
		DeferCleanup(node.setDown, false)
		for i, job := range pods {
			complete(job, logs{"main": fmt.Sprintf(`{"by":"writer-%d"}`, i)})
		}
		node.setDown(false)
		var stored, refused []string
		for _, ej := range ejs {
			Eventually(komega.Object(ej)).Should(HaveField("Status.SettledRun", HaveValue(BeEquivalentTo(1))))
			if ej.Status.LastRun.Result == fissilev1.ResultSucceeded {
				stored = append(stored, ej.Name)
				continue
			}
			Expect(ej).To(ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict))
			refused = append(refused, ej.Name)
		}
		Expect(stored).To(HaveLen(1))
		Expect(refused).To(HaveLen(writers - 1))
		Expect(secretNames()).To(ConsistOf("foo-main-v1"))
		output, err := secret("foo-main-v1")()
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Data).To(HaveKeyWithValue("by", []byte(stored[0])))
	})

	It("is that of the containers that are named, whatever others print", func() {
		builder := ejob.New(namespace, "output").Strategy(fissilev1.StrategyOnce).Containers("main", "uploader").Output("foo")
		builder.Obj().Spec.Output.Containers = []string{"main"}
		ej := create(builder)
		complete(activeJob(ej, 1), logs{"main": `{"by":"main"}`, "uploader": "3 files uploaded"})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secretNames()).To(ConsistOf("foo-main"))
	})

	It("that is left behind when a container is renamed is named until it is deleted", func(ctx context.Context) {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(ej, 1, printed)
		stored(ej, 1)
		edit(ej, func() { ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Name = "renamed" })
		setStrategy(ej, fissilev1.StrategyNow)
		complete(activeJob(ej, 2), logs{"renamed": printed})
		stored(ej, 2)
		Expect(secretNames()).To(ConsistOf("foo-main", "foo-renamed"))
		Expect(komega.Object(ej)()).To(SatisfyAll(
			HaveField("Status.Outputs", ConsistOf(HaveField("SecretName", "foo-renamed"))),
			HaveField("Status.FormerOutputs", ConsistOf("foo-main")),
		))

		setStrategy(ej, fissilev1.StrategyNow)
		complete(activeJob(ej, 3), logs{"renamed": printed})
		stored(ej, 3)
		Expect(komega.Object(ej)()).To(HaveField("Status.FormerOutputs", ConsistOf("foo-main")))
		Eventually(eventsOn(ej)).Should(ContainElement(SatisfyAll(HaveField("Reason", "RunSucceeded"), HaveField("Note", ContainSubstring("Run 3")))))
		var told []eventsv1.Event
		Expect(eventsOn(ej)()).To(ContainElement(HaveField("Reason", "OutputLeftBehind"), &told))
		Expect(told).To(ConsistOf(HaveField("Note", ContainSubstring("foo-main"))))
		former, err := secret("foo-main")()
		Expect(err).NotTo(HaveOccurred())
		Expect(plane.client.Delete(ctx, former)).To(Succeed())
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			HaveField("Status.FormerOutputs", BeEmpty()),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
		))
	})

	It("goes with the ExtendedJob or stays, as the policy says, also after it was edited (case 78)", func() {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Output("foo").Versioned().Retain())
		run(ej, 1, printed)
		stored(ej, 1)
		owned := HaveField("OwnerReferences", ConsistOf(HaveField("UID", ej.UID)))
		Expect(secret("foo-main-v1")()).To(SatisfyAll(
			HaveField("OwnerReferences", BeEmpty()),
			HaveField("Annotations", SatisfyAll(
				HaveKeyWithValue(fissilev1.AnnotationOwnerName, ej.Name), HaveKeyWithValue(fissilev1.AnnotationOwnerUID, string(ej.UID)))),
		))
		edit(ej, func() { ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyDelete })
		Eventually(secret("foo-main-v1")).Should(owned)
		run(ej, 2, printed)
		stored(ej, 2)
		Expect(secret("foo-main-v2")()).To(owned)
		edit(ej, func() { ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyRetain })
		for _, version := range []string{"foo-main-v1", "foo-main-v2"} {
			Eventually(secret(version)).Should(HaveField("OwnerReferences", BeEmpty()))
		}
	})

	It("that was retained is taken over by the next ExtendedJob of that name only (case 78)", func(ctx context.Context) {
		first := create(ejob.New(namespace, "first").Strategy(fissilev1.StrategyManual).Output("foo").Retain())
		run(first, 1, printed)
		stored(first, 1)
		Expect(plane.client.Delete(ctx, first)).To(Succeed())

		other := create(ejob.New(namespace, "other").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(other, 1, printed)
		conflict(other, 1, "Secret foo-main was retained from ExtendedJob first")

		again := create(ejob.New(namespace, "first").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(again, 1, `{"a":"again"}`)
		stored(again, 1)
		Expect(secret("foo-main")()).To(SatisfyAll(
			HaveField("Data", HaveKeyWithValue("a", []byte("again"))),
			WithTransform(func(s *corev1.Secret) bool { return metav1.IsControlledBy(s, again) }, BeTrue()),
		))
	})

	It("is made once with ifExists Keep, whatever is deleted and created again", func(ctx context.Context) {
		for _, versioned := range []bool{false, true} {
			name, secretName := "keeper", "kept-main"
			if versioned {
				name, secretName = "versioned-keeper", "kept-main-v1"
			}
			template := ejob.New(namespace, name).Strategy(fissilev1.StrategyManual).Output("kept").Retain().Keep()
			if versioned {
				template.Versioned()
			}
			manifest := template.Obj().DeepCopy()
			first := create(template)
			run(first, 1, `{"password":"first"}`)
			stored(first, 1)
			kept := SatisfyAll(
				HaveField("Data", Equal(map[string][]byte{"password": []byte("first")})),
				HaveField("Labels", HaveKeyWithValue(fissilev1.LabelName, name)),
			)
			Expect(secret(secretName)()).To(kept)
			run(first, 2, `no password at all`)
			stored(first, 2)

			Expect(plane.client.Delete(ctx, first)).To(Succeed())
			Eventually(komega.Get(first)).ShouldNot(Succeed())
			Expect(plane.client.Create(ctx, manifest)).To(Succeed())
			run(manifest, 1, `{"password":"second"}`)
			stored(manifest, 1)
			Expect(secret(secretName)()).To(SatisfyAll(kept, HaveField("Annotations", HaveKeyWithValue(fissilev1.AnnotationOwnerUID, string(manifest.UID)))))
			Eventually(eventsOn(manifest)).Should(ContainElement(SatisfyAll(
				HaveField("Reason", "RunSucceeded"), HaveField("Note", HaveSuffix("already existed and is kept: "+secretName+".")),
			)))
			run(manifest, 2, `{"password":"third"}`)
			stored(manifest, 2)
			Expect(secret(secretName)()).To(kept)
		}
	})

	It("of several pods is refused by a condition when validation was bypassed", func(ctx context.Context) {
		bypassValidation(ctx)
		b := ejob.New(namespace, "output").Strategy(fissilev1.StrategyOnce).Output("foo")
		b.Obj().Spec.JobTemplate.Spec.Completions = new(int32(3))
		Eventually(func() error { return plane.client.Create(ctx, b.Obj()) }).Should(Succeed())
		Eventually(komega.Object(b.Obj())).Should(SatisfyAll(
			ejob.BeHeld(fissilev1.ReasonJobRejected),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("set spec.jobTemplate.spec.completions and parallelism to 1, or remove spec.output")),
		))
		Expect(jobsEver()).To(BeZero())
	})

	It("has none of the operator's keys for the user's when validation was bypassed", func(ctx context.Context) {
		bypassValidation(ctx)
		b := ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Containers("v7").Output("foo").SecretLabels(map[string]string{
			"fissile.cloudfoundry.org/secret-kind": "versionedSecret", "fissile.cloudfoundry.org/secret-version": "7", "theirs": "1",
		})
		Eventually(func() error { return plane.client.Create(ctx, b.Obj()) }).Should(Succeed())
		ej := b.Obj()
		setStrategy(ej, fissilev1.StrategyNow)
		complete(activeJob(ej, 1), logs{"v7": printed})
		stored(ej, 1)
		Expect(secret("foo-v7")()).To(HaveField("Labels", Equal(map[string]string{
			"theirs": "1", fissilev1.LabelContainerName: "v7", fissilev1.LabelName: ej.Name,
		})))
	})

	It("tells which run is the next when the ExtendedJob has forgotten", func() {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyManual).Output("foo"))
		run(ej, 1, printed)
		stored(ej, 1)
		Eventually(jobsOf(ej)).Should(BeEmpty())
		edit(ej, func() { ej.Annotations = nil })
		Eventually(komega.UpdateStatus(ej, func() { ej.Status = fissilev1.ExtendedJobStatus{} })).Should(Succeed())
		run(ej, 2, printed)
		stored(ej, 2)
	})
})

// bypassValidation removes the validating webhooks until the spec ends.
func bypassValidation(ctx context.Context) {
	GinkgoHelper()
	var webhooks admissionregistrationv1.ValidatingWebhookConfigurationList
	Expect(plane.client.List(ctx, &webhooks)).To(Succeed())
	for i := range webhooks.Items {
		webhook := &webhooks.Items[i]
		Expect(plane.client.Delete(ctx, webhook)).To(Succeed())
		DeferCleanup(func(ctx context.Context) {
			webhook.ResourceVersion = ""
			Expect(plane.client.Create(ctx, webhook)).To(Succeed())
			invalid := ejob.New(namespace, "invalid").Strategy(fissilev1.StrategyManual).Output(strings.Repeat("a", 200)).Containers(strings.Repeat("a", 60)).Obj()
			Eventually(func() error { return plane.client.Create(ctx, invalid.DeepCopy(), client.DryRunAll) }).ShouldNot(Succeed())
		})
	}
}
