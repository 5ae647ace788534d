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

package ejcache

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// UndecodableError says that a stored ExtendedJob cannot be decoded.
type UndecodableError struct {
	// ExtendedJob is what can be decoded: the metadata and, if possible, the status.
	ExtendedJob *plan.ExtendedJob
	// Field is the path of the field that cannot be decoded; empty if there are
	// several, or if the ExtendedJob is large.
	Field string
	cause error
}

// Error does not quote the cause, which may contain a value.
func (e *UndecodableError) Error() string {
	if e.Field == "" {
		return "one or more fields cannot be decoded"
	}
	return e.Field + " cannot be decoded"
}

func (e *UndecodableError) Unwrap() error { return e.cause }

func newUndecodableError(content []byte) *UndecodableError {
	e := &UndecodableError{ExtendedJob: decodableParts(content), cause: kjson.UnmarshalCaseSensitivePreserveInts(content, &fissilev1.ExtendedJob{})}
	var tree any
	if len(content) <= maxSearched && json.Unmarshal(content, &tree) == nil {
		e.Field = fieldAtFault(tree)
	}
	return e
}

// decodableParts returns the metadata and, if possible, the status.
func decodableParts(content []byte) *plan.ExtendedJob {
	ej := &fissilev1.ExtendedJob{}
	var parts struct {
		Metadata json.RawMessage `json:"metadata"`
		Status   json.RawMessage `json:"status"`
	}
	if kjson.UnmarshalCaseSensitivePreserveInts(content, &parts) == nil {
		_ = kjson.UnmarshalCaseSensitivePreserveInts(parts.Metadata, &ej.ObjectMeta)
		if kjson.UnmarshalCaseSensitivePreserveInts(parts.Status, &ej.Status) != nil {
			ej.Status = fissilev1.ExtendedJobStatus{}
		}
	}
	return plan.WithoutTemplate(ej)
}

// maxSearched is the maximum size of an ExtendedJob in which the faulty field is
// searched for. The search decodes the ExtendedJob many times, and anyone may have
// made it.
const maxSearched = 64 << 10

// location is a place in a JSON tree.
type location struct {
	path  *field.Path
	value any
	set   func(any)
}

// locations returns the places directly below a value.
func locations(value any, path *field.Path) []location {
	var below []location
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			below = append(below, location{path.Child(key), child, func(v any) { value[key] = v }})
		}
	case []any:
		for i, child := range value {
			below = append(below, location{path.Index(i), child, func(v any) { value[i] = v }})
		}
	}
	return below
}

// fieldAtFault returns the path of the innermost field without which an object can be
// decoded, or "" if there is none. It searches by bisection.
func fieldAtFault(tree any) string {
	decodesWithout := func(fields []location) bool {
		for _, f := range fields {
			f.set(nil)
		}
		content, err := json.Marshal(tree)
		for _, f := range fields {
			f.set(f.value)
		}
		return err == nil && kjson.UnmarshalCaseSensitivePreserveInts(content, &fissilev1.ExtendedJob{}) == nil
	}
	var path *field.Path
	for node := tree; ; {
		fields := locations(node, path)
		for len(fields) > 1 {
			half := fields[:len(fields)/2]
			if !decodesWithout(half) {
				half = fields[len(fields)/2:]
			}
			fields = half
		}
		if len(fields) == 0 || !decodesWithout(fields) {
			break
		}
		path, node = fields[0].path, fields[0].value
	}
	if path == nil {
		return ""
	}
	return path.String()
}
