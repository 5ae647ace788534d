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

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSentences(t *testing.T) {
	for sentence, wrong := range map[string]bool{
		"Who waits for Complete waits for the run that is due.": true,
		"Anyone who waits for Complete waits for the run.":      false,
		"Who may read it?": false,
		"Of several outputs one is chosen by its container.":         true,
		"Of returns the seal of a statement.":                        false,
		"What is due starts afterwards.":                             true,
		"That it exists already is fine.":                            true,
		"That one is taken over.":                                    false,
		"isBlank tells whether c is white space.":                    true,
		"isBlank reports whether c is white space.":                  false,
		"Metrics are served only to who may get them.":               true,
		"This page is for those who carry the code on.":              true,
		"The Secret is not there any more.":                          true,
		"The Secret is no longer there.":                             false,
		"A field that there is not is pruned.":                       true,
		"The user is told.":                                          true,
		"The cache tells which version is the newest.":               true,
		"Nobody can tell which run it was.":                          false,
		"Only who holds the key can read it.":                        true,
		"The event fires again and again.":                           true,
		"The request was taken back.":                                true,
		"A document that is no JSON is refused.":                     true,
		"A flag that is no longer set is removed.":                   false,
		"The files have 6 MiB in all.":                               true,
		"It is found in all files.":                                  false,
		"The result is kept, for it is the newest.":                  true,
		"The result is kept, for example in a Secret.":               false,
		"Whether it exists is checked later.":                        true,
		"A replica that is told to stop goes on for five seconds.":   false,
		"A Job which somebody deleted is told from one that is new.": true,
	} {
		if found := violations(ofSentences, sentence); (len(found) > 0) != wrong {
			t.Errorf("%q: %q", sentence, found)
		}
	}
}

func TestWhatIsReadOfAFile(t *testing.T) {
	for name, test := range map[string]struct {
		file, content string
		lines         []string
	}{
		"a sentence over two lines": {
			"a.md", "# Title\n\nFirst. What is\ndue starts.\n", []string{":3: "},
		},
		"the second sentence of a later line": {
			"a.md", "First\nsecond. Of the\nthird, one.\n", []string{":2: "},
		},
		"an item and a cell": {
			"a.md", "- Who runs waits.\n\n| a | Who runs waits. |\n", []string{":1: ", ":3: "},
		},
		"code, headings and questions": {
			"a.md", "## What is due.\n\n```text\nWho runs waits.\n```\n\nWrite `Who runs waits.` here, or \"Who runs waits.\" Who runs?\n", nil,
		},
		"comments of Go": {
			"a.go", "package a\n\n// a tells whether\n// b is c.\nfunc a() {} // Who runs waits.\n", []string{":3: ", ":5: "},
		},
		"directives, code and strings of Go": {
			"a.go", "package a\n\n//go:embed Who.\n\n//\tWho runs waits.\nconst a = `Who runs waits.`\n", nil,
		},
		"errors": {
			"a.go", "package a\n\nimport (\n\"errors\"\n\"fmt\"\n)\n\nvar a, b = errors.New(\"it is gone\"), fmt.Errorf(\"read it: %w\", a)\nvar c, d = errors.New(\"there is no file\"), fmt.Errorf(\"see if there is no %s\", a)\n", []string{":8: ", ":9: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), test.file)
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := check([]string{path})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(found, test.lines, func(finding, line string) bool {
				return len(finding) > len(path) && finding[len(path):len(path)+len(line)] == line
			}) {
				t.Errorf("want lines %q, got %q", test.lines, found)
			}
		})
	}
}
