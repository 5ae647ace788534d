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
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/archive"
)

// digest prints the name of an image with the digest that its registry has for it.
func digest(args []string) error {
	if len(args) != 1 {
		return errors.New("one name is needed")
	}
	reference, err := name.ParseReference(args[0])
	if err != nil {
		return err
	}
	descriptor, err := remote.Head(reference, credentials)
	if err != nil {
		return err
	}
	fmt.Println(reference.Context().Digest(descriptor.Digest.String()))
	return nil
}

// platforms prints a line with platform and name for each image of an index in its registry.
func platforms(args []string) error {
	if len(args) != 1 {
		return errors.New("one name is needed")
	}
	reference, err := name.ParseReference(args[0])
	if err != nil {
		return err
	}
	index, err := remote.Index(reference, credentials)
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, descriptor := range manifest.Manifests {
		platform := strings.ReplaceAll(descriptor.Platform.String(), "/", "-")
		fmt.Println(platform, reference.Context().Digest(descriptor.Digest.String()))
	}
	return nil
}

// pull writes an image of a registry to an archive, with its digest as its tag.
func pull(args []string) error {
	if len(args) != 2 {
		return errors.New("a name with a digest and an archive are needed")
	}
	reference, err := name.NewDigest(args[0])
	if err != nil {
		return err
	}
	index, err := remote.Index(reference, credentials)
	if err != nil {
		return err
	}
	return archive.Write(args[1], reference.Tag(strings.ReplaceAll(reference.DigestStr(), ":", "-")), index)
}

// credentials are those that Docker has for the registry.
var credentials = remote.WithAuthFromKeychain(authn.DefaultKeychain)
