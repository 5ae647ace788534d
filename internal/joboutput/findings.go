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

// findings are the candidates found so far. They are a value: a copy taken
// where a JSON value opens brings back what was found before it.
type findings struct {
	// flat counts the flat candidates; document is the first of them.
	flat     int64
	document *object
	// second is the line on which the second of them begins.
	second int64
	// other is the first candidate that is not flat.
	other *object
}

func (f *findings) add(o *object) {
	if !o.flat {
		if f.other == nil {
			f.other = o
		}
		return
	}
	switch f.flat {
	case 0:
		f.document = o
	case 1:
		f.second = o.start.line
	}
	f.flat++
}

func (f *findings) isEmpty() bool {
	return f.flat == 0 && f.other == nil
}

// result returns the data of the document, or why there is none among the
// candidates.
func (f *findings) result() (map[string][]byte, *Error) {
	switch {
	case f.flat == 1:
		return f.document.result()
	case f.flat > 1:
		return nil, &Error{Reason: ReasonAmbiguousOutput, Offset: f.document.start.offset, Line: f.document.start.line, secondLine: f.second}
	default:
		return f.other.result()
	}
}
