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
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net"
	"regexp"
	"testing"
)

var local = cluster{
	name:      "local",
	server:    "https://192.0.2.1:6443",
	node:      "node",
	nodeIP:    net.ParseIP("192.0.2.1"),
	serviceIP: net.ParseIP("198.51.100.1"),
}

func TestServersAreTrustedUnderTheNamesTheyAreReachedBy(t *testing.T) {
	files := makeFiles(t)
	for _, tc := range []struct{ certificate, host string }{
		{"apiserver.crt", "192.0.2.1"},
		{"apiserver.crt", "198.51.100.1"},
		{"apiserver.crt", "127.0.0.1"},
		{"apiserver.crt", "kubernetes.default.svc"},
		{"kubelet.crt", "192.0.2.1"},
		{"kubelet.crt", "node"},
	} {
		t.Run(tc.certificate+" for "+tc.host, func(t *testing.T) {
			_, err := parse(t, files[tc.certificate]).Verify(x509.VerifyOptions{
				Roots:     pool(files["ca.crt"]),
				DNSName:   tc.host,
				KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAKubeconfigAuthenticatesItsUser(t *testing.T) {
	files := makeFiles(t)
	for _, tc := range []struct{ file, user, group string }{
		{"admin.kubeconfig", "admin", "system:masters"},
		{"kubelet.kubeconfig", "system:node:node", "system:nodes"},
		{"scheduler.kubeconfig", "system:kube-scheduler", ""},
		{"controller-manager.kubeconfig", "system:kube-controller-manager", ""},
		{"kube-proxy.kubeconfig", "system:kube-proxy", ""},
	} {
		t.Run(tc.file, func(t *testing.T) {
			certificate, key := field(t, files[tc.file], "client-certificate-data"), field(t, files[tc.file], "client-key-data")
			if _, err := tls.X509KeyPair(certificate, key); err != nil {
				t.Fatalf("certificate and key do not belong together: %v", err)
			}
			client := parse(t, certificate)
			verifyClient(t, client, files["ca.crt"])
			if client.Subject.CommonName != tc.user {
				t.Errorf("user is %q, want %q", client.Subject.CommonName, tc.user)
			}
			if tc.group != "" && (len(client.Subject.Organization) != 1 || client.Subject.Organization[0] != tc.group) {
				t.Errorf("groups are %q, want %q", client.Subject.Organization, tc.group)
			}
		})
	}
}

func TestTheFrontProxyIsNoClientOfTheCluster(t *testing.T) {
	files := makeFiles(t)
	frontProxy := parse(t, files["front-proxy-client.crt"])
	verifyClient(t, frontProxy, files["front-proxy-ca.crt"])
	if _, err := frontProxy.Verify(clientOf(files["ca.crt"])); err == nil {
		t.Error("the cluster's authority vouches for the front proxy's certificate")
	}
}

func makeFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := local.files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func verifyClient(t *testing.T, client *x509.Certificate, ca []byte) {
	t.Helper()
	if _, err := client.Verify(clientOf(ca)); err != nil {
		t.Error(err)
	}
}

func clientOf(ca []byte) x509.VerifyOptions {
	return x509.VerifyOptions{Roots: pool(ca), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

func pool(ca []byte) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return roots
}

func parse(t *testing.T, encoded []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(encoded)
	if block == nil {
		t.Fatal("no certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// field returns the decoded value of a data field of a kubeconfig.
func field(t *testing.T, kubeconfig []byte, name string) []byte {
	t.Helper()
	match := regexp.MustCompile(`(?m)^ *` + name + `: (\S+)$`).FindSubmatch(kubeconfig)
	if match == nil {
		t.Fatalf("no %s in the kubeconfig", name)
	}
	value, err := base64.StdEncoding.DecodeString(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
