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

// Package manifest reads and writes files of Kubernetes manifests: YAML or JSON,
// several documents in a file, with the line that each thing is in.
package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Document is a part of a file: one YAML document, with the separator before it.
type Document struct {
	// Text is the document as it is in the file.
	Text []byte
	// Line is the number of its first line.
	Line int
}

// separator begins a document. Nothing else can be at the beginning of a line.
var separator = regexp.MustCompile(`(?m)^---(?:[ \t\r].*)?$`)

// Split cuts a file into its documents. Together they are the file, byte by byte.
func Split(file []byte) []Document {
	var documents []Document
	begin := 0
	cut := func(end int) {
		if end > begin {
			documents = append(documents, Document{Text: file[begin:end], Line: 1 + bytes.Count(file[:begin], []byte("\n"))})
			begin = end
		}
	}
	for _, at := range separator.FindAllIndex(file, -1) {
		cut(at[0])
	}
	cut(len(file))
	return documents
}

// content is a line that is more than a comment, a separator or a directive.
var content = regexp.MustCompile(`(?m)^[^#%\s].*$|^\s+[^#\s].*$`)

// Parse returns the root of a document, with the line numbers of the file, or nil
// if there is nothing in it.
func (d Document) Parse() (*yaml.Node, error) {
	if !content.Match(separator.ReplaceAllFunc(d.Text, afterSeparator)) {
		return nil, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(d.Text, &document); err != nil {
		return nil, d.inFile(err)
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	shift(&document, d.Line-1)
	return &document, nil
}

// afterSeparator leaves what is in the line of a separator.
func afterSeparator(line []byte) []byte {
	return bytes.TrimPrefix(line, []byte("---"))
}

// shift moves all nodes down by a number of lines.
func shift(node *yaml.Node, lines int) {
	node.Line += lines
	for _, child := range node.Content {
		shift(child, lines)
	}
}

// SyntaxError is a document that is not valid YAML.
type SyntaxError struct {
	// Line is the line of the file in which the parser noticed.
	Line    int
	Message string
}

// Error returns the message with the line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

var parserError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// inFile turns a parser's error, which counts lines from the document's first, into
// one with the line of the file.
func (d Document) inFile(err error) error {
	match := parserError.FindStringSubmatch(err.Error())
	if match == nil {
		return &SyntaxError{Line: d.Line, Message: err.Error()}
	}
	line, err := strconv.Atoi(match[1])
	if err != nil {
		line = 1 // The message names no line.
	}
	return &SyntaxError{Line: d.Line + line - 1, Message: match[2]}
}
