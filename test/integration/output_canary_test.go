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
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// canary is in every value that is printed here.
const canary = "canary-4711"

// good is output that can be stored.
const good = `{"k":"` + canary + `"}`

// outputPath is one of the possible fates of output, most of them failures.
type outputPath struct {
	// name is the name of the ExtendedJob, and the prefix of its Secrets.
	name string
	// printed is what its container main prints; defaults to good.
	printed string
	// reason is the final reason of the condition OutputPersisted.
	reason string
	// edit changes the ExtendedJob.
	edit func(*ejob.Builder)
	// before happens before the run.
	before func(*fissilev1.ExtendedJob)
	// end ends the Job; defaults to complete.
	end func(*batchv1.Job, logs)
	// after happens when the condition has that reason, and changes it to finally.
	after   func(*fissilev1.ExtendedJob)
	finally string
}

var _ = Describe("What a job printed", func() {
	It("is in its Secret and nowhere else, whatever goes wrong, at every log level (case 88)", early, func(ctx context.Context) {
		before := operator.config.Output
		operator.config.Output.LogReadTimeoutSeconds = new(int32(2)) // several paths wait for it
		wire := tapOperator("--zap-log-level=10")
		DeferCleanup(func() { operator.config.Output = before })
		DeferCleanup(node.setDown, false)
		quoteSecretsInRefusals()
		// Pending output is tried again when the manager starts.
		DeferCleanup(kubectl, "delete", "extendedjobs", "--all")

		paths := slices.Concat(pathsOfQuota(), pathsOfDocuments(), pathsOfLogs(wire), pathsOfConflicts(wire), pathsOfRefusals(), pathsOfFailedWrites(wire), pathsOfRuns())
		for _, path := range paths {
			ej := path.take(ctx)
			Expect(wire.leaveAlone()).To(BeTrue(), path.name+": nothing was done to a request")
			if path.after != nil {
				path.after(ej)
			}
			node.setDown(false)
		}
		for _, path := range paths {
			if path.finally != "" {
				path.expect(ctx, ejob.New(namespace, path.name).Obj(), path.finally)
			}
		}

		By("looking for it")
		Expect(wire.strays).To(BeEmpty(), "requests with a value")
		described := kubectl("describe", "extendedjobs", "--show-events")
		expectNoCanary("the descriptions", described)
		var ejs fissilev1.ExtendedJobList
		Expect(plane.client.List(ctx, &ejs, client.InNamespace(namespace))).To(Succeed())
		for _, ej := range ejs.Items {
			for _, c := range ej.Status.Conditions {
				Expect(described).To(ContainSubstring(c.Message), "why, and what to do")
			}
		}
		Expect(len(regexp.MustCompile(`Run(Succeeded|Failed) `).FindAllString(described, -1))).To(BeNumerically(">=", len(paths)), "events")
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

// take runs an ExtendedJob once, and returns it when the output is stored or the
// condition says why not.
func (p *outputPath) take(ctx context.Context) *fissilev1.ExtendedJob {
	GinkgoHelper()
	By(p.name)
	b := ejob.New(namespace, p.name).Strategy(fissilev1.StrategyManual).Output(p.name)
	if p.edit != nil {
		p.edit(b)
	}
	ej := create(b)
	if p.before != nil {
		p.before(ej)
	}
	printed, end := p.printed, p.end
	if printed == "" {
		printed = good
	}
	if end == nil {
		end = complete
	}
	setStrategy(ej, fissilev1.StrategyNow)
	end(activeJob(ej, 1), logs{"main": printed})
	p.expect(ctx, ej, p.reason)
	Eventually(eventsOn(ej)).Should(ContainElement(HaveField("Reason", SatisfyAny(Equal("RunSucceeded"), Equal("RunFailed")))), p.name)
	return ej
}

// expect waits for a reason of the condition. Stored output is stored once, and
// exactly.
func (p *outputPath) expect(ctx context.Context, ej *fissilev1.ExtendedJob, reason string) {
	GinkgoHelper()
	status := metav1.ConditionFalse
	if reason == fissilev1.ReasonStored {
		status = metav1.ConditionTrue
	}
	Eventually(komega.Object(ej)).WithTimeout(longTimeout).Should(SatisfyAll(
		HaveField("Status.SettledRun", Not(BeNil())),
		HaveField("Status.Active", BeEmpty()),
		ejob.HaveCondition(fissilev1.ConditionOutputPersisted, status, reason),
	), p.name)
	if reason != fissilev1.ReasonStored {
		return
	}
	var secrets corev1.SecretList
	Expect(plane.client.List(ctx, &secrets, client.InNamespace(namespace))).To(Succeed())
	own := slices.DeleteFunc(secrets.Items, func(s corev1.Secret) bool { return !metav1.IsControlledBy(&s, ej) })
	Expect(own).To(ConsistOf(SatisfyAll(
		HaveField("Name", ej.Status.Outputs[0].SecretName),
		HaveField("Data", Equal(map[string][]byte{"k": []byte(canary)})),
	)), p.name)
}

// canaryIn returns where a text contains the canary, in plain text or encoded as in
// the data of a Secret, or a negative number.
func canaryIn(text string) int {
	return max(strings.Index(text, canary), strings.Index(text, "Y2FuYXJ5LTQ3MT"))
}

func expectNoCanary(where, text string) {
	GinkgoHelper()
	if i := canaryIn(text); i >= 0 {
		Fail("the canary is in " + where + ": " + text[max(0, i-300):min(len(text), i+100)])
	}
}
