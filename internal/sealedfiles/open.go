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
	"compress/flate"
	"crypto/hpke"
	"fmt"
	"io"
)

// Open decrypts a frame of the files of a run. It returns what became of each file,
// in the order of the files, which is that in which they were sealed.
func (f Frame) Open(key PrivateKey, run Run, files []File) ([]Content, error) {
	if f.keyID != key.Public().id() {
		return nil, ErrOtherKey
	}
	if len(f.ciphertexts) != len(files) {
		return nil, ErrOtherContext
	}
	recipient, err := hpke.NewRecipient(f.encapsulated, key.key, kdf(), aead(), run.info())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	contents := make([]Content, 0, len(files))
	left := MaxTotalSize
	for i, file := range files {
		plaintext, err := recipient.Open(file.additionalData(), f.ciphertexts[i])
		if err != nil {
			return nil, ErrOtherContext
		}
		content, err := unpack(plaintext)
		if err != nil {
			return nil, err
		}
		if left -= len(content.Data); left < 0 {
			return nil, ErrDamaged
		}
		contents = append(contents, content)
	}
	return contents, nil
}

// unpack returns what a plaintext says. No plaintext unpacks to more than
// MaxFileSize.
func unpack(plaintext []byte) (Content, error) {
	if len(plaintext) == 0 {
		return Content{}, ErrDamaged
	}
	form, packed := plaintext[0], plaintext[1:]
	switch {
	case form == formPlain && len(packed) <= MaxFileSize:
		return Content{Data: packed}, nil
	case form == formCompressed:
		data, err := decompress(packed)
		return Content{Data: data}, err
	case form == formFault && len(packed) == 1 && packed[0] != 0 && Fault(packed[0]) <= lastFault:
		return Content{Fault: Fault(packed[0])}, nil
	}
	return Content{}, ErrDamaged
}

func decompress(packed []byte) ([]byte, error) {
	source := bytes.NewReader(packed)
	data, err := io.ReadAll(io.LimitReader(flate.NewReader(source), MaxFileSize+1))
	if err != nil || len(data) > MaxFileSize || source.Len() > 0 {
		return nil, ErrDamaged
	}
	return data, nil
}
