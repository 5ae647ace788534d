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
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/memorylimit"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// memoryLimit is the memory limit of the operator's pod.
const memoryLimit = 256

// attacked is a replica of the operator, deployed as in a pod. The API server does
// not call it.
type attacked struct {
	*manager
	webhook string
}

// newAttacked starts one for a spec.
func newAttacked() *attacked {
	GinkgoHelper()
	a := &attacked{manager: &manager{program: operator.program, kubeconfig: operator.kubeconfig, config: operator.config}}
	a.file = filepath.Join(GinkgoT().TempDir(), "operator.yaml")
	var err error
	a.webhook, err = controlplane.FreeAddress()
	Expect(err).NotTo(HaveOccurred())
	_, port, err := net.SplitHostPort(a.webhook)
	Expect(err).NotTo(HaveOccurred())
	number, err := strconv.Atoi(port)
	Expect(err).NotTo(HaveOccurred())
	a.config.Webhook.Port = new(int32(number))
	a.config.Metrics = configv1alpha1.Metrics{}
	a.config.Metrics.BindAddress, err = controlplane.FreeAddress()
	Expect(err).NotTo(HaveOccurred())
	a.config.Health.BindAddress, err = controlplane.FreeAddress()
	Expect(err).NotTo(HaveOccurred())
	Expect(controlplane.WriteYAML(a.file, a.config)).To(Succeed())
	GinkgoT().Setenv(memorylimit.Variable, fmt.Sprint(memoryLimit<<20))
	a.start()
	DeferCleanup(a.kill)
	return a
}

// peak returns the highest resident memory so far, in MiB.
func (a *attacked) peak() int {
	GinkgoHelper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.session.Command.Process.Pid))
	Expect(err).NotTo(HaveOccurred())
	kilobytes, err := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)[1]))
	Expect(err).NotTo(HaveOccurred())
	return kilobytes >> 10
}

var _ = Describe("A client that sends what it likes", func() {
	// connect opens a connection, which is encrypted except to the port of the probes.
	connect := func(address string, encrypted bool) net.Conn {
		GinkgoHelper()
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(conn.Close)
		Expect(conn.SetDeadline(time.Now().Add(time.Minute))).To(Succeed())
		if encrypted {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
		}
		return conn
	}
	// send sends as much as the server accepts, and returns the status of its response,
	// or 0 if the server just closes the connection.
	send := func(conn net.Conn, parts ...io.Reader) int {
		go func() {
			_, _ = io.Copy(conn, io.MultiReader(parts...)) // the server may stop reading
		}()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return 0
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	endless := func() io.Reader { return io.LimitReader(forever("1\r\na\r\n"), 256<<20) }
	post := func(path string, length int) io.Reader {
		size := "Transfer-Encoding: chunked"
		if length > 0 {
			size = fmt.Sprintf("Content-Length: %d", length)
		}
		return strings.NewReader("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + size + "\r\n\r\n")
	}
	const (
		convert  = "/convert"
		validate = "/validate-fissile-cloudfoundry-org-v1-extendedjob"
	)

	It("does not make the operator use up its memory", func() {
		operator := newAttacked()
		idle := operator.peak()
		report := func(attack string) {
			GinkgoHelper()
			GinkgoWriter.Printf("peak after %s: %d MiB (idle: %d MiB)\n", attack, operator.peak(), idle)
			Expect(operator.peak()).To(BeNumerically("<", memoryLimit), attack)
		}

		for range 64 {
			token := rand.Text()
			method := "m" + strings.Repeat("a", 1_040_000)
			code := send(connect(operator.config.Metrics.BindAddress, true),
				strings.NewReader(method+" /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\n\r\n"))
			Expect(code).To(Or(BeZero(), BeNumerically("<", 500)))
		}
		report("methods of 1 MB")

		review := strings.NewReader(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"`)
		start := fmt.Sprintf("%x\r\n", review.Size())
		Expect(send(connect(operator.webhook, true), post(convert, 0), strings.NewReader(start), review, strings.NewReader("\r\n"), endless())).
			To(Or(BeZero(), Equal(http.StatusRequestEntityTooLarge)))
		report("a conversion without end")

		items := `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"x","operation":"CREATE","object":` +
			`{"apiVersion":"fissile.cloudfoundry.org/v1","kind":"ExtendedJob","metadata":{"name":"a","namespace":"default"},"spec":{` +
			`"jobTemplate":{"spec":{"template":{"spec":{"containers":[{}` + strings.Repeat(",{}", 300_000) + `]}}}}}}}}`
		for range 2 {
			send(connect(operator.webhook, true), post(validate, len(items)), strings.NewReader(items))
		}
		report("templates with 300,000 containers")

		for range 30 {
			conn := connect(operator.webhook, true)
			go func() {
				_, _ = io.Copy(conn, io.MultiReader(post(validate, 6_900_001), io.LimitReader(forever("a"), 6_900_000)))
			}()
		}
		for _, address := range []string{operator.webhook, operator.config.Health.BindAddress, operator.config.Metrics.BindAddress} {
			for range 210 {
				conn := connect(address, address != operator.config.Health.BindAddress)
				go func() {
					_, _ = io.Copy(conn, io.MultiReader(strings.NewReader("GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "), io.LimitReader(forever("a"), 1_000_000)))
				}()
			}
		}
		Consistently(operator.peak).WithTimeout(3 * time.Second).Should(BeNumerically("<", memoryLimit))
		report("bodies and headers that stall")

		Eventually(operator.get).WithArguments("http://" + operator.config.Health.BindAddress + "/readyz").
			WithTimeout(longTimeout).Should(BeEquivalentTo("ok"))
	})
})

// forever repeats a text.
type forever string

func (f forever) Read(p []byte) (int, error) {
	n := 0
	for n+len(f) <= len(p) {
		n += copy(p[n:], f)
	}
	return n, nil
}
