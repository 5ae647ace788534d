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

import "strings"

// The sides of a cell that a line leads to.
const (
	up = 1 << iota
	down
	left
	right
)

// corners are the characters for the sides that lines lead to.
var corners = map[int]rune{
	up: '│', down: '│', up | down: '│', left: '─', right: '─', left | right: '─',
	down | right: '┌', down | left: '┐', up | right: '└', up | left: '┘',
	up | down | right: '├', up | down | left: '┤', down | left | right: '┬', up | left | right: '┴',
	up | down | left | right: '┼',
}

// rounded are the corners of boxes that are round.
var rounded = map[rune]rune{'┌': '╭', '┐': '╮', '└': '╰', '┘': '╯'}

// cell is a character of a picture.
type cell struct {
	text  rune
	sides int
	// net is the owner of the line, so that crossing lines of different nets are not
	// connected.
	net   any
	state State
	round bool
}

// canvas is a picture of characters.
type canvas struct {
	rows [][]cell
}

func (c *canvas) at(x, y int) *cell {
	for len(c.rows) <= y {
		c.rows = append(c.rows, nil)
	}
	for len(c.rows[y]) <= x {
		c.rows[y] = append(c.rows[y], cell{})
	}
	return &c.rows[y][x]
}

// join leads a line of a net through a cell. Where it meets that of another net,
// the upright one goes over the other.
func (c *canvas) join(x, y, sides int, net any) {
	cell := c.at(x, y)
	switch {
	case cell.sides == 0 || cell.net == net:
		cell.sides |= sides
		cell.net = net
	case sides == up|down:
		cell.sides, cell.net = sides, net
	}
}

func (c *canvas) vertical(x, top, bottom int, net any) {
	for y := top; y <= bottom; y++ {
		c.join(x, y, up|down, net)
	}
}

func (c *canvas) horizontal(y, from, to int, net any) {
	for x := from; x <= to; x++ {
		sides := left | right
		if x == from {
			sides &^= left
		}
		if x == to {
			sides &^= right
		}
		c.join(x, y, sides, net)
	}
}

func (c *canvas) write(x, y int, text string, state State) {
	for _, character := range text {
		cell := c.at(x, y)
		cell.text, cell.state = character, state
		x++
	}
}

// frame draws the border of a box, which is a net of its own.
func (c *canvas) frame(x, y, width, height int, round bool, state State) {
	border := new(int)
	c.horizontal(y, x, x+width-1, border)
	c.horizontal(y+height-1, x, x+width-1, border)
	for _, side := range []int{x, x + width - 1} {
		c.join(side, y, down, border)
		c.vertical(side, y+1, y+height-2, border)
		c.join(side, y+height-1, up, border)
	}
	for row := y; row < y+height; row++ {
		for column := x; column < x+width; column++ {
			cell := c.at(column, row)
			cell.round, cell.state = round, state
		}
	}
}

// leave lets a line out of the lower border of a box.
func (c *canvas) leave(x, y int) {
	c.at(x, y).sides |= down
}

// Paint gives a text the colour of a state.
type Paint func(state State, text string) string

// lines returns the picture, without blanks at the ends of lines.
func (c *canvas) lines(paint Paint) []string {
	lines := make([]string, len(c.rows))
	for y, row := range c.rows {
		var text, run strings.Builder
		state := None
		flush := func() {
			if run.Len() > 0 && state != None && strings.TrimSpace(run.String()) != "" {
				text.WriteString(paint(state, run.String()))
			} else {
				text.WriteString(run.String())
			}
			run.Reset()
		}
		for _, cell := range row[:end(row)] {
			if cell.state != state {
				flush()
				state = cell.state
			}
			run.WriteRune(cell.character())
		}
		flush()
		lines[y] = text.String()
	}
	return lines
}

// end is the number of cells up to the last that is not blank.
func end(row []cell) int {
	for i := len(row); i > 0; i-- {
		if row[i-1].character() != ' ' {
			return i
		}
	}
	return 0
}

func (c *cell) character() rune {
	switch {
	case c.text != 0:
		return c.text
	case c.sides == 0:
		return ' '
	case c.round && rounded[corners[c.sides]] != 0:
		return rounded[corners[c.sides]]
	default:
		return corners[c.sides]
	}
}

func (c *canvas) width() int {
	width := 0
	for _, row := range c.rows {
		width = max(width, end(row))
	}
	return width
}

// margin is the number of columns on the left that are blank in all rows.
func (c *canvas) margin() int {
	margin := c.width()
	for _, row := range c.rows {
		for x := range row[:min(margin, len(row))] {
			if row[x].character() != ' ' {
				margin = x
				break
			}
		}
	}
	return margin
}
