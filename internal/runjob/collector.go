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
	"cmp"
	"fmt"
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

const (
	// CollectorContainer is the name of the sidecar that seals the files of a run,
	// and the prefix of the names of its volumes.
	CollectorContainer = "extendedjob-output"

	// defaultDirectory is where containers write their files by default.
	defaultDirectory = "/mnt/quarks"

	// automountPath is where the API server's admission mounts a token, unless the
	// container mounts something else there.
	automountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
)

// directorySize bounds the memory that the files in a directory can take. It exceeds
// what all files of a run may have together.
var directorySize = resource.MustParse("16Mi")

// CollectsFiles reports whether runs with these settings need a collector.
func CollectsFiles(output *fissilev1.Output) bool {
	return output != nil && len(output.Files) > 0
}

// CollectedFiles returns the files that the collector hands over, in their order.
func CollectedFiles(output *fissilev1.Output) []sealedfiles.File {
	files := make([]sealedfiles.File, 0, len(output.Files))
	for _, file := range output.Files {
		files = append(files, sealedfiles.File{Container: file.Container, Path: file.Path})
	}
	return files
}

// FilesRun returns the run that files are bound to.
func FilesRun(ej metav1.Object, number int64) sealedfiles.Run {
	return sealedfiles.Run{Namespace: ej.GetNamespace(), UID: string(ej.GetUID()), Number: number}
}

// FilesKey returns the key that the files of a Job are sealed to. It is stored
// nowhere.
func FilesKey(operatorKey []byte, ej metav1.Object, job *batchv1.Job) (sealedfiles.PrivateKey, error) {
	number, _ := RunNumber(ej, job)
	return sealedfiles.DeriveKey(operatorKey, string(ej.GetUID()), number, job.Annotations[fissilev1.AnnotationClaim])
}

// OutputDirectory returns the directory that containers write their files to.
func OutputDirectory(output *fissilev1.Output) string {
	return path.Clean(cmp.Or(output.Directory, defaultDirectory))
}

// WritingContainers returns the names of the containers that write files.
func WritingContainers(output *fissilev1.Output) []string {
	var names []string
	for _, file := range output.Files {
		if !slices.Contains(names, file.Container) {
			names = append(names, file.Container)
		}
	}
	return names
}

// AddCollector adds to the Job of a run all that collecting its files takes: a
// directory in memory for each container that writes any, and the collector, which
// seals them to a key when all other containers have ended. The collector is the
// first sidecar, because sidecars are stopped in reverse order.
func AddCollector(job *batchv1.Job, ej *fissilev1.ExtendedJob, image string, key sealedfiles.PublicKey) {
	output, pod := ej.Spec.Output, &job.Spec.Template.Spec
	number, _ := RunNumber(ej, job)
	config := sealedfiles.Config{
		Key:          key,
		Run:          FilesRun(ej, number),
		MessageLimit: sealedfiles.MessageLimit(len(pod.InitContainers) + len(pod.Containers) + 1),
		Files:        CollectedFiles(output),
	}
	collector := corev1.Container{
		Name:            CollectorContainer,
		Image:           image,
		Command:         []string{sealedfiles.Command},
		Args:            config.Args(),
		RestartPolicy:   new(corev1.ContainerRestartPolicyAlways),
		Resources:       collectorResources(pod),
		SecurityContext: collectorSecurity(pod, output),
	}
	for i, name := range WritingContainers(output) {
		volume := fmt.Sprintf("%s-%d", CollectorContainer, i)
		addMemory(pod, volume, directorySize)
		if container := containerNamed(pod, name); container != nil {
			container.VolumeMounts = append(container.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: OutputDirectory(output)})
		}
		collector.VolumeMounts = append(collector.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: sealedfiles.MountPath(name), ReadOnly: true})
	}
	if ptr.Deref(pod.AutomountServiceAccountToken, true) {
		const volume = CollectorContainer + "-no-token"
		addMemory(pod, volume, resource.MustParse("4Ki"))
		collector.VolumeMounts = append(collector.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: automountPath, ReadOnly: true})
	}
	pod.InitContainers = append([]corev1.Container{collector}, pod.InitContainers...)
}

// addMemory adds a volume in memory to a pod.
func addMemory(pod *corev1.PodSpec, name string, size resource.Quantity) {
	pod.Volumes = append(pod.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory, SizeLimit: &size},
	}})
}

// containerNamed returns the container or init container of a pod with that name, or
// nil if there is none.
func containerNamed(pod *corev1.PodSpec, name string) *corev1.Container {
	for _, containers := range [][]corev1.Container{pod.Containers, pod.InitContainers} {
		for i := range containers {
			if containers[i].Name == name {
				return &containers[i]
			}
		}
	}
	return nil
}

// HasCollector reports whether the API server has left the collector in a Job
// unchanged. Its admission may remove it, and a server without sidecars turns it into
// an init container, whose end the others would wait for.
func HasCollector(job *batchv1.Job) bool {
	containers := job.Spec.Template.Spec.InitContainers
	return len(containers) > 0 && containers[0].Name == CollectorContainer &&
		ptr.Deref(containers[0].RestartPolicy, "") == corev1.ContainerRestartPolicyAlways
}

// collectorSecurity restricts the collector. Its user and group are those that the
// writing containers have in common, because others may not be allowed to read the
// files.
func collectorSecurity(pod *corev1.PodSpec, output *fissilev1.Output) *corev1.SecurityContext {
	user := commonID(pod, output, func(c *corev1.SecurityContext) *int64 { return c.RunAsUser })
	group := commonID(pod, output, func(c *corev1.SecurityContext) *int64 { return c.RunAsGroup })
	effective := user
	if effective == nil && pod.SecurityContext != nil {
		effective = pod.SecurityContext.RunAsUser
	}
	return &corev1.SecurityContext{
		RunAsUser:  user,
		RunAsGroup: group,
		// The image has a user of its own that is not root.
		RunAsNonRoot:             new(ptr.Deref(effective, 1) != 0),
		AllowPrivilegeEscalation: new(false),
		Privileged:               new(false),
		ReadOnlyRootFilesystem:   new(true),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// commonID returns the ID that all writing containers set for themselves, or nil if
// they set none or differ. The pod's own ID applies to the collector anyway.
func commonID(pod *corev1.PodSpec, output *fissilev1.Output, of func(*corev1.SecurityContext) *int64) *int64 {
	var common *int64
	for i, name := range WritingContainers(output) {
		var id *int64
		if container := containerNamed(pod, name); container != nil && container.SecurityContext != nil {
			id = of(container.SecurityContext)
		}
		if id == nil || i > 0 && *id != *common {
			return nil
		}
		common = id
	}
	return common
}

// collectorResources returns small requests and limits. A pod of QoS class Guaranteed
// keeps its class. A pod with pod-level resources gets no more than those.
func collectorResources(pod *corev1.PodSpec) corev1.ResourceRequirements {
	if pod.Resources != nil {
		return corev1.ResourceRequirements{}
	}
	limits := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("32Mi")}
	requests := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi")}
	if guaranteed(pod) {
		limits[corev1.ResourceCPU] = resource.MustParse("100m")
		requests = limits
	}
	return corev1.ResourceRequirements{Requests: requests, Limits: limits}
}

// guaranteed reports whether the containers of a pod request all the CPU and memory
// that they may use.
func guaranteed(pod *corev1.PodSpec) bool {
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			limit := container.Resources.Limits[name]
			request, set := container.Resources.Requests[name]
			if limit.IsZero() || set && request.Cmp(limit) != 0 {
				return false
			}
		}
	}
	return true
}
