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

package main

// timePattern is RFC 3339 as Go reads it. Only the format knows how many days a
// month has, but it is not as strict about the rest.
const timePattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.,][0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`

// makeTime makes the schema of a string that of a time that Go can decode. The
// API server admits lists, too, where a string has a format; no list has these
// lengths.
func makeTime(schema map[string]any) {
	schema["format"] = "date-time"
	schema["pattern"] = timePattern
	schema["minItems"], schema["maxItems"] = 1, 0
}
