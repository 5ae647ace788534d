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
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// streams are what a container printed, as the API server serves it.
type streams struct {
	merged, stdout string
	// inseparable is true if the API server cannot serve stdout alone.
	inseparable bool
}

func (s streams) Open(context.Context, types.NamespacedName, string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(s.merged)), nil
}

func (s streams) OpenStdout(context.Context, types.NamespacedName, string) (io.ReadCloser, error) {
	if s.inseparable {
		return nil, errors.ErrUnsupported
	}
	return io.NopCloser(strings.NewReader(s.stdout)), nil
}

func TestARefusalSaysOfWhichLogItsLinesAre(t *testing.T) {
	for name, test := range map[string]struct {
		streams streams
		says    string
	}{
		"streams that cannot be told apart": {
			streams{merged: `fetching 100%{"a":"b"}`, inseparable: true}, "the log has no JSON object: line 1 has other text before",
		},
		"a fault on stdout": {
			streams{merged: "fetching\nfetching 100%{'a':'b'}", stdout: `{'a':'b'}`}, `stdout alone: the log has no JSON object: line 1 begins with "{"`,
		},
		"a fault on stderr": {
			streams{merged: "ready\n{'a':'b'}", stdout: "ready"}, `the log has no JSON object: line 2 begins with "{"`,
		},
		"log messages on stderr": {
			streams{merged: "{\"a\":\"b\"}\n{\"a\":\"c\"}\n", stdout: ""}, "the log has several JSON objects of strings, the first two on lines 1 and 2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &LogReader{Logs: test.streams, Timeout: time.Minute, IdleTimeout: time.Minute, MaxSize: 64 << 20}
			_, err := r.readDocument(t.Context(), types.NamespacedName{}, "main")
			if err == nil || !strings.HasPrefix(err.Error(), test.says) {
				t.Errorf("got error %v, want %s…", err, test.says)
			}
		})
	}
}
