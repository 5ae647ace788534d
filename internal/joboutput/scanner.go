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

import "bytes"

// byteOrderMark is U+FEFF in UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// scanner reads a log byte by byte and finds its document, as the package's
// documentation defines it. It looks at no byte twice.
//
// A JSON string holds no line end, so no line begins inside one. Text that
// begins with a line is therefore either nested in the text being read, or
// breaks it. Hence one stack is enough: whatever is open breaks together, and
// the byte that breaks it may begin anew.
type scanner struct {
	state state
	stack []level
	found findings
	// nearMisses are lines that may have been meant as the document.
	nearMisses nearMisses
	// attempt is the text being read, or else the one before.
	attempt attempt
	// noise is what is known of the line, if it is noise.
	noise noise
	// atEnd is true once the log has ended.
	atEnd bool
	// ended is an object that ended on this line: a candidate, if nothing but
	// blanks follows.
	ended *object

	// parts counts the pieces of JSON and of noise that the log consists of.
	parts int64
	// whole is what the first part would be as the whole log, nil once there
	// is a second.
	whole *object
	// tooDeep refuses the log, whatever else it holds.
	tooDeep *Error

	offset      int64 // of the byte being read
	line        int64 // its number, from 1
	lineOffset  int64 // of the line being read
	onBlankLine bool  // the line has had nothing but blanks so far

	// The token being read, as far as it is known.
	text    text   // a string
	isKey   bool   // the string is a key
	key     []byte // the last key of an object that may be the document
	unit    rune   // the value of an escape \uXXXX
	digits  int    // how many of its digits have been read
	literal string // what is still to come of true, false or null
}

// level is an array or object that is open.
type level struct {
	isArray bool
	// object is what the level becomes when it ends; nil if that cannot be
	// the document.
	object *object
	// before is what had been found when the level began. When it ends, what
	// was found since lies within another value and counts no more.
	before findings
}

func newScanner() *scanner {
	return &scanner{line: 1, onBlankLine: true}
}

// Write reads the next bytes of the log. It returns an error if the log is
// refused, whatever comes next.
func (s *scanner) Write(log []byte) (int, error) {
	for rest := log; len(rest) > 0 && s.tooDeep == nil; {
		// Most of a log is noise or strings; these are read in one go.
		n := 0
		switch s.state {
		case inNoise:
			if n = bytes.IndexByte(rest, '\n'); n < 0 {
				n = len(rest)
			}
			s.noise.read(rest[:n]...)
		case inString:
			n = plainLength(rest)
			s.text.write(rest[:n]...)
		}
		if n == 0 {
			s.step(rest[0])
			n = 1
		}
		s.offset += int64(n)
		rest = rest[n:]
	}
	if s.tooDeep != nil {
		return 0, s.tooDeep
	}
	return len(log), nil
}

// finish ends the log, which ends its last line.
func (s *scanner) finish() (map[string][]byte, *Error) {
	s.atEnd = true
	s.step('\n')
	if len(s.stack) > 0 {
		s.missBroken(s.state, '\n')
		s.abandon()
	}
	switch {
	case s.tooDeep != nil:
		return nil, s.tooDeep
	case s.whole != nil:
		return s.whole.result()
	case s.found.isEmpty():
		return nil, s.nearMisses.refusal()
	default:
		return s.found.result()
	}
}

// here is where the byte being read stands.
func (s *scanner) here() place {
	return place{s.line, s.offset}
}

// step reads one byte.
func (s *scanner) step(c byte) {
	if s.ended != nil && !isBlank(c) {
		if c == '\n' {
			s.found.add(s.ended)
		}
		s.ended = nil
	}

	if state := s.state; !s.next(c) {
		s.missBroken(state, c)
		s.abandon()
		if s.onBlankLine || c == '\n' {
			s.state = atLine
			s.nextOutside(c)
		}
	}

	if c == '\n' {
		s.endLine()
		return
	}
	if !isBlank(c) {
		s.onBlankLine = false
	}
	if s.state == inNoise {
		s.noise.read(c)
	}
}

