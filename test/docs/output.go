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

package docs

import (
	"regexp"
	"strings"
)

// varying maps texts of documents, by their quoted regular expressions, to patterns that may replace them.
var varying = []struct {
	shown   *regexp.Regexp
	printed string
}{
	{regexp.MustCompile(`…`), `.*`},
	{regexp.MustCompile(`\b[0-9a-f]{8}\b`), `[0-9a-f]{8}`}, // of a UID, in the names of Jobs
	{regexp.MustCompile(`\b\d+(ms|s|m|h)\b`), `\d+(ms|s|m|h)`},
}

// matches reports whether output is what a document shows, apart from durations, generated names, the end of the last
// line, and anything that the document shows as "…".
func matches(output, shown string) bool {
	pattern := regexp.QuoteMeta(strings.TrimSuffix(shown, "\n"))
	for _, text := range varying {
		pattern = text.shown.ReplaceAllLiteralString(pattern, text.printed)
	}
	return regexp.MustCompile(`^` + pattern + `\n?$`).MatchString(output)
}
