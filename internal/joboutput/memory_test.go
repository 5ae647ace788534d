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

package joboutput_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
)

// maxMemory is what the package's documentation promises.
const maxMemory = 8 * mebibyte

// longLogs are logs of any length, each made to be held in full by a reader
// that holds lines, tokens, values, members, candidates or levels.
var longLogs = map[string]struct {
	start, repeated, end string
	wantReason           string
}{
	"a value":                  {`{"a":"`, "0123456789abcdef", `"}`, joboutput.ReasonOutputTooLarge},
	"an escaped value":         {`{"a":"`, `\u00e4\n`, `"}`, joboutput.ReasonOutputTooLarge},
	"a value without an end":   {`{"a":"`, "0123456789abcdef", "", joboutput.ReasonNoOutput},
	"a key":                    {`{"`, "0123456789abcdef", `":"1"}`, joboutput.ReasonOutputInvalid},
	"members":                  {`{"a":"1"`, `,"b":""`, "}", joboutput.ReasonOutputInvalid},
	"a line of noise":          {"", "0123456789abcdef", "", joboutput.ReasonNoOutput},
	"lines of noise":           {"", "0123456789abcde\n", "", joboutput.ReasonNoOutput},
	"flat objects":             {"", `{"a":"0123456789"}` + "\n", "", joboutput.ReasonAmbiguousOutput},
	"objects that are not":     {"", `{"a":0123456789,"b":{}}` + "\n" + `{"a":1}` + "\n", "", joboutput.ReasonOutputInvalid},
	"large objects":            {"", `{"a":"` + strings.Repeat("x", mebibyte) + `"}` + "\n", "", joboutput.ReasonAmbiguousOutput},
	"an array of flat objects": {"[\n", `{"a":"0123456789"}` + "\n,\n", "{}]", joboutput.ReasonOutputInvalid},
	"levels of arrays":         {"", "[", "", joboutput.ReasonOutputInvalid},
	"levels on lines":          {"", "[\n", "", joboutput.ReasonOutputInvalid},
	"levels of objects":        {"", `{"a":` + "\n", "", joboutput.ReasonOutputInvalid},
	"levels with documents":    {"", "[\n" + `{"a":"0123456789"}` + "\n,", "", joboutput.ReasonOutputInvalid},
	"blanks":                   {`{"a":`, " ", `"1"}`, ""},
	"empty lines":              {`{"a":"1"}`, "\n", "", ""},
}

func TestParseHoldsLittleOfALogHoweverLongItIs(t *testing.T) {
	for name, log := range longLogs {
		t.Run("69: "+name, func(t *testing.T) {
			expectLittleHeldOf(t, longLog(log.start, log.repeated, log.end, 32*mebibyte), 8*mebibyte, log.wantReason)
		})
	}
}

// Short keys without values make Parse hold the most beside what is printed.
func TestParseHoldsLittleForTheMostMembersThatAreStored(t *testing.T) {
	const members = 40000
	var b strings.Builder
	for i := range members {
		fmt.Fprintf(&b, `%c"%x":""`, "{,"[min(i, 1)], i)
	}
	document := b.String() + "}\n"

	t.Run("once", func(t *testing.T) {
		expectLittleHeld(t, document, "")
	})
	t.Run("behind a large object, and again in the deepest of many levels", func(t *testing.T) {
		large := `{"a":"` + strings.Repeat("x", mebibyte) + `","b":1}` + "\n"
		levels := strings.Repeat(`{"`+strings.Repeat("k", 253)+`":`+"\n", 9999)
		expectLittleHeld(t, large+document+levels+document, joboutput.ReasonAmbiguousOutput)
	})
}

// Objects that break off, or turn out to lie in something else, are forgotten
// at whatever level they were.
func TestParseForgetsObjectsOfAllLevels(t *testing.T) {
	var broken, nested strings.Builder
	for depth := 16; depth > 0; depth-- {
		start := strings.Repeat("[\n", depth) + `{"a":"` + strings.Repeat("x", mebibyte) + `"`
		broken.WriteString(start + "\nnoise\n")
		nested.WriteString(start + "}" + strings.Repeat("\n]", depth) + "\n")
	}

	expectLittleHeld(t, broken.String(), joboutput.ReasonNoOutput)
	expectLittleHeld(t, nested.String(), joboutput.ReasonNoOutput)
}

// BenchmarkParse reads each of the long logs; the memory it reports is all that
// was allocated, not what was held at once.
func BenchmarkParse(b *testing.B) {
	const size = 64 * mebibyte
	for name, log := range longLogs {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				_, err := joboutput.Parse(longLog(log.start, log.repeated, log.end, size))
				if reason := reasonOf(b, err); reason != log.wantReason {
					b.Fatalf("got reason %q (%v), want %q", reason, err, log.wantReason)
				}
			}
		})
	}
}

func expectLittleHeld(t *testing.T, log, wantReason string) {
	t.Helper()
	expectLittleHeldOf(t, strings.NewReader(log), int64(len(log)/32), wantReason)
}

// expectLittleHeldOf measures memory each time that so many bytes were read.
func expectLittleHeldOf(t *testing.T, log io.Reader, every int64, wantReason string) {
	t.Helper()
	reader := &measuringReader{Reader: log, every: every}
	reader.measure()
	before := reader.most
	data, err := joboutput.Parse(reader)
	reader.measure()
	runtime.KeepAlive(data)
	if reason := reasonOf(t, err); reason != wantReason {
		t.Errorf("got reason %q (%v), want %q", reason, err, wantReason)
	}
	if held := reader.most - before; held > maxMemory {
		t.Errorf("Parse held %d bytes, want at most %d", held, maxMemory)
	}
}

// longLog returns a log of about the given size.
func longLog(start, repeated, end string, size int64) io.Reader {
	times := size / int64(len(repeated))
	block := min(times, 1+(64<<10)/int64(len(repeated)))
	return io.MultiReader(
		strings.NewReader(start),
		&repeatingReader{block: strings.Repeat(repeated, int(block)), left: times / block},
		strings.NewReader(end),
	)
}

// repeatingReader returns a block several times.
type repeatingReader struct {
	block string
	at    int
	left  int64
}

func (r *repeatingReader) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.block[r.at:])
	if r.at += n; r.at == len(r.block) {
		r.at = 0
		r.left--
	}
	return n, nil
}

// measuringReader notes how much memory is held while it is read.
type measuringReader struct {
	io.Reader
	every, next, read int64 // bytes between two measurements, until the next, so far
	most              int64
}

func (r *measuringReader) Read(b []byte) (int, error) {
	if r.read >= r.next {
		r.measure()
		r.next += r.every
	}
	n, err := r.Reader.Read(b)
	r.read += int64(n)
	return n, err
}

func (r *measuringReader) measure() {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	r.most = max(r.most, int64(stats.HeapAlloc))
}
