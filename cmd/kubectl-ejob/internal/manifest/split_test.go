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

package manifest

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for name, want := range map[string][]string{
		"no document":            nil,
		"one":                    {"a: 1\n"},
		"without a last newline": {"a: 1"},
		"several":                {"a: 1\n", "--- # two\nb: 2\n", "---\r\nc: 3\n", "---\n"},
		"separator in front":     {"---\na: 1\n"},
		"text that looks like a separator": {
			"a: |\n  ---\n  b\nc: ----\n----: d\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			line := 1
			for _, document := range Split([]byte(strings.Join(want, ""))) {
				if document.Line != line {
					t.Errorf("document %d begins in line %d, want %d", len(got), document.Line, line)
				}
				got = append(got, string(document.Text))
				line += strings.Count(string(document.Text), "\n")
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestADocumentOfNothingIsNone(t *testing.T) {
	for _, text := range []string{"", "\n", "---\n", "--- # nothing\n# here\n\n  # either\n", "%YAML 1.2\n"} {
		if root, err := (Document{Text: []byte(text), Line: 1}).Parse(); root != nil || err != nil {
			t.Errorf("%q: got %v, %v", text, root, err)
		}
	}
}

func TestSyntaxErrorsHaveTheLineOfTheFile(t *testing.T) {
	documents := Split([]byte("a: 1\n---\n\nb: [\n"))
	_, err := documents[1].Parse()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 4 {
		t.Errorf("got %v, want an error in line 4", err)
	}
}
