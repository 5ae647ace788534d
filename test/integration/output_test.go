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
	"encoding/json"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("Output", func() {
	DescribeTable("goes to a Secret named after prefix and container (case 1)", func(prefix, name string) {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Containers("json").
			Output(prefix).SecretLabels(map[string]string{"team": "blue"}))
		complete(activeJob(ej, 1), logs{"json": `{"foo": "1", "bar": "baz"}` + "\n"})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
			HaveField("Status.Outputs", ConsistOf(SatisfyAll(
				HaveField("Container", "json"), HaveField("SecretName", name), HaveField("Version", BeZero()),
				HaveField("Keys", HaveValue(BeEquivalentTo(2))), HaveField("Bytes", HaveValue(BeEquivalentTo(4))),
				HaveField("StoredAt.Time", BeTemporally("~", time.Now(), time.Minute)),
			))),
		))
		Expect(secret(name)()).To(SatisfyAll(
			HaveField("Data", Equal(map[string][]byte{"foo": []byte("1"), "bar": []byte("baz")})),
			HaveField("Labels", SatisfyAll(HaveKeyWithValue("team", "blue"), HaveKeyWithValue(fissilev1.LabelContainerName, "json"))),
			WithTransform(func(s *corev1.Secret) bool { return metav1.IsControlledBy(s, ej) }, BeTrue()),
		))
	},
		Entry("a prefix as in the specification", "foo", "foo-json"),
		Entry("a prefix as in cf-operator's example", "foo-", "foo-json"),
		Entry("a prefix that ends in a dot", "foo.", "foo.json"),
	)

	It("replaces that of the run before, but not what others put on the Secret (case 74)", func() {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Output("foo").
			SecretLabels(map[string]string{"old": "label"}))
		complete(activeJob(ej, 1), logs{"main": `{"a":"1","b":"2"}`})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		stored, err := secret("foo-main")()
		Expect(err).NotTo(HaveOccurred())
		Expect(komega.Update(stored, func() {
			metav1.SetMetaDataAnnotation(&stored.ObjectMeta, "theirs", "stays")
			metav1.SetMetaDataLabel(&stored.ObjectMeta, "theirs", "stays")
		})()).To(Succeed())

		edit(ej, func() {
			ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
			ej.Spec.Output.SecretLabels = map[string]string{"new": "label"}
		})
		complete(activeJob(ej, 2), logs{"main": `{"a":"3"}`})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secret("foo-main")()).To(SatisfyAll(
			HaveField("UID", stored.UID),
			HaveField("Data", Equal(map[string][]byte{"a": []byte("3")})),
			HaveField("Annotations", HaveKeyWithValue("theirs", "stays")),
			HaveField("Labels", SatisfyAll(
				HaveKeyWithValue("theirs", "stays"), HaveKeyWithValue("new", "label"), Not(HaveKey("old")))),
		))
	})

	DescribeTable("that is not a flat JSON object of strings is refused by container, key and type, and never shown (cases 63, 64)",
		func(printed, reason string, message ...string) {
			ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Containers("json").Output("foo"))
			complete(activeJob(ej, 1), logs{"json": `{"kept":"before"}`})
			Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
			before, err := secret("foo-json")()
			Expect(err).NotTo(HaveOccurred())

			setStrategy(ej, fissilev1.StrategyNow)
			job := activeJob(ej, 2)
			complete(job, logs{"json": printed})
			Eventually(komega.Object(ej)).Should(SatisfyAll(
				ejob.HaveSettled(2, fissilev1.ResultFailed, fissilev1.StrategyManual),
				ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputRefused),
				ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, reason),
			))
			for _, part := range append(message, "json") {
				Expect(ej).To(ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring(part)))
			}
			Expect(secret("foo-json")()).To(Equal(before))
			Consistently(jobsOf(ej)).Should(ConsistOf(HaveField("Name", job.Name)), "the log can be read")

			By("looking for the value")
			Eventually(eventsOn(ej)).Should(ContainElement(HaveField("Reason", "RunFailed")))
			events, err := eventsOn(ej)()
			Expect(err).NotTo(HaveOccurred())
			for what, place := range map[string]any{"the object": ej, "the events": events} {
				shown, err := json.Marshal(place)
				Expect(err).NotTo(HaveOccurred())
				Expect(string(shown)).NotTo(ContainSubstring("canary"), what)
			}
			Expect(operator.session.Out.Contents()).NotTo(ContainSubstring("canary"), "the operator's log")
			Expect(operator.session.Err.Contents()).NotTo(ContainSubstring("canary"), "the operator's log")
		},
		Entry("a number", `{"good":"canary","key1":4711}`, fissilev1.ReasonOutputInvalid, "key1", "number"),
		Entry("a boolean", `{"good":"canary","key1":true}`, fissilev1.ReasonOutputInvalid, "key1", "boolean"),
		Entry("null", `{"good":"canary","key1":null}`, fissilev1.ReasonOutputInvalid, "key1", "null"),
		Entry("an object", `{"key1":{"nested":"canary"}}`, fissilev1.ReasonOutputInvalid, "key1", "object"),
		Entry("an array", `{"key1":["canary"]}`, fissilev1.ReasonOutputInvalid, "key1", "array"),
		Entry("half a document", `{"key1":"canary"`, fissilev1.ReasonNoOutput),
		Entry("text", `canary`, fissilev1.ReasonNoOutput),
		Entry("nothing", ``, fissilev1.ReasonNoOutput),
	)

	It("of several containers is stored whole or not at all (case 79)", func() {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Containers("a", "b").Output("foo"))
		complete(activeJob(ej, 1), logs{"a": `{"x":"1"}`, "b": `not JSON`})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("Container b")),
		))
		Expect(secretNames()).To(BeEmpty())

		setStrategy(ej, fissilev1.StrategyNow)
		complete(activeJob(ej, 2), logs{"a": `{"x":"1"}`, "b": `{"y":"2"}`})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secretNames()).To(ConsistOf("foo-a", "foo-b"))
	})

	It("of a failed run is stored with writeOnFailure only (case 72)", func() {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Output("foo"))
		fail(activeJob(ej, 1), logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonRunFailed),
		))
		Expect(secretNames()).To(BeEmpty())

		edit(ej, func() {
			ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
			ej.Spec.Output.WriteOnFailure = new(true)
		})
		fail(activeJob(ej, 2), logs{"main": `{"a":"2"}`})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(2, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, "BackoffLimitExceeded"),
		))
		Expect(secret("foo-main")()).To(HaveField("Data", HaveKeyWithValue("a", []byte("2"))))
	})

	It("is not lost while the log cannot be read (case 71)", func() {
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Output("foo"))
		job := activeJob(ej, 1)
		node.setDown(true)
		DeferCleanup(node.setDown, false)
		complete(job, logs{"main": `{"a":"1"}`})
		Consistently(komega.Object(ej)).Should(ejob.HaveStrategy(fissilev1.StrategyNow))
		Expect(jobsOf(ej)()).To(HaveLen(1))

		node.setDown(false)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secretNames()).To(ConsistOf("foo-main"))
	})

	DescribeTable("never touches a Secret of somebody else, and is stored when that is gone (case 75)", compat, func(foreign *corev1.Secret) {
		foreign.Namespace, foreign.Name = namespace, "foo-main"
		Expect(plane.client.Create(context.Background(), foreign)).To(Succeed())
		ej := create(ejob.New(namespace, "output").Strategy(fissilev1.StrategyNow).Output("foo"))
		complete(activeJob(ej, 1), logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputPending),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("foo-main")),
		))
		Expect(secret("foo-main")()).To(Equal(foreign))

		Expect(plane.client.Delete(context.Background(), foreign)).To(Succeed())
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionTrue, fissilev1.ReasonSucceeded),
		))
		Expect(secret("foo-main")()).To(HaveField("Data", HaveKeyWithValue("a", []byte("1"))))
		Eventually(jobsOf(ej)).Should(BeEmpty())
		Expect(jobsEver()).To(Equal(1))
	},
		Entry("a password", &corev1.Secret{Data: map[string][]byte{"password": []byte("x")}}),
		Entry("one that cannot be changed", &corev1.Secret{Immutable: new(true)}),
		Entry("one with our labels", &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Labels: map[string]string{fissilev1.LabelContainerName: "main", fissilev1.LabelExtendedJob: "true"},
		}}),
		Entry("one that is owned by somebody else", &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "ConfigMap", Name: "theirs", UID: "c2c4e9f0-0000-4000-8000-000000000000", Controller: new(true),
			}},
		}}),
		Entry("a Helm release", &corev1.Secret{Type: "helm.sh/release.v1", Data: map[string][]byte{"release": []byte("x")}}),
	)
})
