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
	"maps"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
)

// CacheByObject defines what the manager's cache holds: Jobs and pods only if they
// belong to ExtendedJobs, and of those and of Secrets only what the operator reads.
func CacheByObject() map[client.Object]cache.ByObject {
	ours := labels.SelectorFromSet(labels.Set{fissilev1.LabelExtendedJob: "true"})
	return map[client.Object]cache.ByObject{
		&ejcache.ExtendedJob{}: {Transform: ejcache.Transform(index.ExtendedJobs)},
		&batchv1.Job{}:         {Label: ours, Transform: stripJob},
		&corev1.Pod{}:          {Label: ours, Transform: runpods.Strip},
		&corev1.Secret{}:       {Transform: stripMetadata},
		&corev1.ConfigMap{}:    {Transform: stripMetadata},
	}
}

// stripJob keeps only what identifies the owner and the run of a Job, and how the Job
// ended.
func stripJob(obj any) (any, error) {
	job, ok := obj.(*batchv1.Job)
	if !ok {
		return obj, nil
	}
	job.ManagedFields = nil
	job.Finalizers = nil
	job.Annotations = onlyOurs(job.Annotations)
	job.Labels = onlyOurs(job.Labels)
	job.Spec = batchv1.JobSpec{}
	job.Status = batchv1.JobStatus{
		Conditions:     job.Status.Conditions,
		CompletionTime: job.Status.CompletionTime,
		Succeeded:      job.Status.Succeeded,
		Failed:         job.Status.Failed,
	}
	return job, nil
}

// stripMetadata keeps only the metadata that identifies the owner of a ConfigMap or
// Secret. Both are cached as metadata only.
func stripMetadata(obj any) (any, error) {
	object, ok := obj.(*metav1.PartialObjectMetadata)
	if !ok {
		return nil, fmt.Errorf("ConfigMaps and Secrets must be cached as metadata only, not as %T", obj)
	}
	object.ManagedFields = nil
	object.Finalizers = nil
	object.Annotations = onlyOurs(object.Annotations)
	object.Labels = onlyOurs(object.Labels)
	return object, nil
}

// onlyOurs returns nil if nothing is left, because an emptied map takes as much
// memory as before.
func onlyOurs(names map[string]string) map[string]string {
	maps.DeleteFunc(names, func(key, _ string) bool { return !strings.HasPrefix(key, fissilev1.GroupVersion.Group+"/") })
	if len(names) == 0 {
		return nil
	}
	return names
}
