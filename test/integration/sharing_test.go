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
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("Many one-offs", func() {
	AfterEach(func() {
		// Other specs restart the operator, which would then reconcile all of them.
		Expect(plane.client.DeleteAllOf(context.Background(), &fissilev1.ExtendedJob{}, client.InNamespace(namespace))).To(Succeed())
	})

	It("that share a ConfigMap run once each for a change of it, and it is read once", early, func() {
		const oneOffs = 300
		shared := createInput(configMap("shared", "1"))
		for i := range oneOffs {
			create(ejob.New(namespace, fmt.Sprintf("one-off-%d", i)).Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange().ReadsConfigMap("shared"))
		}
		runAll(oneOffs, 1)
		Expect(reads("configmaps", moment{})).To(Equal(1))

		before := plane.audit.now()
		setValue(shared, "2")
		runAll(oneOffs, 2)
		Expect(reads("configmaps", before)).To(Equal(1))
		Consistently(jobsEver).Should(Equal(2 * oneOffs))
	})

	It("whose five inputs change 200 times in a row run at most twice, the last time with the last data", func() {
		// The default.
		debounce := operator.config.ConfigChange
		operator.config.ConfigChange.DebounceMilliseconds = nil
		operator.restart()
		DeferCleanup(func() {
			operator.config.ConfigChange = debounce
			operator.restart()
		})
		inputs := []client.Object{
			configMap("one", "0"), configMap("two", "0"), configMap("three", "0"), opaque("four", "0"), opaque("five", "0"),
		}
		for _, input := range inputs {
			createInput(input)
		}
		const oneOffs, changes = 5, 200
		for i := range oneOffs {
			create(ejob.New(namespace, fmt.Sprintf("one-off-%d", i)).Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange().
				ReadsConfigMap("one").ReadsConfigMap("two").ReadsConfigMap("three").ReadsSecret("four").ReadsSecret("five"))
		}
		runAll(oneOffs, 1)

		start := time.Now()
		for i := range changes {
			setValue(inputs[i%len(inputs)], fmt.Sprint(i+1))
		}
		AddReportEntry("200 changes", time.Since(start))
		Eventually(func(g Gomega) {
			completeJobs(g)
			for _, oneOff := range settledOneOffs(g, oneOffs) {
				g.Expect(*oneOff.Status.Runs).To(BeNumerically("<=", 3))
				for _, input := range inputs {
					g.Expect(oneOff.Status.Inputs.Objects).To(ContainElement(SatisfyAll(
						HaveField("Name", input.GetName()), HaveField("ResourceVersion", input.GetResourceVersion()))))
				}
			}
		}).Should(Succeed())
		Consistently(jobsEver).WithTimeout(2 * time.Second).Should(BeNumerically("<=", 3*oneOffs))
	})

	It("that read versioned Secrets start nothing and write nothing when the operator is restarted", func() {
		const oneOffs, families = 200, 20
		for i := range families {
			base := fmt.Sprintf("db%d", i)
			first := createVersion(base, 1, "1")
			createVersion(base, 2, "2")
			createVersion(base, 3, "3")
			deleteInput(first)
		}
		for i := range oneOffs {
			create(ejob.New(namespace, fmt.Sprintf("one-off-%d", i)).Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange().
				ReadsSecret(fmt.Sprintf("db%d-v1", i%families)))
		}
		runAll(oneOffs, 1)

		operator.stop()
		before := plane.audit.now()
		operator.start()
		Eventually(operator.workedOff).WithArguments(oneOffs).WithTimeout(longTimeout).Should(Succeed())
		// Other specs may have left work behind.
		Consistently(plane.audit.writes).WithArguments(before).ShouldNot(ContainElement(ContainSubstring(namespace)))
		Expect(reads("secrets", before)).To(Equal(families))
		Expect(jobsEver()).To(Equal(oneOffs))
	})
})

// runAll completes a run of all one-offs of the spec's namespace.
func runAll(oneOffs int, number int64) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		completeJobs(g)
		for _, oneOff := range settledOneOffs(g, oneOffs) {
			g.Expect(*oneOff.Status.SettledRun).To(Equal(number))
		}
	}).WithTimeout(crowdTimeout).Should(Succeed())
}

// completeJobs completes the Jobs of the spec's namespace, as if without pods.
func completeJobs(g Gomega) {
	var jobs batchv1.JobList
	g.Expect(plane.client.List(context.Background(), &jobs, client.InNamespace(namespace))).To(Succeed())
	for i := range jobs.Items {
		if job := &jobs.Items[i]; job.Status.CompletionTime == nil && job.DeletionTimestamp == nil {
			succeed(job)
		}
	}
}

// settledOneOffs returns the one-offs of the spec's namespace, if none of them is
// running or about to run.
func settledOneOffs(g Gomega, number int) []fissilev1.ExtendedJob {
	var list fissilev1.ExtendedJobList
	g.Expect(plane.client.List(context.Background(), &list, client.InNamespace(namespace))).To(Succeed())
	g.Expect(list.Items).To(HaveLen(number))
	for i := range list.Items {
		run := list.Items[i].Status.LastRun
		g.Expect(run).NotTo(BeNil())
		g.Expect(list.Items[i].Status.SettledRun).To(HaveValue(Equal(run.Number)))
	}
	return list.Items
}

// reads counts the operator's reads of single objects in the spec's namespace since
// a moment.
func reads(resource string, start moment) int {
	reads := 0
	for _, request := range plane.audit.requests(start, namespace) {
		if request == "get "+resource {
			reads++
		}
	}
	return reads
}
