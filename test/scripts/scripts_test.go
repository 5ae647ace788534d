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

// Package scripts tests those of the repository's shell scripts that choose
// between ways, with other programs on the PATH than they usually find there.
package scripts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	root         string // of the repository
	setupEnvtest string // the program, in the version of the tools
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	tools, err := os.MkdirTemp("", "scripts")
	if err == nil {
		defer func() { _ = os.RemoveAll(tools) }()
		root, err = filepath.Abs("../..")
	}
	if err == nil {
		setupEnvtest = filepath.Join(tools, "setup-envtest")
		build := exec.Command("go", "build", "-o", setupEnvtest, "sigs.k8s.io/controller-runtime/tools/setup-envtest")
		build.Dir = filepath.Join(root, "hack/tools")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// run runs a command in a directory, with variables in its environment, and returns
// its output.
func run(t *testing.T, directory string, environment []string, name string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.Command(name, arguments...) // t.Context() has ended by the time of the cleanup
	command.Dir = directory
	command.Env = slices.Concat(slices.DeleteFunc(os.Environ(), isOfMake), environment)
	output, err := command.CombinedOutput()
	return string(output), err
}

// isOfMake reports whether a variable may come from make test or its user.
func isOfMake(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains([]string{
		"CLUSTER", "KUBE_CONTEXT", "KUBECONFIG", "KUBEBUILDER_ASSETS", "ENVTEST_INDEX", "MAKEFLAGS", "MAKELEVEL", "MFLAGS",
	}, name)
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// write writes a file that can be executed.
func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
}

// contains checks that a text contains another.
func contains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%q is missing in:\n%s", part, text)
	}
}
