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
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
)

// The first make demo compiles the operator and all of these modules. If they use the
// same versions of libraries, each library is compiled once. Otherwise it takes twice
// as long.
func TestTheDemoCompilesEachLibraryOnce(t *testing.T) {
	const directory = "hack/cluster/kubernetes"
	operator := requirements(t, ".")
	for module, version := range requirements(t, directory) {
		if want := operator[module]; want != "" && version != want {
			t.Errorf("%s requires %s %s and the operator %s; take the same: go -C %s get %s@<version>, go mod tidy", directory, module, version, want, directory, module)
		}
	}
}

// requirements returns the versions that a go.mod requires, by module.
func requirements(t *testing.T, directory string) map[string]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	command.Dir = filepath.Join(root, directory)
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(output, &file); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, module := range file.Require {
		versions[module.Path] = module.Version
	}
	return versions
}
