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

package sealedfiles

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// keyLabel separates these keys from all other uses of the operator's key.
const keyLabel = "extendedjob sealed files key 1"

// keyIDSize is the size of what identifies a key in a frame.
const keyIDSize = 8

// PrivateKey opens the frames of a run.
type PrivateKey struct{ key hpke.PrivateKey }

// PublicKey seals the frames of a run.
type PublicKey struct{ key hpke.PublicKey }

// DeriveKey returns the private key of a run of the ExtendedJob with a UID. Equal
// arguments give equal keys.
func DeriveKey(operatorKey []byte, uid string, run int64, nonce string) (PrivateKey, error) {
	if len(operatorKey) == 0 {
		return PrivateKey{}, errors.New("derive the key of sealed files: the operator has no key")
	}
	info := encode(keyLabel, uid, strconv.FormatInt(run, 10), nonce)
	seed, err := hkdf.Key(sha256.New, operatorKey, nil, string(info), 32)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("derive the key of sealed files: %w", err)
	}
	key, err := kem().DeriveKeyPair(seed)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("derive the key of sealed files: %w", err)
	}
	return PrivateKey{key}, nil
}

// Public returns the public half of a key.
func (k PrivateKey) Public() PublicKey { return PublicKey{k.key.PublicKey()} }

// String returns the key as text of 43 letters, digits, "-" and "_".
func (k PublicKey) String() string { return base64.RawURLEncoding.EncodeToString(k.key.Bytes()) }

// ParsePublicKey parses what [PublicKey.String] returns.
func ParsePublicKey(text string) (PublicKey, error) {
	bytes, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return PublicKey{}, fmt.Errorf("parse the public key: %w", err)
	}
	key, err := kem().NewPublicKey(bytes)
	if err != nil {
		return PublicKey{}, fmt.Errorf("parse the public key: %w", err)
	}
	return PublicKey{key}, nil
}

func (k PublicKey) id() [keyIDSize]byte {
	digest := sha256.Sum256(k.key.Bytes())
	return [keyIDSize]byte(digest[:keyIDSize])
}

func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// encode joins strings so that no two lists of them give the same bytes.
func encode(parts ...string) []byte {
	var encoded []byte
	for _, part := range parts {
		encoded = binary.BigEndian.AppendUint32(encoded, uint32(len(part))) //nolint:gosec // Strings of the API are far shorter than 4 GiB.
		encoded = append(encoded, part...)
	}
	return encoded
}
