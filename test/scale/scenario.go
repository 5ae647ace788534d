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
	_ "embed"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

//go:embed scenarios.yaml
var builtInScenarios []byte

// scenario is what is measured, in two sizes, with its targets.
type scenario struct {
	Letter string `json:"letter"`
	Title  string `json:"title"`
	// About describes the scenario in the report.
	About string `json:"about"`
	// Components are the components in config/components to deploy.
	Components []string `json:"components,omitempty"`
	// Continues makes the scenario reuse the cluster of the one before it, if that was
	// run.
	Continues bool       `json:"continues,omitempty"`
	Full      parameters `json:"full"`
	Smoke     parameters `json:"smoke"`
	// Targets has the limits, by the name of the check.
	Targets map[string]float64 `json:"targets"`
	// Missed explains why targets are missed, as far as that is known.
	Missed string `json:"missed,omitempty"`
}

// parameters are the size of a scenario. Each scenario uses some of them.
type parameters struct {
	// Rounds is how often each side is measured, in turns.
	Rounds int `json:"rounds,omitempty"`
	// Count is how many ExtendedJobs there are.
	Count int `json:"count,omitempty"`
	// AtRest is how many ExtendedJobs are at rest.
	AtRest int `json:"atRest,omitempty"`
	// Counts are the numbers of ExtendedJobs at which the operator is started.
	Counts []int `json:"counts,omitempty"`
	// TemplateBytes are the sizes of their templates.
	TemplateBytes []int `json:"templateBytes,omitempty"`
	// Namespaces is how many namespaces there are, each with Count ExtendedJobs.
	Namespaces int `json:"namespaces,omitempty"`
	// OthersTrigger is how many of these are triggered in each namespace but the
	// first.
	OthersTrigger int `json:"othersTrigger,omitempty"`
	// Workers is how many requests the client has in flight.
	Workers int `json:"workers,omitempty"`
	// Secrets are the numbers of Secrets at which memory is measured.
	Secrets []int `json:"secrets,omitempty"`
	// ConfigMaps is how many ConfigMaps there are at each of these numbers except the
	// first.
	ConfigMaps int `json:"configMaps,omitempty"`
	// Bytes is the size of the data of each Secret and ConfigMap.
	Bytes int `json:"bytes,omitempty"`
	// Definitions is how many foreign CustomResourceDefinitions there are.
	Definitions int `json:"definitions,omitempty"`
	// Concurrencies are the settings of the operator's concurrency to compare.
	Concurrencies []int32 `json:"concurrencies,omitempty"`
	// Seconds is how long load is generated or memory is watched.
	Seconds int `json:"seconds,omitempty"`
}

func loadScenarios(file string) ([]*scenario, error) {
	data := builtInScenarios
	if file != "" {
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	var scenarios []*scenario
	if err := yaml.UnmarshalStrict(data, &scenarios); err != nil {
		return nil, fmt.Errorf("read the scenarios: %w", err)
	}
	for _, s := range scenarios {
		if bodies[s.Letter] == nil {
			return nil, fmt.Errorf("scenario %q does not exist", s.Letter)
		}
	}
	return scenarios, nil
}
