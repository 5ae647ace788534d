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
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// The annotations by which the index of an archive names its images: the OCI specification has the tag alone, and
// containerd, Docker and kind go by the whole name.
const (
	wholeNameAnnotation = "io.containerd.image.name"
	tagAnnotation       = "org.opencontainers.image.ref.name"
)

// Write stores the image in an OCI archive. The same image under the same name always gives the same file.
func Write(path string, tag name.Tag, index v1.ImageIndex) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".archive-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	root := filepath.Join(dir, "layout")
	images, err := layout.Write(root, empty.Index)
	if err != nil {
		return err
	}
	err = images.AppendIndex(index, layout.WithAnnotations(map[string]string{
		wholeNameAnnotation: WholeName(tag),
		tagAnnotation:       tag.TagStr(),
	}))
	if err != nil {
		return err
	}

	// Under another name first: nobody reads half an archive.
	file, err := os.Create(filepath.Join(dir, "archive.tar"))
	if err != nil {
		return err
	}
	if err := errors.Join(pack(file, root, time.Unix(0, 0)), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// WholeName is the image's name with nothing left out: "docker.io/library/busybox:latest" for "busybox".
func WholeName(tag name.Tag) string {
	return Registry(tag) + "/" + tag.RepositoryStr() + ":" + tag.TagStr()
}

// Registry is the host of the image's registry as users and containerd write it.
func Registry(tag name.Tag) string {
	if host := tag.RegistryStr(); host != name.DefaultRegistry {
		return host
	}
	return "docker.io"
}

// Content is an image for one platform or an index of images for several.
type Content interface {
	remote.Taggable
	Digest() (v1.Hash, error)
}

// Named is an image of an archive under one of its names.
type Named struct {
	Tag     name.Tag
	Content Content
}

// Archive is an archive that was opened for reading.
type Archive struct {
	Images []Named
	dir    string
}

// Open reads an OCI archive or an archive made by "docker save".
func Open(path string) (*Archive, error) {
	dir, err := os.MkdirTemp("", "archive-")
	if err != nil {
		return nil, err
	}
	a := &Archive{dir: dir}
	if err := a.read(path); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), a.Close())
	}
	return a, nil
}

// Close removes what Open has unpacked. The images cannot be read any longer.
func (a *Archive) Close() error {
	return os.RemoveAll(a.dir)
}

func (a *Archive) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unpack(file, a.dir); err != nil {
		return err
	}

	// "docker save" writes both formats; only an OCI image layout can hold several platforms.
	if _, err := os.Stat(filepath.Join(a.dir, "index.json")); err == nil {
		if err := a.readLayout(); err != nil {
			return err
		}
	} else if err := a.readDocker(path); err != nil {
		return err
	}
	if len(a.Images) == 0 {
		return errors.New("no named image")
	}
	return nil
}

func (a *Archive) readLayout() error {
	images, err := layout.ImageIndexFromPath(a.dir)
	if err != nil {
		return err
	}
	manifest, err := images.IndexManifest()
	if err != nil {
		return err
	}
	for _, descriptor := range manifest.Manifests {
		whole := descriptor.Annotations[wholeNameAnnotation]
		if whole == "" {
			continue
		}
		var content Content
		if descriptor.MediaType.IsIndex() {
			content, err = images.ImageIndex(descriptor.Digest)
		} else {
			content, err = images.Image(descriptor.Digest)
		}
		if err != nil {
			return err
		}
		if err := a.add(whole, content); err != nil {
			return err
		}
	}
	return nil
}

func (a *Archive) readDocker(path string) error {
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(path) })
	if err != nil {
		return err
	}
	for _, descriptor := range manifest {
		for _, whole := range descriptor.RepoTags {
			tag, err := name.NewTag(whole)
			if err != nil {
				return err
			}
			image, err := tarball.ImageFromPath(path, &tag)
			if err != nil {
				return err
			}
			if err := a.add(whole, image); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Archive) add(whole string, content Content) error {
	tag, err := name.NewTag(whole)
	if err != nil {
		return err
	}
	a.Images = append(a.Images, Named{Tag: tag, Content: content})
	return nil
}
