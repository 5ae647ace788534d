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
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

const (
	// magic is 6 bytes so that base64 gives it 8 characters of its own.
	magic         = "ejfile"
	formatVersion = 1

	versionAt    = len(magic)
	sizeAt       = versionAt + 1
	keyIDAt      = sizeAt + 4
	encapsulated = keyIDAt + keyIDSize
	countAt      = encapsulated + 32
	recordsAt    = countAt + 2

	recordOverhead = 4 + 1 + 16 // size, form, and the tag of AES-GCM
	maxFrameSize   = recordsAt + MaxFiles*recordOverhead + MaxTotalSize + sha256.Size
)

// The form of a file's plaintext.
const (
	formPlain byte = iota + 1
	formCompressed
	formFault
)

func aead() hpke.AEAD { return hpke.AES256GCM() }

func kdf() hpke.KDF { return hpke.HKDFSHA256() }

// Frame is a frame that arrived as it was sealed, by its digest.
type Frame struct {
	keyID        [keyIDSize]byte
	encapsulated []byte
	ciphertexts  [][]byte
}

// Decode checks a frame, and returns what is in it.
func Decode(raw []byte) (Frame, error) {
	if err := checkWhole(raw); err != nil {
		return Frame{}, err
	}
	frame := Frame{keyID: [keyIDSize]byte(raw[keyIDAt:]), encapsulated: raw[encapsulated:countAt]}
	count := int(binary.BigEndian.Uint16(raw[countAt:]))
	if count > MaxFiles {
		return Frame{}, ErrDamaged
	}
	rest := raw[recordsAt : len(raw)-sha256.Size]
	for range count {
		if len(rest) < 4 {
			return Frame{}, ErrDamaged
		}
		size := int64(binary.BigEndian.Uint32(rest))
		rest = rest[4:]
		if size > int64(len(rest)) {
			return Frame{}, ErrDamaged
		}
		frame.ciphertexts = append(frame.ciphertexts, rest[:size])
		rest = rest[size:]
	}
	if len(rest) > 0 {
		return Frame{}, ErrDamaged
	}
	return frame, nil
}

// checkWhole checks the frame's header, size and digest.
func checkWhole(raw []byte) error {
	switch {
	case len(raw) == 0 || !strings.HasPrefix(magic, string(raw[:min(len(raw), len(magic))])):
		return ErrAbsent
	case len(raw) <= versionAt:
		return ErrCut
	case raw[versionAt] != formatVersion:
		return ErrUnknownFormat
	case len(raw) < recordsAt+sha256.Size:
		return ErrCut
	}
	if size := binary.BigEndian.Uint32(raw[sizeAt:]); int64(size) > int64(len(raw)) {
		return ErrCut
	}
	content, trailer := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if digest := sha256.Sum256(content); !bytes.Equal(digest[:], trailer) {
		return ErrDamaged
	}
	return nil
}
