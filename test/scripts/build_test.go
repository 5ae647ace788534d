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
