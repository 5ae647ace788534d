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
	"io"
	"net/http"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Metrics", func() {
	It("are served to who may read them, and to nobody else", Label("smoke"), func(ctx context.Context) {
		namespace := newNamespace(ctx)
		for _, name := range []string{"prometheus", "stranger"} {
			kubectl(ctx, "--namespace="+namespace, "create", "serviceaccount", name)
			DeferCleanup(func(ctx context.Context) {
				kubectl(ctx, "--namespace="+namespace, "delete", "serviceaccount", name)
			})
		}
		letReadMetrics(ctx, namespace, "prometheus")
		whoever := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} // signed the certificate

		Eventually(func(g Gomega) {
			status, body := getMetrics(ctx, g, whoever, token(ctx, namespace, "prometheus"))
			g.Expect(status).To(Equal(http.StatusOK), body)
			g.Expect(body).To(ContainSubstring("extendedjob_run_start_seconds"))
		}).WithContext(ctx).Should(Succeed())
		status, body := getMetrics(ctx, Default, whoever, token(ctx, namespace, "stranger"))
		Expect(status).To(Equal(http.StatusForbidden), body)
	})
})

// letReadMetrics grants a service account the right to read metrics until the spec
// ends.
func letReadMetrics(ctx context.Context, namespace, serviceAccount string) {
	GinkgoHelper()
	kubectl(ctx, "create", "clusterrolebinding", namespace,
		"--clusterrole=extendedjob-metrics-reader-role", "--serviceaccount="+namespace+":"+serviceAccount)
	DeferCleanup(func(ctx context.Context) { kubectl(ctx, "delete", "clusterrolebinding", namespace) })
}

// forward forwards a local port to one of a pod or Service of the operator until it
// is stopped, and returns the address.
func forward(ctx context.Context, target string, port int) (address string, stop func() error) {
	GinkgoHelper()
	forwarding := command(ctx, "--namespace="+operatorNamespace, "port-forward", target, fmt.Sprintf(":%d", port))
	output, err := forwarding.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(forwarding.Start()).To(Succeed())
	stop = func() error {
		if err := forwarding.Process.Kill(); err != nil {
			return err
		}
		_ = forwarding.Wait() // says that it was killed
		return nil
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	Expect(err).NotTo(HaveOccurred())
	address = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line)
	Expect(address).NotTo(BeEmpty(), line)
	return address, stop
}

func token(ctx context.Context, namespace, serviceAccount string) string {
	GinkgoHelper()
	return strings.TrimSpace(kubectl(ctx, "--namespace="+namespace, "create", "token", serviceAccount))
}

// getMetrics requests the metrics. Each request uses a new port forwarding, because
// kubectl ends it when a connection is reset, and the end of a request may look like
// that.
func getMetrics(ctx context.Context, g Gomega, trust *tls.Config, token string) (status int, body string) {
	address, stop := forward(ctx, "service/"+metricsService, 8443)
	defer func() { g.Expect(stop()).To(Succeed()) }()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", http.NoBody)
	g.Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	g.Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	g.Expect(err).NotTo(HaveOccurred())
	return response.StatusCode, string(content)
}
