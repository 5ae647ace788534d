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
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

var _ = Describe("The memory of the operator", Serial, func() {
	It("does not depend on how much a job prints (69)", func(ctx context.Context) {
		const (
			mebibyte = 1 << 20
			// more is far less than what is printed, and than what the kubelet keeps of it.
			more = 64 * mebibyte
		)
		namespace := newNamespace(ctx)
		memory := measureMemory(ctx, namespace)
		idle := memory.peakOf(ctx)

		oneOff := shell(namespace, "one-off", `head -c 2147483648 /dev/zero | tr '\0' x; echo; echo '{"a":"b"}'`).
			Strategy(fissilev1.StrategyOnce).Output("out").Obj()
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).WithTimeout(5 * time.Minute).Should(
			HaveField("Status.SettledRun", HaveValue(BeEquivalentTo(1))))
		// The kubelet may keep more of it than the operator reads. That depends on when it
		// rotates the log.
		Expect(oneOff.Status.LastRun.Output.Reason).To(BeElementOf(fissilev1.ReasonStored, fissilev1.ReasonOutputTooLarge))

		peak := memory.peak.Load()
		AddReportEntry("2 GiB were printed", fmt.Sprintf("memory of the operator: %d MiB idle, %d MiB at most, in %d samples",
			idle/mebibyte, peak/mebibyte, memory.samples()), ReportEntryVisibilityAlways)
		Expect(peak - idle).To(BeNumerically("<", more))
	})
})

// memory continuously measures the resident memory of the operator's leader.
type memory struct {
	peak  atomic.Int64
	count atomic.Int64
}

func (m *memory) samples() int64 { return m.count.Load() }

// peakOf returns the highest measurement, after a few more samples.
func (m *memory) peakOf(ctx context.Context) int64 {
	GinkgoHelper()
	Eventually(m.samples).WithContext(ctx).Should(BeNumerically(">", m.samples()+10))
	return m.peak.Load()
}

var residentMemory = regexp.MustCompile(`(?m)^process_resident_memory_bytes (\S+)$`)

// measureMemory measures the memory until the spec ends. It reads the metrics as a
// service account with that right.
func measureMemory(ctx context.Context, namespace string) *memory {
	GinkgoHelper()
	leader := stayingLeader(ctx)

	kubectl(ctx, "--namespace="+namespace, "create", "serviceaccount", "prometheus")
	letReadMetrics(ctx, namespace, "prometheus")
	bearer := token(ctx, namespace, "prometheus")

	address, stopForwarding := forward(context.WithoutCancel(ctx), "pod/"+leader, 8443)

	m := &memory{}
	sampling, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer GinkgoRecover()
		for ticks := time.Tick(interval); sampling.Err() == nil; <-ticks {
			m.sample(sampling, "https://"+address+"/metrics", bearer)
		}
	}()
	DeferCleanup(func() error {
		stop()
		<-ended
		return stopForwarding()
	})
	return m
}

// stayingLeader returns the leader's pod. After a previous spec, the leader may be
// about to end, or gone while its lease has not expired.
func stayingLeader(ctx context.Context) (pod string) {
	GinkgoHelper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: fissilev1.FieldManager}}
	Eventually(func(g Gomega, ctx context.Context) {
		pods := operatorPods(ctx)
		g.Expect(pods).To(HaveLen(2), "also those that end are there")
		g.Expect(k8s.Get(ctx, client.ObjectKeyFromObject(lease), lease)).To(Succeed())
		pod, _, _ = strings.Cut(ptr.Deref(lease.Spec.HolderIdentity, ""), "_")
		g.Expect(pods).To(ContainElement(pod))
	}).WithContext(ctx).Should(Succeed())
	return pod
}

// metricsClient does not verify the certificate, which is for another name.
var metricsClient = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func (m *memory) sample(ctx context.Context, url, token string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := metricsClient.Do(request)
	if ctx.Err() != nil {
		return
	}
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if match := residentMemory.FindStringSubmatch(lines.Text()); match != nil {
			bytes, err := strconv.ParseFloat(match[1], 64)
			Expect(err).NotTo(HaveOccurred())
			m.peak.Store(max(m.peak.Load(), int64(bytes)))
			m.count.Add(1)
		}
	}
}
