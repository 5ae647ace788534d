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
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/markdown"
)

const repository = "../.."

var (
	code = regexp.MustCompile("`[^`\n]*`")
	// function is a link from the name of a function to the file that declares it.
	function = regexp.MustCompile("\\[`(\\w+)`]\\(([^)]+\\.go)\\)")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|href|srcset)="([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	linked   = regexp.MustCompile(`\[([^]]*)]\([^)]*\)`)
	omitted  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func TestLinksLeadToFilesAndHeadings(t *testing.T) {
	documents, err := markdown.Documents(repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range documents {
		t.Run(document, func(t *testing.T) {
			for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, document), ""), -1) {
				if problem := follow(t, document, match[1]+match[2]); problem != "" {
					t.Error(problem)
				}
			}
		})
	}
}

func TestLinkedFunctionsAreInTheirFiles(t *testing.T) {
	const document = "docs/architecture.md"
	for _, match := range function.FindAllStringSubmatch(read(t, document), -1) {
		declaration := regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + match[1] + `[\[(]`)
		if !declaration.MatchString(read(t, filepath.Join(filepath.Dir(document), match[2]))) {
			t.Errorf("%s does not declare %s", match[2], match[1])
		}
	}
}

// follow returns what is wrong with a link of a document. It ignores targets outside
// the repository.
func follow(t *testing.T, document, target string) string {
	t.Helper()
	parsed, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	if parsed.IsAbs() {
		return ""
	}
	path := document
	if parsed.Path != "" {
		path = filepath.Join(filepath.Dir(document), parsed.Path)
	}
	if _, err := os.Stat(filepath.Join(repository, path)); err != nil {
		return fmt.Sprintf("%s: there is no %s", target, path)
	}
	if parsed.Fragment != "" && !anchors(read(t, path))[parsed.Fragment] {
		return fmt.Sprintf("%s: %s has no such heading", target, path)
	}
	return ""
}

// read returns the prose of a document.
func read(t *testing.T, document string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, document))
	if err != nil {
		t.Fatal(err)
	}
	return markdown.Prose(string(content))
}

// anchors returns the names that GitHub gives to the headings of a document.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		title := strings.ToLower(linked.ReplaceAllString(match[1], "$1"))
		base := strings.ReplaceAll(omitted.ReplaceAllString(title, ""), " ", "-")
		name := base
		for n := 1; names[name]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		names[name] = true
	}
	return names
}
