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
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
)

const mebibyte = 1 << 20

// The numbers are those of the project's acceptance cases for job output.

func TestParseReturnsExactlyWhatWasPrinted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		log  string
		want map[string]string
	}{
		"61: one line":                           {`{"a":"1","b":"2"}` + "\n", map[string]string{"a": "1", "b": "2"}},
		"61: no newline at the end":              {`{"a":"1"}`, map[string]string{"a": "1"}},
		"61: escapes, zero bytes and umlauts":    {`{"a":"ü\u0000x\n\u00FC\ud83d\ude00\"\\\/\b\f\r\t"}`, map[string]string{"a": "ü\x00x\nü😀\"\\/\b\f\r\t"}},
		"61: CRLF":                               {"{\r\n\"a\":\"1\"\r\n}\r\n", map[string]string{"a": "1"}},
		"61: pretty-printed":                     {"{\n  \"a\": \"1\",\n  \"b\": \"2\"\n}\n", map[string]string{"a": "1", "b": "2"}},
		"61: leading blanks":                     {" \t{\"a\":\"1\"}\n", map[string]string{"a": "1"}},
		"61: blank lines around":                 {"\n \r\n  {\"a\":\"1\"} \n\n\n", map[string]string{"a": "1"}},
		"61: empty values":                       {`{"a":"","b":""}`, map[string]string{"a": "", "b": ""}},
		"61: values that look like JSON":         {`{"a":"{\"b\":1}","c":"[","d":"null"}`, map[string]string{"a": `{"b":1}`, "c": "[", "d": "null"}},
		"61: escaped keys":                       {`{"\u0061":"1"}`, map[string]string{"a": "1"}},
		"61: a DEL character":                    {"{\"a\":\"\x7f\"}", map[string]string{"a": "\x7f"}},
		"61: U+FFFD that was printed":            {`{"a":"�","b":"\ufffd"}`, map[string]string{"a": "�", "b": "�"}},
		"62: a byte order mark":                  {"\ufeff{\"a\":\"1\"}\n", map[string]string{"a": "1"}},
		"62: a byte order mark, then other text": {"\ufeff{\"a\":\"1\"}\ndone\n", map[string]string{"a": "1"}},
		"64: an object without keys":             {"{}\n", map[string]string{}},
		"68: keys of every legal form": {
			`{"a":"1","A-b_c.9":"2",".a":"3","-":"4","` + strings.Repeat("k", 253) + `":"5"}`,
			map[string]string{"a": "1", "A-b_c.9": "2", ".a": "3", "-": "4", strings.Repeat("k", 253): "5"},
		},
		"69: values of exactly 1 MiB": {
			`{"a":"` + strings.Repeat("x", mebibyte-1) + `","b":"y"}`,
			map[string]string{"a": strings.Repeat("x", mebibyte-1), "b": "y"},
		},
		"69: values of 1 MiB, each byte escaped": {
			`{"a":"` + strings.Repeat(`\u0001`, mebibyte) + `"}`,
			map[string]string{"a": strings.Repeat("\x01", mebibyte)},
		},
		"69: as many keys as fit into etcd": {logOf(keys(32768)), keys(32768)},
		"69: one line of 900 KiB": {
			`{"a":"` + strings.Repeat("x", 900<<10) + `"}` + "\n",
			map[string]string{"a": strings.Repeat("x", 900<<10)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectOutput(t, tc.log, tc.want)
		})
	}
}

