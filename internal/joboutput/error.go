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
	"strings"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Reasons why a log gives no data for a Secret, as the condition
// OutputPersisted shows them.
const (
	// ReasonNoOutput means that the log holds no JSON object on lines of its
	// own, and is not JSON itself.
	ReasonNoOutput = fissilev1.ReasonNoOutput

	// ReasonAmbiguousOutput means that several objects of the log could be the
	// document.
	ReasonAmbiguousOutput = fissilev1.ReasonAmbiguousOutput

	// ReasonOutputInvalid means that the document is not a flat JSON object of
	// strings, or has a key that a Secret cannot have.
	ReasonOutputInvalid = fissilev1.ReasonOutputInvalid

	// ReasonOutputTooLarge means that the document does not fit into a Secret.
	ReasonOutputTooLarge = fissilev1.ReasonOutputTooLarge
)

// Error says why a log gives no data for a Secret. It names keys, types, sizes
// and offsets, and never contains a value.
type Error struct {
	// Reason is one of the Reason constants.
	Reason string

	// Key is the key at fault, cut to 64 bytes; it may hold any bytes. It is
	// empty where no single key is at fault.
	Key string

	// JSONType is the type found where another is needed: "object", "array",
	// "string", "number", "boolean" or "null". Without a key it is the type of
	// the whole log, with one that of the key's value.
	JSONType string

	// Offset is where in the log, in bytes from its start, the fault is: the
	// key, the value or else the object. It is 0 for ReasonNoOutput.
	Offset int64

	// Size is the number of bytes in all values, and Keys the number of keys,
	// for ReasonOutputTooLarge.
	Size, Keys int64

	problem problem
}

// problem tells apart what is reported as ReasonOutputInvalid.
type problem int

const (
	notAnObject problem = iota
	notAString
	illegalKey
	duplicateKey
	notUnicode
	nestedTooDeeply
)

// maxShownKey is how much of a key an Error shows.
const maxShownKey = 64

func invalid(p problem, key string, offset int64) *Error {
	return &Error{
		Reason:  ReasonOutputInvalid,
		Key:     strings.Clone(key[:min(len(key), maxShownKey)]),
		Offset:  offset,
		problem: p,
	}
}

func invalidType(p problem, key, jsonType string, offset int64) *Error {
	e := invalid(p, key, offset)
	e.JSONType = jsonType
	return e
}

// Error says what is wrong and how to cure it.
func (e *Error) Error() string {
	switch e.Reason {
	case ReasonNoOutput:
		return `no JSON object found in the log: print one, such as {"key": "value"}, from the start of a line to the end of a line, ` +
			`and print it last, because of a large log the kubelet keeps only the end`
	case ReasonAmbiguousOutput:
		return fmt.Sprintf("several JSON objects of strings found in the log, the first at byte %d: print exactly one", e.Offset)
	case ReasonOutputTooLarge:
		return fmt.Sprintf("the JSON object at byte %d is too large (bytes of values: %d, keys: %d): print less, for a Secret holds %d bytes of values, and about %d with its keys",
			e.Offset, e.Size, e.Keys, maxValues, maxStored)
	}
	switch e.problem {
	case notAString:
		return fmt.Sprintf("the value of key %q at byte %d is of type %s: print a string, or leave the key out", e.Key, e.Offset, e.JSONType)
	case illegalKey:
		return fmt.Sprintf("key %q at byte %d cannot be a key of a Secret: use 1 to 253 letters, digits, '-', '_' and '.', not '.' alone and not '..' at the start", e.Key, e.Offset)
	case duplicateKey:
		return fmt.Sprintf("key %q occurs again at byte %d: print each key once", e.Key, e.Offset)
	case notUnicode:
		return fmt.Sprintf("the string of key %q at byte %d is not valid Unicode: encode binary data, for example as base64", e.Key, e.Offset)
	case nestedTooDeeply:
		return fmt.Sprintf("the JSON text at byte %d is nested more than %d levels deep: print one object of strings", e.Offset, maxDepth)
	default:
		return fmt.Sprintf("the log is JSON of type %s: print one object of strings", e.JSONType)
	}
}
