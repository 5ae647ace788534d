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

// Command rules prints the alerts of the component prometheus and the queries of
// the dashboard as a file of rules, which promtool can check and test:
//
//	rules CONFIG
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/hack/rules/query"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "rules: %v\n", err)
		os.Exit(1)
	}
}

func run(config string) error {
	groups, err := query.Alerts(config)
	if err != nil {
		return err
	}
	dashboard, err := query.Dashboard(config)
	if err != nil {
		return err
	}
	content, err := yaml.Marshal(map[string]any{"groups": append(groups, dashboard)})
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(content)
	return err
}
