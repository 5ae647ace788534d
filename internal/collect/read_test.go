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
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnlyRegularFilesOfTheDirectoryAreRead(t *testing.T) {
	canary := []byte("canary")
	for name, test := range map[string]struct {
		path string
		make func(t *testing.T, path string)
		want sealedfiles.Content
	}{
		"file": {"output.json", func(t *testing.T, path string) { writeFile(t, path, canary) }, sealedfiles.Content{Data: canary}},
		"in directories": {"a/b/output.json", func(t *testing.T, path string) {
			must(t, os.MkdirAll(filepath.Dir(path), 0o700))
			writeFile(t, path, canary)
		}, sealedfiles.Content{Data: canary}},
		"odd name": {"a\nb \xff$(X)", func(t *testing.T, path string) { writeFile(t, path, canary) }, sealedfiles.Content{Data: canary}},
		"empty":    {"empty", func(t *testing.T, path string) { writeFile(t, path, nil) }, sealedfiles.Content{}},
		"as large as can be": {"large", func(t *testing.T, path string) { writeFile(t, path, make([]byte, sealedfiles.MaxFileSize)) },
			sealedfiles.Content{Data: make([]byte, sealedfiles.MaxFileSize)}},
		"a byte too large": {"large", func(t *testing.T, path string) { writeFile(t, path, make([]byte, sealedfiles.MaxFileSize+1)) },
			sealedfiles.Content{Fault: sealedfiles.TooLarge}},
		"1 TiB of nothing": {"sparse", func(t *testing.T, path string) {
			writeFile(t, path, nil)
			must(t, os.Truncate(path, 1<<40))
		}, sealedfiles.Content{Fault: sealedfiles.TooLarge}},

		"missing":           {"missing", func(*testing.T, string) {}, sealedfiles.Content{Fault: sealedfiles.Missing}},
		"missing directory": {"missing/file", func(*testing.T, string) {}, sealedfiles.Content{Fault: sealedfiles.Missing}},
		"below a file": {"file/file", func(t *testing.T, path string) { writeFile(t, filepath.Dir(path), canary) },
			sealedfiles.Content{Fault: sealedfiles.Missing}},
		"longer than names are": {strings.Repeat("x", 256), func(*testing.T, string) {}, sealedfiles.Content{Fault: sealedfiles.Missing}},

		"directory": {"directory", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) },
			sealedfiles.Content{Fault: sealedfiles.Directory}},
		"link to /proc": {"link", func(t *testing.T, path string) { must(t, os.Symlink("/proc/self/environ", path)) },
			sealedfiles.Content{Fault: sealedfiles.SymbolicLink}},
		"link to the directory above": {"link", func(t *testing.T, path string) {
			writeFile(t, filepath.Join(filepath.Dir(filepath.Dir(path)), "outside"), canary)
			must(t, os.Symlink("../outside", path))
		}, sealedfiles.Content{Fault: sealedfiles.SymbolicLink}},
		"link to a file beside it": {"link", func(t *testing.T, path string) {
			writeFile(t, path+".target", canary)
			must(t, os.Symlink("link.target", path))
		}, sealedfiles.Content{Fault: sealedfiles.SymbolicLink}},
		"link to itself": {"link", func(t *testing.T, path string) { must(t, os.Symlink("link", path)) },
			sealedfiles.Content{Fault: sealedfiles.SymbolicLink}},
		"behind a link to a directory": {"link/output.json", func(t *testing.T, path string) {
			must(t, os.Mkdir(filepath.Dir(path)+".target", 0o700))
			must(t, os.Symlink("link.target", filepath.Dir(path)))
			writeFile(t, path, canary)
		}, sealedfiles.Content{Fault: sealedfiles.SymbolicLink}},
		"FIFO": {"fifo", func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) },
			sealedfiles.Content{Fault: sealedfiles.FIFO}},
		"socket": {"s", func(t *testing.T, path string) {
			listener, err := net.Listen("unix", path)
			must(t, err)
			t.Cleanup(func() { _ = listener.Close() })
		}, sealedfiles.Content{Fault: sealedfiles.Socket}},
		"device": {"device", func(t *testing.T, path string) {
			if err := syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|5); err != nil { // /dev/zero
				t.Skip("needs the right to make devices: ", err)
			}
		}, sealedfiles.Content{Fault: sealedfiles.Device}},
		"above the directory": {"../outside", func(t *testing.T, path string) { writeFile(t, path, canary) },
			sealedfiles.Content{Fault: sealedfiles.Unreadable}},
	} {
		t.Run(name, func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "d")
			must(t, os.Mkdir(directory, 0o700))
			test.make(t, directory+"/"+test.path)
			got := (&fileReader{}).read(directory, test.path)
			if got.Fault != test.want.Fault || !bytes.Equal(got.Data, test.want.Data) {
				t.Errorf("got %d bytes (%v), want %d (%v)", len(got.Data), got.Fault, len(test.want.Data), test.want.Fault)
			}
		})
	}
}

