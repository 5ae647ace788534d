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

package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// File is a file that was read.
type File struct {
	// Name is the given name, or the path below the given directory.
	Name    string
	Content []byte
}

// Stdin is the name that stands for standard input.
const Stdin = "-"

// ReadFiles reads files, standard input, and the manifests in directories and, if
// recursive is set, in those below them.
func ReadFiles(names []string, recursive bool, stdin io.Reader) ([]File, error) {
	var files []File
	for _, name := range names {
		paths, err := expand(name, recursive)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			file, err := readFile(path, stdin)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

func readFile(name string, stdin io.Reader) (File, error) {
	if name == Stdin {
		content, err := io.ReadAll(stdin)
		return File{Name: "stdin", Content: content}, err
	}
	content, err := os.ReadFile(name)
	return File{Name: name, Content: content}, err
}

// extensions are those of manifests, as kubectl has it.
var extensions = []string{".json", ".yaml", ".yml"}

// expand returns the files that a name stands for.
func expand(name string, recursive bool) ([]string, error) {
	if name == Stdin {
		return []string{name}, nil
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("file %s does not exist: give the path of a manifest or a directory, or - for standard input", name)
	}
	if err != nil || !info.IsDir() {
		return []string{name}, err
	}
	var paths []string
	err = filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != name && !recursive:
			return filepath.SkipDir
		case !entry.IsDir() && slices.Contains(extensions, filepath.Ext(path)):
			paths = append(paths, path)
		}
		return nil
	})
	if err == nil && len(paths) == 0 {
		return nil, fmt.Errorf("directory %s contains no manifests (.yaml, .yml, .json): give another one, or add -R to search below it", name)
	}
	return paths, err
}
