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
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// build does the same as the scripts that build a program.
const build = "set -euo pipefail; . hack/gobuild.sh; go_build Thing thing .; echo built"

func TestABuildSaysWhatIsWrongAndFails(t *testing.T) {
	for name, goCommand := range map[string]string{
		"the packages": "echo no such package >&2; exit 1",
		"the compiler": `case $1 in list) echo stale example.com/thing ;; build) echo "thing.go:1: no such package" >&2; exit 1 ;; esac`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, _ := programsOnThePath(t, map[string]string{"go": goCommand})
			says, err := run(t, root, []string{path + ":" + os.Getenv("PATH")}, "bash", "-c", build)
			if err == nil {
				t.Error("it does not fail")
			}
			contains(t, says, "no such package")
			if strings.Contains(says, "built") {
				t.Errorf("it goes on:\n%s", says)
			}
		})
	}
}

func TestAProgramIsBuiltOnceFromTheSameFiles(t *testing.T) {
	directory := t.TempDir()
	source := filepath.Join(directory, "source")
	const once = `set -euo pipefail; . "$0"; program() { cp source "$1"; }; once "$1" "$1/bin" Program program source`
	for _, step := range []struct {
		content string
		built   bool
	}{{"first", true}, {"first", false}, {"second", true}} {
		write(t, source, step.content)
		says, err := run(t, root, nil, "bash", "-c", once, filepath.Join(root, "hack/gobuild.sh"), directory)
		if err != nil {
			t.Fatal(says, err)
		}
		if built := strings.Contains(says, "Building Program"); built != step.built {
			t.Errorf("with the %s files: built is %t", step.content, built)
		}
		if got := read(t, filepath.Join(directory, "bin/source")); got != step.content {
			t.Errorf("the program is of the %s files, not of the %s", got, step.content)
		}
	}
}

func TestABuildThatDependsOnItsPlaceIsNotReproducible(t *testing.T) {
	for name, test := range map[string]struct {
		build        string
		reproducible bool
	}{
		"a file":                      {`echo hello > "$1"`, true},
		"a directory":                 {`mkdir "$1" && echo hello > "$1/file"`, true},
		"a file with its path":        {`echo "$0" > "$1"`, false},
		"a directory with its path":   {`mkdir "$1" && echo "$0" > "$1/file"`, false},
		"a file from the build cache": {`echo "${GOCACHE:-}" > "$1"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repository := t.TempDir()
			write(t, filepath.Join(repository, "hack/reproduce.sh"), read(t, filepath.Join(root, "hack/reproduce.sh")))
			write(t, filepath.Join(repository, "build.sh"), "#!/bin/sh\nset -e\n"+test.build+"\n")
			if says, err := run(t, repository, nil, "bash", "-c", "git init -q && git add . && git -c user.name=me -c user.email=me@example.com commit -qm build"); err != nil {
				t.Fatal(says, err)
			}
			output := filepath.Join(t.TempDir(), "made", "output")
			says, err := run(t, repository, nil, "hack/reproduce.sh", "build.sh", output)
			if reproducible := err == nil; reproducible != test.reproducible {
				t.Fatalf("it says that this is reproducible: %t\n%s", reproducible, says)
			}
			if _, err := os.Stat(output); (err == nil) != test.reproducible {
				t.Errorf("stat of the output: %v", err)
			}
		})
	}
}
