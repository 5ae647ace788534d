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

import "context"

// observeSecrets looks at the output Secrets of the ExtendedJob in the cache, also for
// versions that need no longer be kept.
func (r *Reconciler) observeSecrets(ctx context.Context, o *observation) error {
	sealed, err := r.outputs.Observe(ctx, &o.Observation)
	if err != nil {
		return err
	}
	return r.observePrunable(ctx, o, sealed)
}

// readOutputs finds out which of the output Secrets that the cache does not show are
// gone.
func (r *Reconciler) readOutputs(ctx context.Context, o *observation) error {
	lost, err := r.outputs.Lost(ctx, o.EJ, o.MissingOutputs)
	if err != nil {
		return err
	}
	o.LostOutputs = &lost
	if len(lost) > 0 {
		r.recordOutputsLost(o.EJ, lost)
	}
	return nil
}
