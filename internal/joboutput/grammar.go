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

import "strings"

// maxDepth is how deep encoding/json lets values nest.
const maxDepth = 10000

// state says what the scanner expects next.
type state uint8

const (
	// Outside a JSON text.
	atStart   state = iota // a byte order mark, or the first line
	atLine                 // the first byte of a line that is not blank
	inNoise                // the rest of a line that is not JSON
	afterText              // the rest of the line on which a JSON text ended

	// Between the tokens of a JSON text.
	atValue
	atValueOrEnd // of an array
	atKey
	atKeyOrEnd // of an object
	atColon
	atCommaOrEnd // of the innermost array or object

	// In a token.
	inString
	inEscape     // after \
	inUnit       // after \u
	inLiteral    // of true, false or null
	afterMinus   // of a number
	afterZero    // which is its whole integer part
	inInteger    // after at least one digit of its integer part
	afterPoint   // before the first digit of its fraction
	inFraction   // after it
	afterE       // before the sign or the first digit of its exponent
	afterExpSign // before that digit
	inExponent   // after it
)

// next takes in one byte, and reports whether the text being read may go on with
// it. A byte outside of any text is always taken.
func (s *scanner) next(c byte) bool {
	switch s.state {
	case atStart, atLine, inNoise, afterText:
		s.nextOutside(c)
		return true
	case inString, inEscape, inUnit:
		return s.nextInString(c)
	case inLiteral:
		return s.nextInLiteral(c)
	case afterMinus, afterZero, inInteger, afterPoint, inFraction, afterE, afterExpSign, inExponent:
		return s.nextInNumber(c)
	default:
		return isBlank(c) || c == '\n' || s.nextToken(c)
	}
}

// nextToken takes in the first byte of a token.
func (s *scanner) nextToken(c byte) bool {
	switch s.state {
	case atValueOrEnd:
		if c == ']' {
			s.close()
			return true
		}
		return s.begin(c)
	case atValue:
		return s.begin(c)
	case atKeyOrEnd:
		if c == '}' {
			s.close()
			return true
		}
		return s.beginKey(c)
	case atKey:
		return s.beginKey(c)
	case atColon:
		s.state = atValue
		return c == ':'
	default: // atCommaOrEnd
		end, next := byte('}'), atKey
		if s.stack[len(s.stack)-1].isArray {
			end, next = ']', atValue
		}
		if c == end {
			s.close()
			return true
		}
		s.state = next
		return c == ','
	}
}

// begin takes in the first byte of a value.
func (s *scanner) begin(c byte) bool {
	jsonType := typeOf(c)
	if jsonType == "" {
		return false
	}
	parent := s.object()
	if parent != nil && c != '"' {
		parent.addOther(s.key, jsonType, s.here())
	}
	if s.isWhole() && c != '{' {
		s.whole = &object{refusal: invalidType(notAnObject, "", jsonType, s.here())}
	}

	switch c {
	case '{', '[':
		return s.open(c)
	case '"':
		s.isKey = false
		s.text.reset(s.here(), parent.room())
		s.state = inString
	case '-':
		s.state = afterMinus
	case '0':
		s.state = afterZero
	case 't':
		s.literal, s.state = "rue", inLiteral
	case 'f':
		s.literal, s.state = "alse", inLiteral
	case 'n':
		s.literal, s.state = "ull", inLiteral
	default:
		s.state = inInteger
	}
	return true
}

// typeOf returns the JSON type of a value by its first byte, "" if no value
// begins so.
func typeOf(c byte) string {
	switch c {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return "number"
	default:
		return ""
	}
}

// endValue ends any value.
func (s *scanner) endValue() {
	s.state = atCommaOrEnd
	if len(s.stack) == 0 {
		s.state = afterText
	}
}

// beginKey takes in the first byte of a key.
func (s *scanner) beginKey(c byte) bool {
	limit := 0
	if s.object() != nil {
		limit = maxKey
	}
	s.isKey = true
	s.text.reset(s.here(), limit)
	s.state = inString
	return c == '"'
}

// plainLength returns how many bytes of a string stand for themselves.
func plainLength(b []byte) int {
	for i, c := range b {
		if c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return len(b)
}

func (s *scanner) nextInString(c byte) bool {
	switch {
	case s.state == inEscape && c == 'u':
		s.state, s.unit, s.digits = inUnit, 0, 0
	case s.state == inEscape:
		i := strings.IndexByte(`"\/bfnrt`, c)
		if i < 0 {
			return false
		}
		s.text.write("\"\\/\b\f\n\r\t"[i])
		s.state = inString
	case s.state == inUnit:
		digit, ok := hexDigit(c)
		if !ok {
			return false
		}
		s.unit = s.unit<<4 | digit
		if s.digits++; s.digits == 4 {
			s.text.writeUnit(s.unit)
			s.state = inString
		}
	case c == '\\':
		s.state = inEscape
	case c == '"':
		s.endString()
	default:
		return false // a control character; all others are read in one go
	}
	return true
}

func hexDigit(c byte) (rune, bool) {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0'), true
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10, true
	default:
		return 0, false
	}
}

func (s *scanner) endString() {
	o := s.object()
	if s.isKey {
		if o != nil {
			s.key = append(s.key[:0], s.text.kept...)
			o.checkKey(&s.text)
		}
		s.state = atColon
		return
	}
	if o != nil {
		o.add(s.key, &s.text)
	}
	s.endValue()
}

func (s *scanner) nextInLiteral(c byte) bool {
	if c != s.literal[0] {
		return false
	}
	if s.literal = s.literal[1:]; s.literal == "" {
		s.endValue()
	}
	return true
}

// nextInNumber takes in a byte that belongs to a number or follows it.
func (s *scanner) nextInNumber(c byte) bool {
	isDigit := '0' <= c && c <= '9'
	switch s.state {
	case afterMinus:
		s.state = inInteger
		if c == '0' {
			s.state = afterZero
		}
		return isDigit
	case afterPoint:
		s.state = inFraction
		return isDigit
	case afterE:
		s.state = inExponent
		if c == '+' || c == '-' {
			s.state = afterExpSign
			return true
		}
		return isDigit
	case afterExpSign:
		s.state = inExponent
		return isDigit
	}
	switch {
	case isDigit && s.state != afterZero:
	case c == '.' && (s.state == afterZero || s.state == inInteger):
		s.state = afterPoint
	case (c == 'e' || c == 'E') && s.state != inExponent:
		s.state = afterE
	default:
		s.endValue()
		return s.next(c)
	}
	return true
}

// isBlank reports whether c is white space that does not end a line.
func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r'
}
