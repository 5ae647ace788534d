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
	"net/http"
	"time"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/image/registry"
)

// serve runs a registry until the process is stopped; its images go with it.
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	address := flags.String("address", "", "address to listen on, as `HOST:PORT`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	server := http.Server{Addr: *address, Handler: registry.Handler(), ReadHeaderTimeout: time.Minute}
	return server.ListenAndServe()
}
