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
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// detailWidth is the width at which the description of a state is wrapped.
	detailWidth = 40
	// detailLines is the maximum number of its lines.
	detailLines = 4
)

// line is a line of text in a box.
type line struct {
	text  string
	state State
}

// Text draws the graph with characters. Parts that are too wide are listed.
func (g *Graph) Text(width int, paint Paint) string {
	var text strings.Builder
	namespaces := g.Namespaces()
	for i, namespace := range namespaces {
		if i > 0 {
			text.WriteString("\n")
		}
		if len(namespaces) > 1 {
			fmt.Fprintf(&text, "Namespace %s\n\n", namespace)
		}
		for _, line := range g.inNamespace(namespace, width, paint) {
			text.WriteString(line + "\n")
		}
	}
	return text.String()
}

// inNamespace draws the parts of a namespace's graph beside each other, as many as
// there is room for, and below.
func (g *Graph) inNamespace(namespace string, width int, paint Paint) []string {
	const between = 4
	var lines []string
	var shelf []*canvas
	used := 0
	flush := func() {
		if len(lines) > 0 && len(shelf) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, beside(shelf, between, paint)...)
		shelf, used = nil, 0
	}
	for _, part := range g.parts(namespace) {
		picture := part.draw(width)
		if used > 0 && used+between+picture.width() > width {
			flush()
		}
		shelf = append(shelf, picture)
		used += between + picture.width()
	}
	flush()
	return lines
}

// beside returns the lines of pictures that stand side by side.
func beside(pictures []*canvas, between int, paint Paint) []string {
	all := &canvas{}
	x := 0
	for _, picture := range pictures {
		margin := picture.margin()
		for y, row := range picture.rows {
			for i := margin; i < len(row); i++ {
				*all.at(x+i-margin, y) = row[i]
			}
		}
		x += picture.width() - margin + between
	}
	return all.lines(paint)
}

// part is a connected part of a graph.
type part struct {
	nodes []*Node
	edges []Edge
}

// parts are the connected parts of a namespace's graph: those with edges first,
// then by the name of their first ExtendedJob.
func (g *Graph) parts(namespace string) []*part {
	of := map[*Node]*part{}
	for _, node := range g.Nodes {
		if node.Namespace == namespace {
			of[node] = &part{nodes: []*Node{node}}
		}
	}
	for _, edge := range g.Edges {
		into, from := of[edge.From], of[edge.To]
		if into == nil || into == from {
			continue
		}
		into.nodes = append(into.nodes, from.nodes...)
		for _, node := range from.nodes {
			of[node] = into
		}
	}
	for _, edge := range g.Edges {
		if p := of[edge.From]; p != nil {
			p.edges = append(p.edges, edge)
		}
	}
	var parts []*part
	for _, node := range g.Nodes {
		if p := of[node]; p != nil && !slices.Contains(parts, p) {
			slices.SortFunc(p.nodes, compareNodes)
			parts = append(parts, p)
		}
	}
	slices.SortStableFunc(parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(min(len(b.edges), 1), min(len(a.edges), 1)), cmp.Compare(a.name(), b.name()))
	})
	return parts
}

func (p *part) name() string {
	at := slices.IndexFunc(p.nodes, func(node *Node) bool { return node.Kind == ExtendedJob })
	return p.nodes[max(at, 0)].Name
}

// draw draws a part, or lists it if its lines find no room.
func (p *part) draw(width int) *canvas {
	d := newDrawing(p.nodes, p.edges, width)
	d.setRows(width)
	picture := d.draw()
	if picture.width() > width {
		return p.list()
	}
	return picture
}

