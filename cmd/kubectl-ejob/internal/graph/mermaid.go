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

package graph

import (
	"fmt"
	"slices"
	"strings"
)

// classes are the names of states in the drawing.
var classes = map[State]string{Ready: "ready", Idle: "idle", Running: "running", Waiting: "waiting", Failed: "failed"}

// Mermaid draws the graph in Mermaid's language, which GitHub and others show as a
// picture.
func (g *Graph) Mermaid() string {
	var text strings.Builder
	text.WriteString("flowchart TD\n")
	g.eachNamespace(func(namespace string, number int, nodes []*Node) {
		indent := "  "
		if namespace != "" {
			fmt.Fprintf(&text, "  subgraph ns%d[%s]\n", number, mermaidText(namespace))
			indent = "    "
		}
		for _, node := range nodes {
			left, right := mermaidShape(node)
			class := ""
			if name := classes[node.State]; name != "" {
				class = ":::" + name
			}
			fmt.Fprintf(&text, "%s%s%s%s%s%s\n", indent, g.id(node), left, mermaidText(node.label("<br>")), right, class)
		}
		if namespace != "" {
			text.WriteString("  end\n")
		}
	})
	for _, edge := range g.Edges {
		arrow := "-->"
		if edge.Version != "" {
			arrow = "-->|" + edge.Version + "|"
		}
		fmt.Fprintf(&text, "  %s %s %s\n", g.id(edge.From), arrow, g.id(edge.To))
	}
	for _, state := range []State{Ready, Idle, Running, Waiting, Failed} {
		if !slices.ContainsFunc(g.Nodes, func(node *Node) bool { return node.State == state }) {
			continue
		}
		fmt.Fprintf(&text, "  classDef %s fill:%s,stroke:#888,color:#222\n", classes[state], fills[state])
	}
	return text.String()
}

// mermaidShape returns what stands around the text of a node.
func mermaidShape(node *Node) (left, right string) {
	switch {
	case node.Kind == ExtendedJob:
		return "[", "]"
	case node.isData():
		return "([", "])"
	default:
		return "[[", "]]"
	}
}

var mermaidEscapes = strings.NewReplacer(`"`, "#quot;", "<br>", "<br>", "<", "#lt;", ">", "#gt;", "#", "#35;")

func mermaidText(text string) string {
	return `"` + mermaidEscapes.Replace(text) + `"`
}
