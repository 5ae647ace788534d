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

import (
	"fmt"
	"io"
)

// Parse reads the log of one container and returns the document that it holds, as
// the data of a Secret. It reads to the end, unless the log is refused whatever
// else it holds. The map is never nil without an error.
//
// The error for an invalid log is an [*Error]. Any other error comes from
// reading it and says nothing about the output: the log may be read again.
func Parse(log io.Reader) (map[string][]byte, error) {
	s := newScanner()
	if _, err := io.Copy(s, log); err != nil && s.tooDeep == nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	data, refusal := s.finish()
	if refusal != nil {
		return nil, refusal
	}
	return data, nil
}
