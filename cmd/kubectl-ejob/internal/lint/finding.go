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

package lint

import "fmt"

// Severity says whether a finding keeps an object from being accepted.
type Severity string

const (
	// Error is about something that would be refused.
	Error Severity = "error"
	// Warning is about something that would be accepted, but has no effect or may
	// surprise.
	Warning Severity = "warning"
)

// Finding is something that is wrong with a manifest.
type Finding struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Severity Severity `json:"severity"`
	// Object is the kind and the name of the object. It is empty for a document that
	// is none.
	Object string `json:"object,omitempty"`
	// Field is the path of the field, if it is about one.
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// String returns the finding in a line, as compilers write theirs.
func (f Finding) String() string {
	where := fmt.Sprintf("%s:%d: %s: ", f.File, f.Line, f.Severity)
	if f.Object != "" {
		where += f.Object + ": "
	}
	if f.Field != "" {
		where += f.Field + ": "
	}
	return where + f.Message
}
