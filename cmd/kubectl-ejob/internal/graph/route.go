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

// wire is the part of a net between two rows: from a column above to columns below.
type wire struct {
	top     int
	bottoms []bottom
	// track is the line in which it goes sideways, from 0; straight wires have none.
	track int
}

// bottom is where a wire ends: at the top of a box, or at a line that continues.
type bottom struct {
	x     int
	arrow bool
}

func (w *wire) straight() bool {
	return len(w.bottoms) == 1 && w.bottoms[0].x == w.top
}

func (w *wire) extent() (left, right int) {
	left, right = w.top, w.top
	for _, b := range w.bottoms {
		left, right = min(left, b.x), max(right, b.x)
	}
	return left, right
}

// wires are those between a row and the next, and the number of their tracks.
func (d *drawing) wires(row int) (wires []*wire, tracks int) {
	var crossing []*net
	for _, n := range d.nets {
		if n.stops[row] != nil {
			crossing = append(crossing, n)
		}
	}
	slices.SortStableFunc(crossing, func(a, b *net) int { return a.stops[row].x - b.stops[row].x })
	tops := map[int]bool{}
	byStop := map[*item]*wire{}
	for _, n := range crossing {
		stop := n.stops[row]
		byStop[stop] = &wire{top: stop.x}
		wires = append(wires, byStop[stop])
		tops[stop.x] = true
	}
	for _, it := range d.rows[row+1] {
		attach(it, byStop, tops)
	}
	return wires, setTracks(wires)
}

// attach ends the wires to an item, each in a column of its own.
func attach(it *item, wires map[*item]*wire, tops map[int]bool) {
	if it.box == nil {
		w := wires[it.above[0]]
		w.bottoms = append(w.bottoms, bottom{x: it.x})
		return
	}
	above := slices.SortedStableFunc(slices.Values(it.above), func(a, b *item) int { return cmp.Compare(a.x, b.x) })
	above = slices.DeleteFunc(above, func(a *item) bool { return wires[a] == nil })
	taken := map[int]bool{}
	for i, from := range above {
		w := wires[from]
		x := freeColumn(it, it.x+2*i-(len(above)-1), func(x int) bool { return taken[x] || tops[x] && x != w.top })
		taken[x] = true
		w.bottoms = append(w.bottoms, bottom{x: x, arrow: true})
	}
}

// freeColumn is the column of a box next to a wanted one that is not taken.
func freeColumn(it *item, want int, taken func(int) bool) int {
	for distance := range it.width {
		for _, x := range []int{want + distance, want - distance} {
			if x > it.x-it.width/2 && x < it.x+(it.width-1)/2 && !taken(x) {
				return x
			}
		}
	}
	return want
}

// setTracks gives wires that go sideways a track each, such that none lies on
// another one. A wire that begins in the column where another one ends is above it.
func setTracks(wires []*wire) (tracks int) {
	waiting := slices.DeleteFunc(slices.Clone(wires), (*wire).straight)
	slices.SortStableFunc(waiting, func(a, b *wire) int {
		left, _ := a.extent()
		other, _ := b.extent()
		return left - other
	})
	for ; len(waiting) > 0; tracks++ {
		end := -2
		var placed []*wire
		for _, w := range waiting {
			left, right := w.extent()
			if left > end+1 && !slices.ContainsFunc(waiting, func(other *wire) bool { return other != w && mustBeAbove(other, w) }) {
				w.track, end = tracks, right
				placed = append(placed, w)
			}
		}
		if len(placed) == 0 { // they go round in a circle
			waiting[0].track = tracks
			placed = waiting[:1]
		}
		waiting = slices.DeleteFunc(slices.Clone(waiting), func(w *wire) bool { return slices.Contains(placed, w) })
	}
	return tracks
}

// mustBeAbove reports whether a wire begins where another one ends.
func mustBeAbove(a, b *wire) bool {
	return slices.ContainsFunc(b.bottoms, func(end bottom) bool { return end.x == a.top })
}
