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
	"regexp"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
)

// reference is the rule of the package's documentation once more, written for
// clarity alone: it has the whole log before it, reads it as often as it likes,
// and leaves all JSON to encoding/json. It returns the data, or the reason why
// there is none.
func reference(log []byte) (map[string]string, string) {
	log = bytes.TrimPrefix(log, []byte("\ufeff"))
	if json.Valid(log) {
		return judge(bytes.TrimSpace(log))
	}

	values, tooDeep := valuesOf(log)
	if tooDeep {
		return nil, joboutput.ReasonOutputInvalid
	}
	var flat, other [][]byte
	for _, v := range values {
		if !isCandidate(log, v, values) {
			continue
		}
		if object := log[v.start:v.end]; isFlat(object) {
			flat = append(flat, object)
		} else {
			other = append(other, object)
		}
	}
	switch {
	case len(flat) == 1:
		return judge(flat[0])
	case len(flat) > 1:
		return nil, joboutput.ReasonAmbiguousOutput
	case len(other) > 0:
		return nil, joboutput.ReasonOutputInvalid
	default:
		return nil, joboutput.ReasonNoOutput
	}
}

// span is an array or object of the log.
type span struct{ start, end int }

// valuesOf returns the values of a log, and whether text is nested too deeply.
func valuesOf(log []byte) (values []span, tooDeep bool) {
	seen := map[span]bool{}
	for lineStart := 0; lineStart < len(log); {
		line, _, _ := bytes.Cut(log[lineStart:], []byte("\n"))
		first := lineStart + len(line) - len(bytes.TrimLeft(line, " \t\r"))
		lineStart += len(line) + 1

		var open []int
		text := json.NewDecoder(bytes.NewReader(log[first:]))
		text.UseNumber()
		for {
			token, err := text.Token()
			if err != nil {
				break
			}
			end := first + int(text.InputOffset())
			if token == json.Delim('[') || token == json.Delim('{') {
				if len(open) == 10000 {
					return nil, true
				}
				open = append(open, end-1)
			}
			if token == json.Delim(']') || token == json.Delim('}') {
				seen[span{open[len(open)-1], end}] = true
				open = open[:len(open)-1]
			}
			if len(open) == 0 {
				break
			}
		}
	}
	for v := range seen {
		values = append(values, v)
	}
	return values, false
}

func isCandidate(log []byte, v span, values []span) bool {
	if log[v.start] != '{' || v.start > 0 && log[v.start-1] != '\n' {
		return false
	}
	rest, _, _ := bytes.Cut(log[v.end:], []byte("\n"))
	if len(bytes.Trim(rest, " \t\r")) > 0 {
		return false
	}
	for _, other := range values {
		if other.start < v.start && v.end < other.end {
			return false
		}
	}
	return true
}

func isFlat(object []byte) bool {
	var members map[string]any
	if json.Unmarshal(object, &members) != nil {
		return false
	}
	// A map shows only the last of several equal keys, the tokens show all.
	for _, m := range membersOf(object) {
		if _, ok := m.value.(string); !ok {
			return false
		}
	}
	return true
}

type member struct {
	key   string
	value any
}

// membersOf returns the members of an object, the values that are arrays or
// objects as nil.
func membersOf(object []byte) []member {
	tokens := json.NewDecoder(bytes.NewReader(object))
	tokens.UseNumber()
	_, _ = tokens.Token()
	var members []member
	for tokens.More() {
		key, _ := tokens.Token()
		var raw json.RawMessage
		_ = tokens.Decode(&raw)
		m := member{key: key.(string)}
		if raw[0] != '{' && raw[0] != '[' {
			_ = json.Unmarshal(raw, &m.value)
		}
		members = append(members, m)
	}
	return members
}

// judge decides about a JSON text that is the document.
func judge(document []byte) (map[string]string, string) {
	if document[0] != '{' || !isFlat(document) {
		return nil, joboutput.ReasonOutputInvalid
	}
	if !utf8.Valid(document) || hasHalfPair(document) {
		return nil, joboutput.ReasonOutputInvalid
	}
	data, size, stored := map[string]string{}, 0, 0
	for _, m := range membersOf(document) {
		if _, duplicate := data[m.key]; duplicate || len(validation.IsConfigMapKey(m.key)) > 0 {
			return nil, joboutput.ReasonOutputInvalid
		}
		value := m.value.(string)
		data[m.key] = value
		size += len(value)
		stored += len(value) + 2*len(m.key) + 24
	}
	if size > corev1.MaxSecretSize || stored > corev1.MaxSecretSize+256<<10 {
		return nil, joboutput.ReasonOutputTooLarge
	}
	return data, ""
}

var (
	escapedBackslash = regexp.MustCompile(`\\\\`)
	surrogatePair    = regexp.MustCompile(`(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}`)
	surrogate        = regexp.MustCompile(`(?i)\\ud[89a-f]`)
)

// hasHalfPair reports whether valid JSON holds half a surrogate pair.
func hasHalfPair(text []byte) bool {
	text = escapedBackslash.ReplaceAll(text, []byte("-"))
	text = surrogatePair.ReplaceAll(text, []byte("-"))
	return surrogate.Match(text)
}
