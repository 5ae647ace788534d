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
	"cmp"
	"slices"
)

// Graph has nodes, and edges from each node to those that use it.
type Graph struct {
	// Nodes are sorted by namespace, kind and name.
	Nodes []*Node
	// Edges are sorted by their ends.
	Edges []Edge
}

// Kind is the kind of a node, as manifests have it.
type Kind string

// The kinds that are drawn in a way of their own. All others are workloads.
const (
	ExtendedJob Kind = "ExtendedJob"
	ConfigMap   Kind = "ConfigMap"
	Secret      Kind = "Secret"
)

// Node is an object, or all versions of a Secret together.
type Node struct {
	Namespace string
	Kind      Kind
	// Name is the object's name; that of versions ends in "-v*".
	Name  string
	State State
	// Detail says more about the state. It may be long, and is empty if there is
	// nothing to say.
	Detail string
}

// isData reports whether the node is a ConfigMap or a Secret.
func (n *Node) isData() bool {
	return n.Kind == ConfigMap || n.Kind == Secret
}

// title names the node. ExtendedJobs are what the picture is about, so their kind
// is left out.
func (n *Node) title() string {
	if n.Kind == ExtendedJob {
		return n.Name
	}
	return string(n.Kind) + " " + n.Name
}

// Edge says that one node feeds another.
type Edge struct {
	From, To *Node
	// Version is the version of a Secret that a workload is bound to; empty if it
	// gets the newest.
	Version string
}

// State is how a node is doing.
type State int

const (
	// None is the state of nodes that have no state.
	None State = iota
	// Ready is the state in which nothing is due, and the last run succeeded.
	Ready
	// Idle is the state of what has not run yet.
	Idle
	// Running is the state of what is at work.
	Running
	// Waiting is the state of what is to run, and cannot.
	Waiting
	// Failed is the state in which the last run failed, or something is missing.
	Failed
)

// symbols are what stands before the title of a node.
var symbols = map[State]string{None: "", Ready: "✓ ", Idle: "○ ", Running: "● ", Waiting: "… ", Failed: "✗ "}

func compareNodes(a, b *Node) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

func (g *Graph) sort() {
	slices.SortFunc(g.Nodes, compareNodes)
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(compareNodes(a.From, b.From), compareNodes(a.To, b.To), cmp.Compare(a.Version, b.Version))
	})
	g.Edges = slices.Compact(g.Edges)
}

// Namespaces returns the namespaces that have nodes, sorted.
func (g *Graph) Namespaces() []string {
	var names []string
	for _, node := range g.Nodes {
		names = append(names, node.Namespace)
	}
	return slices.Compact(names)
}
