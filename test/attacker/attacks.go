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
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

const mebibyte = 1 << 20

// longMethod is a request with a method that was never used before.
func longMethod(w io.Writer, random *rand.Rand) error {
	_, err := fmt.Fprintf(w, "m%d%s /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
		random.Uint64(), strings.Repeat("a", mebibyte-100), text(random, 24))
	return err
}

// unknownToken is a request with a token that was never used before.
func unknownToken(w io.Writer, random *rand.Rand) error {
	_, err := fmt.Fprintf(w, "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", text(random, 1+random.IntN(12<<10)))
	return err
}

// endlessBody is a JSON string that never ends.
func endlessBody(w io.Writer, random *rand.Rand) error {
	path := []string{"/convert", "/validate-fissile-cloudfoundry-org-v1-extendedjob"}[random.IntN(2)]
	begin := `{"kind":"ConversionReview","request":{"uid":"`
	_, err := fmt.Fprintf(w, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", path, len(begin), begin)
	block := fmt.Sprintf("%x\r\n%s\r\n", mebibyte, strings.Repeat("a", mebibyte))
	for err == nil {
		_, err = io.WriteString(w, block)
	}
	return err
}

// stalledBody is a body whose last byte never arrives.
func stalledBody(w io.Writer, _ *rand.Rand) error {
	const size = 6_900_000
	_, err := fmt.Fprintf(w, "POST /convert HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", size+1, strings.Repeat(" ", size))
	return err
}

// stalledHeader is a header that never ends.
func stalledHeader(w io.Writer, _ *rand.Rand) error {
	_, err := fmt.Fprintf(w, "GET / HTTP/1.1\r\nHost: x\r\nX-A: %s", strings.Repeat("a", 1_000_000))
	return err
}

// randomRequest is random input that more or less looks like a request.
func randomRequest(w io.Writer, random *rand.Rand) error {
	var request strings.Builder
	pick := func(of ...string) string {
		if random.IntN(8) == 0 {
			return text(random, random.IntN(300))
		}
		return of[random.IntN(len(of))]
	}
	body := pick("", "null", "[]", "{}", "7", `"`, `{"request":`,
		`{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1","request":{"uid":"1","desiredAPIVersion":"fissile.cloudfoundry.org/v1","objects":[`+
			pick("", "null", "7", `{"apiVersion":"fissile.cloudfoundry.org/v1alpha1","kind":"ExtendedJob","spec":`+pick("null", "{}", "[]", strings.Repeat("[", 5000))+"}")+`]}}`,
		`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"`+pick("CREATE", "UPDATE", "DELETE", "")+
			`","object":`+pick("null", "{}", `{"apiVersion":"fissile.cloudfoundry.org/v1","kind":"ExtendedJob","spec":{}}`)+`}}`,
		strings.Repeat(`{"a":`, 5000), strings.Repeat("[]", 10000), strings.Repeat(`{"metadata":{}},`, 5000))
	fmt.Fprintf(&request, "%s %s %s\r\n", pick("GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "TRACE", "PRI", "get"),
		pick("/", "/metrics", "/healthz", "/readyz", "/convert", "/validate-fissile-cloudfoundry-org-v1-extendedjob", "//", "/../metrics", "*", "http://x/metrics", "/%zz"),
		pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9"))
	for range random.IntN(6) {
		fmt.Fprintf(&request, "%s: %s\r\n",
			pick("Host", "Authorization", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection", "Expect", "Upgrade", "Content-Length", "X-Forwarded-For", "Accept-Encoding"),
			pick("x", "Bearer a.b.c", "Basic eDp4", "application/json", "gzip", "chunked", "close", "keep-alive", "100-continue", "h2c", "-1", "99999999999999999999", "0", "", strings.Repeat("x", 5000)))
	}
	if random.IntN(4) > 0 {
		fmt.Fprintf(&request, "Host: x\r\nContent-Length: %d\r\n", len(body))
	}
	request.WriteString("\r\n" + body)
	_, err := io.WriteString(w, request.String())
	return err
}

// text returns the given number of arbitrary bytes.
func text(random *rand.Rand, size int) string {
	letters := []string{"abcdefghijklmnopqrstuvwxyz0123456789._-", "\x00\x7f\xff\r\n \t:;,/\\%{}[]\"'ä"}[min(1, random.IntN(4)/3)]
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = letters[random.IntN(len(letters))]
	}
	return string(bytes)
}
