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
	"slices"

	"go.yaml.in/yaml/v3"
)

// Root returns the root node of a document.
func Root(document *yaml.Node) *yaml.Node {
	return Resolve(document.Content[0])
}

// Resolve returns the node itself, or the one that it is an alias of.
func Resolve(node *yaml.Node) *yaml.Node {
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// Get returns the value of a field of a mapping, or nil if there is none.
func Get(mapping *yaml.Node, field string) *yaml.Node {
	if _, value := entry(mapping, field); value != nil {
		return Resolve(value)
	}
	return nil
}

// At returns the value of a field below others.
func At(node *yaml.Node, fields ...string) *yaml.Node {
	for _, field := range fields {
		node = Get(node, field)
	}
	return node
}

// Key returns the node of a field's name, or nil if there is none.
func Key(mapping *yaml.Node, field string) *yaml.Node {
	key, _ := entry(mapping, field)
	return key
}

// Text returns the value of a scalar, and "" for everything else.
func Text(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		return ""
	}
	return node.Value
}

// Fields returns the names of a mapping's fields in their order.
func Fields(mapping *yaml.Node) []string {
	if !IsMapping(mapping) {
		return nil
	}
	var fields []string
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		fields = append(fields, mapping.Content[i].Value)
	}
	return fields
}

// IsMapping reports whether a node is a mapping.
func IsMapping(node *yaml.Node) bool {
	return node != nil && node.Kind == yaml.MappingNode
}

// Items returns the items of a list.
func Items(list *yaml.Node) []*yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	return list.Content
}

// Remove removes a field from a mapping.
func Remove(mapping *yaml.Node, field string) {
	if at := index(mapping, field); at >= 0 {
		mapping.Content = slices.Delete(mapping.Content, at, at+2)
	}
}

// Set gives a field of a mapping a value, at the end if it is new.
func Set(mapping *yaml.Node, field string, value *yaml.Node) {
	if at := index(mapping, field); at >= 0 {
		mapping.Content[at+1] = value
		return
	}
	mapping.Content = append(mapping.Content, Scalar(field), value)
}

// Insert gives a mapping a new field before all others.
func Insert(mapping *yaml.Node, field string, value *yaml.Node) {
	mapping.Content = slices.Insert(mapping.Content, 0, Scalar(field), value)
}

// Scalar returns a node with a text.
func Scalar(text string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(text)
	return node
}

// Literal returns a node with a number or a boolean.
func Literal(value any) *yaml.Node {
	node := &yaml.Node{}
	// Numbers and booleans can be encoded.
	_ = node.Encode(value)
	return node
}

// Mapping returns a mapping without fields.
func Mapping() *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
}

func entry(mapping *yaml.Node, field string) (key, value *yaml.Node) {
	at := index(mapping, field)
	if at < 0 {
		return nil, nil
	}
	return mapping.Content[at], mapping.Content[at+1]
}

func index(mapping *yaml.Node, field string) int {
	if !IsMapping(mapping) {
		return -1
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == field {
			return i
		}
	}
	return -1
}
