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
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// canary is in every value that is printed here.
const canary = "canary-4711"

var _ = Describe("What a job printed", func() {
	It("is in its Secret and nowhere else, whatever goes wrong, at every log level (case 88)", func(ctx context.Context) {
		operator.stop()
		DeferCleanup(func() {
			operator.stop()
			operator.start()
		})
		operator.start("--zap-log-level=10")
		quoteRefusedSecrets()
		// Output that is pending is tried again when the manager starts.
		DeferCleanup(kubectl, "delete", "extendedjobs", "--all")
		good := `{"k":"` + canary + `"}`
		paths := map[string]struct {
			printed string
			reason  string
			prepare func(*fissilev1.ExtendedJob)
		}{
			"stored":    {printed: good, reason: fissilev1.ReasonStored},
			"number":    {printed: `{"k":"` + canary + `","n":4711}`, reason: fissilev1.ReasonOutputInvalid},
			"array":     {printed: `["` + canary + `"]`, reason: fissilev1.ReasonOutputInvalid},
			"duplicate": {printed: `{"k":"` + canary + `","k":"` + canary + `"}`, reason: fissilev1.ReasonOutputInvalid},
			"binary":    {printed: `{"k":"` + canary + "\xff\"}", reason: fissilev1.ReasonOutputInvalid},
			"key":       {printed: `{"a b":"` + canary + `"}`, reason: fissilev1.ReasonOutputInvalid},
			"half":      {printed: `{"k":"` + canary, reason: fissilev1.ReasonNoOutput},
			"text":      {printed: canary, reason: fissilev1.ReasonNoOutput},
			"two":       {printed: good + "\n" + good, reason: fissilev1.ReasonAmbiguousOutput},
			"large":     {printed: `{"k":"` + canary + strings.Repeat("x", 1<<20) + `"}`, reason: fissilev1.ReasonOutputTooLarge},
			"refused":   {printed: good, reason: fissilev1.ReasonSecretRejected},
			"broken-off": {printed: good, reason: fissilev1.ReasonStored, prepare: func(*fissilev1.ExtendedJob) {
				node.failOnce(breaksOff)
			}},
			"error-at-the-end": {printed: good, reason: fissilev1.ReasonStored, prepare: func(*fissilev1.ExtendedJob) {
				node.failOnce(appendsError)
			}},
			"unreadable": {printed: good, reason: fissilev1.ReasonOutputUnavailable, prepare: func(*fissilev1.ExtendedJob) {
				node.setDown(true)
			}},
			"conflict": {printed: good, reason: fissilev1.ReasonOutputConflict, prepare: func(ej *fissilev1.ExtendedJob) {
				Expect(plane.client.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: ej.Name + "-main"}})).To(Succeed())
			}},
			"immutable": {printed: good, reason: fissilev1.ReasonOutputConflict, prepare: func(ej *fissilev1.ExtendedJob) {
				Expect(plane.client.Create(ctx, &corev1.Secret{
					ObjectMeta: metav1.ObjectMeta{
						Namespace: namespace, Name: ej.Name + "-main",
						Annotations: map[string]string{fissilev1.AnnotationOwnerUID: string(ej.UID)},
					},
					Immutable: new(true),
				})).To(Succeed())
			}},
		}
		DeferCleanup(node.setDown, false)
		for name, path := range paths {
			ej := create(ejob.New(namespace, name).Strategy(fissilev1.StrategyManual).Output(name))
			if path.prepare != nil {
				path.prepare(ej)
			}
			setStrategy(ej, fissilev1.StrategyNow)
			complete(activeJob(ej, 1), logs{"main": path.printed})
			status := metav1.ConditionFalse
			if path.reason == fissilev1.ReasonStored {
				status = metav1.ConditionTrue
			}
			Eventually(komega.Object(ej)).WithTimeout(longTimeout).Should(SatisfyAll(
				HaveField("Status.SettledRun", HaveValue(BeEquivalentTo(1))),
				ejob.HaveCondition(fissilev1.ConditionOutputPersisted, status, path.reason),
			), name)
			node.setDown(false)
			Eventually(eventsOn(ej)).Should(ContainElement(HaveField("Reason", SatisfyAny(Equal("RunSucceeded"), Equal("RunFailed")))))

			described := kubectl("describe", "extendedjob", name)
			expectNoCanary("the description", described)
			for _, c := range ej.Status.Conditions {
				Expect(described).To(ContainSubstring(c.Message), "why, and what to do")
			}
			Expect(described).To(MatchRegexp(`Events:(\n.*)+Run(Succeeded|Failed) `))
		}
		Expect(secret("stored-main")()).To(HaveField("Data", HaveKeyWithValue("k", []byte(canary))))

		By("looking for it")
		for _, kind := range []string{"extendedjobs", "events", "jobs", "pods"} {
			shown := kubectl("get", kind, "--output=json", "--show-managed-fields")
			Expect(json.Valid([]byte(shown))).To(BeTrue())
			expectNoCanary(kind, shown)
		}
		metrics, err := operator.get("http://" + operator.config.Metrics.BindAddress + "/metrics")
		Expect(err).NotTo(HaveOccurred())
		expectNoCanary("the metrics", string(metrics))
		expectNoCanary("the operator's log", string(operator.session.Out.Contents())+string(operator.session.Err.Contents()))
	})
})

// expectNoCanary fails if the canary is in a text, as it is or encoded as the
// data of a Secret is.
func expectNoCanary(where, text string) {
	GinkgoHelper()
	for _, encoded := range []string{canary, "Y2FuYXJ5LTQ3MTE"} {
		if i := strings.Index(text, encoded); i >= 0 {
			Fail("the canary is in " + where + ": " + text[max(0, i-300):min(len(text), i+100)])
		}
	}
}

// quoteRefusedSecrets has the API server refuse the Secret refused-main of the
// spec's namespace, in a message that quotes its data.
func quoteRefusedSecrets() {
	GinkgoHelper()
	refuseCreations(metav1.GroupVersionResource{Version: "v1", Resource: "secrets"}, admissionregistrationv1.Validation{
		Expression:        "object.metadata.name != 'refused-main'",
		MessageExpression: "'the data is ' + string(object.data['k'])",
	})
	Eventually(func() string {
		err := plane.client.Create(context.Background(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "refused-main"},
			Data:       map[string][]byte{"k": []byte(canary)},
		}, client.DryRunAll)
		if err == nil {
			return ""
		}
		return err.Error()
	}).Should(ContainSubstring("the data is"))
}
