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

package plan

import (
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Inputs are what the pods of a run would read if it were claimed now.
type Inputs struct {
	fissilev1.Inputs
	// Missing names the objects that the pods cannot start without and that do not
	// exist.
	Missing []string
	// Newest is true if versioned Secrets are resolved to the newest versions that
	// the API server knows, or if the pods name none. The cache may not show a
	// version yet that existed when the run was requested.
	Newest bool
	// ForRequest is true if the references of spec.trigger.env are included.
	ForRequest bool
}

const (
	// maxChangedInputs is how many changed objects a run names.
	maxChangedInputs = 64
	// maxRecordedInputs is how many objects the status lists in addition to versions.
	// The digest covers all of them. The list only shows what changed, and whether
	// anything did if the key of the digest was lost.
	maxRecordedInputs = 1000
)

// recordInputs returns the inputs as the status records them, or nil if there are
// none and a change of them would not matter.
func (o *Observation) recordInputs() *fissilev1.Inputs {
	if len(o.Inputs.Objects) == 0 && !o.watchesInputs() {
		return nil
	}
	return o.Inputs.recorded()
}

func (i *Inputs) recorded() *fissilev1.Inputs {
	recorded := i.DeepCopy()
	if len(recorded.Objects) <= maxRecordedInputs {
		return recorded
	}
	kept := 0
	recorded.Objects = slices.DeleteFunc(recorded.Objects, func(object fissilev1.InputObject) bool {
		kept++
		return unresolved(object) && kept > maxRecordedInputs
	})
	return recorded
}

// unresolved reports whether an input is not a version of a versioned Secret.
func unresolved(object fissilev1.InputObject) bool { return object.ResolvedName == "" }

// inputsState is how the inputs compare with those of the last claim.
type inputsState int

const (
	// inputsSame: the data is the same.
	inputsSame inputsState = iota
	// inputsChanged: the data differs, or may differ.
	inputsChanged
	// inputsUnrecorded: there is nothing to compare with, and no sign of a change.
	inputsUnrecorded
)

func (o *Observation) inputsState() inputsState {
	recorded := o.EJ.Status.Inputs
	switch {
	case recorded == nil && o.recordInputs() == nil:
		return inputsSame
	case recorded == nil:
		return inputsUnrecorded
	case recorded.Digest == o.Inputs.Digest:
		return inputsSame
	case Comparable(recorded.Digest, o.Inputs.Digest):
		return inputsChanged
	case slices.EqualFunc(recorded.Objects, o.Inputs.recorded().Objects, sameObject):
		// The key was lost, but nobody has written the objects since.
		return inputsUnrecorded
	default:
		return inputsChanged
	}
}

// sameObject reports whether an object has not been written since. The version that one
// of our own outputs stands for does not matter.
func sameObject(a, b fissilev1.InputObject) bool {
	return a.ObjectName == b.ObjectName && a.UID == b.UID && a.ResourceVersion == b.ResourceVersion
}

// Comparable reports whether two digests were made in the same way.
func Comparable(a, b string) bool {
	encodingA, keyA, _, okA := configrefs.ParseDigest(a)
	encodingB, keyB, _, okB := configrefs.ParseDigest(b)
	return okA && okB && encodingA == encodingB && keyA == keyB
}

// InputsChanged reports whether the inputs are known to differ from those of the last
// claim.
func (o *Observation) InputsChanged() bool {
	return o.Inputs != nil && o.inputsState() == inputsChanged
}

// watchesInputs reports whether a change of the inputs runs the ExtendedJob.
func (o *Observation) watchesInputs() bool {
	return ptr.Deref(o.EJ.Spec.UpdateOnConfigChange, false)
}

// RequestReferences returns the ConfigMaps and Secrets that the next run reads in
// addition to those of its template: those that spec.trigger.env names, if the run
// gets these variables.
func (o *Observation) RequestReferences() []configrefs.Reference {
	trigger := o.EJ.Spec.Trigger
	if len(trigger.Env) == 0 || trigger.Strategy != fissilev1.StrategyNow && o.outstandingRequest(&o.EJ.Status) == "" {
		return nil
	}
	return runjob.EnvReferences(trigger.Env)
}

// inputsMissing describes what the pods cannot start without.
func (o *Observation) inputsMissing() string {
	return "Missing: " + strings.Join(o.Inputs.Missing, ", ") + "."
}

// changedInputs returns the objects that have changed since the last claim.
func (o *Observation) changedInputs() []fissilev1.ObjectName {
	recorded := make(map[fissilev1.ObjectName]fissilev1.InputObject)
	if o.EJ.Status.Inputs != nil {
		for _, object := range o.EJ.Status.Inputs.Objects {
			recorded[object.ObjectName] = object
		}
	}
	var changed []fissilev1.ObjectName
	for _, object := range o.Inputs.Objects {
		before, known := recorded[object.ObjectName]
		if (!known || !sameObject(before, object)) && len(changed) < maxChangedInputs {
			changed = append(changed, object.ObjectName)
		}
	}
	return changed
}
