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

package lint

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write "+findingsFile)

const findingsFile = "testdata/findings.txt"

func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no files: %v", err)
	}
	var got strings.Builder
	for _, finding := range findings(t, files...) {
		got.WriteString(finding.String() + "\n")
	}
	if *update {
		if err := os.WriteFile(findingsFile, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(findingsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("to write %s, run go test ./internal/lint -update (-want +got):\n%s", findingsFile, diff)
	}
}

func TestNothingIsFoundInTheSamples(t *testing.T) {
	files, err := filepath.Glob("../../../../config/samples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../../../../config/samples/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, more...) {
		for _, finding := range findings(t, file) {
			t.Error(finding)
		}
	}
}

// Rewritten manifests pass, so that they can be applied.
func TestNothingIsFoundInRewrittenManifests(t *testing.T) {
	files, err := filepath.Glob("../migrate/testdata/*.out.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no files: %v", err)
	}
	for _, file := range files {
		if strings.Contains(file, "losses") {
			continue // which somebody has to complete
		}
		for _, finding := range findings(t, file) {
			t.Error(finding)
		}
	}
}

func findings(t *testing.T, files ...string) []Finding {
	t.Helper()
	linter, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := linter.Add(t.Context(), file, content); err != nil {
			t.Fatal(err)
		}
	}
	return linter.Findings(t.Context())
}
