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

// readInputs finds what the pods of a run would read if it were claimed now. If newest
// is set, it looks for the newest versions of versioned Secrets on the API server.
func (r *Reconciler) readInputs(ctx context.Context, o *observation, newest bool) error {
	inputs, objects, err := r.inputs.Read(ctx, o.EJ, o.RequestReferences(), newest)
	if err != nil {
		return err
	}
	o.Inputs = inputs
	o.state.inputs = r.inputs.Hold(o.state.inputs, objects)
	o.state.process.Inputs.Track(o.InputsChanged(), inputs.Digest, r.Clock.Now())
	return nil
}
