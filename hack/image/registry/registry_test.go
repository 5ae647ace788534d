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

package registry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/archive"
	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/registry"
)

func TestImagesArePulledUnderTheirOwnNames(t *testing.T) {
	address := serve(t)
	index, err := random.Index(64, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range []string{"busybox", "ghcr.io/org/operator:dev", "localhost:5001/operator:dev"} {
		push(t, address, image, index)
	}

	for _, tc := range []struct {
		name, registry, reference string
		found                     bool
	}{
		{"without tag", "docker.io", "library/busybox:latest", true},
		{"by digest", "docker.io", "library/busybox@" + digest.String(), true},
		{"by tag from another registry", "ghcr.io", "org/operator:dev", true},
		{"from a registry with a port", "localhost:5001", "operator:dev", true},
		{"with a tag that was not pushed", "docker.io", "library/busybox:1", false},
		{"with the path of an image of another registry", "quay.io", "library/busybox:latest", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pulled, err := pull(t, address, tc.registry, tc.reference)
			if !tc.found {
				if err == nil {
					t.Error("found")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if pulled != digest {
				t.Errorf("pulled %s, pushed %s", pulled, digest)
			}
		})
	}
}

func TestAPushReplacesTheImage(t *testing.T) {
	address := serve(t)
	var last v1.Hash
	for range 2 {
		index, err := random.Index(64, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if last, err = index.Digest(); err != nil {
			t.Fatal(err)
		}
		push(t, address, "busybox", index)
	}
	pulled, err := pull(t, address, "docker.io", "library/busybox:latest")
	if err != nil {
		t.Fatal(err)
	}
	if pulled != last {
		t.Errorf("pulled %s, pushed last %s", pulled, last)
	}
}

// serve starts a registry and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.Handler())
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func push(t *testing.T, address, image string, content archive.Content) {
	t.Helper()
	tag, err := name.NewTag(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := registry.Push(t.Context(), address, archive.Named{Tag: tag, Content: content}); err != nil {
		t.Fatal(err)
	}
}

// pull reads an image with everything in it, as containerd does from a mirror, and returns its digest.
func pull(t *testing.T, address, host, reference string) (v1.Hash, error) {
	t.Helper()
	target, err := name.ParseReference(address+"/"+reference, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(target, remote.WithTransport(mirrorOf(host)))
	if err != nil {
		return v1.Hash{}, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return v1.Hash{}, err
	}
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			return v1.Hash{}, err
		}
		if err := validate.Image(image); err != nil {
			return v1.Hash{}, err
		}
	}
	return index.Digest()
}

// mirrorOf makes requests to a mirror of the registry at the host.
type mirrorOf string

func (host mirrorOf) RoundTrip(r *http.Request) (*http.Response, error) {
	// The check for the protocol's version is not about any registry.
	if r.URL.Path != "/v2/" {
		r = r.Clone(r.Context())
		r.URL.RawQuery = "ns=" + string(host)
	}
	return http.DefaultTransport.RoundTrip(r)
}
