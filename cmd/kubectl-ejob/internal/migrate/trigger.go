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

package migrate

import (
	"go.yaml.in/yaml/v3"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
)

// trigger rewrites when the object runs. The first versions had spec.run, and
// spec.triggers for runs on events of pods.
func (r *rewriter) trigger(spec *yaml.Node) {
	run := manifest.Get(spec, "run")
	trigger := manifest.Get(spec, "trigger")
	switch {
	case manifest.IsMapping(trigger):
	case run != nil:
		trigger = manifest.Mapping()
		strategy := *run
		manifest.Set(trigger, "strategy", &strategy)
		rename(spec, "run", "trigger")
		manifest.Set(spec, "trigger", trigger)
	default:
		trigger = manifest.Mapping()
		manifest.Set(spec, "trigger", trigger)
	}
	const onPods = "left out: pod events no longer start runs; the ExtendedJob now runs on demand (strategy manual)"
	r.drop(spec, "spec", "triggers", onPods)
	for _, field := range []string{"podstate", "when", "selector"} {
		r.drop(trigger, "spec.trigger", field, "left out: pod events no longer start runs")
	}
	switch strategy := manifest.Get(trigger, "strategy"); manifest.Text(strategy) {
	case "manually", "": // without a strategy, nothing ran
		setText(trigger, "strategy", "manual")
	case "podstate":
		r.lose(strategy, "spec.trigger.strategy", onPods)
		setText(trigger, "strategy", "manual")
	}
	r.dropUnknown(trigger, "spec.trigger", "strategy")
}