// The file was regular when its path was checked.
func TestAFileThatBecameAnotherIsNotRead(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, path string)
		want sealedfiles.Fault
	}{
		"FIFO":             {func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) }, sealedfiles.FIFO},
		"directory":        {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, sealedfiles.Directory},
		"link to /proc":    {func(t *testing.T, path string) { must(t, os.Symlink("/proc/self/environ", path)) }, sealedfiles.Unreadable},
		"link out of here": {func(t *testing.T, path string) { must(t, os.Symlink("../../etc/passwd", path)) }, sealedfiles.Unreadable},
		"link to itself":   {func(t *testing.T, path string) { must(t, os.Symlink("output.json", path)) }, sealedfiles.SymbolicLink},
		"nothing":          {func(*testing.T, string) {}, sealedfiles.Missing},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := os.OpenRoot(t.TempDir())
			must(t, err)
			defer root.Close()
			test.make(t, filepath.Join(root.Name(), "output.json"))
			if got := (&fileReader{}).readNow(root, "output.json"); got.Fault != test.want {
				t.Errorf("got %d bytes (%v), want %v", len(got.Data), got.Fault, test.want)
			}
		})
	}
}

func TestFilesBesideItCostNothing(t *testing.T) {
	directory := t.TempDir()
	writeFile(t, filepath.Join(directory, "output.json"), []byte("canary"))
	for i := range 5000 {
		must(t, os.Link(filepath.Join(directory, "output.json"), filepath.Join(directory, strconv.Itoa(i))))
	}
	var reader fileReader
	allocated := testing.AllocsPerRun(10, func() {
		if content := reader.read(directory, "output.json"); string(content.Data) != "canary" {
			t.Errorf("got %+v", content)
		}
	})
	if allocated > 100 {
		t.Errorf("allocated %v times", allocated)
	}
}

// meddled is a file with which something is done before it is read.
type meddled struct {
	*os.File
	meddle func()
}

func (m *meddled) Read(buffer []byte) (int, error) {
	if meddle := m.meddle; meddle != nil {
		m.meddle = nil
		meddle()
	}
	return m.File.Read(buffer)
}

func TestAFileThatIsWrittenMeanwhileIsNotRead(t *testing.T) {
	for name, test := range map[string]struct {
		meddle func(t *testing.T, path string)
		want   sealedfiles.Content
	}{
		"grows": {func(t *testing.T, path string) { must(t, os.Truncate(path, 7)) }, sealedfiles.Content{Fault: sealedfiles.Changing}},
		"grows to 1 TiB": {func(t *testing.T, path string) { must(t, os.Truncate(path, 1<<40)) },
			sealedfiles.Content{Fault: sealedfiles.Changing}},
		"is cut":     {func(t *testing.T, path string) { must(t, os.Truncate(path, 5)) }, sealedfiles.Content{Fault: sealedfiles.Changing}},
		"is emptied": {func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) }, sealedfiles.Content{Fault: sealedfiles.Changing}},
		"is cut, and its time is set back": {func(t *testing.T, path string) {
			before, err := os.Stat(path)
			must(t, err)
			must(t, os.Truncate(path, 5))
			must(t, os.Chtimes(path, time.Time{}, before.ModTime()))
		}, sealedfiles.Content{Fault: sealedfiles.Changing}},
		"is written with equal size": {func(t *testing.T, path string) { writeFile(t, path, []byte("yranac")) },
			sealedfiles.Content{Fault: sealedfiles.Changing}},
		"is replaced": {func(t *testing.T, path string) {
			writeFile(t, path+".new", []byte("yranac"))
			must(t, os.Rename(path+".new", path))
		}, sealedfiles.Content{Data: []byte("canary")}},
		"is removed": {func(t *testing.T, path string) { must(t, os.Remove(path)) }, sealedfiles.Content{Data: []byte("canary")}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "output.json")
			writeFile(t, path, []byte("canary"))
			must(t, os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)))
			file, err := os.Open(path)
			must(t, err)
			defer file.Close()
			got := (&fileReader{}).readOpen(&meddled{file, func() { test.meddle(t, path) }})
			if got.Fault != test.want.Fault || !bytes.Equal(got.Data, test.want.Data) {
				t.Errorf("got %q (%v), want %q (%v)", got.Data, got.Fault, test.want.Data, test.want.Fault)
			}
		})
	}
}