func TestParseFindsTheOneObjectAmongOtherLines(t *testing.T) {
	t.Parallel()
	document := `{"a":"1"}`
	want := map[string]string{"a": "1"}
	for name, log := range map[string]string{
		"66: log lines before":                       "starting\nready\n" + document,
		"66: log lines after":                        document + "\nbye\n",
		"66: log lines around":                       "starting\n" + document + "\nbye",
		"66: log lines that begin like JSON":         "[INFO] starting\n{curly}\n\"quoted\" text\n-1-\ntrue!\nnothing\n12:30:45 noon\n" + document + "\n",
		"66: blanks at its end":                      "starting\n" + document + " \t\r\nbye\n",
		"66: pretty-printed":                         "starting\n{\n  \"a\":\n\"1\"\n}\nbye\n",
		"66: beside an object that is not flat":      `{"level":"info","ts":1.5}` + "\n" + document + "\n" + `{"level":"info","ts":1.6}` + "\n",
		"66: beside JSON that is no object":          "[1]\n\"x\"\n42\n-0.5e+1\nnull\n" + document + "\n",
		"66: beside an indented object":              "  {\"b\":\"2\"}\n" + document + "\n",
		"66: beside an object behind a time stamp":   "12:30 {\"b\":\"2\"}\n" + document + "\n",
		"66: beside an object with text after it":    "{\"b\":\"2\"} done\n" + document + "\n",
		"66: beside two objects on one line":         `{"b":"2"}{"c":"3"}` + "\n" + document + "\n",
		"66: after an object that was cut short":     `{"b":"2"` + "\n" + document + "\n",
		"66: after a string that was cut short":      `{"b":"2` + "\n" + document + "\n",
		"66: after an escape that was cut short":     `{"b":"\u00` + "\n" + document + "\n",
		"66: after a literal that was cut short":     `{"b":tr` + "\n" + document + "\n",
		"66: after a key without its value":          `{"b":` + "\n" + document + "\n",
		"66: after an array that never ends":         "[1,\n" + document + "\n",
		"66: after brackets that open within a line": "[1 [\n" + document + "\n]\n",
		"66: after many arrays that never end":       strings.Repeat("[\n", 9000) + document + "\n",
		"66: before an object that is cut short":     document + "\n" + `{"b":"2"`,
		"66: before a string that is cut short":      document + "\n" + `{"b":"2`,
		"66: around bytes that are not text":         "\xff\xfe\x00\n" + document + "\n\x80",
		"66: after half a byte order mark":           "\xef\xbb\n" + document + "\n",
		"66: beside an array of objects":             "[\n{\"b\":\"2\"}\n]\n" + document + "\n",
		"66: beside an object of objects":            "{\"x\":\n{\"b\":\"2\"}\n}\n" + document + "\n",
		"66: beside an array that ends in a line":    "[\n{\"b\":\"2\"}\n] done\n" + document + "\n",
		"66: beside an indented array":               "  [\n{\"b\":\"2\"}\n]\n" + document + "\n",
		"66: beside a nested array of broken JSON":   "{\"x\":[\n{\"b\":\"2\"}\n], oops\n" + document + "\n",
		"66: after a whole that breaks at the end":   "{\"x\":\n" + document + "\noops\n",
		"66: inside arrays that never end":           strings.Repeat("[\n", 9999) + document + "\nx\n",
		"66: first of JSON that is not flat inside":  document + "\n{\"x\":[{\"b\":\"2\"},\n{\"c\":\"3\"}\n]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectOutput(t, log, want)
		})
	}
}

