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
	"math"
	"slices"
)

// gap is how many columns are free between two items of a row.
const gap = 3

// item is a box in a row, or a line that passes by the row.
type item struct {
	// box is nil for a line.
	box *box
	// net is that of a line.
	net *net
	row int
	// x is the column in the middle.
	x     int
	width int
	// above and below are the items of the neighbouring rows that lines lead to.
	above, below []*item
}

// net holds the lines from one box to all boxes that it feeds. Each row on the way to
// the lowest has one item, from which the way continues.
type net struct {
	from *box
	// stops are the items that the net begins at, for each row but the last.
	stops map[int]*item
}

// setRows turns layers into rows.
func (d *drawing) setRows(width int) {
	for _, layer := range d.layers() {
		d.rows = append(d.rows, split(layer, width)...)
	}
	for i, row := range d.rows {
		for _, it := range row {
			it.row = i
		}
	}
	for _, b := range d.boxes {
		if len(b.feeds) > 0 {
			d.addNet(b)
		}
	}
	d.orderRows()
	d.setColumns(width)
}

// split turns a layer that is too wide into several rows, with room for lines that
// pass by.
func split(layer []*box, width int) (rows [][]*item) {
	total := 0
	for _, b := range layer {
		b.item = &item{box: b, width: b.width()}
		total += gap + 1 + b.item.width
	}
	const passing = 12
	if total > width {
		width -= passing
	}
	var row []*item
	used := 0
	for _, b := range layer {
		if used > 0 && used+b.item.width > width {
			rows = append(rows, row)
			row, used = nil, 0
		}
		row = append(row, b.item)
		used += gap + 1 + b.item.width
	}
	return append(rows, row)
}

// addNet makes a way from a box down to all that it feeds.
func (d *drawing) addNet(from *box) {
	n := &net{from: from, stops: map[int]*item{from.item.row: from.item}}
	d.nets = append(d.nets, n)
	lowest := slices.MaxFunc(from.feeds, func(a, b *box) int { return a.item.row - b.item.row }).item.row
	at := from.item
	for row := from.item.row + 1; row <= lowest; row++ {
		for _, to := range from.feeds {
			if to.item.row == row {
				connect(at, to.item)
			}
		}
		if row < lowest {
			passing := &item{net: n, row: row, width: 1}
			d.rows[row] = append(d.rows[row], passing)
			connect(at, passing)
			at, n.stops[row] = passing, passing
		}
	}
}

func connect(above, below *item) {
	above.below = append(above.below, below)
	below.above = append(below.above, above)
}

// orderRows orders the items of rows so that few lines cross.
func (d *drawing) orderRows() {
	position := map[*item]float64{}
	number := func(row []*item) {
		for i, it := range row {
			position[it] = (float64(i) + 0.5) / float64(len(row))
		}
	}
	wish := func(neighbours []*item) (float64, bool) {
		sum := 0.0
		for _, it := range neighbours {
			sum += position[it]
		}
		return sum / float64(max(len(neighbours), 1)), len(neighbours) > 0
	}
	for _, row := range d.rows {
		number(row)
	}
	down := func() {
		for _, row := range d.rows {
			orderBy(row, func(it *item) (float64, bool) { return wish(it.above) })
			number(row)
		}
	}
	down()
	const sweeps = 4
	for range sweeps {
		for _, row := range slices.Backward(d.rows) {
			orderBy(row, func(it *item) (float64, bool) { return wish(it.below) })
			number(row)
		}
		down()
	}
}

// setColumns puts the items of each row as near as can be to what they are
// connected with.
func (d *drawing) setColumns(width int) {
	stay := func(weight float64) func(*item) (float64, float64) {
		return func(it *item) (float64, float64) { return float64(it.x), weight }
	}
	above := func(it *item) (float64, float64) { return middle(it, it.above) }
	below := func(it *item) (float64, float64) { return middle(it, it.below) }
	for _, row := range d.rows {
		for _, it := range row {
			it.x = width / 2
		}
		settle(row, width, stay(1))
	}
	const sweeps = 6
	for range sweeps {
		for _, row := range slices.Backward(d.rows) {
			settle(row, width, below)
		}
		for _, row := range d.rows {
			settle(row, width, above)
		}
	}
	const firmly = 100
	for _, row := range slices.Backward(d.rows) { // Boxes that nothing feeds come near, and move no others.
		settle(row, width, func(it *item) (float64, float64) {
			if len(it.above) == 0 {
				return below(it)
			}
			return stay(firmly)(it)
		})
	}
	left := math.MaxInt
	for _, row := range d.rows {
		left = min(left, row[0].x-row[0].width/2)
	}
	left -= left & 1 // so that what is even stays even
	for _, row := range d.rows {
		for _, it := range row {
			it.x -= left
		}
	}
}

// middle is the column in the middle of others, and how much it matters to be
// there; where the item is, if there are none.
func middle(it *item, others []*item) (x, weight float64) {
	if len(others) == 0 {
		return float64(it.x), 0.01
	}
	for _, other := range others {
		x += float64(other.x) / float64(len(others))
	}
	return x, 1
}

// settle moves the items of a row to the columns that they wish for, as far as
// order and gaps allow: the least squares of all moves, by pooling those that want
// into each other. They stay within the width if there is room. Lines get odd columns and boxes even ones, so that a line that
// ends above a box never meets one that begins there.
func settle(row []*item, width int, wish func(*item) (x, weight float64)) {
	type pool struct {
		sum, weight float64
		items       []*item
	}
	offsets := map[*item]float64{}
	offset := 0.0
	var pools []pool
	for i, it := range row {
		if i > 0 {
			offset += float64(row[i-1].width/2 + gap + (it.width+1)/2 + 1)
		}
		offsets[it] = offset
		want, weight := wish(it)
		pools = append(pools, pool{(want - offset) * weight, weight, []*item{it}})
		for len(pools) > 1 {
			last, before := pools[len(pools)-1], pools[len(pools)-2]
			if before.sum/before.weight <= last.sum/last.weight {
				break
			}
			pools = append(pools[:len(pools)-2], pool{before.sum + last.sum, before.weight + last.weight, append(before.items, last.items...)})
		}
	}
	first, last := row[0], row[len(row)-1]
	most := float64(max(width-(last.width+1)/2-1, first.width/2+int(offset))) - offset
	for _, p := range pools {
		origin := min(max(p.sum/p.weight, float64(first.width/2+1)), most)
		for _, it := range p.items {
			it.x = int(math.Floor(origin+offsets[it])) &^ 1
		}
	}
}
