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

package joboutput

import "fmt"

// nearMiss is a line that may have been meant as the document, and what is
// wrong with it. It holds nothing of the log.
type nearMiss struct {
	fault fault
	// line is where the object begins, faultLine where the fault is.
	line, faultLine int64
}

// fault says why a line is not the document.
type fault int

const (
	noFault fault = iota

	// An object that does not have its lines to itself.
	preceded
	followed
	indented

	// Text that begins with "{" and is not JSON.
	cutShort
	singleQuotes
	trailingComma
	notASCII
	missingKey
	missingColon
	missingComma
	rawControl
	unknownEscape
	notAValue
)

// nearMisses are those that tell most: the first line of all that begin with
// "{", or else the first on which an object stands behind other text.
type nearMisses struct {
	object, preceded nearMiss
}

// add notes what is wrong with a text that begins with "{".
func (m *nearMisses) add(a attempt, f fault, line int64) {
	if a.isObject && m.object.fault == noFault {
		m.object = nearMiss{fault: f, line: a.line, faultLine: line}
	}
}

// addPreceded notes a line on which an object stands behind other text.
func (m *nearMisses) addPreceded(line int64) {
	if m.preceded.fault == noFault {
		m.preceded = nearMiss{fault: preceded, line: line, faultLine: line}
	}
}

// refusal refuses a log without candidates.
func (m *nearMisses) refusal() *Error {
	miss := m.object
	if miss.fault == noFault {
		miss = m.preceded
	}
	return &Error{Reason: ReasonNoOutput, Line: miss.line, nearMiss: miss}
}

// attempt is a text that was read as JSON.
type attempt struct {
	// line is where it begins.
	line int64
	// isObject reports whether it begins with "{".
	isObject bool
	// isIndented reports whether blanks stand before it.
	isIndented bool
}

// missBroken notes that the text being read breaks at c, where state was what
// the scanner expected.
func (s *scanner) missBroken(state state, c byte) {
	f := faultAt(state, c)
	if s.atEnd {
		f = cutShort
	}
	s.nearMisses.add(s.attempt, f, s.line)
}

func faultAt(state state, c byte) fault {
	switch state {
	case inString:
		return rawControl
	case inEscape, inUnit:
		return unknownEscape
	}
	switch {
	case c == '\'':
		return singleQuotes
	case c >= 0x80:
		return notASCII
	case state == atKey && c == '}', state == atValue && c == ']':
		return trailingComma
	case state == atKey, state == atKeyOrEnd:
		return missingKey
	case state == atColon:
		return missingColon
	case state == atCommaOrEnd:
		return missingComma
	default:
		return notAValue
	}
}

// noise looks in a line that is not JSON for an object behind other text. It
// keeps nothing of the line but its last byte that is not a blank.
type noise struct {
	found noiseState
	last  byte
}

type noiseState uint8

const (
	noObject noiseState = iota
	afterBrace
	hasObject // {"
)

func (n *noise) read(b ...byte) {
	for _, c := range b {
		if isBlank(c) {
			continue
		}
		n.last = c
		switch {
		case n.found == hasObject:
			// One is enough.
		case c == '{':
			n.found = afterBrace
		case c == '"' && n.found == afterBrace:
			n.found = hasObject
		default:
			n.found = noObject
		}
	}
}

// endsObject reports whether the line, which ends, ends like an object that
// stands on it.
func (n *noise) endsObject() bool {
	return n.found == hasObject && n.last == '}'
}

const (
	howToPrint = `print one, such as {"key": "value"}, from the start of a line to the end of a line`

	// ownLines is the cure where something else is on the line.
	ownLines = howToPrint + `, and end every other line, on stderr too, with a line break, because both streams share one log; ` +
		`or write the output to a file, and name it in spec.output.files`
)

// describe says what is wrong with the line and how to cure it.
func (m *nearMiss) describe() string {
	switch m.fault {
	case noFault:
		return howToPrint + ", and print it last, because the kubelet keeps only the end of a large log"
	case preceded:
		return fmt.Sprintf(`line %d has other text before its "{": %s`, m.line, ownLines)
	case followed:
		return fmt.Sprintf(`line %d begins with "{", but other text follows the object on line %d: %s`, m.line, m.faultLine, ownLines)
	case indented:
		return fmt.Sprintf(`line %d has spaces or tabs before its "{": %s`, m.line, howToPrint)
	case cutShort:
		return fmt.Sprintf(`line %d begins with "{", but the log ends before the object does: print the whole object`, m.line)
	default:
		return fmt.Sprintf(`line %d begins with "{", but is not valid JSON because of %s on line %d: %s`, m.line, m.fault.describe(), m.faultLine, m.fault.cure())
	}
}

// describe names what stands in the way of JSON.
func (f fault) describe() string {
	switch f {
	case singleQuotes:
		return "single quotes"
	case trailingComma:
		return "a comma after the last member"
	case notASCII:
		return "a non-ASCII character outside a string, such as a typographic quote"
	case missingKey:
		return "other text where a key in double quotes is expected"
	case missingColon:
		return "a missing colon after a key"
	case missingComma:
		return "other text where a comma or the end of the object is expected"
	case rawControl:
		return "a line break or control character in a string"
	case unknownEscape:
		return "an escape sequence that JSON does not have"
	default:
		return "text that is not a JSON value"
	}
}

func (f fault) cure() string {
	switch f {
	case singleQuotes, notASCII:
		return "put keys and values in double quotes"
	case trailingComma:
		return "remove it"
	case rawControl:
		return `escape it, such as \n`
	default:
		return "write the object with a JSON library, and print nothing else, on either stream, in between"
	}
}