// linesOf returns the text in the box of a node.
func linesOf(node *Node, edges, closing []Edge, width int) []line {
	room := max(width-4, detailWidth)
	lines := []line{{shorten(symbols[node.State]+node.title(), room), node.State}}
	details := node.details()
	for _, edge := range edges {
		if edge.To == node && edge.Version != "" {
			details = append(details, shorten("uses "+strings.TrimSuffix(edge.From.Name, "v*")+edge.Version, room))
		}
	}
	for _, edge := range closing {
		if edge.To == node {
			details = append(details, shorten("↺ reads "+edge.From.title(), room))
		}
		if edge.From == node {
			details = append(details, shorten("↺ goes back to "+edge.To.title(), room))
		}
	}
	for _, detail := range details {
		lines = append(lines, line{detail, None})
	}
	return lines
}

// details returns the first lines of the description of a node's state.
func (n *Node) details() []string {
	lines := wrap(n.Detail, detailWidth)
	if len(lines) > detailLines {
		return append(lines[:detailLines-1], lines[detailLines-1]+" …")
	}
	return lines
}

// wrap breaks a text into lines.
func wrap(text string, width int) []string {
	var lines []string
	for word := range strings.FieldsSeq(strings.Map(printable, text)) {
		word = shorten(word, width)
		if last := len(lines) - 1; last >= 0 && utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

func printable(r rune) rune {
	if unicode.IsPrint(r) || unicode.IsSpace(r) {
		return r
	}
	return '?'
}

// shorten leaves out the middle of a text that is too long, because both ends of names
// distinguish them.
func shorten(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	head := (width - 1) / 2
	tail := width - 1 - head
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// framed reports whether the box has a border.
func (b *box) framed() bool {
	return !b.node.isData()
}

func (b *box) width() int {
	width := 0
	for _, line := range b.lines {
		width = max(width, utf8.RuneCountInString(line.text))
	}
	if b.framed() {
		width += 4
	}
	return max(width, 2*len(b.fedBy)+3)
}

func (b *box) height() int {
	if b.framed() {
		return len(b.lines) + 2
	}
	return len(b.lines)
}

// draw draws the rows and the lines between them.
func (d *drawing) draw() *canvas {
	c := &canvas{}
	y := 0
	for i, row := range d.rows {
		height := 1
		for _, it := range row {
			if it.box != nil {
				height = max(height, it.box.height())
			}
		}
		for _, it := range row {
			it.draw(c, y, height)
		}
		y += height
		if i+1 < len(d.rows) {
			wires, tracks := d.wires(i)
			for _, w := range wires {
				w.draw(c, y, tracks)
			}
			y += tracks + 1
		}
	}
	return c
}

// draw draws an item in a row that begins at y.
func (it *item) draw(c *canvas, y, height int) {
	if it.box == nil {
		c.vertical(it.x, y, y+height-1, it)
		return
	}
	b := it.box
	x := it.x - it.width/2
	inner := 0
	if b.framed() {
		c.frame(x, y, it.width, b.height(), b.node.Kind != ExtendedJob, b.node.State)
		inner = 2
	}
	for i, line := range b.lines {
		if b.framed() {
			c.write(x+inner, y+1+i, line.text, line.state)
		} else {
			c.write(it.x-utf8.RuneCountInString(line.text)/2, y+i, line.text, line.state)
		}
	}
	if len(b.feeds) == 0 {
		return
	}
	if b.framed() {
		c.leave(it.x, y+b.height()-1)
	}
	c.vertical(it.x, y+b.height(), y+height-1, it)
}

// draw draws a wire in the lines between two rows, the first of which is y. The
// last of these lines has the arrows.
func (w *wire) draw(c *canvas, y, tracks int) {
	last := y + tracks
	if w.straight() {
		c.vertical(w.top, y, last, w)
	} else {
		at := y + w.track
		from, to := w.extent()
		c.vertical(w.top, y, at-1, w)
		c.horizontal(at, from, to, w)
		c.join(w.top, at, up, w)
		for _, b := range w.bottoms {
			c.join(b.x, at, down, w)
			c.vertical(b.x, at+1, last, w)
		}
	}
	for _, b := range w.bottoms {
		if b.arrow {
			c.write(b.x, last, "▼", None)
		}
	}
}
