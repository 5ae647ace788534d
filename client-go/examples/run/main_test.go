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

package main

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/client-go/clientset/versioned/fake"
)

// The clientset is a fake, as in the tests of other programs that use it. Fakes of
// custom resources cannot apply: kubernetes/kubernetes#126850.
func TestWaitForEndEndsWithTheRunOfTheRequest(t *testing.T) {
	for name, test := range map[string]struct {
		operate func(*fissilev1.ExtendedJob)
		want    string
	}{
		"succeeded": {
			operate: func(ej *fissilev1.ExtendedJob) {
				ej.Status.ServedRequestID = "v2"
				ej.Status.LastRun = &fissilev1.Run{Number: 2, RequestID: "v2", Result: fissilev1.ResultSucceeded}
			},
		},
		"failed": {
			operate: func(ej *fissilev1.ExtendedJob) {
				ej.Status.ServedRequestID = "v2"
				ej.Status.LastRun = &fissilev1.Run{Number: 2, RequestID: "v2", Result: fissilev1.ResultFailed, Message: "Container main exited with code 3"}
			},
			want: "run 2: Failed: Container main exited with code 3",
		},
		"failed, and another run since": {
			operate: func(ej *fissilev1.ExtendedJob) {
				ej.Status.ServedRequestID = "v2"
				ej.Status.LastRun = &fissilev1.Run{Number: 3, Cause: fissilev1.CauseNow}
				ej.Status.History = []fissilev1.FinishedRun{{Number: 2, RequestID: "v2", Result: fissilev1.ResultFailed, Reason: "BackoffLimitExceeded"}}
			},
			want: "run 2: Failed: BackoffLimitExceeded",
		},
		"replaced": {
			operate: func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.RequestID = "v3" },
			want:    "request v2 was replaced by v3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			asked := &fissilev1.ExtendedJob{
				ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "errand"},
				Spec:       fissilev1.ExtendedJobSpec{Trigger: fissilev1.Trigger{Strategy: fissilev1.StrategyManual, RequestID: "v2"}},
				Status:     fissilev1.ExtendedJobStatus{ServedRequestID: "v1"},
			}
			clients := fake.NewSimpleClientset(asked)
			ended := make(chan error, 1)
			go func() { ended <- waitForEnd(t.Context(), clients, asked) }()
			g.Consistently(ended, "100ms").ShouldNot(Receive())

			ej := asked.DeepCopy()
			test.operate(ej)
			_, err := clients.FissileV1().ExtendedJobs("default").Update(t.Context(), ej, metav1.UpdateOptions{})
			g.Expect(err).NotTo(HaveOccurred())

			var got error
			g.Eventually(ended).Should(Receive(&got))
			if test.want == "" {
				g.Expect(got).NotTo(HaveOccurred())
				return
			}
			g.Expect(got).To(MatchError(test.want))
		})
	}
}
