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
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// Encode writes a document that was parsed, with its comments, and with lists
// indented as they were.
func Encode(document *yaml.Node) ([]byte, error) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if !indentsLists(document) {
		encoder.CompactSeqIndent()
	}
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	return text.Bytes(), encoder.Close()
}

// EncodeJSON writes a document that was parsed from JSON, with the fields in their
// order.
func EncodeJSON(document *yaml.Node) ([]byte, error) {
	quote(document)
	text, err := Encode(document)
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, err
	}
	return indented.Bytes(), nil
}

// quote gives all nodes the style of JSON.
func quote(node *yaml.Node) {
	switch {
	case node.Kind == yaml.MappingNode || node.Kind == yaml.SequenceNode:
		node.Style = yaml.FlowStyle
	case node.Kind == yaml.ScalarNode && node.ShortTag() == "!!str":
		node.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range node.Content {
		quote(child)
	}
}

// indentsLists reports whether the first block list of a document is indented below
// its field.
func indentsLists(node *yaml.Node) bool {
	indents, _ := listIndent(node)
	return indents
}

func listIndent(node *yaml.Node) (indents, found bool) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && child.Kind == yaml.SequenceNode && child.Style&yaml.FlowStyle == 0 && len(child.Content) > 0 {
			return child.Column > node.Content[i-1].Column, true
		}
		if indents, found = listIndent(child); found {
			return indents, true
		}
	}
	return false, false
}
