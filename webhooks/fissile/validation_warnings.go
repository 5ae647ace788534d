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
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/text"
)

// outputFinder finds ExtendedJobs in the manager's cache.
type outputFinder interface {
	Find(ctx context.Context, namespace, index, key string) ([]client.ObjectKey, error)
}

// warnings returns warnings about settings that are valid but have no effect or may
// surprise.
func warnings(ctx context.Context, outputs outputFinder, m *manifest, created bool) admission.Warnings {
	warnings := slices.Clone(m.warnings)
	if created {
		warnings = append(warnings, nameWarnings(m.ej.Name)...)
	}
	// An update to "now" is for one-offs, too.
	strategy := m.ej.Spec.Trigger.Strategy
	if strategy == fissilev1.StrategyManual || (strategy == fissilev1.StrategyNow && created) {
		warnings = append(warnings, errandWarnings(m)...)
	}
	warnings = append(warnings, debounceWarnings(m)...)
	warnings = append(warnings, triggerWarnings(m)...)
	if m.ej.Spec.Output != nil {
		warnings = append(warnings, outputWarnings(m)...)
		warnings = append(warnings, sharedOutputWarnings(ctx, outputs, m.ej)...)
	}
	return warnings
}

func nameWarnings(name string) admission.Warnings {
	job := runjob.JobName(&fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: name}}, 1)
	switch {
	case runjob.NameLabel(name) != name:
		return admission.Warnings{warningf("metadata.name is long and gets shortened in the names of Jobs and in the label %s", fissilev1.LabelName)}
	case !strings.HasPrefix(job, name+"-"):
		return admission.Warnings{warningf("metadata.name is long and gets shortened in the names of Jobs")}
	}
	return nil
}

func debounceWarnings(m *manifest) admission.Warnings {
	spec := &m.ej.Spec
	if spec.UpdateDebounce == nil || ptr.Deref(spec.UpdateOnConfigChange, false) || ptr.Deref(spec.UpdateOnTemplateChange, false) {
		return nil
	}
	return admission.Warnings{warningf("%s has no effect without an updateOn... flag", m.field("spec.updateDebounce"))}
}

func errandWarnings(m *manifest) (warnings admission.Warnings) {
	const useless = "%s has no effect on an errand"
	if ptr.Deref(m.ej.Spec.UpdateOnConfigChange, false) {
		warnings = append(warnings, warningf(useless, m.field("spec.updateOnConfigChange")))
	}
	if ptr.Deref(m.ej.Spec.UpdateOnTemplateChange, false) {
		warnings = append(warnings, warningf(useless, m.field("spec.updateOnTemplateChange")))
	}
	return warnings
}

func outputWarnings(m *manifest) (warnings admission.Warnings) {
	output := m.ej.Spec.Output
	keep := output.IfExists == fissilev1.ExistingOutputKeep
	warnings = versionsWarnings(m, "spec.output", output.VersionsToKeep, ptr.Deref(output.Versioned, false), keep)
	warnings = append(warnings, filesWarnings(m, keep)...)
	if keep {
		return warnings
	}
	for _, reference := range configrefs.Of(&m.ej.Spec.JobTemplate.Spec.Template.Spec) {
		for _, target := range runjob.Targets(&m.ej.Spec) {
			if reference.Kind == configrefs.Secret && !target.Versioned && target.Has(reference.Name) {
				warnings = append(warnings, warningf("spec.output overwrites Secret %s, which the template reads: set %s to keep both", reference.Name, versionedField(target)))
			}
		}
	}
	return warnings
}

// versionsWarnings returns warnings about a versionsToKeep that has no effect.
func versionsWarnings(m *manifest, at string, versionsToKeep int32, versioned, keep bool) admission.Warnings {
	switch {
	case versionsToKeep > 0 && keep:
		return admission.Warnings{warningf("%s has no effect with ifExists Keep", m.field(at+".versionsToKeep"))}
	case versionsToKeep > 0 && !versioned:
		return admission.Warnings{warningf("%s has no effect without versioned", m.field(at+".versionsToKeep"))}
	}
	return nil
}

// sharedOutputWarnings returns warnings that name the ExtendedJobs whose output goes to
// the same Secrets.
func sharedOutputWarnings(ctx context.Context, outputs outputFinder, ej *fissilev1.ExtendedJob) (warnings admission.Warnings) {
	for _, secret := range secretNames(ej) {
		others, err := outputs.Find(ctx, ej.Namespace, index.Output, secret)
		if err != nil {
			// The cache does not hold the ExtendedJobs of namespaces that are not
			// watched.
			ctrl.LoggerFrom(ctx).V(1).Info("Cannot find the ExtendedJobs that write a Secret", "secret", secret, "error", err.Error())
			return warnings
		}
		for _, other := range others {
			if other.Name != ej.Name {
				warnings = append(warnings, warningf("Secret %s is also the output of ExtendedJob %s: choose another %s", secret, other.Name, namedBy(ej, secret)))
			}
		}
	}
	return warnings
}

// namedBy returns the field that determines the name of an output Secret.
func namedBy(ej *fissilev1.ExtendedJob, secret string) string {
	targets := runjob.Targets(&ej.Spec)
	return targets[slices.IndexFunc(targets, func(target runjob.Target) bool { return target.Name() == secret })].NamedBy()
}

// secretNames returns the names of the output Secrets, without the ordinal of a
// version.
func secretNames(ej *fissilev1.ExtendedJob) []string {
	var names []string
	for _, target := range runjob.Targets(&ej.Spec) {
		names = append(names, target.Name())
	}
	return names
}

// warningf formats a warning, and truncates it to the length that Kubernetes asks for.
func warningf(format string, args ...any) string {
	return text.Truncate(fmt.Sprintf(format, args...), 120, "...")
}
