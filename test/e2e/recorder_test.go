//go:build e2e

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

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/cluster"
)

// recordJobs records until the spec ends. The namespace must have no Job yet.
func recordJobs(ctx context.Context, namespace string) *cluster.JobRecorder {
	GinkgoHelper()
	recorder, err := cluster.RecordJobs(ctx, k8s, namespace)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(recorder.Stop)
	return recorder
}
