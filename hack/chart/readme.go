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
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// valuesTable makes the rows of a table of the values: name, default, and the
// comment above it. A map without a comment of its own stands for its entries.
func valuesTable(values []byte) (string, error) {
	document, err := yaml.Parse(string(values))
	if err != nil {
		return "", err
	}
	rows, err := valuesRows("", document.YNode())
	return strings.TrimSuffix(strings.Join(rows, ""), "\n"), err
}

func valuesRows(prefix string, values *yaml.Node) ([]string, error) {
	var rows []string
	for i := 0; i < len(values.Content); i += 2 {
		key, value := values.Content[i], values.Content[i+1]
		name := prefix + key.Value
		description := describe(key.HeadComment)
		switch {
		case description != "":
			content, err := inline(value)
			if err != nil {
				return nil, err
			}
			rows = append(rows, fmt.Sprintf("| `%s` | `%s` | %s |\n", name, content, description))
		case value.Kind == yaml.MappingNode && len(value.Content) > 0:
			below, err := valuesRows(name+".", value)
			if err != nil {
				return nil, err
			}
			rows = append(rows, below...)
		default:
			return nil, fmt.Errorf("the value %s has no comment", name)
		}
	}
	return rows, nil
}

// describe makes a comment one line. Text above an empty line in it is about
// more than one value.
func describe(comment string) string {
	paragraphs := strings.Split(comment, "\n\n")
	var words []string
	for line := range strings.Lines(paragraphs[len(paragraphs)-1]) {
		words = append(words, strings.TrimSpace(strings.TrimPrefix(line, "#")))
	}
	return strings.ReplaceAll(strings.Join(words, " "), "|", `\|`)
}

// inline writes a value in one line.
func inline(value *yaml.Node) (string, error) {
	if value.Kind != yaml.ScalarNode {
		value.Style = yaml.FlowStyle
	}
	content, err := yaml.NewRNode(value).String()
	return strings.TrimSpace(content), err
}

// readExamples reads the samples that Artifact Hub shows, as items of a list.
func readExamples(directory string) (string, error) {
	var examples strings.Builder
	for _, name := range []string{"fissile_v1_errand.yaml", "fissile_v1_output.yaml"} {
		content, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			return "", err
		}
		prefix := "    - "
		for line := range strings.Lines(string(content)) {
			if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "---") {
				continue
			}
			examples.WriteString(prefix + line)
			prefix = "      "
		}
	}
	return strings.TrimSuffix(examples.String(), "\n"), nil
}
