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

package configrefs

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An encoding that can be decoded is unambiguous: no two inputs have the same one.

func FuzzTheEncodingOfAnObjectCanBeDecoded(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		from := reader{input}
		kind := Kind(from.piece())
		data, binaryData := map[string][]byte{}, map[string][]byte{}
		for len(from.rest) > 0 {
			into := data
			if from.byte()%2 == 1 {
				into = binaryData
			}
			into[string(from.piece())] = from.piece()
		}

		encoded := reader{encodeObject(kind, data, binaryData)}
		decodedKind := Kind(encoded.part(t))
		decodedData := encoded.values(t)
		decodedBinaryData := encoded.values(t)
		if decodedKind != kind || len(encoded.rest) > 0 {
			t.Errorf("kind %q became %q, and %q is left", kind, decodedKind, encoded.rest)
		}
		if diff := cmp.Diff([]map[string][]byte{data, binaryData}, []map[string][]byte{decodedData, decodedBinaryData}, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("data and binaryData (-encoded +decoded):\n%s", diff)
		}
	})
}

func FuzzTheEncodingOfEntriesCanBeDecoded(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		from := reader{input}
		var entries []Entry
		set, decoded := map[Entry]bool{}, map[Entry]bool{}
		for len(from.rest) > 0 {
			entry := Entry{Kind: Kind(from.piece()), Name: string(from.piece()), MAC: string(from.piece())}
			entries = append(entries, entry)
			set[entry] = true
		}

		encoded := reader{encodeEntries(entries)}
		for len(encoded.rest) > 0 {
			decoded[Entry{Kind: Kind(encoded.part(t)), Name: string(encoded.part(t)), MAC: string(encoded.part(t))}] = true
		}
		if !maps.Equal(set, decoded) {
			t.Errorf("%v became %v", set, decoded)
		}
		slices.Reverse(entries)
		if !bytes.Equal(encodeEntries(entries), encodeEntries(append(entries, entries...))) {
			t.Errorf("%v counts otherwise if it is repeated in another order", set)
		}
	})
}

// addSeeds adds inputs of all lengths, including bytes that are short lengths.
func addSeeds(f *testing.F) {
	f.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for length := range 300 {
		input := make([]byte, length)
		for i := range input {
			input[i] = byte(random.IntN(5))
		}
		f.Add(input)
	}
}

// reader takes bytes off the given ones.
type reader struct {
	rest []byte
}

func (r *reader) take(n int) []byte {
	taken := r.rest[:min(n, len(r.rest))]
	r.rest = r.rest[len(taken):]
	return taken
}

// byte returns 0 at the end.
func (r *reader) byte() byte {
	var b [1]byte
	copy(b[:], r.take(1))
	return b[0]
}

// piece returns a piece of a fuzzed input, as long as its first byte says.
func (r *reader) piece() []byte {
	return r.take(int(r.byte()))
}

// part decodes what appendPart has encoded.
func (r *reader) part(t *testing.T) []byte {
	t.Helper()
	return r.exactly(t, r.number(t))
}

// values decodes what appendMap has encoded.
func (r *reader) values(t *testing.T) map[string][]byte {
	t.Helper()
	values := map[string][]byte{}
	for range r.number(t) {
		key := string(r.part(t))
		values[key] = r.part(t)
	}
	return values
}

func (r *reader) number(t *testing.T) uint64 {
	t.Helper()
	return binary.BigEndian.Uint64(r.exactly(t, 8))
}

func (r *reader) exactly(t *testing.T, n uint64) []byte {
	t.Helper()
	if n > uint64(len(r.rest)) {
		t.Fatalf("%d bytes are expected, %d are left", n, len(r.rest))
	}
	return r.take(int(n))
}
