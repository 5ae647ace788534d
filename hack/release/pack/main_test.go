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

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

var programs = map[string]string{
	"darwin-arm64": "kubectl-ejob", "linux-amd64": "kubectl-ejob", "windows-amd64": "kubectl-ejob.exe",
}

// packed makes a release of programs that were written at some time.
func packed(t *testing.T, written time.Time) string {
	t.Helper()
	directory, output := t.TempDir(), t.TempDir()
	for platform, name := range programs {
		program := filepath.Join(directory, platform, name)
		if err := errors.Join(
			os.Mkdir(filepath.Join(directory, platform), 0o700),
			os.WriteFile(program, []byte("program for "+platform), 0o700),
			os.Chtimes(program, written, written),
		); err != nil {
			t.Fatal(err)
		}
	}
	r := release{Version: "1.2.3", modified: time.Unix(1e9, 0).UTC(), license: "../../../LICENSE", krew: "../../../cmd/kubectl-ejob/krew.yaml", output: output}
	if err := r.make(directory); err != nil {
		t.Fatal(err)
	}
	return output
}

func TestTheSameProgramsMakeTheSameRelease(t *testing.T) {
	one, two := packed(t, time.Unix(1, 0)), packed(t, time.Now())
	entries, err := os.ReadDir(one)
	if err != nil || len(entries) != len(programs)+2 {
		t.Fatalf("got %v, %v", entries, err)
	}
	for _, entry := range entries {
		if !bytes.Equal(read(t, one, entry.Name()), read(t, two, entry.Name())) {
			t.Errorf("%s is another one", entry.Name())
		}
	}
}

func TestTheArchivesHoldTheProgramAndTheLicense(t *testing.T) {
	output := packed(t, time.Now())
	want := []string{"LICENSE 644", "kubectl-ejob 755 program for linux-amd64"}
	if got := filesInTar(t, read(t, output, "kubectl-ejob-1.2.3-linux-amd64.tar.gz")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	want = []string{"LICENSE 644", "kubectl-ejob.exe 755 program for windows-amd64"}
	if got := filesInZip(t, read(t, output, "kubectl-ejob-1.2.3-windows-amd64.zip")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func filesInTar(t *testing.T, archive []byte) (files []string) {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	in := tar.NewReader(compressed)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		requireTime(t, header.ModTime)
		files = append(files, describe(t, header.Name, header.Mode, in))
	}
}

func filesInZip(t *testing.T, archive []byte) (files []string) {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range in.File {
		requireTime(t, file.Modified)
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, describe(t, file.Name, int64(file.Mode()), content))
	}
	return files
}

func requireTime(t *testing.T, modified time.Time) {
	t.Helper()
	if modified.Unix() != 1e9 {
		t.Errorf("a file is of %s", modified)
	}
}

func describe(t *testing.T, name string, mode int64, in io.Reader) string {
	t.Helper()
	content, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	if name == "LICENSE" {
		return fmt.Sprintf("%s %o", name, mode)
	}
	return fmt.Sprintf("%s %o %s", name, mode, content)
}

// The manifest for krew installs the archives that were packed.
func TestTheManifestForKrew(t *testing.T) {
	output := packed(t, time.Now())
	var manifest struct {
		Metadata struct{ Name string }
		Spec     struct {
			Version   string
			Platforms []struct {
				Selector         struct{ MatchLabels struct{ OS, Arch string } }
				URI, SHA256, Bin string
			}
		}
	}
	if err := yaml.Unmarshal(read(t, output, "ejob.yaml"), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Metadata.Name != "ejob" || manifest.Spec.Version != "v1.2.3" || len(manifest.Spec.Platforms) != len(programs) {
		t.Errorf("got %+v", manifest)
	}
	checksums := string(read(t, output, "kubectl-ejob-1.2.3-checksums.txt"))
	for _, platform := range manifest.Spec.Platforms {
		name := platform.URI[strings.LastIndex(platform.URI, "/")+1:]
		labels := platform.Selector.MatchLabels
		checksum := fmt.Sprintf("%x", sha256.Sum256(read(t, output, name)))
		if platform.SHA256 != checksum || !strings.Contains(checksums, checksum+"  "+name+"\n") {
			t.Errorf("%s has the checksum %s, but not in the manifest or in\n%s", name, checksum, checksums)
		}
		if !strings.HasSuffix(platform.URI, "/download/v1.2.3/"+name) || platform.Bin != programs[labels.OS+"-"+labels.Arch] {
			t.Errorf("got %+v", platform)
		}
	}
}

func read(t *testing.T, directory, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(directory, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
