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
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// These are also the limits in the schema of v1.
const (
	maxFiles     = 64
	maxFilePath  = 256
	maxDirectory = 512
)

// validateFiles checks the files of an output, and that the pods leave room for the
// collector.
func validateFiles(spec *fissilev1.ExtendedJobSpec) field.ErrorList {
	output := spec.Output
	if !runjob.CollectsFiles(output) {
		return nil
	}
	filesPath := field.NewPath("spec", "output", "files")
	if len(output.Files) > maxFiles {
		return field.ErrorList{field.TooMany(filesPath, len(output.Files), maxFiles)}
	}
	pod := &spec.JobTemplate.Spec.Template.Spec
	var errs field.ErrorList
	for i := range output.Files {
		errs = append(errs, validateFile(filesPath.Index(i), output, i, containerNames(pod))...)
	}
	errs = append(errs, validateSecretNames(filesPath, spec)...)
	errs = append(errs, validateDirectory(field.NewPath("spec", "output", "directory"), output.Directory)...)
	return append(errs, validatePodOfFiles(field.NewPath("spec", "jobTemplate", "spec", "template", "spec"), output, pod)...)
}

func validateFile(at *field.Path, output *fissilev1.Output, i int, containers []string) field.ErrorList {
	file := &output.Files[i]
	errs := validateEnum(at.Child("container"), file.Container, containers...)
	errs = append(errs, validateFilePath(at.Child("path"), file.Path)...)
	if slices.ContainsFunc(output.Files[:i], func(other fissilev1.OutputFile) bool {
		return other.Container == file.Container && other.Path == file.Path
	}) {
		errs = append(errs, field.Duplicate(at, map[string]any{"container": file.Container, "path": file.Path}))
	}
	errs = append(errs, validateFileSecretName(at.Child("secretName"), file)...)
	if file.Layout != "" {
		errs = append(errs, validateEnum(at.Child("layout"), file.Layout, fissilev1.LayoutKeys, fissilev1.LayoutSecretPerKey, fissilev1.LayoutFile)...)
	}
	errs = append(errs, validateFileKey(at, file)...)
	errs = append(errs, validateFileType(at.Child("type"), file)...)
	if ptr.Deref(file.Versioned, false) && file.Layout == fissilev1.LayoutSecretPerKey {
		errs = append(errs, field.Forbidden(at.Child("versioned"), "Secrets of layout SecretPerKey have no versions: remove it, or set layout to Keys"))
	}
	if file.VersionsToKeep < 0 {
		errs = append(errs, field.Invalid(at.Child("versionsToKeep"), file.VersionsToKeep, "must be at least 1; if not set, all versions are kept"))
	}
	if file.WhenMissing != "" {
		errs = append(errs, validateEnum(at.Child("whenMissing"), file.WhenMissing, fissilev1.MissingFileFail, fissilev1.MissingFileIgnore)...)
	}
	errs = append(errs, validateSecretLabels(at.Child("secretLabels"), file.SecretLabels)...)
	return append(errs, validateSecretAnnotations(at.Child("secretAnnotations"), file.SecretAnnotations)...)
}

// validateFilePath checks that a path leads to a file in the directory, and is in its
// only spelling.
func validateFilePath(at *field.Path, file string) field.ErrorList {
	switch {
	case file == "":
		return field.ErrorList{field.Required(at, "the path of the file in the directory: for instance 'output.json'")}
	case utf8.RuneCountInString(file) > maxFilePath:
		return field.ErrorList{field.TooLongCharacters(at, file, maxFilePath)}
	case strings.ContainsFunc(file, unicode.IsControl):
		return field.ErrorList{field.Invalid(at, file, "must not contain control characters")}
	case path.IsAbs(file):
		return field.ErrorList{field.Invalid(at, file, "must be relative to the directory: remove the leading '/', and set spec.output.directory if the file is elsewhere")}
	case slices.Contains(strings.Split(file, "/"), ".."):
		return field.ErrorList{field.Invalid(at, file, "must not contain '..': the file must be in the directory, or below it")}
	case path.Clean(file) != file || file == ".":
		return field.ErrorList{field.Invalid(at, file, "must be the path of a file, without '.', '//' or a trailing '/': for instance 'sub/output.json'")}
	}
	return nil
}

