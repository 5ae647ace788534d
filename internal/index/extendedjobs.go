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

package index

import (
	"slices"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// Keys of Run.
const (
	// RunActive stands for an active run.
	RunActive = "active"
	// RunUnrecorded stands for an active run for which the status does not record
	// that its Job was seen.
	RunUnrecorded = "unrecorded"
)

// ExtendedJobs are the indexes of ExtendedJobs.
var ExtendedJobs = ejcache.Indexes{
	UID:     func(ej *plan.ExtendedJob) []string { return []string{string(ej.UID)} },
	Output:  func(ej *plan.ExtendedJob) []string { return targetNames(ej.Targets()) },
	Input:   inputKeys,
	Claimed: claimedVersions,
	Run:     runKeys,
	Wait:    waitKeys,
}

// InputKey returns the key of Input for a ConfigMap or Secret.
func InputKey(kind configrefs.Kind, name string) string {
	return string(kind) + "/" + name
}

// VersionsKey returns the key of Input for all versions of a versioned Secret.
func VersionsKey(base string) string {
	return "versions of Secret/" + base
}

// inputKeys returns the keys of the ConfigMaps and Secrets that the pods read, and of
// all versions of those that may be versioned.
func inputKeys(ej *plan.ExtendedJob) []string {
	var keys []string
	for _, reference := range slices.Concat(ej.Template.References, runjob.EnvReferences(ej.Spec.Trigger.Env)) {
		keys = append(keys, InputKey(reference.Kind, reference.Name))
		if base, _, ok := versionedsecret.ParseName(reference.Name); ok && reference.Kind == configrefs.Secret {
			keys = append(keys, VersionsKey(base))
		}
	}
	return keys
}

// claimedVersions returns the versions that the active run was claimed with.
func claimedVersions(ej *plan.ExtendedJob) []string {
	status := &ej.Status
	if status.Inputs == nil || status.LastRun == nil || status.LastRun.Result != "" {
		return nil
	}
	var names []string
	for _, object := range status.Inputs.Objects {
		if object.ResolvedName != "" {
			names = append(names, object.ResolvedName)
		}
	}
	return names
}

func runKeys(ej *plan.ExtendedJob) []string {
	var keys []string
	if ej.Status.Active != "" {
		keys = append(keys, RunActive)
	}
	if Unrecorded(ej.Status.LastRun) {
		keys = append(keys, RunUnrecorded)
	}
	return keys
}

// Unrecorded reports whether a run is active and the status does not record that its
// Job was seen.
func Unrecorded(run *fissilev1.Run) bool {
	return run != nil && run.Claim != nil && run.Claim.JobUID == ""
}