func TestParseRefusesWhatIsNotOneFlatObject(t *testing.T) {
	t.Parallel()
	invalid := func(key, jsonType string, offset int64) joboutput.Error {
		return joboutput.Error{Reason: joboutput.ReasonOutputInvalid, Key: key, JSONType: jsonType, Offset: offset}
	}
	none := joboutput.Error{Reason: joboutput.ReasonNoOutput}
	ambiguous := func(offset int64) joboutput.Error {
		return joboutput.Error{Reason: joboutput.ReasonAmbiguousOutput, Offset: offset}
	}
	for name, tc := range map[string]struct {
		log  string
		want joboutput.Error
	}{
		"63: a number":        {`{"a":"1","port":8080}`, invalid("port", "number", 16)},
		"63: a boolean":       {`{"debug":true}`, invalid("debug", "boolean", 9)},
		"63: a nested object": {`{"db":{"user":"x"}}`, invalid("db", "object", 6)},
		"63: a nested object on lines of its own": {"{\"db\":\n{\"user\":\"x\"}\n}", invalid("db", "object", 7)},
		"63: an array":                      {`{"list":["x"]}`, invalid("list", "array", 8)},
		"63: null":                          {`{"a":null}`, invalid("a", "null", 5)},
		"63: the first of several":          {`{"a":1,"b":null}`, invalid("a", "number", 5)},
		"63: a number after an illegal key": {`{"a b":"1","c":2}`, invalid("c", "number", 15)},
		"63: a number among log lines":      {"starting\n{\"port\":8080}\nbye\n", invalid("port", "number", 17)},
		"63: a number in a long key":        {`{"` + strings.Repeat("k", 3000) + `":1}`, invalid(strings.Repeat("k", 64), "number", 3004)},
		"63: the first of several objects":  {"{\"a\":1}\n{\"b\":2}\n", invalid("a", "number", 5)},

		"64: nothing":                   {"", none},
		"64: blanks":                    {" \n\t\r\n", none},
		"64: only a byte order mark":    {"\ufeff", none},
		"64: half a byte order mark":    {"\xef\xbb", none},
		"64: null":                      {"null\n", invalid("", "null", 0)},
		"64: an array":                  {" []\n", invalid("", "array", 1)},
		"64: an array of lines":         {"[\n{\"a\":\"1\"}\n]\n", invalid("", "array", 0)},
		"64: a string":                  {`"x"`, invalid("", "string", 0)},
		"64: a number":                  {"\n-12.5E+3", invalid("", "number", 1)},
		"64: a boolean":                 {"false\n", invalid("", "boolean", 0)},
		"64: an object that never ends": {"{", none},
		"64: text":                      {"hello\n", none},

		"66: two objects":                              {"{\"a\":\"1\"}\n{\"a\":\"1\"}\n", ambiguous(0)},
		"66: a log line that is a flat object":         {"start\n{\"level\":\"info\"}\n{\"a\":\"1\"}\n", ambiguous(6)},
		"66: a flat object, one that is no Secret":     {"{\"a\":\"1\"}\n{\"a b\":\"2\"}\n", ambiguous(0)},
		"66: a flat object, one that is too large":     {"{\"a\":\"1\"}\n{\"b\":\"" + strings.Repeat("x", mebibyte+1) + "\"}\n", ambiguous(0)},
		"66: two objects that a broken array held":     {"[\n{\"a\":\"1\"}\n,\n{\"b\":\"2\"}\noops\n", ambiguous(2)},
		"66: two objects on one line":                  {`{"a":"1"}{"b":"2"}`, none},
		"66: an object behind a time stamp":            {`12:30 {"a":"1"}`, none},
		"66: an indented object among log lines":       {"starting\n  {\"a\":\"1\"}\n", none},
		"66: an object with text after it":             {`{"a":"1"} done`, none},
		"66: an object that another line interrupts":   {"{\"a\":\"1\",\nWARNING\n\"b\":\"2\"}\n", none},
		"66: an object of an array with text after it": {"[\n{\"a\":\"1\"}\n] done", none},
		"66: an object after a carriage return":        {"10%\r{\"a\":\"1\"}", none},
		"66: an object after a late byte order mark":   {"starting\n\ufeff{\"a\":\"1\"}", none},

		"68: a key with a space":             {`{"ok":"1","a b":"2"}`, invalid("a b", "", 10)},
		"68: a key with a slash":             {`{"a/b":"1"}`, invalid("a/b", "", 1)},
		"68: an empty key":                   {`{"":"1"}`, invalid("", "", 1)},
		"68: a key of one dot":               {`{".":"1"}`, invalid(".", "", 1)},
		"68: a key of two dots":              {`{"..":"1"}`, invalid("..", "", 1)},
		"68: a key that begins with two":     {`{"..a":"1"}`, invalid("..a", "", 1)},
		"68: a key of 254 characters":        {`{"` + strings.Repeat("k", 254) + `":"1"}`, invalid(strings.Repeat("k", 64), "", 1)},
		"68: a key that is not ASCII":        {`{"schlüssel":"1"}`, invalid("schlüssel", "", 1)},
		"68: a key that occurs twice":        {`{"a":"1","a":"1"}`, invalid("a", "", 9)},
		"68: a key that occurs escaped":      {`{"a":"1","\u0061":"2"}`, invalid("a", "", 9)},
		"68: a key that is not UTF-8":        {"{\"a\xff\":\"1\"}", invalid("a\xff", "", 1)},
		"68: a key with half a pair":         {`{"a\ud800":"1"}`, invalid("a", "", 1)},
		"61: a value that is not UTF-8":      {"{\"a\":\"\xff\"}", invalid("a", "", 5)},
		"61: a value with half a pair":       {`{"a":"\ud83d"}`, invalid("a", "", 5)},
		"61: a value with the other half":    {`{"a":"\ude00"}`, invalid("a", "", 5)},
		"61: a value with a pair turned":     {`{"a":"\ude00\ud83d"}`, invalid("a", "", 5)},
		"61: a value with two first halves":  {`{"a":"\ud83d\ud83d\ude00"}`, invalid("a", "", 5)},
		"61: a value with a pair split":      {`{"a":"\ud83d-\ude00"}`, invalid("a", "", 5)},
		"61: a value with a pair split by 0": {`{"a":"\ud83d\u0000\ude00"}`, invalid("a", "", 5)},

		"69: a value of 1 MiB and a byte": {
			`{"a":"` + strings.Repeat("x", mebibyte+1) + `"}`,
			joboutput.Error{Reason: joboutput.ReasonOutputTooLarge, Size: mebibyte + 1, Keys: 1},
		},
		"69: values of 1 MiB and a byte": {
			` {"a":"` + strings.Repeat("x", mebibyte) + `","b":"y","c":""}`,
			joboutput.Error{Reason: joboutput.ReasonOutputTooLarge, Offset: 1, Size: mebibyte + 1, Keys: 3},
		},
		"69: keys that do not fit into etcd": {
			logOf(keys(32769)),
			joboutput.Error{Reason: joboutput.ReasonOutputTooLarge, Keys: 32769},
		},
		"69: 10,001 levels of objects":           {strings.Repeat(`{"a":`, 10001) + `"b"` + strings.Repeat("}", 10001), invalid("", "", 50000)},
		"69: 1,000,000 levels of objects":        {strings.Repeat(`{"a":`, 1e6) + `"b"` + strings.Repeat("}", 1e6), invalid("", "", 50000)},
		"69: 1,000,000 levels of arrays":         {strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6), invalid("", "", 10000)},
		"69: 10,001 levels twice":                {strings.Repeat(strings.Repeat("[", 10001)+"\n", 2), invalid("", "", 10000)},
		"69: 10,001 levels beside a flat object": {"{\"a\":\"1\"}\n" + strings.Repeat("[", 10001), invalid("", "", 10010)},
		"69: 10,001 levels around a flat object": {strings.Repeat("[\n", 10000) + "{\"a\":\"1\"}\n" + strings.Repeat("]\n", 10000), invalid("", "", 20000)},
		"69: 10,000 levels of objects":           {strings.Repeat(`{"a":`, 10000) + `"b"` + strings.Repeat("}", 10000), invalid("a", "object", 5)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := joboutput.Parse(strings.NewReader(tc.log))
			if data != nil {
				t.Errorf("got data for %d keys beside the error", len(data))
			}
			got, ok := errors.AsType[*joboutput.Error](err)
			if !ok {
				t.Fatalf("got error %v, want a *joboutput.Error", err)
			}
			if diff := cmp.Diff(tc.want, *got, cmpopts.IgnoreUnexported(joboutput.Error{}), cmpopts.IgnoreFields(joboutput.Error{}, "Line")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			expectLineOfOffset(t, tc.log, got)
		})
	}
}

