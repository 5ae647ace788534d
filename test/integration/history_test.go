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
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("History", func() {
	// runs performs runs that succeed or fail, and returns their Jobs.
	runs := func(ej *fissilev1.ExtendedJob, results ...fissilev1.RunResult) []*batchv1.Job {
		GinkgoHelper()
		var jobs []*batchv1.Job
		for i, result := range results {
			number := int64(i + 1)
			setStrategy(ej, fissilev1.StrategyNow)
			job := activeJob(ej, number)
			jobs = append(jobs, job)
			if result == fissilev1.ResultSucceeded {
				complete(job, nil)
			} else {
				fail(job, nil)
			}
			Eventually(komega.Object(ej)).Should(ejob.HaveSettled(number, result, fissilev1.StrategyManual), "run %d", number)
		}
		return jobs
	}
	const succeeded, failed = fissilev1.ResultSucceeded, fissilev1.ResultFailed

	It("keeps the Job of the last failed run and none of successful ones", func() {
		ej := create(ejob.New(namespace, "history").Strategy(fissilev1.StrategyManual))
		jobs := runs(ej, failed, succeeded, failed, succeeded)
		Eventually(jobsOf(ej)).Should(ConsistOf(HaveField("Name", jobs[2].Name)))
		Expect(komega.Object(ej)()).To(SatisfyAll(
			HaveField("Status.Runs", HaveValue(BeEquivalentTo(4))),
			HaveField("Status.Succeeded", HaveValue(BeEquivalentTo(2))),
			HaveField("Status.Failed", HaveValue(BeEquivalentTo(2))),
		))
	})

	It("keeps as many Jobs as it is told to, and fewer when it is told so later", func() {
		ej := create(ejob.New(namespace, "history").Strategy(fissilev1.StrategyManual).HistoryLimits(2, 0))
		jobs := runs(ej, succeeded, failed, succeeded, succeeded)
		Eventually(jobsOf(ej)).Should(ConsistOf(HaveField("Name", jobs[2].Name), HaveField("Name", jobs[3].Name)))

		edit(ej, func() { ej.Spec.SuccessfulJobsHistoryLimit = new(int32(1)) })
		Eventually(jobsOf(ej)).Should(ConsistOf(HaveField("Name", jobs[3].Name)))
	})
})
