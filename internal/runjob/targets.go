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
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// Target is where output goes: a Secret, a series of versions, or one Secret for each
// key of a file.
type Target struct {
	// Container is the name of the container that the output comes from.
	Container string
	// File is the file that holds the output; nil for printed output.
	File *fissilev1.OutputFile
	// SecretName is the name of the Secret, or the beginning of the names.
	SecretName string
	// PerKey is true for a file each of whose keys becomes a Secret. Key is the key
	// in the target of one such Secret.
	PerKey bool
	Key    string
	// Versioned is true for a series of versions, of which VersionsToKeep stay, or
	// all if that is 0. With SkipUnchanged, no version is made that equals the newest
	// one.
	Versioned      bool
	VersionsToKeep int
	SkipUnchanged  bool
	Type           corev1.SecretType
	// Labels and Annotations are those that the user wants.
	Labels, Annotations map[string]string
}

// Targets returns where the output of an ExtendedJob goes: first for the containers
// whose output is printed, in the order of the template, then for the files.
func Targets(spec *fissilev1.ExtendedJobSpec) []Target {
	return TargetsOf(spec.Output, ContainerNames(&spec.JobTemplate))
}

// TargetsOf returns where the output of the given containers of a template goes. There
// are no targets if output is nil.
func TargetsOf(output *fissilev1.Output, containers []string) []Target {
	if output == nil {
		return nil
	}
	return targets(output, printing(output, containers))
}

// TargetsOfJob returns where the output of a Job goes, according to its settings.
func TargetsOfJob(job *batchv1.Job, output *fissilev1.Output) []Target {
	return targets(output, outputContainers(job))
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

// FormerTargets returns the targets of containers whose printed output is no longer
// kept.
func FormerTargets(output *fissilev1.Output, containers []string) []Target {
	if output == nil || output.NamePrefix == "" {
		return nil
	}
	var former []Target
	for _, container := range containers {
		if !prints(output, container) {
			former = append(former, PrintedTarget(output, container))
		}
	}
	return former
}

// PrintedTarget returns where the printed output of a container goes.
func PrintedTarget(output *fissilev1.Output, container string) Target {
	return Target{
		Container:      container,
		SecretName:     SecretName(output.NamePrefix, container),
		Versioned:      ptr.Deref(output.Versioned, false),
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
		Versioned:      ptr.Deref(file.Versioned, false),
		VersionsToKeep: int(file.VersionsToKeep),
		SkipUnchanged:  ptr.Deref(file.SkipUnchanged, false),
		Type:           corev1.SecretType(file.Type),
		Labels:         UserKeys(labels.Merge(output.SecretLabels, file.SecretLabels)),
		Annotations:    UserKeys(labels.Merge(output.SecretAnnotations, file.SecretAnnotations)),
	}
	if target.Type == "" {
		target.Type = corev1.SecretTypeOpaque
	}
	return target
}

// OfKey returns where one key of a file goes if each of its keys is a Secret.
func (t Target) OfKey(key string) Target {
	t.SecretName = SecretName(t.SecretName, key)
	t.PerKey, t.Key = false, key
	return t
}

// Source describes where the output comes from.
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

// NamedBy returns the field of the spec that determines the name of the Secret.
func (t Target) NamedBy() string {
	if t.File == nil {
		return "spec.output.namePrefix"
	}
	return "secretName in spec.output.files"
}

// FileKey returns the key of the Secret that holds a file of layout File.
func FileKey(file *fissilev1.OutputFile) string {
	return cmp.Or(file.Key, path.Base(file.Path))
}

// KeysOfType returns sets of keys. A Secret of the type must have all keys of one of
// them. There are none if the type demands no key.
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

// Name returns the name of the Secret or, if each key is a Secret, a pattern for all
// their names.
func (t Target) Name() string {
	if t.PerKey {
		return t.beginning() + "*"
	}
	return t.SecretName
}

// beginning returns what the names of the Secrets of keys begin with.
func (t Target) beginning() string {
	const key = "a"
	return strings.TrimSuffix(SecretName(t.SecretName, key), key)
}

// TargetNames returns the names of all targets that a Secret of that name may belong
// to.
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

// Has reports whether a Secret of that name, if it existed, could belong to the
// target.
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
