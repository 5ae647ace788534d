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

import (
	"unicode/utf16"
	"unicode/utf8"
)

const firstLowSurrogate = 0xdc00

// text is a JSON string while it is being read, decoded. However long the
// string is, text keeps no more of it than limit bytes.
type text struct {
	start place
	limit int
	kept  []byte
	// length counts the decoded bytes, kept or not.
	length int64
	// high is the first half of a surrogate pair whose second half must follow.
	high rune
	// unpaired is true once half a pair stood alone.
	unpaired bool
}

// reset begins a new string; it uses the memory of the last one again.
func (t *text) reset(start place, limit int) {
	*t = text{start: start, limit: limit, kept: t.kept[:0]}
}

// write takes in bytes of the string.
func (t *text) write(b ...byte) {
	if len(b) == 0 {
		return
	}
	t.endPair()
	t.length += int64(len(b))
	t.kept = append(t.kept, b[:min(len(b), t.limit-len(t.kept))]...)
}

// writeUnit takes in one UTF-16 unit, as an escape such as \u00e4 gives it.
func (t *text) writeUnit(unit rune) {
	if pair := utf16.DecodeRune(t.high, unit); pair != utf8.RuneError {
		t.high = 0
		t.writeRune(pair)
		return
	}
	switch {
	case !utf16.IsSurrogate(unit):
		t.writeRune(unit)
	case unit < firstLowSurrogate:
		t.endPair()
		t.high = unit
	default:
		t.unpaired = true
	}
}

func (t *text) writeRune(r rune) {
	var b [utf8.UTFMax]byte
	t.write(b[:utf8.EncodeRune(b[:], r)]...)
}

// endPair ends a surrogate pair that is open: its second half did not follow.
func (t *text) endPair() {
	if t.high != 0 {
		t.high, t.unpaired = 0, true
	}
}

// isUnicode reports whether the string is valid Unicode, for a string that was
// kept in full.
func (t *text) isUnicode() bool {
	return t.high == 0 && !t.unpaired && utf8.Valid(t.kept)
}
