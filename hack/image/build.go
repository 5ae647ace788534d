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
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/archive"
)

// build makes an image from directories and prints its digest.
func build(args []string) error {
	image := archive.Image{Roots: map[string]string{}, Labels: map[string]string{}}
	flags := flag.NewFlagSet("build", flag.ExitOnError)
	whole := flags.String("name", "", "name of the image")
	output := flags.String("output", "", "archive to write")
	created := flags.Int64("created", 0, "time of the image and of all files in it, in seconds since 1970")
	flags.StringVar(&image.User, "user", "", "user and group that run the program, as `UID:GID`")
	flags.Func("root", "root file system for a platform, as `OS/ARCH=DIR`; one for each platform", into(image.Roots))
	flags.Func("label", "label of the image, as `KEY=VALUE`; can be repeated", into(image.Labels))
	flags.Func("entrypoint", "the program", appendTo(&image.Entrypoint))
	flags.Func("cmd", "argument of the program, or the program itself if there is no entrypoint; can be repeated", appendTo(&image.Cmd))
	if err := flags.Parse(args); err != nil {
		return err
	}
	image.Created = time.Unix(*created, 0).UTC()

	tag, err := name.NewTag(*whole)
	if err != nil {
		return err
	}
	index, err := image.Index()
	if err != nil {
		return err
	}
	if err := archive.Write(*output, tag, index); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	fmt.Println(digest)
	return nil
}

// into parses flags of the form KEY=VALUE into a map.
func into(values map[string]string) func(string) error {
	return func(flag string) error {
		key, value, found := strings.Cut(flag, "=")
		if !found {
			return fmt.Errorf("%q is not of the form KEY=VALUE", flag)
		}
		values[key] = value
		return nil
	}
}

// appendTo collects the values of a flag.
func appendTo(values *[]string) func(string) error {
	return func(flag string) error {
		*values = append(*values, flag)
		return nil
	}
}
