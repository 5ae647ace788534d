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
	"fmt"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// filesWarnings returns warnings about settings of files that have no effect, and about
// a prefix that no name begins with.
func filesWarnings(m *manifest, keep bool) (warnings admission.Warnings) {
	output := m.ej.Spec.Output
	if len(output.Files) == 0 {
		if output.Directory != "" {
			warnings = append(warnings, warningf("%s has no effect without files", m.field("spec.output.directory")))
		}
		return warnings
	}
	if output.NamePrefix != "" && len(runjob.PrintingContainers(&m.ej.Spec)) == 0 {
		warnings = append(warnings, warningf("%s has no effect: files names every container, and containers names none", m.field("spec.output.namePrefix")))
	}
	for i := range output.Files {
		file := &output.Files[i]
		at := fmt.Sprintf("spec.output.files[%d]", i)
		warnings = append(warnings, versionsWarnings(m, at, file.VersionsToKeep, ptr.Deref(file.Versioned, false), keep)...)
		if ptr.Deref(file.SkipUnchanged, false) && !ptr.Deref(file.Versioned, false) {
			warnings = append(warnings, warningf("%s requires versioned", m.field(at+".skipUnchanged")))
		}
	}
	return warnings
}

// versionedField returns the field to set so that a target's previous contents are
// kept.
func versionedField(target runjob.Target) string {
	switch {
	case target.File == nil:
		return "spec.output.versioned"
	case target.PerKey:
		return "another secretName"
	default:
		return "the file's versioned"
	}
}

// collectorWarnings returns warnings about files that nothing can collect yet.
func collectorWarnings(m *manifest, image string) admission.Warnings {
	if !runjob.CollectsFiles(m.ej.Spec.Output) || image != "" {
		return nil
	}
	return admission.Warnings{warningf("%s: no run starts until output.collectorImage is set in the operator's configuration", m.field("spec.output.files"))}
}
