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

package lint

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
)

// step is a part of a path such as spec.containers[0].env or
// metadata.labels[example.com/key].
var step = regexp.MustCompile(`\[([^\]]*)\]|[^.\[\]]+`)

// lineOf returns the line of a field, or of the mapping that should have it.
func lineOf(object *yaml.Node, path string) int {
	node, line := object, object.Line
	for _, match := range step.FindAllStringSubmatch(path, -1) {
		name := match[0]
		if strings.HasPrefix(name, "[") {
			name = match[1]
		}
		node = manifest.Resolve(node)
		if items := manifest.Items(node); items != nil {
			index, err := strconv.Atoi(name)
			if err != nil || index < 0 || index >= len(items) {
				return line
			}
			node = items[index]
			line = node.Line
			continue
		}
		key := manifest.Key(node, name)
		if key == nil {
			return line
		}
		node, line = manifest.Get(node, name), key.Line
	}
	return line
}

// mentioned is a path in the text of a warning.
var mentioned = regexp.MustCompile(`\b(?:spec|metadata)(?:\.\w+|\[[^\]]+\])+`)

// mentionedField returns the first path that a warning mentions.
func mentionedField(warning string) string {
	return mentioned.FindString(warning)
}

// duplicate returns the first name that a mapping has twice. A YAML parser of the
// cluster would take one of the values, or refuse both.
func duplicate(node *yaml.Node) *yaml.Node {
	names := map[string]bool{}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			if names[child.Value] {
				return child
			}
			names[child.Value] = true
		}
		if found := duplicate(child); found != nil {
			return found
		}
	}
	return nil
}
