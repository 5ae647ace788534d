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

// Package templates asks an API server about Jobs and about ExtendedJobs with the
// same templates: both must be accepted, warned about, stored and run alike. It is
// a Go module of its own so that the operator does not require k8s.io/kubernetes,
// whose fuzzers it uses.
package templates

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

var (
	cases = flag.Int("cases", 1000, "how many templates of each generator are tried")
	seed  = flag.Int64("seed", 1, "which of them")
)

var server *world

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	directory, err := os.MkdirTemp("", "templates-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(directory)
	server, err = start(directory)
	defer func() {
		if err := server.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
