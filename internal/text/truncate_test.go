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

package text_test

import (
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/text"
)

func TestTruncate(t *testing.T) {
	for name, test := range map[string]struct {
		text, mark, want string
	}{
		"nothing":                              {"", "…", ""},
		"a text as long as the limit":          {"12345678", "…", "12345678"},
		"a text that is longer":                {"123456789", "…", "12345…"},
		"a text that is longer, in ASCII only": {"123456789", "...", "12345..."},
		"a character at the limit":             {"1234ä6789", "…", "1234…"},
		"characters of three bytes":            {"日本語", "…", "日…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.Truncate(test.text, 8, test.mark); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
