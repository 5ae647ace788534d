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

package migrate

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

// The files in testdata come in threes: what a user has, what becomes of it, and
// what is said about it.
func TestRewrite(t *testing.T) {
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no files: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".in.yaml")
		t.Run(filepath.Base(name), func(t *testing.T) {
			result, err := Rewrite(read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			var losses strings.Builder
			for _, loss := range result.Losses {
				losses.WriteString(loss.String() + "\n")
			}
			requireGolden(t, name+".out.yaml", string(result.File))
			requireGolden(t, name+".losses.txt", losses.String())
		})
	}
}

func TestRewritingTwiceIsRewritingOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/*.out.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no files: %v", err)
	}
	for _, file := range files {
		result, err := Rewrite(read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(read(t, file)), string(result.File)); diff != "" || result.Rewritten > 0 || len(result.Losses) > 0 {
			t.Errorf("%s was rewritten once more, with the losses %v (-before +after):\n%s", file, result.Losses, diff)
		}
	}
}

// requireGolden compares a text with a golden file, which is not there if the text
// is empty.
func requireGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if got != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	want, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is out of date; to write it, run go test ./internal/migrate -update (-want +got):\n%s", file, diff)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
