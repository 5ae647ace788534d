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
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/archive"
	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/registry"
)

// push copies the images of an archive into the registry, and prints a line with name and digest for each.
func push(args []string) error {
	flags := flag.NewFlagSet("push", flag.ExitOnError)
	address := flags.String("registry", "", "address of the registry, as `HOST:PORT`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("one archive is needed")
	}

	return pushAll(flags.Arg(0), func(ctx context.Context, image archive.Named) error {
		return registry.Push(ctx, *address, image)
	})
}

// publish copies the images of an archive into the registries of their names, with the credentials that Docker has for
// them, and prints a line with name and digest for each.
func publish(args []string) error {
	if len(args) != 1 {
		return errors.New("one archive is needed")
	}
	pusher, err := remote.NewPusher(credentials)
	if err != nil {
		return err
	}
	return pushAll(args[0], func(ctx context.Context, image archive.Named) error {
		return pusher.Push(ctx, image.Tag, image.Content)
	})
}

// pushAll pushes each image of an archive.
func pushAll(path string, push func(context.Context, archive.Named) error) (err error) {
	images, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, images.Close()) }()
	for _, image := range images.Images {
		if err := push(context.Background(), image); err != nil {
			return err
		}
		digest, err := image.Content.Digest()
		if err != nil {
			return err
		}
		fmt.Println(archive.WholeName(image.Tag), digest)
	}
	return nil
}
