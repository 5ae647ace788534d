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

package archive_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/archive"
)

var created = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestTheSameInputGivesTheSameArchive(t *testing.T) {
	write := func(t *testing.T, content string, mode os.FileMode, changed time.Time) []byte {
		t.Helper()
		root := makeRoot(t, content)
		if err := os.Chmod(filepath.Join(root, "manager"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(root, "manager"), changed, changed); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(writeArchive(t, "example.org/operator:dev", root))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	original := write(t, "program", 0o755, created)

	for _, tc := range []struct {
		name    string
		content string
		mode    os.FileMode
		changed time.Time
		same    bool
	}{
		{"built again at another time", "program", 0o755, created.Add(time.Hour), true},
		{"built under another umask", "program", 0o700, created, true},
		{"with another program", "another program", 0o755, created, false},
		{"with a program that cannot be executed", "program", 0o644, created, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if same := bytes.Equal(original, write(t, tc.content, tc.mode, tc.changed)); same != tc.same {
				t.Errorf("archives are the same: %v, want %v", same, tc.same)
			}
		})
	}
}

func TestAnArchiveHoldsTheImageOfEveryPlatform(t *testing.T) {
	images := openArchive(t, writeArchive(t, "example.org/operator:dev", makeRoot(t, "program")))
	if got := archive.WholeName(images[0].Tag); len(images) != 1 || got != "example.org/operator:dev" {
		t.Fatalf("%d images, the first is %s", len(images), got)
	}
	index, ok := images[0].Content.(v1.ImageIndex)
	if !ok {
		t.Fatalf("the image is for one platform only: %T", images[0].Content)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, descriptor := range manifest.Manifests {
		platforms = append(platforms, descriptor.Platform.String())
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		checkImage(t, image, descriptor.Platform)
	}
	if len(platforms) != 2 || platforms[0] != "linux/amd64" || platforms[1] != "linux/arm64" {
		t.Errorf("platforms are %v", platforms)
	}
}

func checkImage(t *testing.T, image v1.Image, platform *v1.Platform) {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != platform.Architecture {
		t.Errorf("the image for %s says that it is for %s", platform, config.Architecture)
	}
	if config.Config.User != "65532:65532" || config.Config.Entrypoint[0] != "/manager" || config.Config.Labels["key"] != "value" {
		t.Errorf("configuration of the image is %+v", config.Config)
	}
	if !config.Created.Equal(created) {
		t.Errorf("the image is of %s", config.Created)
	}

	modes := map[string]int64{"manager": 0o755, "etc": 0o755, "etc/config": 0o644, "link": 0o777, "tmp": 0o1777}
	files := tar.NewReader(mutate.Extract(image))
	for {
		file, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if mode, expected := modes[file.Name]; !expected || file.Mode != mode || file.Uid != 0 || !file.ModTime.Equal(created) {
			t.Errorf("%s has mode %o, owner %d and time %s", file.Name, file.Mode, file.Uid, file.ModTime)
		}
		delete(modes, file.Name)
	}
	if len(modes) != 0 {
		t.Errorf("not in the image: %v", modes)
	}
}

func TestAnArchiveOfDockerIsRead(t *testing.T) {
	index, err := archive.Image{Roots: map[string]string{"linux/amd64": makeRoot(t, "program")}}.Index()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := tarball.WriteToFile(path, name.MustParseReference("operator:1"), image); err != nil {
		t.Fatal(err)
	}

	images := openArchive(t, path)
	if got := archive.WholeName(images[0].Tag); len(images) != 1 || got != "docker.io/library/operator:1" {
		t.Errorf("%d images, the first is %s", len(images), got)
	}
}

func TestAFileWithoutNamedImagesIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
	}{
		{"no files at all", nil},
		{"an index that is no JSON", map[string]string{"index.json": "no JSON"}},
		{"an index of an image without a name", map[string]string{"index.json": `{"schemaVersion":2,"manifests":[{"digest":"sha256:` + strings.Repeat("0", 64) + `"}]}`}},
		{"an empty manifest of Docker", map[string]string{"manifest.json": "[]"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "image.tar")
			writeTar(t, path, tc.files)
			if _, err := archive.Open(path); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestAnArchiveCannotWriteOutsideOfItsDirectory(t *testing.T) {
	dir := t.TempDir()
	path, outside := filepath.Join(dir, "image.tar"), filepath.Join(dir, "outside")
	writeTar(t, path, map[string]string{strings.Repeat("../", 32) + outside: "written"})

	if _, err := archive.Open(path); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(outside); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the archive has written %s", outside)
	}
}

// makeRoot makes a root file system with a program of the given content.
func makeRoot(t *testing.T, program string) string {
	t.Helper()
	root := t.TempDir()
	err := errors.Join(
		os.Mkdir(filepath.Join(root, "etc"), 0o700),
		os.Mkdir(filepath.Join(root, "tmp"), 0o700),
		os.Chmod(filepath.Join(root, "tmp"), 0o777|os.ModeSticky),
		os.WriteFile(filepath.Join(root, "manager"), []byte(program), 0o755),
		os.WriteFile(filepath.Join(root, "etc", "config"), nil, 0o600),
		os.Symlink("manager", filepath.Join(root, "link")),
	)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// writeTar writes a tar file with the files.
func writeTar(t *testing.T, path string, files map[string]string) {
	t.Helper()
	var content bytes.Buffer
	out := tar.NewWriter(&content)
	for name, text := range files {
		if err := out.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), os.WriteFile(path, content.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// writeArchive writes an image for two platforms and returns the path of the archive.
func writeArchive(t *testing.T, image, root string) string {
	t.Helper()
	index, err := archive.Image{
		Roots:      map[string]string{"linux/amd64": root, "linux/arm64": root},
		Entrypoint: []string{"/manager"},
		User:       "65532:65532",
		Labels:     map[string]string{"key": "value"},
		Created:    created,
	}.Index()
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(image)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := archive.Write(path, tag, index); err != nil {
		t.Fatal(err)
	}
	return path
}

// openArchive returns the images of an archive, which can be read until the test ends.
func openArchive(t *testing.T, path string) []archive.Named {
	t.Helper()
	opened, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened.Images
}