// validateFileSecretName checks that the names of the Secret, and of each version of
// it, are valid.
func validateFileSecretName(at *field.Path, file *fissilev1.OutputFile) field.ErrorList {
	name := file.SecretName
	if name == "" {
		return field.ErrorList{field.Required(at, "the name of the Secret: for instance 'database'")}
	}
	full := name
	if file.Layout == fissilev1.LayoutSecretPerKey {
		full = runjob.SecretName(name, "a")
	}
	if ptr.Deref(file.Versioned, false) {
		full = versionedsecret.Name(full, versionedsecret.MaxOrdinal)
	}
	if excess := len(full) - validation.DNS1123SubdomainMaxLength; excess > 0 {
		return field.ErrorList{field.Invalid(at, field.OmitValueType{}, fmt.Sprintf(
			"the name of the Secret can become %d characters long, but at most %d are allowed: shorten the name by %d",
			len(full), validation.DNS1123SubdomainMaxLength, excess))}
	}
	if len(validation.IsDNS1123Subdomain(full)) > 0 {
		return field.ErrorList{field.Invalid(at, name,
			"the name of a Secret consists of lower case letters, digits, '-' and single '.', and begins and ends with a letter or digit: for instance 'database'")}
	}
	return nil
}

func validateFileKey(at *field.Path, file *fissilev1.OutputFile) field.ErrorList {
	if file.Layout != fissilev1.LayoutFile {
		if file.Key != "" {
			return field.ErrorList{field.Forbidden(at.Child("key"), "the keys come from the file: remove it, or set layout to File")}
		}
		return nil
	}
	key := runjob.FileKey(file)
	if file.Path == "" || len(validation.IsConfigMapKey(key)) == 0 {
		return nil
	}
	if file.Key != "" {
		return field.ErrorList{field.Invalid(at.Child("key"), key, "a key of a Secret consists of up to 253 letters, digits, '-', '_' and '.', and is not '.' or '..': for instance 'ca.crt'")}
	}
	return field.ErrorList{field.Required(at.Child("key"), fmt.Sprintf("the file name %q cannot be a key of a Secret", key))}
}

// validateFileType checks that the layout gives the keys that a type demands.
func validateFileType(at *field.Path, file *fissilev1.OutputFile) field.ErrorList {
	if file.Type == "" {
		return nil
	}
	errs := validateEnum(at, corev1.SecretType(file.Type), corev1.SecretTypeOpaque, corev1.SecretTypeTLS,
		corev1.SecretTypeDockerConfigJson, corev1.SecretTypeBasicAuth, corev1.SecretTypeSSHAuth)
	required := runjob.KeysOfType(corev1.SecretType(file.Type))
	if len(errs) > 0 || len(required) == 0 || file.Layout != fissilev1.LayoutFile {
		return errs
	}
	var keys []string
	for _, alternative := range required {
		if len(alternative) > 1 {
			return field.ErrorList{field.Invalid(at, file.Type, fmt.Sprintf(
				"a Secret of this type needs the keys %s, but one of layout File has only one key: write a JSON object with these keys, and set layout to Keys", strings.Join(alternative, " and ")))}
		}
		keys = append(keys, alternative...)
	}
	if !slices.Contains(keys, runjob.FileKey(file)) {
		return field.ErrorList{field.Invalid(at, file.Type, fmt.Sprintf(
			"a Secret of this type needs the key %s, but this one has %q: set key", strings.Join(keys, " or "), runjob.FileKey(file)))}
	}
	return nil
}

// validateSecretNames checks that no two outputs go to the same Secret. Secrets of keys
// may come from several files.
func validateSecretNames(at *field.Path, spec *fissilev1.ExtendedJobSpec) field.ErrorList {
	targets := runjob.Targets(spec)
	printed := len(targets) - len(spec.Output.Files)
	var errs field.ErrorList
	for i := range spec.Output.Files {
		target := targets[printed+i]
		for _, other := range targets[:printed+i] {
			if target.SecretName != "" && collide(target, other) {
				errs = append(errs, field.Invalid(at.Index(i).Child("secretName"), target.SecretName, fmt.Sprintf(
					"the output of %s also goes to this Secret: choose another name", other.Source())))
				break
			}
		}
	}
	return errs
}

