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
	"regexp"
	"strings"
)

// Section is what stands below a heading of the second level.
type Section struct {
	Title  string
	Blocks []Block
}

// Block is a fenced block of code. A test that runs a section applies yaml, runs sh,
// and compares what that prints with the text that follows it.
type Block struct{ Language, Content string }

var fenced = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// Sections returns the sections of a document, in their order.
func Sections(path string) ([]Section, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var sections []Section
	for _, text := range strings.Split(string(content), "\n## ")[1:] {
		title, body, _ := strings.Cut(text, "\n")
		section := Section{Title: title}
		for _, match := range fenced.FindAllStringSubmatch(body, -1) {
			section.Blocks = append(section.Blocks, Block{Language: match[1], Content: match[2]})
		}
		sections = append(sections, section)
	}
	return sections, nil
}
