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

package cli

import (
	"io"

	"github.com/moby/term"
	"k8s.io/cli-runtime/pkg/printers"
)

// SameTerminal reports whether both streams go to a terminal.
func SameTerminal(a, b io.Writer) bool {
	return printers.IsTerminal(a) && printers.IsTerminal(b)
}

// Terminal describes the destination of a stream.
type Terminal struct {
	colour bool
	width  int
}

// TerminalOf looks at a stream. Only a terminal has colours, and none if NO_COLOR
// is set (no-color.org).
func TerminalOf(stream io.Writer) Terminal {
	fd, terminal := term.GetFdInfo(stream)
	if !terminal {
		return Terminal{}
	}
	width := 0
	if size, err := term.GetWinsize(fd); err == nil {
		width = int(size.Width)
	}
	return Terminal{colour: printers.AllowsColorOutput(stream), width: width}
}

// Width is the number of columns, and 0 if it is not a terminal.
func (t Terminal) Width() int {
	return t.width
}

// Colour is the number of an ANSI foreground colour, or another attribute.
type Colour string

// The colours that commands use.
const (
	Bold   Colour = "1"
	Dim    Colour = "2"
	Red    Colour = "31"
	Green  Colour = "32"
	Yellow Colour = "33"
	Blue   Colour = "34"
	Purple Colour = "35"
	Cyan   Colour = "36"
)

// Paint returns the text in a colour, or as it is without a terminal.
func (t Terminal) Paint(colour Colour, text string) string {
	if !t.colour {
		return text
	}
	return "\x1b[" + string(colour) + "m" + text + "\x1b[0m"
}
