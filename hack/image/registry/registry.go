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

// Package registry is the local cluster's image registry. It stands in for
// every registry of the world: the node's containerd asks it alone, whatever
// the name of an image, so images that were pushed to it are pulled just as
// they would be from their own registry.
package registry

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/archive"
)

// Handler serves an empty registry that keeps its images in memory.
//
// A client that uses it as a mirror says in the query parameter "ns" which registry it means, as containerd does; an
// image of another registry with the same path is another image.
func Handler() http.Handler {
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := r.URL.Query().Get("ns"); host != "" {
			r = r.Clone(r.Context())
			r.URL.Path = "/v2/" + directory(host) + "/" + strings.TrimPrefix(r.URL.Path, "/v2/")
		}
		images.ServeHTTP(w, r)
	})
}

// Push copies the image into the registry at the address, where it is found as a mirror of the image's own registry.
func Push(ctx context.Context, address string, image archive.Named) error {
	host := archive.Registry(image.Tag)
	target, err := name.NewTag(fmt.Sprintf("%s/%s/%s:%s", address, directory(host), image.Tag.RepositoryStr(), image.Tag.TagStr()), name.Insecure)
	if err != nil {
		return err
	}
	pusher, err := remote.NewPusher()
	if err != nil {
		return err
	}
	return pusher.Push(ctx, target, image.Content)
}

// directory is where the images of the registry at the host are kept: the name of a repository cannot contain the
// colon before a port.
func directory(host string) string {
	return strings.ReplaceAll(host, ":", "_")
}
