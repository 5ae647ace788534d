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
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
)

// backoffLimit is what a Job without one has. For ExtendedJobs it is 2, as it was
// for all of cf-operator's.
const backoffLimit = 6

// template makes spec.jobTemplate of spec.template.
func (r *rewriter) template(spec *yaml.Node) {
	template := manifest.Get(spec, "template")
	if template == nil {
		return
	}
	rename(spec, "template", "jobTemplate")
	if !r.isJobTemplate(template) {
		manifest.Set(spec, "jobTemplate", wrap("spec", wrap("template", template)))
		return
	}
	job := manifest.Get(template, "spec")
	if !manifest.IsMapping(job) {
		job = manifest.Mapping()
		manifest.Set(template, "spec", job)
	}
	moveJobFields(template, job)
	if manifest.Get(job, "backoffLimit") == nil {
		manifest.Insert(job, "backoffLimit", manifest.Literal(backoffLimit))
	}
	r.dropUnknown(template, "spec.template", "metadata", "spec")
}

// isJobTemplate tells a Job template from a pod template.
func (r *rewriter) isJobTemplate(template *yaml.Node) bool {
	return r.quarks || manifest.At(template, "spec", "template") != nil || manifest.Get(template, "template") != nil
}

// moveJobFields moves what belongs to the Job's spec there. Beside it, where the
// published examples have it, it had no effect.
func moveJobFields(template, job *yaml.Node) {
	for _, field := range slices.Backward(manifest.Fields(template)) {
		if !slices.Contains(jobFields, field) {
			continue
		}
		if manifest.Get(job, field) == nil {
			key, value := manifest.Key(template, field), manifest.Get(template, field)
			job.Content = slices.Insert(job.Content, 0, key, value)
		}
		manifest.Remove(template, field)
	}
}

// jobFields are fields of a Job's spec.
var jobFields = []string{
	"activeDeadlineSeconds", "backoffLimit", "completions", "parallelism", "template", "ttlSecondsAfterFinished",
}

// podTemplate returns spec.template of a Job, as spec.jobTemplate has it.
func podTemplate(spec *yaml.Node) *yaml.Node {
	return manifest.At(spec, "jobTemplate", "spec", "template")
}

func wrap(field string, value *yaml.Node) *yaml.Node {
	mapping := manifest.Mapping()
	mapping.Style = value.Style & yaml.FlowStyle
	manifest.Set(mapping, field, value)
	return mapping
}