// The reason shows whether a log is JSON: what is JSON is refused for its
// type, and what is not is no output at all.
func TestParseAcceptsTheJSONThatEncodingJSONAccepts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"0", "-0", "10", "-12", "0.5", "1.05", "0e1", "0E+1", "1e-05", "1.5e10", "-0.0E00",
		"true", "false", "null", " null\r\n",
		`""`, `"\u00fF\uABCD"`, `"\b\f\n\r\t\"\\\/"`, "\"\x7f\xff\"", `"\ud800"`,
		"[]", "[ ]", "[1]", "[1,\n2]", "[[],[]]", "[{}]", `{"a":{}}`, `{ "a" : [ ] , "a" : null }`,
	} {
		expectReason(t, text, joboutput.ReasonOutputInvalid)
		if !json.Valid([]byte(text)) {
			t.Errorf("encoding/json rejects %q", text)
		}
	}
	for _, text := range []string{
		"00", "01", "-", "-a", "--1", "+1", ".5", "1.", "1.e1", "1e", "1e+", "1e1.5", "1e1e1", "1.5.5", "0x1", "1a", "1 2", "NaN",
		"t", "tru", "truE", "True", "nul", "nulls", "falsey", "undefined",
		`"`, `"a`, `"a""`, `"\x"`, `"\u12"`, `"\u123g"`, `"\U0041"`, "\"\n\"", "\"\t\"", "\"\x00\"", `'a'`,
		"[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "]", "[]]", "[:]", "[]]", "[1]x", "/* */[]",
		"{", "{]", "{,}", `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{"a":1,,"b":1}`, `{"a" 1}`, `{"a"::1}`, `{a:1}`, `{1:1}`, `{"a":1 "b":1}`, `{"a":1]`, "}",
		"\u00a0[]", "[]\u2028", "\v[]", "\x00", "\ufeff\ufeff[]",
	} {
		expectReason(t, text, joboutput.ReasonNoOutput)
		if json.Valid([]byte(text)) {
			t.Errorf("encoding/json accepts %q", text)
		}
	}
}

