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
	path, want := t.TempDir(), pair(t, time.Hour, webhookHost)
	for name, content := range map[string][]byte{"tls.crt": want.certificate, "tls.key": want.key} {
		if err := os.WriteFile(filepath.Join(path, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
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
}

func TestDirectoryWithoutACertificateIsAnErrorThatNamesTheFile(t *testing.T) {
	path := t.TempDir()

	_, err := newDirectory(path)

	if file := filepath.Join(path, "tls.crt"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name %s", err, file)
	}
}
