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
// and lines, and never contains a value.
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

	// Line is the line of the log, counted from 1, on which the fault is: the
	// key, the value or else the object. It is 0 if no line is at fault.
	Line int64

	// Offset is where in the log, in bytes from its start, the fault is. It is 0
	// for ReasonNoOutput.
	Offset int64

	// Size is the number of bytes in all values, and Keys the number of keys,
	// for ReasonOutputTooLarge.
	Size, Keys int64

	problem problem
	// nearMiss is what is wrong with the line, for ReasonNoOutput.
	nearMiss nearMiss
	// secondLine is where the second object is, for ReasonAmbiguousOutput.
	secondLine int64
}

// place is a byte of the log.
type place struct{ line, offset int64 }

// problem tells apart what is reported as ReasonOutputInvalid.
type problem int

const (
	notAnObject problem = iota
	notAString
	illegalKey
	duplicateKey
	notUnicode
	nestedTooDeeply
	// These are problems of a file.
	notOneObject
	otherJSON
)

// maxShownKey is how much of a key an Error shows.
const maxShownKey = 64

func refuseAt(at place, reason string) *Error {
	return &Error{Reason: reason, Line: at.line, Offset: at.offset}
}

func invalid(p problem, key string, at place) *Error {
	e := refuseAt(at, ReasonOutputInvalid)
	e.Key = strings.Clone(key[:min(len(key), maxShownKey)])
	e.problem = p
	return e
}

func invalidType(p problem, key, jsonType string, at place) *Error {
	e := invalid(p, key, at)
	e.JSONType = jsonType
	return e
}

// Error says what is wrong and how to cure it.
func (e *Error) Error() string {
	switch e.Reason {
	case ReasonNoOutput:
		return "the log has no JSON object: " + e.nearMiss.describe()
	case ReasonAmbiguousOutput:
		return fmt.Sprintf("the log has several JSON objects of strings, the first two on lines %d and %d: print exactly one; "+
			"if the others are log messages, log them as text or elsewhere, because stderr is part of the log; "+
			"or write the output to a file, and name it in spec.output.files", e.Line, e.secondLine)
	case ReasonOutputTooLarge:
		return fmt.Sprintf("the JSON object on line %d is too large (bytes of values: %d, keys: %d): print less, because a Secret holds %d bytes of values, and about %d with its keys",
			e.Line, e.Size, e.Keys, maxValues, maxStored)
	}
	switch e.problem {
	case notAString:
		return fmt.Sprintf("the value of key %q on line %d is of type %s: print a string, or leave out the key", e.Key, e.Line, e.JSONType)
	case illegalKey:
		return fmt.Sprintf("key %q on line %d cannot be a key of a Secret: use 1 to 253 letters, digits, '-', '_' and '.', but not '.' alone or '..' at the start", e.Key, e.Line)
	case duplicateKey:
		return fmt.Sprintf("key %q occurs again on line %d: print each key once", e.Key, e.Line)
	case notUnicode:
		return fmt.Sprintf("the string of key %q on line %d is not valid Unicode: encode binary data, for example as base64", e.Key, e.Line)
	case nestedTooDeeply:
		return fmt.Sprintf("the JSON text on line %d is nested more than %d levels deep: print one object of strings", e.Line, maxDepth)
	case notOneObject:
		return e.nearMiss.describeFile()
	case otherJSON:
		return fmt.Sprintf("the file is JSON of type %s: write one object of strings", e.JSONType)
	default:
		return fmt.Sprintf("the log is JSON of type %s: print one object of strings", e.JSONType)
	}
}