func TestParseReadsWhatItIsGivenInAnyPieces(t *testing.T) {
	t.Parallel()
	log := "\ufeff[INFO] {\n{\"x\": 1.5e-3, \"y\": [true, null]}\n{\"a\": \"ü\\ud83d\\ude00\"}\r\nbye"
	for name, reader := range map[string]io.Reader{
		"bytes":               iotest.OneByteReader(strings.NewReader(log)),
		"halves":              iotest.HalfReader(strings.NewReader(log)),
		"an end with data":    iotest.DataErrReader(strings.NewReader(log)),
		"several readers":     io.MultiReader(strings.NewReader(log[:2]), strings.NewReader(log[2:40]), strings.NewReader(log[40:])),
		"a buffer in one go":  bytes.NewBufferString(log),
		"reads of no bytes":   io.MultiReader(strings.NewReader(""), strings.NewReader(log)),
		"one with all of it ": strings.NewReader(log),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := joboutput.Parse(reader)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string][]byte{"a": []byte("ü😀")}, got); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		})
	}
}

// A connection that breaks must not make half a log look like a whole one,
// whatever was read until then.
func TestParseReturnsTheErrorOfALogThatCannotBeReadToItsEnd(t *testing.T) {
	t.Parallel()
	for _, log := range []string{"", "\xef", "{}", `{"a":"1"}` + "\n", `{"a":`} {
		for _, broken := range []error{io.ErrUnexpectedEOF, errors.New("connection reset")} {
			t.Run(fmt.Sprintf("%q, %v", log, broken), func(t *testing.T) {
				t.Parallel()
				data, err := joboutput.Parse(io.MultiReader(strings.NewReader(log), iotest.ErrReader(broken)))
				if !errors.Is(err, broken) || data != nil {
					t.Errorf("got %v and error %v, want no data and %v", data, err, broken)
				}
				if refusal, ok := errors.AsType[*joboutput.Error](err); ok {
					t.Errorf("the log is refused with %s, though it was not read to its end", refusal.Reason)
				}
			})
		}
	}
}

func TestParseReadsNoFurtherWhenTheLogIsRefusedAnyway(t *testing.T) {
	t.Parallel()
	log := strings.NewReader(strings.Repeat("[", 10_001))
	data, err := joboutput.Parse(io.MultiReader(log, iotest.ErrReader(errors.New("read on"))))
	if refusal, ok := errors.AsType[*joboutput.Error](err); !ok || refusal.Reason != joboutput.ReasonOutputInvalid || data != nil {
		t.Errorf("got %v and error %v, want the refusal of what is nested too deeply", data, err)
	}
}