// endLine notes that the next byte begins a line.
func (s *scanner) endLine() {
	if s.noise.endsObject() {
		s.nearMisses.addPreceded(s.line)
	}
	s.noise = noise{}
	s.line++
	s.lineOffset, s.onBlankLine = s.offset+1, true
}

// nextOutside takes in a byte that is not within a JSON text, or begins one.
func (s *scanner) nextOutside(c byte) {
	switch {
	case s.state == atStart:
		s.nextOfMark(c)
	case c == '\n':
		if s.state == afterText && s.attempt.isIndented {
			s.nearMisses.add(s.attempt, indented, s.line)
		}
		s.state = atLine
	case s.state == inNoise, isBlank(c):
		// Nothing begins here.
	case s.state == atLine:
		s.addPart()
		s.attempt = attempt{line: s.line, isObject: c == '{', isIndented: s.offset != s.lineOffset}
		if !s.begin(c) {
			s.state = inNoise
		}
	default: // afterText
		s.nearMisses.add(s.attempt, followed, s.line)
		s.addPart()
		s.state = inNoise
	}
}

// nextOfMark takes in a byte at the start of the log, where a byte order mark
// may stand before the first line.
func (s *scanner) nextOfMark(c byte) {
	switch last := s.offset == int64(len(byteOrderMark)-1); {
	case c == byteOrderMark[s.offset] && last:
		s.state = atLine
		s.lineOffset = s.offset + 1
	case c == byteOrderMark[s.offset]:
		// The mark goes on.
	case s.offset == 0:
		s.state = atLine
		s.nextOutside(c)
	default:
		s.addPart()
		s.state = inNoise
		s.nextOutside(c)
	}
}

// addPart notes that a piece of JSON or noise begins.
func (s *scanner) addPart() {
	s.parts++
	s.whole = nil
}

// abandon gives up the text being read. Objects that were found in it lie within no
// value, and stay.
func (s *scanner) abandon() {
	clear(s.stack)
	s.stack = s.stack[:0]
	s.state = inNoise
	s.addPart()
}

// object returns the object that the next member belongs to, nil if that
// cannot be the document.
func (s *scanner) object() *object {
	if len(s.stack) == 0 {
		return nil
	}
	return s.stack[len(s.stack)-1].object
}

// isWhole reports whether a value that begins here may be the whole log.
func (s *scanner) isWhole() bool {
	return len(s.stack) == 0 && s.parts == 1
}

// open begins an array or object.
func (s *scanner) open(c byte) bool {
	if len(s.stack) == maxDepth {
		s.tooDeep = invalid(nestedTooDeeply, "", s.here())
		return false
	}
	l := level{isArray: c == '[', before: s.found}
	s.state = atValueOrEnd
	if c == '{' {
		s.state = atKeyOrEnd
		l.object = s.newObject()
	}
	s.stack = append(s.stack, l)
	return true
}

// newObject returns the object that begins here, nil if it can be neither a
// candidate nor the whole log.
func (s *scanner) newObject() *object {
	atLineStart := s.offset == s.lineOffset
	if !s.isWhole() && !atLineStart {
		return nil
	}
	o := &object{
		start:       s.here(),
		atLineStart: atLineStart,
		flat:        true,
		// With a flat candidate before it, the object counts, but is never the
		// document: what takes the former back takes the latter back too.
		needed: s.found.flat == 0,
	}
	if s.isWhole() {
		s.whole = o
	}
	return o
}

// close ends the innermost array or object.
func (s *scanner) close() {
	last := len(s.stack) - 1
	l := s.stack[last]
	s.stack[last] = level{}
	s.stack = s.stack[:last]

	s.found = l.before
	if l.object != nil && l.object.atLineStart {
		s.ended = l.object
	}
	s.endValue()
}
