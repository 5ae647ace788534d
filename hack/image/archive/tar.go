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

package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// pack writes the tree below root as a tar stream that depends on names, contents, executable bits and modified
// only: not on owners, times, the umask or the order of directory entries.
func pack(w io.Writer, root string, modified time.Time) error {
	out := tar.NewWriter(w)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		return packEntry(out, root, path, modified)
	})
	return errors.Join(err, out.Close())
}

func packEntry(out *tar.Writer, root, path string, modified time.Time) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	relative, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	header := &tar.Header{Name: filepath.ToSlash(relative), ModTime: modified, Format: tar.FormatPAX}

	switch info.Mode().Type() {
	case fs.ModeDir:
		header.Typeflag, header.Name, header.Mode = tar.TypeDir, header.Name+"/", 0o755
		if info.Mode()&fs.ModeSticky != 0 { // as /tmp has
			header.Mode = 0o1777
		}
		return out.WriteHeader(header)
	case fs.ModeSymlink:
		header.Typeflag, header.Mode = tar.TypeSymlink, 0o777
		if header.Linkname, err = os.Readlink(path); err != nil {
			return err
		}
		return out.WriteHeader(header)
	case 0:
		header.Typeflag, header.Mode, header.Size = tar.TypeReg, 0o644, info.Size()
		if info.Mode()&0o100 != 0 {
			header.Mode = 0o755
		}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		return copyFile(out, path)
	default:
		return fmt.Errorf("%s: neither a file, a directory nor a symbolic link", path)
	}
}

func copyFile(w io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

// unpack writes the files of a tar stream below dir.
func unpack(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir) // refuses names that lead out of dir
	if err != nil {
		return err
	}
	defer root.Close()

	in := tar.NewReader(r)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := unpackFile(root, header.Name, in); err != nil {
			return err
		}
	}
}

func unpackFile(root *os.Root, name string, content io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
