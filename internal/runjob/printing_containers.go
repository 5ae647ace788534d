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

package runjob

import (
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// PrintingContainers returns the names of the containers whose printed output is
// kept, in the order of the template.
func PrintingContainers(spec *fissilev1.ExtendedJobSpec) []string {
	if spec.Output == nil {
		return nil
	}
	return printing(spec.Output, ContainerNames(&spec.JobTemplate))
}

// printing returns those of the containers whose printed output is kept.
func printing(output *fissilev1.Output, containers []string) []string {
	if output.NamePrefix == "" && len(output.Files) > 0 {
		return nil
	}
	var names []string
	for _, container := range containers {
		if prints(output, container) {
			names = append(names, container)
		}
	}
	return names
}

// prints reports whether the printed output of a container is kept.
func prints(output *fissilev1.Output, container string) bool {
	if len(output.Containers) > 0 {
		return slices.Contains(output.Containers, container)
	}
	return !slices.ContainsFunc(output.Files, func(file fissilev1.OutputFile) bool { return file.Container == container })
}

// outputContainers returns the names of the containers of a Job whose printed output
// is kept: PrintingContainers as of the run's start. It returns none if somebody
// removed the annotation.
func outputContainers(job *batchv1.Job) []string {
	recorded := job.Annotations[fissilev1.AnnotationOutputContainers]
	return strings.FieldsFunc(recorded, func(r rune) bool { return r == ',' })
}

// ContainerNames returns the names of the containers of a template, in their order.
func ContainerNames(template *batchv1.JobTemplateSpec) []string {
	containers := template.Spec.Template.Spec.Containers
	names := make([]string, len(containers))
	for i := range containers {
		names[i] = containers[i].Name
	}
	return names
}
