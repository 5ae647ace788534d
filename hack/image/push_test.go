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
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/archive"
)

func TestAnImageIsPublishedAndPulledAsItIs(t *testing.T) {
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/org/operator:v1")
	if err != nil {
		t.Fatal(err)
	}
	index, err := random.Index(64, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := archive.Write(file, tag, index); err != nil {
		t.Fatal(err)
	}

	if err := publish([]string{file}); err != nil {
		t.Fatal(err)
	}

	published, err := remote.Index(tag)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := digestOf(t, published), digestOf(t, index); got != want {
		t.Errorf("published %s, built %s", got, want)
	}

	pulled := filepath.Join(t.TempDir(), "pulled.tar")
	if err := pull([]string{tag.Context().Digest(digestOf(t, index)).String(), pulled}); err != nil {
		t.Fatal(err)
	}
	images, err := archive.Open(pulled)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = images.Close() })
	if got, want := digestOf(t, images.Images[0].Content), digestOf(t, index); got != want {
		t.Errorf("pulled %s, built %s", got, want)
	}
}

func digestOf(t *testing.T, image archive.Content) string {
	t.Helper()
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}
