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
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

const (
	// indexUID finds ExtendedJobs by their UID, and Jobs and pods by the UID of their
	// ExtendedJob.
	indexUID = "extendedjob.uid"
	// indexOutput finds ExtendedJobs and Jobs by the Secrets that their output goes
	// to.
	indexOutput = "extendedjob.output"
	// indexInput finds ExtendedJobs by the ConfigMaps and Secrets that their pods
	// read.
	indexInput = "extendedjob.input"
	// indexClaimed finds ExtendedJobs by the versions of Secrets that an active run
	// was claimed with.
	indexClaimed = "extendedjob.claimed"
	// indexRun finds ExtendedJobs by what is known of their active run.
	indexRun = "extendedjob.run"
	// indexWait finds ExtendedJobs by what their run waits for, if anything.
	indexWait = "extendedjob.wait"
	// indexOwner finds output Secrets by the UID of the ExtendedJob that they belong
	// to.
	indexOwner = "output.owner"
	// indexBase finds Secrets that are named like versions by their base name.
	indexBase = "versionedsecret.base"
)

// Keys of indexRun.
const (
	// runActive stands for an active run.
	runActive = "active"
	// runUnrecorded stands for an active run for which the status does not record
	// that its Job was seen.
	runUnrecorded = "unrecorded"
)

// extendedJobIndexes are the indexes of ExtendedJobs.
var extendedJobIndexes = ejcache.Indexes{
	indexUID:     func(ej *plan.ExtendedJob) []string { return []string{string(ej.UID)} },
	indexOutput:  outputNames,
	indexInput:   inputKeys,
	indexClaimed: claimedVersions,
	indexRun:     runKeys,
	indexWait:    waitKeys,
}

// CacheByObject defines what the manager's cache holds: Jobs and pods only if they
// belong to ExtendedJobs, and of those and of Secrets only what the operator reads.
func CacheByObject() map[client.Object]cache.ByObject {
	ours := labels.SelectorFromSet(labels.Set{fissilev1.LabelExtendedJob: "true"})
	return map[client.Object]cache.ByObject{
		&ejcache.ExtendedJob{}: {Transform: ejcache.Transform(extendedJobIndexes)},
		&batchv1.Job{}:         {Label: ours, Transform: stripJob},
		&corev1.Pod{}:          {Label: ours, Transform: stripPod},
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

// stripPod keeps only what identifies the owner of a pod, its node, how it ended, and
// what keeps it from running.
func stripPod(obj any) (any, error) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return obj, nil
	}
	pod.ManagedFields = nil
	pod.Finalizers = nil
	pod.Annotations = nil
	pod.Labels = labelsOfPod(pod.Labels)
	pod.Spec = corev1.PodSpec{NodeName: pod.Spec.NodeName, InitContainers: sidecars(pod.Spec.InitContainers)}
	pod.Status = corev1.PodStatus{
		Phase:                 pod.Status.Phase,
		Reason:                pod.Status.Reason,
		Message:               pod.Status.Message,
		Conditions:            pod.Status.Conditions,
		InitContainerStatuses: stripContainers(pod.Status.InitContainerStatuses),
		ContainerStatuses:     stripContainers(pod.Status.ContainerStatuses),
	}
	return pod, nil
}

// labelsOfPod keeps the labels that identify the owner of a pod.
func labelsOfPod(all map[string]string) map[string]string {
	job, ok := all[batchv1.JobNameLabel]
	kept := onlyOurs(all)
	if ok {
		kept = plan.Merged(kept, map[string]string{batchv1.JobNameLabel: job})
	}
	return kept
}

// stripContainers keeps only the current state of containers and how they ended. It
// drops termination messages that are longer than any kubelet allows.
func stripContainers(statuses []corev1.ContainerStatus) []corev1.ContainerStatus {
	stripped := make([]corev1.ContainerStatus, len(statuses))
	for i := range statuses {
		status := &statuses[i]
		stripped[i] = corev1.ContainerStatus{
			Name: status.Name, Image: status.Image, State: status.State, LastTerminationState: status.LastTerminationState, Started: status.Started,
		}
		for _, state := range []*corev1.ContainerState{&stripped[i].State, &stripped[i].LastTerminationState} {
			if state.Terminated != nil && len(state.Terminated.Message) > sealedfiles.MessageLimit(1) {
				state.Terminated.Message = ""
			}
		}
	}
	return stripped
}

