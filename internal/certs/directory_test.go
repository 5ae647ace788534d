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

package certs

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDirectoryServesItsFiles(t *testing.T) {
	path := t.TempDir()
	mount(t, path, pair(t, time.Hour, webhookHost))
	source, err := newDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := source.GetCertificate(&tls.ClientHelloInfo{ServerName: webhookHost})
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Leaf.VerifyHostname(webhookHost); err != nil {
		t.Error(err)
	}
	if err := source.Ready(nil); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestDirectoryIsReadyWhileItsCertificateIsValid(t *testing.T) {
	path := t.TempDir()
	mount(t, path, pair(t, -time.Minute, webhookHost))
	source, err := newDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	if source.Ready(nil) == nil {
		t.Error("ready with a certificate that has expired")
	}

	mount(t, path, pair(t, time.Hour, webhookHost))
	if err := source.ReadCertificate(); err != nil { // as the watcher does
		t.Fatal(err)
	}
	if err := source.Ready(nil); err != nil {
		t.Errorf("not ready with a new certificate: %v", err)
	}
}

func TestDirectoryWithoutACertificateIsAnErrorThatNamesTheFile(t *testing.T) {
	path := t.TempDir()

	_, err := newDirectory(path)

	if file := filepath.Join(path, "tls.crt"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name %s", err, file)
	}
}

// mount writes the files of a certificate.
func mount(t *testing.T, path string, p keyPair) {
	t.Helper()
	for name, content := range map[string][]byte{"tls.crt": p.certificate, "tls.key": p.key} {
		if err := os.WriteFile(filepath.Join(path, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
