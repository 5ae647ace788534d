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
	"crypto/md5"  // #nosec G501 -- to search for it
	"crypto/sha1" // #nosec G505 -- to search for it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("What Secrets hold", func() {
	It("is nowhere but in Secrets, however much the operator logs (case 88)", func() {
		operator.stop()
		operator.start("--zap-log-level=127")
		DeferCleanup(func() {
			operator.stop()
			operator.start()
		})
		// Each line of a hexadecimal dump contains a whole one.
		const canary = "canary42"
		value := func(i int) string { return strings.Repeat(canary, 4) + fmt.Sprint(i) }
		const values = 7
		// literal is a value that anyone who may read ExtendedJobs can read.
		const literal = "plain-text-42"

		plain := createInput(opaque("plain", value(1)))
		createVersion("versioned", 1, value(2))
		b := ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange().Output("out").
			ReadsSecret("plain").ReadsSecret("versioned-v1").ReadsSecret("missing")
		b.Obj().Spec.UpdateOnTemplateChange = new(true)
		oneOff := create(b)
		Eventually(komega.Object(oneOff)).WithTimeout(longTimeout).Should(
			ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing))
		createInput(opaque("missing", value(3)))
		printing := func(number int64, printed string, result fissilev1.RunResult) {
			GinkgoHelper()
			complete(activeJob(oneOff, number), logs{"main": printed})
			Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(number, result, fissilev1.StrategyDone))
		}
		printing(1, fmt.Sprintf(`{"printed":%q}`, value(4)), fissilev1.ResultSucceeded)
		setValue(plain, value(5))
		printing(2, fmt.Sprintf(`{"printed":%q}`, value(5)), fissilev1.ResultSucceeded)
		createVersion("versioned", 2, value(6))
		printing(3, fmt.Sprintf(`{"printed":[%q]}`, value(6)), fissilev1.ResultFailed)
		edit(oneOff, func() { oneOff.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args = []string{"new"} })
		printing(4, fmt.Sprintf(`{"printed":%q} {`, value(6)), fissilev1.ResultFailed)
		edit(oneOff, func() {
			oneOff.Spec.Trigger.RequestID = "with variables"
			oneOff.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{
				{Name: "LEVEL", Value: new(literal)},
				{Name: "PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
					LocalObjectReference: corev1.LocalObjectReference{Name: "parameters"}, Key: "key",
				}}},
			}
		})
		Eventually(komega.Object(oneOff)).Should(HaveField("Status.Due", HaveValue(HaveField("Reason", fissilev1.ReasonReferencesMissing))))
		createInput(opaque("parameters", value(7)))
		printing(5, fmt.Sprintf(`{"printed":[%q]}`, literal), fissilev1.ResultFailed)
		Expect(oneOff.Status.LastRun.Env).To(ConsistOf("LEVEL", "PASSWORD"))
		Eventually(eventsOn(oneOff)).Should(ContainElement(HaveField("Note", ContainSubstring("Run 5"))))

		places := map[string]string{
			"the log": string(operator.session.Out.Contents()) + string(operator.session.Err.Contents()),
		}
		metrics, err := operator.get("http://" + operator.config.Metrics.BindAddress + "/metrics")
		Expect(err).NotTo(HaveOccurred())
		places["the metrics"] = string(metrics)
		for _, list := range []client.ObjectList{
			&fissilev1.ExtendedJobList{}, &fissilev1alpha1.ExtendedJobList{}, &batchv1.JobList{}, &corev1.PodList{}, &eventsv1.EventList{},
		} {
			Expect(plane.client.List(context.Background(), list, client.InNamespace(namespace))).To(Succeed())
			shown, err := json.Marshal(list)
			Expect(err).NotTo(HaveOccurred())
			places[fmt.Sprintf("%T", list)] = string(shown)
			places[fmt.Sprintf("%T without specs", list)] = withoutSpecs(shown)
		}
		Expect(places).To(HaveKeyWithValue(fmt.Sprintf("%T", &batchv1.JobList{}), ContainSubstring(literal)))
		for place, shown := range places {
			Expect(shown).NotTo(BeEmpty(), place)
			if !strings.HasPrefix(place, "*") || strings.HasSuffix(place, "without specs") {
				Expect(strings.Contains(shown, literal)).To(BeFalse(), place)
			}
			Expect(strings.Contains(shown, canary)).To(BeFalse(), place)
			for i := range values {
				for how, form := range disguises([]byte(value(i + 1))) {
					Expect(strings.Contains(shown, form)).To(BeFalse(), "%s in %s", how, place)
				}
			}
		}
	})
})

// withoutSpecs removes from a list what its users wrote: the specs of its items, and
// the annotation that holds a part of them in v1alpha1.
func withoutSpecs(encoded []byte) string {
	GinkgoHelper()
	var list struct{ Items []map[string]any }
	Expect(json.Unmarshal(encoded, &list)).To(Succeed())
	for _, item := range list.Items {
		delete(item, "spec")
		unstructured.RemoveNestedField(item, "metadata", "annotations", fissilev1.AnnotationConversionData)
	}
	rest, err := json.Marshal(list)
	Expect(err).NotTo(HaveOccurred())
	return string(rest)
}

// disguises returns the forms in which a value can still be recognized.
func disguises(value []byte) map[string]string {
	sums := map[string][]byte{"value": value}
	for name, sum := range map[string]func([]byte) []byte{
		"MD5":     func(b []byte) []byte { s := md5.Sum(b); return s[:] },  // #nosec G401
		"SHA-1":   func(b []byte) []byte { s := sha1.Sum(b); return s[:] }, // #nosec G401
		"SHA-256": func(b []byte) []byte { s := sha256.Sum256(b); return s[:] },
		"SHA-512": func(b []byte) []byte { s := sha512.Sum512(b); return s[:] },
	} {
		sums[name] = sum(value)
	}
	forms := map[string]string{}
	for name, sum := range sums {
		// Everything after the first bytes may be cut off.
		forms[name+" in hexadecimal"] = hex.EncodeToString(sum[:8])
		forms[name+" in base64"] = base64.StdEncoding.EncodeToString(sum[:9])
		forms[name+" in base64 for URLs"] = base64.URLEncoding.EncodeToString(sum[:9])
	}
	return forms
}
