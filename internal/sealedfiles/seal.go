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
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sealer makes a frame, file by file.
type Sealer struct {
	sender     *hpke.Sender
	compressor *flate.Writer
	plaintext  bytes.Buffer
	frame      []byte
	files      int
	size       int // of all data so far
}

// NewSealer begins a frame for the files of a run.
func NewSealer(key PublicKey, run Run) (*Sealer, error) {
	enc, sender, err := hpke.NewSender(key.key, kdf(), aead(), run.info())
	if err != nil {
		return nil, fmt.Errorf("seal files: %w", err)
	}
	compressor, err := flate.NewWriter(nil, flate.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("seal files: %w", err)
	}
	id := key.id()
	frame := append([]byte(magic), formatVersion, 0, 0, 0, 0)
	frame = append(frame, id[:]...)
	frame = append(frame, enc...)
	frame = append(frame, 0, 0)
	return &Sealer{sender: sender, compressor: compressor, frame: frame}, nil
}

// Add seals what became of the next file. Data that are too large become a fault.
func (s *Sealer) Add(file File, content Content) error {
	if s.files == MaxFiles {
		return errors.New("seal files: too many files")
	}
	content = s.withinLimits(content)
	if err := s.pack(content); err != nil {
		return fmt.Errorf("seal files: %w", err)
	}
	ciphertext, err := s.sender.Seal(file.additionalData(), s.plaintext.Bytes())
	if err != nil {
		return fmt.Errorf("seal files: %w", err)
	}
	s.frame = binary.BigEndian.AppendUint32(s.frame, uint32(len(ciphertext))) //nolint:gosec // Files are small.
	s.frame = append(s.frame, ciphertext...)
	s.files++
	s.size += len(content.Data)
	return nil
}

// Frame ends the frame and returns it. The Sealer is of no use from then on.
func (s *Sealer) Frame() []byte {
	binary.BigEndian.PutUint32(s.frame[sizeAt:], uint32(len(s.frame)+sha256.Size)) //nolint:gosec // All files together are small.
	binary.BigEndian.PutUint16(s.frame[countAt:], uint16(s.files))                 //nolint:gosec // There are at most MaxFiles.
	digest := sha256.Sum256(s.frame)
	return append(s.frame, digest[:]...)
}

func (s *Sealer) withinLimits(content Content) Content {
	switch size := len(content.Data); {
	case content.Fault != 0:
		return Content{Fault: content.Fault}
	case size > MaxFileSize:
		return Content{Fault: TooLarge}
	case size > MaxTotalSize-s.size:
		return Content{Fault: TooLargeInAll}
	}
	return content
}

// pack writes the plaintext of a file, in the shortest form.
func (s *Sealer) pack(content Content) error {
	s.plaintext.Reset()
	if content.Fault != 0 {
		s.plaintext.Write([]byte{formFault, byte(content.Fault)})
		return nil
	}
	s.plaintext.WriteByte(formCompressed)
	s.compressor.Reset(&s.plaintext)
	_, err := s.compressor.Write(content.Data)
	if err = errors.Join(err, s.compressor.Close()); err != nil {
		return err
	}
	if s.plaintext.Len() > len(content.Data) {
		s.plaintext.Reset()
		s.plaintext.WriteByte(formPlain)
		s.plaintext.Write(content.Data)
	}
	return nil
}