// Whatever is wrong with a log, what a job printed as a value stays secret.
func TestErrorsNeverShowValues(t *testing.T) {
	t.Parallel()
	const canary = "s3cr3t"
	for name, log := range map[string]string{
		"text":               canary,
		"a string":           `"` + canary + `"`,
		"an array":           `["` + canary + `"]`,
		"a number":           `{"a":"` + canary + `","b":1}`,
		"a nested object":    `{"a":{"b":"` + canary + `"}}`,
		"an illegal key":     `{"a":"` + canary + `","b c":"` + canary + `"}`,
		"a duplicate key":    `{"a":"` + canary + `","a":"` + canary + `"}`,
		"bad UTF-8":          `{"a":"` + canary + "\xff\"}",
		"two objects":        `{"a":"` + canary + "\"}\n" + `{"a":"` + canary + `"}`,
		"too large":          `{"a":"` + strings.Repeat(canary, mebibyte/4) + `"}`,
		"broken off":         `{"a":"` + canary,
		"text before it":     canary + ` {"a":"` + canary + `"}`,
		"single quotes":      `{'` + canary + `': '` + canary + `'}`,
		"no JSON value":      `{"a":` + canary + `}`,
		"no colon":           `{"a"` + canary + `}`,
		"no comma":           `{"a":"` + canary + `"` + canary + `}`,
		"a trailing comma":   `{"a":"` + canary + `",}`,
		"text after the end": `{"a":"` + canary + `"} ` + canary,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := joboutput.Parse(strings.NewReader(log))
			if err == nil {
				t.Fatal("the log was accepted")
			}
			for _, shown := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
				if strings.Contains(shown, canary) {
					t.Errorf("the error shows a value: %s", shown)
				}
			}
		})
	}
}

