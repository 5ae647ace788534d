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
	"strings"
)

// list describes a part that is too wide for a picture in words: each ExtendedJob,
// below those that feed it, with what it reads and writes.
func (p *part) list() *canvas {
	d := newDrawing(p.nodes, p.edges, 0)
	into, out := map[*Node][]*Node{}, map[*Node][]*Node{}
	for _, edge := range p.edges {
		into[edge.To] = append(into[edge.To], edge.From)
		out[edge.From] = append(out[edge.From], edge.To)
	}
	c := &canvas{}
	for _, layer := range d.layers() {
		for _, b := range layer {
			if b.node.Kind != ExtendedJob {
				continue
			}
			c.write(0, len(c.rows), symbols[b.node.State]+b.node.title(), b.node.State)
			if b.node.Detail != "" {
				c.write(2, len(c.rows), strings.Join(strings.Fields(b.node.Detail), " "), None)
			}
			for _, from := range into[b.node] {
				c.write(2, len(c.rows), "← "+connection(from, "of", into[from]), from.State)
			}
			for _, to := range out[b.node] {
				c.write(2, len(c.rows), "→ "+connection(to, "for", out[to]), to.State)
			}
		}
	}
	return c
}

// connection names a node and those at its other end.
func connection(node *Node, word string, others []*Node) string {
	var text strings.Builder
	text.WriteString(node.title())
	if node.Detail != "" {
		text.WriteString(" (" + node.Detail + ")")
	}
	for i, other := range others {
		if i == 0 {
			text.WriteString(" " + word + " ")
		} else {
			text.WriteString(", ")
		}
		text.WriteString(other.title())
	}
	return text.String()
}
