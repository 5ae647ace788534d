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
	"regexp"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// addTrialCollector adds the collector to the Job of a dry run, as the operator does
// for a run. The key makes no difference. It adds nothing for files that are already
// refused.
func addTrialCollector(job *batchv1.Job, trial *fissilev1.ExtendedJob, image string, fields *jobFields) error {
	if !runjob.CollectsFiles(trial.Spec.Output) || image == "" || len(validateFiles(&trial.Spec)) > 0 {
		return nil
	}
	key, err := runjob.FilesKey([]byte("dry run"), trial, job)
	if err != nil {
		return err
	}
	fields.collector = newCollectorFields(job)
	runjob.AddCollector(job, trial, image, key.Public())
	return nil
}

// sameCollector reports whether an update leaves the collection of the files as it is.
func sameCollector(before, updated *fissilev1.ExtendedJob) bool {
	old, output := before.Spec.Output, updated.Spec.Output
	if !runjob.CollectsFiles(old) || !runjob.CollectsFiles(output) {
		return runjob.CollectsFiles(old) == runjob.CollectsFiles(output)
	}
	return runjob.OutputDirectory(old) == runjob.OutputDirectory(output) && slices.Equal(runjob.CollectedFiles(old), runjob.CollectedFiles(output))
}

// collectorFields distinguishes the fields of the collector from those of the template.
type collectorFields struct {
	// volumes is how many of the pod's volumes come from the template. mounts is how
	// many of each container's mounts do, by the container's path.
	volumes int
	mounts  map[string]int
}

// newCollectorFields notes what a Job has without the collector.
func newCollectorFields(job *batchv1.Job) *collectorFields {
	pod := &job.Spec.Template.Spec
	fields := &collectorFields{volumes: len(pod.Volumes), mounts: map[string]int{}}
	for i := range pod.Containers {
		fields.mounts[fmt.Sprintf("spec.template.spec.containers[%d]", i)] = len(pod.Containers[i].VolumeMounts)
	}
	for i := range pod.InitContainers {
		fields.mounts[fmt.Sprintf("spec.template.spec.initContainers[%d]", i)] = len(pod.InitContainers[i].VolumeMounts)
	}
	return fields
}

var (
	initContainerField = regexp.MustCompile(`^spec\.template\.spec\.initContainers\[(\d+)\]`)
	volumeField        = regexp.MustCompile(`^spec\.template\.spec\.volumes\[(\d+)\]`)
	mountField         = regexp.MustCompile(`^(spec\.template\.spec\.\w+\[\d+\])\.volumeMounts\[(\d+)\]`)
)

// inTemplate returns the path that a field of the Job would have without the collector,
// or the field of the ExtendedJob that the collector is there for.
func (f *collectorFields) inTemplate(path string) (inTemplate, ofOutput string) {
	if f == nil {
		return path, ""
	}
	const files, directory = "spec.output.files", "spec.output.directory"
	if match := initContainerField.FindStringSubmatch(path); match != nil {
		index := number(match[1])
		if index == 0 {
			return "", files
		}
		path = fmt.Sprintf("spec.template.spec.initContainers[%d]%s", index-1, strings.TrimPrefix(path, match[0]))
	}
	if match := volumeField.FindStringSubmatch(path); match != nil && number(match[1]) >= f.volumes {
		return "", files
	}
	if match := mountField.FindStringSubmatch(path); match != nil && number(match[2]) >= f.mounts[match[1]] {
		return "", directory
	}
	return path, ""
}

// number returns the value of an index that a regular expression has found.
func number(digits string) int {
	index, err := strconv.Atoi(digits)
	if err != nil {
		return 0 // too large for any index
	}
	return index
}

// lostCollector returns an error if the API server's answer to a dry run shows that it
// would create the Job without the collector.
func lostCollector(answer *unstructured.Unstructured) (field.ErrorList, error) {
	job := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(answer.Object, job); err != nil {
		return nil, err
	}
	if runjob.HasCollector(job) {
		return nil, nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec", "output", "files"), fmt.Sprintf(
		"the cluster removes, moves or changes the sidecar %s, which collects the files: exempt it from policies and webhooks, "+
			"enable the feature gate SidecarContainers if this Kubernetes has no sidecars, or print the output", runjob.CollectorContainer))}, nil
}
