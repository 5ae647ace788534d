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

// Package program runs the programs that users run, such as kubectl.
package program

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Program is a program with flags for all its commands.
type Program struct {
	Path  string
	Flags []string
}

// Kubectl returns the kubectl that make chose, for the cluster that make chose.
func Kubectl(flags ...string) Program {
	return Program{os.Getenv("KUBECTL"), append(flags, "--context="+os.Getenv("KUBE_CONTEXT"))}
}

// Command returns a command that has not been started.
func (p Program) Command(ctx context.Context, arguments ...string) *exec.Cmd {
	return exec.CommandContext(ctx, p.Path, slices.Concat(p.Flags, arguments)...)
}

// Run runs a command and returns its output.
func (p Program) Run(ctx context.Context, arguments ...string) (string, error) {
	return p.RunWithInput(ctx, "", arguments...)
}

// RunWithInput runs a command with standard input and returns its output.
func (p Program) RunWithInput(ctx context.Context, input string, arguments ...string) (string, error) {
	command := p.Command(ctx, arguments...)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", filepath.Base(p.Path), strings.Join(arguments, " "), err, output)
	}
	return string(output), err
}

// Must runs a command and returns its output. The test ends if the command fails. A
// test that has ended may still clean up.
func (p Program) Must(tb testing.TB, arguments ...string) string {
	tb.Helper()
	output, err := p.Run(context.WithoutCancel(tb.Context()), arguments...)
	if err != nil {
		tb.Fatal(err)
	}
	return output
}
