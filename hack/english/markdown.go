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
	"regexp"
	"strings"
)

var item = regexp.MustCompile(`^\s*([-*]|[0-9]+\.) +`)

// ofMarkdown returns the paragraphs, list items and cells of a document. Headings and
// blocks of code have none.
func ofMarkdown(source string) []text {
	var found paragraphs
	fenced := false
	for i, line := range strings.Split(source, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "```"):
			fenced = !fenced
			found.end()
		case fenced:
		case trimmed == "" || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "<"):
			found.end()
		case strings.HasPrefix(trimmed, "|"):
			for cell := range strings.SplitSeq(strings.Trim(trimmed, "|"), " | ") {
				found.end()
				found.add(i+1, strings.TrimSpace(cell))
			}
			found.end()
		default:
			if item.MatchString(line) {
				found.end()
			}
			found.add(i+1, item.ReplaceAllString(line, ""))
		}
	}
	return found.all
}
