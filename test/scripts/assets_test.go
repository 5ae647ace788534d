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

package scripts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Each program prints where it comes from: from setup-envtest, or built from Go
// modules.
const (
	downloaded = "downloaded"
	built      = "built"
)

func TestTestsRunOnWhatSetupEnvtestDownloads(t *testing.T) {
	repository := newRepository(t)
	says := findAssets(t, repository, "ENVTEST_INDEX="+serveIndex(t, same))
	contains(t, says, "that setup-envtest downloaded: "+filepath.Join(repository, "bin/envtest"))
	expect(t, repository, downloaded)

	findAssets(t, repository, "ENVTEST_INDEX="+nowhere) // is no longer needed
	expect(t, repository, downloaded)
}

func TestTestsRunOnWhatIsBuiltIfNothingCanBeDownloaded(t *testing.T) {
	for name, serve := range map[string]func(*testing.T) string{
		"the index hangs":         serveNothing,
		"the index is missing":    func(*testing.T) string { return nowhere },
		"the checksum is another": func(t *testing.T) string { t.Helper(); return serveIndex(t, other) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repository := newRepository(t)
			says := findAssets(t, repository, "ENVTEST_INDEX="+serve(t))
			contains(t, says, "that is built from Go modules: "+filepath.Join(repository, "bin/kubernetes-"))
			expect(t, repository, built)
		})
	}
}

func TestTestsRunOnWhatWasBuiltBefore(t *testing.T) {
	repository := newRepository(t)
	if says, err := run(t, repository, nil, "hack/cluster/local/build.sh"); err != nil {
		t.Fatal(says, err)
	}
	findAssets(t, repository, "ENVTEST_INDEX="+serveIndex(t, same))
	expect(t, repository, built)
}

func TestTestsRunOnWhatTheUserHas(t *testing.T) {
	repository := newRepository(t)
	says := findAssets(t, repository, "KUBEBUILDER_ASSETS=/some/where")
	contains(t, says, "KUBEBUILDER_ASSETS: /some/where")
	if _, err := os.Lstat(filepath.Join(repository, "bin/test-assets")); !os.IsNotExist(err) {
		t.Errorf("something else was found: %v", err)
	}
}

// nowhere is an address without a server.
const nowhere = "http://127.0.0.1:1/index.yaml"

// same and other return the checksum that the index has instead of the real one.
func same(sum string) string  { return sum }
func other(sum string) string { return strings.Repeat("0", len(sum)) }

// newRepository returns a directory with the script that finds the programs,
// with setup-envtest, and with a build of Kubernetes that is quick.
func newRepository(t *testing.T) string {
	t.Helper()
	repository := t.TempDir()
	t.Cleanup(func() { _, _ = run(t, repository, nil, "chmod", "-R", "u+w", ".") }) // setup-envtest makes files read-only
	for _, file := range []string{
		"hack/test-assets.sh", "hack/cluster/local/env.sh",
		"hack/cluster/kubernetes/go.mod", "hack/cluster/kubernetes-oldest/go.mod",
	} {
		write(t, filepath.Join(repository, file), read(t, filepath.Join(root, file)))
	}
	write(t, filepath.Join(repository, "hack/cluster/local/build.sh"), `#!/usr/bin/env bash
. hack/cluster/local/env.sh
mkdir -p "$KUBERNETES"
printf '`+program(built)+`' > "$KUBERNETES/kube-apiserver"
chmod +x "$KUBERNETES/kube-apiserver"
touch "$KUBERNETES/.key"
`)
	write(t, filepath.Join(repository, "Makefile"), "bin/tools/setup-envtest: ;\n")
	tools := filepath.Join(repository, "bin/tools")
	if err := os.MkdirAll(tools, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(setupEnvtest, filepath.Join(tools, "setup-envtest")); err != nil {
		t.Fatal(err)
	}
	return repository
}

// findAssets runs the script like make test, and returns its output.
func findAssets(t *testing.T, repository, variable string) string {
	t.Helper()
	says, err := run(t, repository, []string{variable}, "hack/test-assets.sh", "bin/test-assets")
	if err != nil {
		t.Fatal(says, err)
	}
	return says
}

// expect checks which kube-apiserver the tests run on.
func expect(t *testing.T, repository, want string) {
	t.Helper()
	got, err := run(t, repository, nil, filepath.Join(repository, "bin/test-assets/kube-apiserver"))
	if err != nil || got != want {
		t.Errorf("the kube-apiserver was %s, and should be %s: %v", got, want, err)
	}
}

// serveIndex serves an index of setup-envtest with one release, of the minor
// version that the tests are for, and returns its address. The checksum of the
// release is passed through a function.
func serveIndex(t *testing.T, checksum func(string) string) string {
	t.Helper()
	archive := archiveOf(t, strings.ReplaceAll(program(downloaded), `\n`, "\n"))
	sum := sha512.Sum512(archive)
	name := fmt.Sprintf("envtest-v%s.0-linux-%s.tar.gz", minorVersion(t), runtime.GOARCH)

	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/"+name, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(archive) })
	mux.HandleFunc("/index.yaml", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "releases:\n  v%s.0:\n    %s:\n      hash: %s\n      selfLink: %s/%s\n",
			minorVersion(t), name, checksum(hex.EncodeToString(sum[:])), server.URL, name)
	})
	return server.URL + "/index.yaml"
}

// serveNothing returns the address of a server that never answers.
func serveNothing(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	return server.URL
}

// archiveOf packs programs with the given content, in the layout of envtest's
// releases.
func archiveOf(t *testing.T, content string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(compressed)
	for _, program := range []string{"kube-apiserver", "etcd", "kubectl"} {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: "controller-tools/envtest/" + program, Mode: 0o755, Size: int64(len(content))}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// minorVersion returns the minor version of the Kubernetes that tests run on.
func minorVersion(t *testing.T) string {
	t.Helper()
	for line := range strings.Lines(read(t, filepath.Join(root, "hack/cluster/kubernetes/go.mod"))) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "k8s.io/kubernetes" {
			return strings.TrimPrefix(fields[1][:strings.LastIndex(fields[1], ".")], "v")
		}
	}
	t.Fatal("hack/cluster/kubernetes/go.mod requires no k8s.io/kubernetes")
	return ""
}

// program returns a program that prints a word.
func program(word string) string { return `#!/bin/sh\nprintf ` + word + `\n` }
