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

// Package seal distinguishes what the operator wrote from what others wrote in its
// place.
//
// Users may edit the Jobs and Secrets of their namespaces. Wherever the operator
// relies on what it once wrote there, it has sealed that with a key that users do not
// have.
package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Of returns the seal of a statement: a keyed hash of its parts, in their order.
func Of(key []byte, statement ...string) string {
	hash := hmac.New(sha256.New, key)
	// "seal" separates this from all other uses of the key.
	for _, part := range append([]string{"seal"}, statement...) {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// Proves reports whether a seal is that of a statement.
func Proves(seal string, key []byte, statement ...string) bool {
	return hmac.Equal([]byte(seal), []byte(Of(key, statement...)))
}
