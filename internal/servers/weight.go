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

package servers

// The memory that the parts of a JSON body take at most while the webhooks decode,
// convert, validate and encode it, as measured. Text takes little. An empty container is
// two bytes of JSON and 2.5 KiB of memory.
const (
	bytesPerRequest  = 256 << 10
	bytesPerByte     = 8
	bytesPerValue    = 512     // after each comma: of maps of quantities
	bytesPerObject   = 1 << 10 // with fields
	bytesPerListItem = 3 << 10 // that is an object
)

// weigh estimates the memory that a request with a body takes. It reads
// the content of strings as if it were JSON, which only makes the estimate larger.
func weigh(body []byte) int64 {
	weight := bytesPerRequest + bytesPerByte*int64(len(body))
	var before byte
	for _, c := range body {
		switch {
		case c == ' ', c == '\t', c == '\n', c == '\r':
			continue
		case c == ',':
			weight += bytesPerValue
		case c == '{' && (before == '[' || before == ','):
			weight += bytesPerListItem
		case c == '"' && before == '{':
			weight += bytesPerObject
		}
		before = c
	}
	return weight
}
