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

// Package markdown reads the repository's documents for tests.
package markdown

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// Section is the content below a heading of the second level.
type Section struct {
	// Title is empty for the content above the first of these headings.
	Title string
	Parts []Part
}

// Part is a fenced block of code or, if Comment is true, an HTML comment that begins a line.
type Part struct {
	Line     int
	Comment  bool
	Language string
	Content  string
	// Follows reports whether nothing separates this part from the previous one.
	Follows bool
}

var part = regexp.MustCompile("(?ms)^(?P<indentation> *)```(?P<language>[^`\n]*)\n(?P<code>.*?)^ *```$|^ *<!--(?P<comment>.*?)-->|^## (?P<title>[^\n]+)$")

// Documents returns the paths of the documents in a clone of the repository.
func Documents(repository string) ([]string, error) {
	command := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md")
	command.Dir = repository
	documents, err := command.Output()
	return strings.Fields(string(documents)), err
}

// Sections returns the sections of a document that have parts, in their order.
func Sections(path string) ([]Section, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parse(string(content)), nil
}

func parse(text string) []Section {
	sections := []Section{{}}
	end := 0
	for _, match := range part.FindAllStringSubmatchIndex(text, -1) {
		group := func(name string) string {
			if at := 2 * part.SubexpIndex(name); match[at] >= 0 {
				return text[match[at]:match[at+1]]
			}
			return ""
		}
		section := &sections[len(sections)-1]
		next := Part{
			Line:    1 + strings.Count(text[:match[0]], "\n"),
			Follows: len(section.Parts) > 0 && strings.TrimSpace(text[end:match[0]]) == "",
		}
		end = match[1]
		switch {
		case group("title") != "":
			sections = append(sections, Section{Title: group("title")})
			continue
		case strings.HasPrefix(strings.TrimSpace(text[match[0]:match[1]]), "<!--"):
			next.Comment, next.Content = true, strings.TrimSpace(group("comment"))
		default:
			next.Language, next.Content = group("language"), unindent(group("code"), group("indentation"))
		}
		section.Parts = append(section.Parts, next)
	}
	return withParts(sections)
}

func withParts(sections []Section) []Section {
	var kept []Section
	for _, section := range sections {
		if len(section.Parts) > 0 {
			kept = append(kept, section)
		}
	}
	return kept
}

func unindent(code, indentation string) string {
	return strings.TrimPrefix(strings.ReplaceAll("\n"+code, "\n"+indentation, "\n"), "\n")
}

// Prose returns a text without its blocks of code and comments.
func Prose(text string) string {
	return part.ReplaceAllStringFunc(text, func(match string) string {
		if strings.HasPrefix(match, "## ") {
			return match
		}
		return ""
	})
}
