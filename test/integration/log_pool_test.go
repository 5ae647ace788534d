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
	"net/http/httptest"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// startHangingKubelet registers a node that accepts connections and never answers.
func startHangingKubelet() *kubelet {
	GinkgoHelper()
	k := &kubelet{node: "hanging", Server: httptest.NewUnstartedServer(nil), logs: make(map[string]string)}
	DeferCleanup(k.Listener.Close)
	k.register(plane.client)
	DeferCleanup(k.vanish, plane.client)
	return k
}

// samples is how often latencies are measured.
const samples = 30

// startLatencies creates ExtendedJobs in a namespace, one after the other, and
// returns the times until their Jobs are created, shortest first.
func startLatencies(namespace, prefix string) []time.Duration {
	GinkgoHelper()
	var latencies []time.Duration
	for i := range samples {
		began := time.Now()
		ej := create(ejob.New(namespace, fmt.Sprintf("%s-%d", prefix, i)).Strategy(fissilev1.StrategyOnce))
		var jobs batchv1.JobList
		Eventually(func(g Gomega) {
			g.Expect(plane.client.List(context.Background(), &jobs, client.InNamespace(namespace), client.MatchingLabels{fissilev1.LabelUID: string(ej.UID)})).To(Succeed())
			g.Expect(jobs.Items).NotTo(BeEmpty())
		}).WithTimeout(time.Minute).WithPolling(2 * time.Millisecond).Should(Succeed())
		latencies = append(latencies, time.Since(began))
	}
	slices.Sort(latencies)
	return latencies
}

var _ = Describe("A node that hangs", func() {
	It("with 50 finished Jobs on it does not delay runs in another namespace", func() {
		// The default.
		output := operator.config.Output
		operator.config.Output.LogReadTimeoutSeconds = nil
		operator.restart()
		DeferCleanup(func() {
			Expect(plane.client.DeleteAllOf(context.Background(), &fissilev1.ExtendedJob{}, client.InNamespace(namespace))).To(Succeed())
			operator.config.Output = output
			operator.restart()
		})
		quiet := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
		Expect(plane.client.Create(context.Background(), quiet)).To(Succeed())
		startLatencies(quiet.Name, "first")
		undisturbed := startLatencies(quiet.Name, "undisturbed")

		healthy := node
		DeferCleanup(func() { node = healthy })
		node = startHangingKubelet()
		const hanging = 50
		for i := range hanging {
			create(ejob.New(namespace, fmt.Sprintf("hanging-%d", i)).Strategy(fissilev1.StrategyNow).Output(fmt.Sprintf("hanging-%d", i)))
		}
		for i := range hanging {
			complete(activeJob(&fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("hanging-%d", i)}}, 1), logs{"main": "{}"})
		}
		disturbed := startLatencies(quiet.Name, "disturbed")

		report := func(name string, latencies []time.Duration) {
			AddReportEntry(name, fmt.Sprintf("p50 %s, max %s", latencies[samples/2], latencies[samples-1]))
		}
		report("undisturbed", undisturbed)
		report("disturbed", disturbed)
		// The machine that runs the tests is also doing other work.
		const noise = 100 * time.Millisecond
		Expect(disturbed[samples/2]).To(BeNumerically("<=", 2*undisturbed[samples/2]+noise))
		Expect(disturbed[samples-1]).To(BeNumerically("<", 2*time.Second))
	})
})
