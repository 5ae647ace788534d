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

package collect

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// fileReader reads one file after the other into the same memory.
type fileReader struct{ buffer []byte }

// read returns what is in a file below a directory, which holds until the next read.
// The files may be anything, because users wrote them: read does not leave the
// directory through a link, does not block, and opens only regular files.
func (r *fileReader) read(directory, name string) sealedfiles.Content {
	root, err := os.OpenRoot(directory)
	if err != nil {
		return failed(err)
	}
	defer root.Close()
	if fault := checkPath(root, name); fault != 0 {
		return sealedfiles.Content{Fault: fault}
	}
	return r.readNow(root, name)
}

// readNow reads a file that may have become another one since its path was checked.
func (r *fileReader) readNow(root *os.Root, name string) sealedfiles.Content {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return failed(err)
	}
	defer file.Close()
	return r.readOpen(file)
}

// checkPath says what is wrong with a path: the file is not regular, or something
// on the way to it is a symbolic link.
func checkPath(root *os.Root, name string) sealedfiles.Fault {
	var info fs.FileInfo
	parent := ""
	for component := range strings.SplitSeq(name, "/") {
		parent = path.Join(parent, component)
		var err error
		if info, err = root.Lstat(parent); err != nil {
			return failed(err).Fault
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return sealedfiles.SymbolicLink
		}
	}
	return checkType(info)
}

// checkType names the type of a file that is not regular.
func checkType(info fs.FileInfo) sealedfiles.Fault {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return 0
	case mode.IsDir():
		return sealedfiles.Directory
	case mode&fs.ModeSymlink != 0:
		return sealedfiles.SymbolicLink
	case mode&fs.ModeNamedPipe != 0:
		return sealedfiles.FIFO
	case mode&fs.ModeSocket != 0:
		return sealedfiles.Socket
	}
	return sealedfiles.Device
}

// openFile is the part of *os.File that reading takes.
type openFile interface {
	io.Reader
	Stat() (fs.FileInfo, error)
}

// readOpen reads a file whole, or not at all if it is written meanwhile.
func (r *fileReader) readOpen(file openFile) sealedfiles.Content {
	before, err := file.Stat()
	if err != nil {
		return failed(err)
	}
	if fault := checkType(before); fault != 0 {
		return sealedfiles.Content{Fault: fault}
	}
	size := before.Size()
	if size > sealedfiles.MaxFileSize {
		return sealedfiles.Content{Fault: sealedfiles.TooLarge}
	}
	if int64(len(r.buffer)) <= size {
		r.buffer = make([]byte, size+1)
	}
	read, err := io.ReadFull(file, r.buffer[:size+1])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return failed(err)
	}
	after, err := file.Stat()
	if err != nil {
		return failed(err)
	}
	if int64(read) != size || !after.ModTime().Equal(before.ModTime()) {
		return sealedfiles.Content{Fault: sealedfiles.Changing}
	}
	return sealedfiles.Content{Data: r.buffer[:size]}
}

// failed is the content of a file of which an operation failed.
func failed(err error) sealedfiles.Content {
	for _, missing := range []error{fs.ErrNotExist, syscall.ENOTDIR, syscall.ENAMETOOLONG} {
		if errors.Is(err, missing) {
			return sealedfiles.Content{Fault: sealedfiles.Missing}
		}
	}
	if errors.Is(err, syscall.ELOOP) {
		return sealedfiles.Content{Fault: sealedfiles.SymbolicLink}
	}
	return sealedfiles.Content{Fault: sealedfiles.Unreadable}
}
