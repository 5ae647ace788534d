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

package outputs

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestALogIsNoLogWhenTheKubeletFailed71(t *testing.T) {
	const (
		gone = "unable to retrieve container logs for containerd://0123456789abcdef"
		read = `failed to read log file "/var/log/pods/ns_pod_uid/main/0.log": input/output error`
	)
	for name, test := range map[string]struct {
		log    string
		failed bool
	}{
		"nothing":                              {"", false},
		"a document":                           {`{"a":"1"}`, false},
		"no log":                               {gone, true},
		"no log file":                          {`failed to open log file "/var/log/pods/ns_pod_uid/main/0.log": no such file or directory`, true},
		"no link":                              {`failed to try resolving symlinks in path "/var/log/pods/x": lstat /var/log/pods/x: no such file or directory`, true},
		"half a log":                           {"{\"a\":\"1\"}\n" + read, true},
		"half a line":                          {`{"a":"1` + read, true},
		"half of a long log":                   {strings.Repeat("x", 100_000) + "\n" + read, true},
		"a line of the container that says so": {gone + "\n", false},
		"a document that says so":              {`{"error":"` + gone + `"}`, false},
		"a document that quotes it":            {`{"error":"failed to open log file \"/x\": no such file or directory"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			for pieces, reader := range map[string]io.Reader{
				"whole":          strings.NewReader(test.log),
				"in bytes":       iotest.OneByteReader(strings.NewReader(test.log)),
				"with its error": iotest.DataErrReader(strings.NewReader(test.log)),
			} {
				got, err := io.ReadAll(&kubeletLog{ReadCloser: io.NopCloser(reader)})
				if errors.Is(err, errKubeletFailed) != test.failed || err != nil && !test.failed {
					t.Errorf("%s: got error %v, want failed=%t", pieces, err, test.failed)
				}
				if string(got) != test.log {
					t.Errorf("%s: got %q, want %q", pieces, got, test.log)
				}
			}
		})
	}
}
