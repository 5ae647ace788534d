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

import "strconv"

const (
	// MaxFiles is the maximum number of files that a pod can hand over.
	MaxFiles = 64

	// MaxFileSize is the maximum size of a file in bytes.
	MaxFileSize = 1 << 20

	// MaxTotalSize is the maximum size of all files of a pod in bytes.
	MaxTotalSize = 6 << 20
)

// Run identifies the run of an ExtendedJob whose files are sealed.
type Run struct {
	Namespace string
	UID       string // of the ExtendedJob
	Number    int64
}

// File names a file of a container. Path is relative to the directory in which the
// container leaves its files.
type File struct {
	Container string
	Path      string
}

// Content is the result for a file: its data, or the reason why there are none.
type Content struct {
	Data  []byte
	Fault Fault
}

// Fault says why a file has no data. The numbers are part of the frame's format.
type Fault byte

const (
	// Missing means that there is no file of that path.
	Missing Fault = iota + 1
	// Unreadable means that the collector may not read the file, or cannot.
	Unreadable
	// TooLarge means that the file has more than MaxFileSize bytes.
	TooLarge
	// TooLargeInAll means that the files up to this one have more than
	// MaxTotalSize bytes.
	TooLargeInAll
	// Changing means that the file was written while it was read.
	Changing
	// SymbolicLink means that the file, or a directory of its path, is one.
	SymbolicLink
	// Directory means that the file is one.
	Directory
	// FIFO means that the file is a named pipe.
	FIFO
	// Socket means that the file is one.
	Socket
	// Device means that the file is one.
	Device

	lastFault = Device
)

var faultNames = [...]string{"", "missing", "unreadable", "too large", "too large in all", "changing", "symbolic link", "directory", "FIFO", "socket", "device"}

// String returns the fault in words.
func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return "fault " + strconv.Itoa(int(f))
}

// additionalData is what the ciphertext of a file is bound to.
func (f File) additionalData() []byte { return encode(f.Container, f.Path) }

// info is what a frame is bound to.
func (r Run) info() []byte {
	return encode("extendedjob sealed files 1", r.Namespace, r.UID, strconv.FormatInt(r.Number, 10))
}
