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
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// UndecodableError says that an ExtendedJob is stored that cannot be decoded.
type UndecodableError struct {
	// ExtendedJob is what can be decoded of it: the metadata and, if possible, the
	// status.
	ExtendedJob *fissilev1.ExtendedJob
	// Field is the path of the field that cannot be decoded; empty if there are
	// several.
	Field string
	cause error
}

func (e *UndecodableError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("more than one field cannot be decoded: %s", e.cause)
	}
	return fmt.Sprintf("%s cannot be decoded: %s", e.Field, e.cause)
}

func (e *UndecodableError) Unwrap() error { return e.cause }

func newUndecodableError(content []byte, cause error) *UndecodableError {
	e := &UndecodableError{ExtendedJob: &fissilev1.ExtendedJob{}, cause: cause}
	var parts struct {
		Metadata json.RawMessage `json:"metadata"`
		Status   json.RawMessage `json:"status"`
	}
	if kjson.UnmarshalCaseSensitivePreserveInts(content, &parts) == nil {
		_ = kjson.UnmarshalCaseSensitivePreserveInts(parts.Metadata, &e.ExtendedJob.ObjectMeta)
		if kjson.UnmarshalCaseSensitivePreserveInts(parts.Status, &e.ExtendedJob.Status) != nil {
			e.ExtendedJob.Status = fissilev1.ExtendedJobStatus{}
		}
	}
	var tree any
	if json.Unmarshal(content, &tree) == nil {
		e.Field = fieldAtFault(tree)
	}
	return e
}

// fieldAtFault returns the path of the innermost field without which an object can
// be decoded; empty if there is none.
func fieldAtFault(tree any) string {
	decodes := func() bool {
		content, err := json.Marshal(tree)
		return err == nil && kjson.UnmarshalCaseSensitivePreserveInts(content, &fissilev1.ExtendedJob{}) == nil
	}
	var path *field.Path
	for node := tree; ; {
		next, child := (*field.Path)(nil), any(nil)
		try := func(value any, set func(any), at *field.Path) {
			if next != nil {
				return
			}
			set(nil)
			if decodes() {
				next, child = at, value
			}
			set(value)
		}
		switch node := node.(type) {
		case map[string]any:
			for key, value := range node {
				try(value, func(v any) { node[key] = v }, path.Child(key))
			}
		case []any:
			for i, value := range node {
				try(value, func(v any) { node[i] = v }, path.Index(i))
			}
		}
		if next == nil {
			break
		}
		path, node = next, child
	}
	if path == nil {
		return ""
	}
	return path.String()
}