// sidecars keeps the names of the init containers that keep running.
func sidecars(containers []corev1.Container) []corev1.Container {
	var names []corev1.Container
	for i := range containers {
		if policy := containers[i].RestartPolicy; policy != nil && *policy == corev1.ContainerRestartPolicyAlways {
			names = append(names, corev1.Container{Name: containers[i].Name, RestartPolicy: policy})
		}
	}
	return names
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

func setupIndexes(indexer client.FieldIndexer) error {
	for index := range extendedJobIndexes {
		if err := indexer.IndexField(context.Background(), &ejcache.ExtendedJob{}, index, ejcache.KeysOf(index)); err != nil {
			return fmt.Errorf("index ExtendedJobs by %s: %w", index, err)
		}
	}
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	for _, index := range []struct {
		object  client.Object
		field   string
		extract client.IndexerFunc
	}{
		{&batchv1.Job{}, indexUID, controllerUID},
		{&batchv1.Job{}, indexOutput, outputNamesOfJob},
		{&corev1.Pod{}, indexUID, func(obj client.Object) []string { return []string{obj.GetLabels()[fissilev1.LabelUID]} }},
		{secret, indexBase, versionedBase},
		{secret, indexOwner, ownerAnnotation},
	} {
		// The manager has not started, so this does not block.
		if err := indexer.IndexField(context.Background(), index.object, index.field, index.extract); err != nil {
			return fmt.Errorf("index %T by %s: %w", index.object, index.field, err)
		}
	}
	return nil
}

func controllerUID(obj client.Object) []string {
	owner := metav1.GetControllerOf(obj)
	if owner == nil {
		return nil
	}
	return []string{string(owner.UID)}
}

func ownerAnnotation(secret client.Object) []string {
	if uid, ok := secret.GetAnnotations()[fissilev1.AnnotationOwnerUID]; ok {
		return []string{uid}
	}
	return nil
}

func outputNames(ej *plan.ExtendedJob) []string {
	return namesOf(ej.Targets())
}

func outputNamesOfJob(obj client.Object) []string {
	job := obj.(*batchv1.Job)
	output, err := plan.OutputSettings(job)
	if err != nil || output == nil {
		return nil // If the settings cannot be read, the run says so.
	}
	return namesOf(plan.TargetsOfJob(job, output))
}

func namesOf(targets []plan.Target) []string {
	var names []string
	for _, target := range targets {
		names = append(names, target.Name())
	}
	return names
}

// inputKeys returns the keys of the ConfigMaps and Secrets that the pods read, and of
// all versions of those that may be versioned.
func inputKeys(ej *plan.ExtendedJob) []string {
	var keys []string
	for _, reference := range slices.Concat(ej.Template.References, plan.EnvReferences(ej.Spec.Trigger.Env)) {
		keys = append(keys, inputIndexKey(reference.Kind, reference.Name))
		if base, _, ok := versionedsecret.ParseName(reference.Name); ok && reference.Kind == configrefs.Secret {
			keys = append(keys, versionsIndexKey(base))
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
		keys = append(keys, runActive)
	}
	if unrecorded(ej.Status.LastRun) {
		keys = append(keys, runUnrecorded)
	}
	return keys
}

func waitKeys(ej *plan.ExtendedJob) []string {
	if reason := waitReason(&ej.Status); reason != "" {
		return []string{reason}
	}
	return nil
}

func inputIndexKey(kind configrefs.Kind, name string) string {
	return string(kind) + "/" + name
}

func versionsIndexKey(base string) string {
	return "versions of Secret/" + base
}

func versionedBase(obj client.Object) []string {
	base, _, ok := versionedsecret.ParseName(obj.GetName())
	if !ok {
		return nil
	}
	return []string{base}
}
