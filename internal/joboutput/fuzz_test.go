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
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
)

// maxFuzzedLog keeps the reference decoder, which is quadratic, fast.
const maxFuzzedLog = 16 << 10

// FuzzParse compares Parse with the reference decoder on any bytes.
func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, log []byte) {
		compareWithReference(t, log)
	})
}

// FuzzParseLines does the same for logs made of pieces of JSON and noise, each
// byte of the input being one piece, and so gets further into nested and broken
// objects than bytes at random do.
func FuzzParseLines(f *testing.F) {
	pieces := []string{
		"{", "}", "[", "]", ":", ",", `"a"`, `"b"`, "\n", "\r", " ", "\t",
		"{\n", "}\n", "[\n", "]\n", ",\n", "\n{", "\n}", "\n[", "\n]",
		"\n" + `{"a":"1"}` + "\n", `{"b":"2"}`, `{"c":3}`, "{}", `"d":`, `"e":"5"`, "\n" + `{"f":`, `,"g":"7"`,
		"null", "true", "false", "0", "-1", "2.5", "1e9", `"`, `\`, `\u0061`, `\ud83d`, `\ude00`, `\n`,
		"noise", "\nnoise\n", "\xff", "ü", "\x00", "\ufeff", "\xef",
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		var log []byte
		for _, c := range choices {
			log = append(log, pieces[int(c)%len(pieces)]...)
		}
		compareWithReference(t, log)
	})
}

// FuzzParseInPieces checks that it does not matter in which pieces a log
// arrives.
func FuzzParseInPieces(f *testing.F) {
	f.Fuzz(func(t *testing.T, log, sizes []byte) {
		want, wantErr := joboutput.Parse(bytes.NewReader(log))
		got, gotErr := joboutput.Parse(&piecewise{log: log, sizes: sizes})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("data of log %q in pieces %v (-whole +pieces):\n%s", log, sizes, diff)
		}
		if reasonOf(t, wantErr) != reasonOf(t, gotErr) || wantErr != nil && wantErr.Error() != gotErr.Error() {
			t.Errorf("log %q in pieces %v:\ngot  %v\nwant %v", log, sizes, gotErr, wantErr)
		}
	})
}

func compareWithReference(t *testing.T, log []byte) {
	t.Helper()
	if len(log) > maxFuzzedLog {
		return
	}
	data, err := joboutput.Parse(bytes.NewReader(log))
	want, wantReason := reference(log)
	if reason := reasonOf(t, err); reason != wantReason {
		t.Fatalf("log %q: got reason %q (%v), want %q", log, reason, err, wantReason)
	}
	if refusal, ok := errors.AsType[*joboutput.Error](err); ok {
		expectLineOfOffset(t, string(log), refusal)
	}
	var got map[string]string
	if err == nil {
		got = map[string]string{}
	}
	for key, value := range data {
		got[key] = string(value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("log %q: data (-want +got):\n%s", log, diff)
	}
	if err == nil && !isObjectOf(log, got) {
		t.Fatalf("log %q: encoding/json finds no such object in it: %q", log, got)
	}
}

// isObjectOf reports whether encoding/json reads data somewhere in the log.
func isObjectOf(log []byte, data map[string]string) bool {
	for i, c := range log {
		if c != '{' {
			continue
		}
		var object map[string]string
		if json.NewDecoder(bytes.NewReader(log[i:])).Decode(&object) == nil && cmp.Equal(object, data) {
			return true
		}
	}
	return false
}

// reasonOf returns why a log was refused, "" if it was not.
func reasonOf(tb testing.TB, err error) string {
	tb.Helper()
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*joboutput.Error](err)
	if !ok {
		tb.Fatalf("got error %v, want a *joboutput.Error", err)
	}
	return refusal.Reason
}

// piecewise returns a log in pieces of the given sizes, round and round. A size
// of 0 is a read that returns nothing, and is met in the first round only.
type piecewise struct {
	log, sizes []byte
	reads      int
}

func (p *piecewise) Read(b []byte) (int, error) {
	if len(p.log) == 0 {
		return 0, io.EOF
	}
	size := 1
	if len(p.sizes) > 0 {
		size = int(p.sizes[p.reads%len(p.sizes)])
	}
	if p.reads >= len(p.sizes) {
		size = max(size, 1)
	}
	p.reads++
	n := copy(b[:min(size, len(b))], p.log)
	p.log = p.log[n:]
	return n, nil
}