// collide reports whether two targets have the same name, or are the same Secret
// whatever the files hold. The names of the Secrets of several files' keys may begin
// alike.
func collide(a, b runjob.Target) bool {
	if a.SecretName == b.SecretName {
		return !a.PerKey || !b.PerKey
	}
	if a.PerKey || b.PerKey {
		return false
	}
	return a.Versioned && !b.Versioned && a.Has(b.SecretName) || b.Versioned && !a.Versioned && b.Has(a.SecretName)
}

func validateDirectory(at *field.Path, directory string) field.ErrorList {
	switch {
	case directory == "":
		return nil
	case utf8.RuneCountInString(directory) > maxDirectory:
		return field.ErrorList{field.TooLongCharacters(at, directory, maxDirectory)}
	case !path.IsAbs(directory), path.Clean(directory) == "/", strings.Contains(directory, ":"),
		slices.Contains(strings.Split(directory, "/"), ".."), strings.ContainsFunc(directory, unicode.IsControl):
		return field.ErrorList{field.Invalid(at, directory, "must be an absolute path below '/', without ':' or '..': for instance '/mnt/quarks'")}
	}
	return nil
}

// validatePodOfFiles checks that there is room for the collector and its volumes.
func validatePodOfFiles(at *field.Path, output *fissilev1.Output, pod *corev1.PodSpec) field.ErrorList {
	var errs field.ErrorList
	if pod.OS != nil && pod.OS.Name == corev1.Windows {
		errs = append(errs, field.Forbidden(at.Child("os", "name"), "spec.output.files works on Linux only: print the output, and remove spec.output.files"))
	}
	for i, volume := range pod.Volumes {
		if strings.HasPrefix(volume.Name, runjob.CollectorContainer) {
			errs = append(errs, field.Invalid(at.Child("volumes").Index(i).Child("name"), volume.Name,
				fmt.Sprintf("names that begin with %q are reserved for the volumes of spec.output.files: choose another one", runjob.CollectorContainer)))
		}
	}
	for _, list := range []struct {
		path       *field.Path
		containers []corev1.Container
	}{{at.Child("initContainers"), pod.InitContainers}, {at.Child("containers"), pod.Containers}} {
		for i := range list.containers {
			errs = append(errs, validateContainerOfFiles(list.path.Index(i), output, &list.containers[i])...)
		}
	}
	return errs
}

func validateContainerOfFiles(at *field.Path, output *fissilev1.Output, container *corev1.Container) field.ErrorList {
	if container.Name == runjob.CollectorContainer {
		return field.ErrorList{field.Invalid(at.Child("name"), container.Name, "this name is reserved for the container that collects spec.output.files: choose another one")}
	}
	if !slices.Contains(runjob.WritingContainers(output), container.Name) {
		return nil
	}
	directory := runjob.OutputDirectory(output)
	var errs field.ErrorList
	for i, mount := range container.VolumeMounts {
		if mounted := path.Clean(mount.MountPath); isBelow(mounted, directory) || isBelow(directory, mounted) {
			errs = append(errs, field.Invalid(at.Child("volumeMounts").Index(i).Child("mountPath"), mount.MountPath, fmt.Sprintf(
				"the path overlaps with %s, the directory of spec.output.files: choose another path, or set spec.output.directory", directory)))
		}
	}
	return errs
}

// isBelow reports whether a path is a directory or below it.
func isBelow(name, directory string) bool {
	return name == directory || strings.HasPrefix(name, strings.TrimSuffix(directory, "/")+"/")
}

func reservedFile(output *fissilev1.Output, target runjob.Target, name, pattern string) *field.Error {
	at := slices.IndexFunc(output.Files, func(file fissilev1.OutputFile) bool {
		return file.Container == target.Container && file.Path == target.File.Path
	})
	return field.Invalid(field.NewPath("spec", "output", "files").Index(at).Child("secretName"), target.SecretName, fmt.Sprintf(
		"the Secret would be named %q, but the operator's configuration reserves names like %q: choose another name", name, pattern))
}
