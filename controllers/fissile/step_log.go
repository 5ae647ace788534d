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

package fissile

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// logStep logs a step before it is taken. docs/debugging.md explains how to read it.
func logStep(ctx context.Context, o *observation, step plan.Step) {
	log := ctrl.LoggerFrom(ctx).V(1)
	if !log.Enabled() {
		return
	}
	log.Info("Step", "kind", step.Kind, "run", plan.RunOf(o.Observation, step).Number, "why", plan.Why(o.Observation, step), "after", step.After.String())
}
