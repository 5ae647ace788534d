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
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
)

func TestParseFileTakesWhatIsOneObjectAsAWhole(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want map[string][]byte
	}{
		"on one line":               {`{"a":"1","b":"\n"}`, map[string][]byte{"a": []byte("1"), "b": []byte("\n")}},
		"on several, with an end":   {"\n{\n  \"a\": \"1\"\n}\n", map[string][]byte{"a": []byte("1")}},
		"with a mark of byte order": {"\xef\xbb\xbf{\"a\":\"1\"}", map[string][]byte{"a": []byte("1")}},
		"without keys":              {`{}`, map[string][]byte{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := joboutput.ParseFile([]byte(test.file))
			if err != nil || !maps.EqualFunc(got, test.want, slices.Equal) {
				t.Errorf("got %s, error %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestParseFileSaysWhatIsWrongAndHowToCureIt(t *testing.T) {
	const one = `write one, such as {"key": "value"}, and nothing else`
	for name, test := range map[string]struct{ file, want string }{
		"an empty file":       {"", "the file is not a single JSON object: " + one},
		"text":                {"password", "the file is not a single JSON object: " + one},
		"text before it":      {"log\n{}", "the file is not a single JSON object: " + one},
		"text after it":       {"{} log", "the file is not a single JSON object: " + one},
		"two objects":         {"{}\n{}", "the file is not a single JSON object: " + one},
		"half of an object":   {`{"a":"1"`, "the file ends before its JSON object does: write the whole object"},
		"single quotes":       {"{'a': '1'}", "the file is not valid JSON because of single quotes on line 1: " + one},
		"an array":            {`["a"]`, "the file is JSON of type array: write one object of strings"},
		"a string":            {`"a"`, "the file is JSON of type string: write one object of strings"},
		"a number in it":      {`{"a":1}`, `the value of key "a" on line 1 is of type number: print a string, or leave out the key`},
		"a key twice":         {`{"a":"1","a":"2"}`, `key "a" occurs again on line 1: print each key once`},
		"too many levels":     {strings.Repeat("[", 10001), "the JSON text on line 1 is nested more than 10000 levels deep: print one object of strings"},
		"a key that is not":   {`{"a b":"1"}`, `key "a b" on line 1 cannot be a key of a Secret: use 1 to 253 letters, digits, '-', '_' and '.', but not '.' alone or '..' at the start`},
		"bytes, not a string": {"{\"a\":\"\xff\"}", `the string of key "a" on line 1 is not valid Unicode: encode binary data, for example as base64`},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := joboutput.ParseFile([]byte(test.file))
			var invalid *joboutput.Error
			if data != nil || !errors.As(err, &invalid) || invalid.Reason != joboutput.ReasonOutputInvalid || err.Error() != test.want {
				t.Errorf("got %v, error %v, want %q", data, err, test.want)
			}
		})
	}
}
