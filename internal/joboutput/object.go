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
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// maxValues is what the API server allows all values of a Secret together.
	maxValues = corev1.MaxSecretSize

	// maxStored is what values and keys together may take in etcd. It leaves
	// 256 KiB of the 1.5 MiB that etcd takes in a request for the metadata: as
	// much as the annotations of an object may have.
	maxStored = maxValues + 256<<10

	// keyOverhead is what a key takes in etcd beside its value and twice its
	// own length, because it is both in the data and in the managed fields:
	// tags and lengths in the one, punctuation in the other.
	keyOverhead = 24

	// maxKey is enough of a key to see that it is too long to be legal.
	maxKey = validation.DNS1123SubdomainMaxLength + 1
)

// object is a JSON object that may become the document.
type object struct {
	// start is where the object begins in the log.
	start place
	// atLineStart is true if that is the very start of a line.
	atLineStart bool
	// flat is true as long as all members are strings.
	flat bool
	// needed is true as long as the object may be the document; only then are
	// its members kept.
	needed bool
	data   map[string][]byte
	// refusal says why the object cannot be stored.
	refusal *Error
	// size counts the bytes of all values, and keyCost what the keys take.
	size, keyCost, keys int64
}

// room returns how much of the next value is worth keeping.
func (o *object) room() int {
	if o == nil || !o.needed {
		return 0
	}
	return int(maxValues - o.size)
}

// checkKey judges a key as soon as it is read.
func (o *object) checkKey(key *text) {
	if !o.needed {
		return
	}
	name := string(key.kept)
	switch _, duplicate := o.data[name]; {
	case len(validation.IsConfigMapKey(name)) > 0:
		o.refuse(invalid(illegalKey, name, key.start))
	case !key.isUnicode():
		o.refuse(invalid(notUnicode, name, key.start))
	case duplicate:
		o.refuse(invalid(duplicateKey, name, key.start))
	}
}

// add takes in a member whose value is a string.
func (o *object) add(key []byte, value *text) {
	o.keys++
	o.size += value.length
	o.keyCost += int64(2*len(key) + keyOverhead)
	if !o.needed {
		return
	}
	switch {
	case o.size > maxValues, o.size+o.keyCost > maxStored:
		o.refuse(refuseAt(o.start, ReasonOutputTooLarge))
	case !value.isUnicode():
		o.refuse(invalid(notUnicode, string(key), value.start))
	default:
		if o.data == nil {
			o.data = map[string][]byte{}
		}
		o.data[string(key)] = append([]byte{}, value.kept...)
	}
}

// addOther takes in a member whose value is not a string. It outweighs every
// other reason to refuse the object, because it shows that the object is not flat.
func (o *object) addOther(key []byte, jsonType string, start place) {
	if o.flat {
		o.flat = false
		o.refusal = invalidType(notAString, string(key), jsonType, start)
		o.needed, o.data = false, nil
	}
}

// refuse notes why the object cannot be stored, and forgets its members. The
// first reason stays.
func (o *object) refuse(e *Error) {
	if o.refusal == nil {
		o.refusal = e
	}
	o.needed, o.data = false, nil
}

// result returns the data of a complete object, or why it is refused.
func (o *object) result() (map[string][]byte, *Error) {
	switch {
	case o.refusal == nil && o.data == nil:
		return map[string][]byte{}, nil
	case o.refusal == nil:
		return o.data, nil
	case o.refusal.Reason == ReasonOutputTooLarge:
		o.refusal.Size, o.refusal.Keys = o.size, o.keys
	}
	return nil, o.refusal
}
