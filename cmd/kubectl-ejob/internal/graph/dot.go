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
	"strconv"
	"strings"
)

// fills are the colours of nodes by state.
var fills = map[State]string{None: "#ffffff", Ready: "#d7f0d9", Idle: "#eeeeee", Running: "#d6e6fa", Waiting: "#fdf0c4", Failed: "#f8d3d0"}

// Dot draws the graph in Graphviz's language.
func (g *Graph) Dot() string {
	var text strings.Builder
	text.WriteString("digraph extendedjobs {\n  node [fontname=\"Helvetica\", style=filled];\n")
	g.eachNamespace(func(namespace string, number int, nodes []*Node) {
		indent := "  "
		if namespace != "" {
			fmt.Fprintf(&text, "  subgraph cluster_%d {\n    label=%s;\n", number, strconv.Quote(namespace))
			indent = "    "
		}
		for _, node := range nodes {
			fmt.Fprintf(&text, "%s%s [shape=%s, fillcolor=%q, label=%s];\n", indent, g.id(node), dotShape(node), fills[node.State], strconv.Quote(node.label("\n")))
		}
		if namespace != "" {
			text.WriteString("  }\n")
		}
	})
	for _, edge := range g.Edges {
		fmt.Fprintf(&text, "  %s -> %s", g.id(edge.From), g.id(edge.To))
		if edge.Version != "" {
			fmt.Fprintf(&text, " [label=%s]", strconv.Quote(edge.Version))
		}
		text.WriteString(";\n")
	}
	text.WriteString("}\n")
	return text.String()
}

func dotShape(node *Node) string {
	switch {
	case node.Kind == ExtendedJob:
		return "box"
	case node.isData():
		return "note"
	default:
		return "component"
	}
}

// id is the name of a node in a drawing.
func (g *Graph) id(node *Node) string {
	for i, other := range g.Nodes {
		if other == node {
			return fmt.Sprintf("n%d", i)
		}
	}
	return ""
}

// label is the title and the detail of a node.
func (n *Node) label(newline string) string {
	return strings.Join(append([]string{symbols[n.State] + n.title()}, n.details()...), newline)
}

// eachNamespace calls visit for the nodes of each namespace. If there is only one,
// its name is left out.
func (g *Graph) eachNamespace(visit func(namespace string, number int, nodes []*Node)) {
	namespaces := g.Namespaces()
	for i, namespace := range namespaces {
		var nodes []*Node
		for _, node := range g.Nodes {
			if node.Namespace == namespace {
				nodes = append(nodes, node)
			}
		}
		if len(namespaces) == 1 {
			namespace = ""
		}
		visit(namespace, i, nodes)
	}
}
