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

package configrefs

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// Encoding is the version of the encoding that digests are made from. As long as it
// stays the same, unchanged data keeps its digest.
const Encoding = "2"

// Absent stands in for the MAC of an object that does not exist.
const Absent = "absent"

// Each use of the key names its purpose, so that no result can pass for one of
// another purpose.
const (
	purposeObject = "object"
	purposeDigest = "digest"
	purposeKeyID  = "key ID"
)

// Entry is an object as it counts in a digest.
type Entry struct {
	Kind Kind
	// Name is the base name of a versioned Secret: a new version with the same data
	// is no change.
	Name string
	// MAC is the object's ObjectMAC, or Absent.
	MAC string
}

// ObjectMAC returns a keyed hash of what an object holds: a Secret's data, or a
// ConfigMap's data and binaryData. It does not depend on the object's name.
func ObjectMAC[V string | []byte](key []byte, kind Kind, data map[string]V, binaryData map[string][]byte) string {
	return mac(key, purposeObject, encodeObject(kind, data, binaryData))
}

// Digest returns a keyed hash of all the objects that a run of the ExtendedJob with
// that UID reads, regardless of their order, as <encoding>:<key ID>:<MAC>. The key ID
// distinguishes digests of different keys and reveals nothing about the key. Equal
// data of another ExtendedJob has another digest, so nobody can use an ExtendedJob of
// their own to confirm a guess.
func Digest(key []byte, uid string, entries []Entry) string {
	encoded := append(appendPart(nil, uid), encodeEntries(entries)...)
	return strings.Join([]string{Encoding, keyID(key), mac(key, purposeDigest, encoded)}, ":")
}

// ParseDigest splits a digest. It returns false for any other string. Digests are
// comparable if they have the same encoding and key ID.
func ParseDigest(digest string) (encoding, keyID, mac string, ok bool) {
	parts := strings.Split(digest, ":")
	if len(parts) != 3 || slices.Contains(parts, "") {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

func keyID(key []byte) string {
	return mac(key, purposeKeyID, nil)[:16]
}

func mac(key []byte, purpose string, encoded []byte) string {
	hash := hmac.New(sha256.New, key)
	hash.Write(appendPart(nil, purpose))
	hash.Write(encoded)
	return hex.EncodeToString(hash.Sum(nil))
}

func encodeObject[V string | []byte](kind Kind, data map[string]V, binaryData map[string][]byte) []byte {
	encoded := appendPart(nil, kind)
	encoded = appendMap(encoded, data)
	return appendMap(encoded, binaryData)
}

// encodeEntries encodes entries as a set: two versions of one Secret, both resolved
// to the newest, are one entry.
func encodeEntries(entries []Entry) []byte {
	set := slices.SortedFunc(slices.Values(entries), func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.MAC, b.MAC))
	})
	var encoded []byte
	for _, entry := range slices.Compact(set) {
		encoded = appendPart(encoded, entry.Kind)
		encoded = appendPart(encoded, entry.Name)
		encoded = appendPart(encoded, entry.MAC)
	}
	return encoded
}

// appendMap appends the number of a map's keys, and its keys and values sorted by
// key.
func appendMap[V string | []byte](encoded []byte, values map[string]V) []byte {
	encoded = binary.BigEndian.AppendUint64(encoded, uint64(len(values)))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		encoded = appendPart(encoded, key)
		encoded = appendPart(encoded, values[key])
	}
	return encoded
}

// appendPart appends a part, preceded by its length.
func appendPart[P ~string | []byte](encoded []byte, part P) []byte {
	encoded = binary.BigEndian.AppendUint64(encoded, uint64(len(part)))
	return append(encoded, part...)
}