func TestErrorsSayWhatIsWrongAndHowToCureIt(t *testing.T) {
	t.Parallel()
	const (
		noObject    = "the log has no JSON object: "
		ownLine     = `print one, such as {"key": "value"}, from the start of a line to the end of a line`
		bothStreams = ", and end every other line, on stderr too, with a line break, because both streams share one log; " +
			"or write the output to a file, and name it in spec.output.files"
		broken    = `line 1 begins with "{", but is not valid JSON because of `
		asLibrary = "write the object with a JSON library, and print nothing else, on either stream, in between"
	)
	for name, tc := range map[string]struct {
		log  string
		want string
	}{
		"nothing":               {"", noObject + ownLine + `, and print it last, because the kubelet keeps only the end of a large log`},
		"text":                  {"hello\n", noObject + ownLine + `, and print it last, because the kubelet keeps only the end of a large log`},
		"two streams":           {"done\n" + `fetching 100%{"a":"1"}`, noObject + `line 2 has other text before its "{": ` + ownLine + bothStreams},
		"after a number":        {`100%{"a":"1"}`, noObject + `line 1 has other text before its "{": ` + ownLine + bothStreams},
		"after an array":        {`[1] { "a":"1"} `, noObject + `line 1 has other text before its "{": ` + ownLine + bothStreams},
		"text after it":         {"x\n{\"a\":\n\"1\"} fetching\n", noObject + `line 2 begins with "{", but other text follows the object on line 3: ` + ownLine + bothStreams},
		"two on a line":         {`{"a":"1"}{"b":"2"}`, noObject + `line 1 begins with "{", but other text follows the object on line 1: ` + ownLine + bothStreams},
		"indented":              {"x\n {\"a\":\"1\"}\n", noObject + `line 2 has spaces or tabs before its "{": ` + ownLine},
		"cut short":             {"x\n{\"a\":\"1\",\n", noObject + `line 2 begins with "{", but the log ends before the object does: print the whole object`},
		"cut in a string":       {`{"a":"1`, noObject + `line 1 begins with "{", but the log ends before the object does: print the whole object`},
		"trailing comma":        {"{\n\"a\":\"1\",\n}\n", noObject + broken + `a comma after the last member on line 3: remove it`},
		"a comma in a list":     {`{"a":["1",]}`, noObject + broken + `a comma after the last member on line 1: remove it`},
		"single quotes":         {`{'a': 'b'}`, noObject + broken + `single quotes on line 1: put keys and values in double quotes`},
		"a single-quoted value": {`{"a": 'b'}`, noObject + broken + `single quotes on line 1: put keys and values in double quotes`},
		"typographic quotes":    {`{“a”: “b”}`, noObject + broken + `a non-ASCII character outside a string, such as a typographic quote on line 1: put keys and values in double quotes`},
		"bad UTF-8 outside":     {"{\"a\":\"1\"\xff}", noObject + broken + `a non-ASCII character outside a string, such as a typographic quote on line 1: put keys and values in double quotes`},
		"a key without quotes":  {`{a: "b"}`, noObject + broken + `other text where a key in double quotes is expected on line 1: ` + asLibrary},
		"no colon":              {`{"a" "b"}`, noObject + broken + `a missing colon after a key on line 1: ` + asLibrary},
		"a line between":        {"{\"a\":\"1\"\nWARNING\n,\"b\":\"2\"}\n", noObject + broken + `other text where a comma or the end of the object is expected on line 2: ` + asLibrary},
		"a raw line break":      {"{\"a\":\"1\n2\"}\n", noObject + broken + `a line break or control character in a string on line 1: escape it, such as \n`},
		"a strange escape":      {`{"a":"\x41"}`, noObject + broken + `an escape sequence that JSON does not have on line 1: ` + asLibrary},
		"a value of Python":     {`{"a":None}`, noObject + broken + `text that is not a JSON value on line 1: ` + asLibrary},
		"the first of several":  {"12:30 {\"x\":\"y\"}\n{'a': 'b'}\n{a}\n", noObject + `line 2 begins with "{", but is not valid JSON because of single quotes on line 2: put keys and values in double quotes`},
		"two objects":           {"x\n{}\n{}", "the log has several JSON objects of strings, the first two on lines 2 and 3: print exactly one; if the others are log messages, log them as text or elsewhere, because stderr is part of the log; or write the output to a file, and name it in spec.output.files"},
		"an array":              {"[]", "the log is JSON of type array: print one object of strings"},
		"a number":              {`{"port":1}`, `the value of key "port" on line 1 is of type number: print a string, or leave out the key`},
		"an illegal key":        {`{"a b":"1"}`, `key "a b" on line 1 cannot be a key of a Secret: use 1 to 253 letters, digits, '-', '_' and '.', but not '.' alone or '..' at the start`},
		"control bytes":         {`{"a\u001b[2J":"1"}`, `key "a\x1b[2J" on line 1 cannot be a key of a Secret: use 1 to 253 letters, digits, '-', '_' and '.', but not '.' alone or '..' at the start`},
		"a duplicate key":       {`{"a":"1","a":"1"}`, `key "a" occurs again on line 1: print each key once`},
		"bad UTF-8":             {"{\"a\":\"\xff\"}", `the string of key "a" on line 1 is not valid Unicode: encode binary data, for example as base64`},
		"too large": {
			`{"a":"` + strings.Repeat("x", mebibyte+1) + `"}`,
			"the JSON object on line 1 is too large (bytes of values: 1048577, keys: 1): print less, because a Secret holds 1048576 bytes of values, and about 1310720 with its keys",
		},
		"too deep": {strings.Repeat("[", 10001), "the JSON text on line 1 is nested more than 10000 levels deep: print one object of strings"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := joboutput.Parse(strings.NewReader(tc.log))
			if err == nil || err.Error() != tc.want {
				t.Errorf("got error\n%v\nwant\n%s", err, tc.want)
			}
		})
	}
}

// expectLineOfOffset checks that a refusal names the line that its offset is
// on.
func expectLineOfOffset(t *testing.T, log string, refusal *joboutput.Error) {
	t.Helper()
	if refusal.Reason == joboutput.ReasonNoOutput {
		return
	}
	if want := int64(1 + strings.Count(log[:refusal.Offset], "\n")); refusal.Line != want {
		t.Errorf("got line %d, want %d", refusal.Line, want)
	}
}

// keys returns n keys of 8 bytes without values: 40 bytes each in etcd, of
// 1.25 MiB.
func keys(n int) map[string]string {
	data := map[string]string{}
	for i := range n {
		data[fmt.Sprintf("%08d", i)] = ""
	}
	return data
}

func logOf(data map[string]string) string {
	log, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return string(log)
}

func expectReason(t *testing.T, log, want string) {
	t.Helper()
	_, err := joboutput.Parse(strings.NewReader(log))
	if reason := reasonOf(t, err); reason != want {
		t.Errorf("log %q: got reason %q (%v), want %q", log, reason, err, want)
	}
}

func expectOutput(t *testing.T, log string, want map[string]string) {
	t.Helper()
	data, err := joboutput.Parse(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for key, value := range data {
		got[key] = string(value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}
