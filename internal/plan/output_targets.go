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

package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// Target is where output goes: a Secret, a series of versions, or one Secret for
// each key of a file.
type Target struct {
	// Container is the name of the container whose output it is.
	Container string
	// File is the file that holds the output; nil for what the container prints.
	File *fissilev1.OutputFile
	// SecretName is the name of the Secret, or the beginning of the names.
	SecretName string
	// PerKey is true for a file each of whose keys is a Secret, and Key is that key for
	// one of these.
	PerKey bool
	Key    string
	// Versioned is true for a series of versions, of which VersionsToKeep stay; all,
	// if that is 0. SkipUnchanged makes none that is like the newest one.
	Versioned      bool
	VersionsToKeep int
	SkipUnchanged  bool
	Type           corev1.SecretType
	// Labels and Annotations are those that the user wants.
	Labels, Annotations map[string]string
}

// Targets are where the output of an ExtendedJob goes: first that of the containers
// that print it, in the order of the template, then that of the files.
func Targets(spec *fissilev1.ExtendedJobSpec) []Target {
	if spec.Output == nil {
		return nil
	}
	return targets(spec.Output, PrintingContainers(spec))
}

// TargetsOfJob are where the output of a Job goes, by its settings.
func TargetsOfJob(job *batchv1.Job, output *fissilev1.Output) []Target {
	return targets(output, OutputContainers(job))
}

func targets(output *fissilev1.Output, printing []string) []Target {
	targets := make([]Target, 0, len(printing)+len(output.Files))
	for _, container := range printing {
		targets = append(targets, PrintedTarget(output, container))
	}
	for i := range output.Files {
		targets = append(targets, fileTarget(output, &output.Files[i]))
	}
	return targets
}

// PrintedTarget is where the output goes that a container prints.
func PrintedTarget(output *fissilev1.Output, container string) Target {
	return Target{
		Container:      container,
		SecretName:     SecretName(output.NamePrefix, container),
		Versioned:      value(output.Versioned),
		VersionsToKeep: int(output.VersionsToKeep),
		Type:           corev1.SecretTypeOpaque,
		Labels:         UserKeys(output.SecretLabels),
		Annotations:    UserKeys(output.SecretAnnotations),
	}
}

func fileTarget(output *fissilev1.Output, file *fissilev1.OutputFile) Target {
	target := Target{
		Container:      file.Container,
		File:           file,
		SecretName:     file.SecretName,
		PerKey:         file.Layout == fissilev1.LayoutSecretPerKey,
		Versioned:      value(file.Versioned),
		VersionsToKeep: int(file.VersionsToKeep),
		SkipUnchanged:  value(file.SkipUnchanged),
		Type:           corev1.SecretType(file.Type),
		Labels:         UserKeys(Merged(output.SecretLabels, file.SecretLabels)),
		Annotations:    UserKeys(Merged(output.SecretAnnotations, file.SecretAnnotations)),
	}
	if target.Type == "" {
		target.Type = corev1.SecretTypeOpaque
	}
	return target
}

// OfKey is where one key of a file goes whose keys are Secrets.
func (t Target) OfKey(key string) Target {
	t.SecretName = SecretName(t.SecretName, key)
	t.PerKey, t.Key = false, key
	return t
}

// Source says what the output is.
func (t Target) Source() string {
	switch {
	case t.File == nil:
		return fmt.Sprintf("container %s", t.Container)
	case t.Key != "":
		return fmt.Sprintf("container %s, file %q, key %q", t.Container, t.File.Path, t.Key)
	default:
		return fmt.Sprintf("container %s, file %q", t.Container, t.File.Path)
	}
}

// NamedBy is the field of the spec that the Secret has its name from.
func (t Target) NamedBy() string {
	if t.File == nil {
		return "spec.output.namePrefix"
	}
	return "secretName in spec.output.files"
}

// FileKey is the key of the Secret that a file of layout File becomes.
func FileKey(file *fissilev1.OutputFile) string {
	return firstOf(file.Key, path.Base(file.Path))
}

// KeysOfType are the sets of keys of which a Secret of a type has one; none, if the
// type demands no key.
func KeysOfType(kind corev1.SecretType) [][]string {
	switch kind {
	case corev1.SecretTypeTLS:
		return [][]string{{corev1.TLSCertKey, corev1.TLSPrivateKeyKey}}
	case corev1.SecretTypeDockerConfigJson:
		return [][]string{{corev1.DockerConfigJsonKey}}
	case corev1.SecretTypeBasicAuth:
		return [][]string{{corev1.BasicAuthUsernameKey}, {corev1.BasicAuthPasswordKey}}
	case corev1.SecretTypeSSHAuth:
		return [][]string{{corev1.SSHAuthPrivateKey}}
	default:
		return nil
	}
}

// Name is the name of the Secret or, if its keys are Secrets, a pattern for those of
// all.
func (t Target) Name() string {
	if t.PerKey {
		return t.beginning() + "*"
	}
	return t.SecretName
}

// beginning is what the names of the Secrets of keys begin with.
func (t Target) beginning() string {
	const key = "a"
	return strings.TrimSuffix(SecretName(t.SecretName, key), key)
}

// TargetNames are the names of all targets that a Secret of a name may be one of.
func TargetNames(secret string) []string {
	names := []string{secret}
	if base, _, ok := versionedsecret.ParseName(secret); ok {
		names = append(names, base)
	}
	for i, c := range secret {
		if c == '-' || c == '.' {
			names = append(names, secret[:i+1]+"*")
		}
	}
	return names
}

// Has reports whether a Secret of a name may be one of the target's, there or not.
func (t Target) Has(name string) bool {
	switch {
	case t.PerKey:
		beginning := t.beginning()
		return strings.HasPrefix(name, beginning) && name != beginning
	case t.Versioned:
		base, _, ok := versionedsecret.ParseName(name)
		return ok && base == t.SecretName
	default:
		return name == t.SecretName
	}
}

// PrintingContainers are the names of the containers whose output is kept that
// they print, in the order of the template.
func PrintingContainers(spec *fissilev1.ExtendedJobSpec) []string {
	if spec.Output == nil {
		return nil
	}
	return printingContainers(spec.Output, namesOf(spec.JobTemplate.Spec.Template.Spec.Containers))
}

func printingContainers(output *fissilev1.Output, containers []string) []string {
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

// prints reports whether the output of a container is kept that it prints.
func prints(output *fissilev1.Output, container string) bool {
	if len(output.Containers) > 0 {
		return slices.Contains(output.Containers, container)
	}
	return !slices.ContainsFunc(output.Files, func(file fissilev1.OutputFile) bool { return file.Container == container })
}

// OutputContainers are the names of the containers whose output is kept that they
// print, of a Job: PrintingContainers as of the run's start. There are none, too,
// if somebody took the annotation off.
func OutputContainers(job *batchv1.Job) []string {
	recorded := job.Annotations[fissilev1.AnnotationOutputContainers]
	return strings.FieldsFunc(recorded, func(r rune) bool { return r == ',' })
}
