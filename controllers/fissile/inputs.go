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
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// readInputs finds what the pods of a run would read if it was claimed now. The
// cache tells which version of an object is the newest; its data is read only
// if this process has not read that version yet.
func (r *Reconciler) readInputs(ctx context.Context, o *observation) error {
	key, err := r.digestKey.get(ctx, r.Client, r.APIReader, r.Namespace)
	if err != nil {
		return err
	}
	inputs := &plan.Inputs{}
	var entries []configrefs.Entry
	for _, reference := range configrefs.Of(&o.EJ.Spec.JobTemplate.Spec.Template.Spec) {
		base, name, err := r.resolve(ctx, o, reference)
		if err != nil {
			return err
		}
		counted := base
		if base != reference.Name {
			counted += "-v*" // not a name: the plain Secret of the base name is another object
		}
		seen, err := r.readInput(ctx, objectKey{reference.Kind, o.EJ.Namespace, name}, key)
		if err != nil {
			return err
		}
		inputs.Missing = append(inputs.Missing, missing(reference, name, seen)...)
		object := fissilev1.InputObject{ObjectName: fissilev1.ObjectName{Kind: fissilev1.InputKind(reference.Kind), Name: reference.Name}}
		if reference.Kind != configrefs.Secret || !slices.Contains(outputNames(o.EJ), base) {
			// What it prints itself does not make it run again.
			entries = append(entries, configrefs.Entry{Kind: reference.Kind, Name: counted, MAC: seen.mac})
			object.UID, object.ResourceVersion = seen.uid, seen.resourceVersion
		}
		if name != reference.Name {
			object.ResolvedName = name
		}
		inputs.Objects = append(inputs.Objects, object)
	}
	inputs.Digest = configrefs.Digest(key, entries)
	o.Inputs = inputs
	o.debounce(o.InputsChanged(), &o.inputsSeen, r.Clock.Now(), r.Debounce)
	return nil
}

// missing says what of a reference keeps pods from starting.
func missing(reference configrefs.Reference, name string, seen inputVersion) []string {
	if seen.absent() {
		if reference.Optional {
			return nil
		}
		return []string{fmt.Sprintf("%s %s", reference.Kind, name)}
	}
	var what []string
	for _, key := range reference.Keys {
		if !slices.Contains(seen.keys, key) {
			what = append(what, fmt.Sprintf("key %s of %s %s", key, reference.Kind, name))
		}
	}
	return what
}

// resolve is the name that a reference stands for: of a versioned Secret that
// of its newest version, else the one that is written. The base is the name
// under which it counts, so that a new version with equal data is no change.
func (r *Reconciler) resolve(ctx context.Context, o *observation, reference configrefs.Reference) (base, name string, err error) {
	base, _, isVersion := versionedsecret.ParseName(reference.Name)
	if reference.Kind != configrefs.Secret || !isVersion {
		return reference.Name, reference.Name, nil
	}
	latest, ok, err := r.latestVersion(ctx, r.Client, o.EJ.Namespace, base, client.MatchingFields{indexBase: base})
	if err != nil {
		return "", "", err
	}
	if known := o.resolvedBefore(reference.Name); known != "" && (!ok || ordinal(latest) < ordinal(known)) {
		// The cache is behind what the last claim saw, or versions were deleted.
		latest, ok, err = r.latestVersion(ctx, r.APIReader, o.EJ.Namespace, base, client.MatchingLabels{versionedsecret.LabelKind: versionedsecret.Kind})
		if err != nil {
			return "", "", err
		}
	}
	if !ok {
		// Nothing proves that it is a versioned Secret: the name is just a name.
		return reference.Name, reference.Name, nil
	}
	return base, latest, nil
}

func (r *Reconciler) latestVersion(ctx context.Context, reader client.Reader, namespace, base string, options ...client.ListOption) (string, bool, error) {
	secrets, err := listSecrets(ctx, reader, namespace, options...)
	if err != nil {
		return "", false, err
	}
	latest, ok := versionedsecret.Latest(secrets, base)
	if !ok {
		return "", false, nil
	}
	return latest.Name, true, nil
}

// resolvedBefore is the version that the last claim used for a reference.
func (o *observation) resolvedBefore(name string) string {
	if o.EJ.Status.Inputs == nil {
		return ""
	}
	for _, object := range o.EJ.Status.Inputs.Objects {
		if object.Kind == fissilev1.InputSecret && object.Name == name {
			return object.ResolvedName
		}
	}
	return ""
}

func ordinal(name string) int64 {
	_, ordinal, _ := versionedsecret.ParseName(name)
	return ordinal
}

// debounce notes when a change was seen first. One that was there when this
// process looked first may be acted on at once.
func (o *observation) debounce(changed bool, looked *bool, now time.Time, wait time.Duration) {
	if changed && *looked && o.changeSeen.IsZero() {
		o.changeSeen = now
	}
	*looked = true
	if !o.changeSeen.IsZero() {
		o.DebounceUntil = o.changeSeen.Add(wait)
	}
}
