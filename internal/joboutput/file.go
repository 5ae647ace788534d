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

package joboutput

import "fmt"

// ParseFile returns the document that a file is as a whole, as the data of a Secret.
// The error for an invalid file is an [*Error], whose reason is ReasonOutputInvalid
// or ReasonOutputTooLarge.
func ParseFile(file []byte) (map[string][]byte, error) {
	s := newScanner()
	if _, err := s.Write(file); err != nil {
		return nil, err
	}
	data, refusal := s.finish()
	switch {
	case s.whole == nil && s.tooDeep == nil:
		miss := nearMiss{}
		if refusal != nil {
			miss = refusal.nearMiss
		}
		return nil, &Error{Reason: ReasonOutputInvalid, Line: miss.faultLine, problem: notOneObject, nearMiss: miss}
	case refusal != nil && refusal.problem == notAnObject && refusal.Reason == ReasonOutputInvalid:
		refusal.problem = otherJSON
		return nil, refusal
	case refusal != nil:
		return nil, refusal
	}
	return data, nil
}

// describeFile says why a file is not a JSON object.
func (m *nearMiss) describeFile() string {
	const cure = `write one, such as {"key": "value"}, and nothing else`
	switch m.fault {
	case noFault, preceded, followed, indented:
		return "the file is not a single JSON object: " + cure
	case cutShort:
		return "the file ends before its JSON object does: write the whole object"
	default:
		return fmt.Sprintf("the file is not valid JSON because of %s on line %d: %s", m.fault.describe(), m.faultLine, cure)
	}
}
