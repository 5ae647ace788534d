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

// text is a paragraph, as it is in a file from a line on.
type text struct {
	line    int
	content string
}

// sentence is a sentence in one line, and where it begins.
type sentence struct {
	line    int
	content string
}

var (
	ending = regexp.MustCompile(`[.!?][)"]?(\s|$)`)
	// quoted is code and what others say.
	quoted = regexp.MustCompile("`[^`]*`|\"[^\"\\n]*\"")
)

// sentences returns the sentences of a paragraph.
func (t text) sentences() []sentence {
	content := quoted.ReplaceAllStringFunc(t.content, func(quote string) string {
		return "C" + strings.Repeat("\n", strings.Count(quote, "\n")) // keeps the lines
	})
	var found []sentence
	line := t.line
	for len(content) > 0 {
		end := len(content)
		if at := ending.FindStringIndex(content); at != nil {
			end = at[1]
		}
		if words := strings.Join(strings.Fields(content[:end]), " "); words != "" {
			blank := len(content[:end]) - len(strings.TrimLeft(content[:end], " \n"))
			found = append(found, sentence{line + strings.Count(content[:blank], "\n"), words})
		}
		line += strings.Count(content[:end], "\n")
		content = content[end:]
	}
	return found
}

// paragraphs collects lines into paragraphs.
type paragraphs struct {
	all  []text
	open bool
}

func (p *paragraphs) add(line int, content string) {
	if p.open {
		p.all[len(p.all)-1].content += "\n" + content
		return
	}
	p.all = append(p.all, text{line, content})
	p.open = true
}

func (p *paragraphs) end() { p.open = false }
