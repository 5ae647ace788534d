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
	"slices"
)

// drawing is one connected part of a graph, ready to be laid out in rows from top
// to bottom, with all edges pointing down.
type drawing struct {
	boxes []*box
	// rows are the items from top to bottom, and in each from left to right.
	rows [][]*item
	// nets are what each box feeds.
	nets []*net
}

// box is a node as it is drawn.
type box struct {
	node *Node
	// lines are the text in it.
	lines []line
	layer int
	feeds []*box
	fedBy []*box
	// item is its place in a row.
	item *item
}

// newDrawing makes boxes of the nodes of a part. An edge that closes a cycle is
// left out, and told in the text of the box that it leads to.
func newDrawing(nodes []*Node, edges []Edge, width int) *drawing {
	d := &drawing{}
	boxes := map[*Node]*box{}
	for _, node := range nodes {
		b := &box{node: node}
		boxes[node] = b
		d.boxes = append(d.boxes, b)
	}
	closing := closingEdges(nodes, edges)
	for _, edge := range edges {
		from, to := boxes[edge.From], boxes[edge.To]
		if !slices.Contains(closing, edge) && !slices.Contains(from.feeds, to) {
			from.feeds, to.fedBy = append(from.feeds, to), append(to.fedBy, from)
		}
	}
	for _, b := range d.boxes {
		b.lines = linesOf(b.node, edges, closing, width)
	}
	d.setLayers()
	return d
}

// closingEdges are the edges without which there is no cycle. The walk that finds
// them begins at nodes that nothing feeds and then, for parts that only cycles lead
// to, at ExtendedJobs: so edges to ExtendedJobs are left out, not those from them.
func closingEdges(nodes []*Node, edges []Edge) []Edge {
	fed := map[*Node]bool{}
	out := map[*Node][]Edge{}
	for _, edge := range edges {
		fed[edge.To] = true
		out[edge.From] = append(out[edge.From], edge)
	}
	var closing []Edge
	const unseen, onTheWay, done = 0, 1, 2
	seen := map[*Node]int{}
	var walk func(*Node)
	walk = func(node *Node) {
		seen[node] = onTheWay
		for _, edge := range out[node] {
			switch seen[edge.To] {
			case unseen:
				walk(edge.To)
			case onTheWay:
				closing = append(closing, edge)
			}
		}
		seen[node] = done
	}
	for _, begins := range []func(*Node) bool{
		func(node *Node) bool { return !fed[node] },
		func(node *Node) bool { return node.Kind == ExtendedJob },
		func(*Node) bool { return true },
	} {
		for _, node := range nodes {
			if seen[node] == unseen && begins(node) {
				walk(node)
			}
		}
	}
	return closing
}

// setLayers puts each box below all that feed it, and boxes that nothing feeds right
// above the first box that they feed.
func (d *drawing) setLayers() {
	var place func(*box) int
	placed := map[*box]bool{}
	place = func(b *box) int {
		if !placed[b] {
			placed[b] = true
			for _, from := range b.fedBy {
				b.layer = max(b.layer, place(from)+1)
			}
		}
		return b.layer
	}
	for _, b := range d.boxes {
		place(b)
	}
	for _, b := range d.boxes {
		if len(b.fedBy) > 0 || len(b.feeds) == 0 {
			continue
		}
		highest := slices.MinFunc(b.feeds, func(x, y *box) int { return x.layer - y.layer })
		b.layer = highest.layer - 1
	}
}

// layers are the boxes by layer, ordered so that few lines cross.
func (d *drawing) layers() [][]*box {
	var layers [][]*box
	for _, b := range d.boxes {
		for len(layers) <= b.layer {
			layers = append(layers, nil)
		}
		layers[b.layer] = append(layers[b.layer], b)
	}
	position := map[*box]float64{}
	number := func(layer []*box) {
		for i, b := range layer {
			position[b] = (float64(i) + 0.5) / float64(len(layer))
		}
	}
	for _, layer := range layers {
		number(layer)
	}
	const sweeps = 4
	for range sweeps {
		for _, layer := range layers {
			orderBy(layer, func(b *box) (float64, bool) { return mean(b.fedBy, position) })
			number(layer)
		}
		for _, layer := range slices.Backward(layers) {
			orderBy(layer, func(b *box) (float64, bool) { return mean(b.feeds, position) })
			number(layer)
		}
	}
	return layers
}

func mean(boxes []*box, position map[*box]float64) (float64, bool) {
	sum := 0.0
	for _, b := range boxes {
		sum += position[b]
	}
	return sum / float64(max(len(boxes), 1)), len(boxes) > 0
}

// orderBy sorts those that have a wish. The others stay where they are.
func orderBy[T any](things []T, wish func(T) (float64, bool)) {
	var wishing []T
	var places []int
	for i, thing := range things {
		if _, ok := wish(thing); ok {
			wishing, places = append(wishing, thing), append(places, i)
		}
	}
	slices.SortStableFunc(wishing, func(a, b T) int {
		x, _ := wish(a)
		y, _ := wish(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	for i, place := range places {
		things[place] = wishing[i]
	}
}
