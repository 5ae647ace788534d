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

package markdown_test

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tests into the list of behaviours")

// behaviours is the list of behaviours, relative to the repository.
const behaviours = "docs/behaviour.md"

var (
	// numberedTitle is the title of a spec that ends in numbers of behaviours.
	numberedTitle = regexp.MustCompile(`"([^"\n]+) \(cases? ([0-9, ]+)\)"`)
	// numberedTest is a test whose name ends in the number of a behaviour.
	numberedTest = regexp.MustCompile(`(?m)^func (Test\w*?[A-Za-z])([0-9]+)\(`)
	behaviour    = regexp.MustCompile(`^\| ([0-9]+) \| (.+?) \|.*\|$`)
)

func TestEachBehaviourIsTestedAndEachNumberIsABehaviour(t *testing.T) {
	tests := numberedTests(t)
	path := filepath.Join(repository, behaviours)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		row := behaviour.FindStringSubmatch(line)
		if row == nil {
			continue
		}
		if len(tests[row[1]]) == 0 {
			t.Errorf("behaviour %s has no test", row[1])
		}
		lines[i] = fmt.Sprintf("| %s | %s | %s |", row[1], row[2], strings.Join(tests[row[1]], "; "))
		delete(tests, row[1])
	}
	for _, number := range slices.Sorted(maps.Keys(tests)) {
		t.Errorf("number %s is not in %s: %s", number, behaviours, tests[number])
	}
	switch want := strings.Join(lines, "\n"); {
	case want == string(content):
	case *update:
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not up to date; run: make docs", behaviours)
	}
}

// numberedTests returns links to the tests of each behaviour, by its number.
func numberedTests(t *testing.T) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	for _, directory := range []string{"controllers/fissile", "controllers/fissile/internal/*", "test/integration", "test/e2e"} {
		files, err := fs.Glob(os.DirFS(repository), directory+"/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(filepath.Join(repository, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, pattern := range []*regexp.Regexp{numberedTitle, numberedTest} {
				for _, match := range pattern.FindAllStringSubmatch(string(source), -1) {
					for number := range strings.SplitSeq(match[2], ", ") {
						tests[number] = append(tests[number], fmt.Sprintf("[%s](../%s)", match[1], file))
					}
				}
			}
		}
	}
	return tests
}
