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

// Image builds container images, and runs the local cluster's image registry,
// without a container engine.
package main

import (
	"fmt"
	"os"
)

const usage = `usage:
  image build -name NAME -output ARCHIVE -root OS/ARCH=DIR... [options]   build an OCI archive from directories
  image push -registry ADDRESS ARCHIVE                                    push an archive's images, print their names and digests
  image publish ARCHIVE                                                   push an archive's images to their own registries
  image digest NAME                                                       print an image's name with its digest in its registry
  image platforms NAME                                                    print the platforms of an image in its registry, with the name of each one's image
  image pull NAME@DIGEST ARCHIVE                                          pull an image from its registry into an OCI archive
  image serve -address ADDRESS                                            serve a registry
  image ca-certificates                                                   print Mozilla's CA certificates
`

var commands = map[string]func(args []string) error{
	"build":           build,
	"push":            push,
	"publish":         publish,
	"digest":          digest,
	"platforms":       platforms,
	"pull":            pull,
	"serve":           serve,
	"ca-certificates": caCertificates,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "image %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
