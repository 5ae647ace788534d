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
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
)

// example is something that users write, and the answer that they get. The tests prove
// it, and docs/reference/refusals.md shows it.
type example struct {
	// input completes the sentence "An ExtendedJob with ...".
	input string
	// write writes it in v1. In v1alpha1, conversion produces it from that.
	write func(*fissilev1.ExtendedJob)
	// writeV1alpha1 writes fields that v1 does not have.
	writeV1alpha1 func(*fissilev1alpha1.ExtendedJob)
	// apiServer is the API server's answer to a dry run of the Job.
	apiServer error
	// apiServerWarning is the API server's warning in that dry run.
	apiServerWarning string
	// field is the path of the field that is refused, or of the one that replaces %s in
	// the message of a warning.
	field paths
	// message is the answer that users get.
	message string
}

// paths are the paths of a field in each version; empty where it does not exist.
type paths struct{ v1, v1alpha1 string }

func inBoth(path string) paths { return paths{path, path} }

func inPod(path string) paths {
	if path != "" {
		path = "." + path
	}
	return paths{"spec.jobTemplate.spec.template" + path, "spec.template" + path}
}

func onlyInV1(path string) paths {
	return paths{"spec." + path, annotation + "." + path}
}

const (
	annotation = "metadata.annotations[fissile.cloudfoundry.org/conversion-data]"

	secretNameRule       = "the name of a Secret consists of lower case letters, digits, '-' and single '.', and begins with a letter or digit: for instance 'database'"
	secretNameOfFileRule = "the name of a Secret consists of lower case letters, digits, '-' and single '.', and begins and ends with a letter or digit: for instance 'database'"
	keyRule              = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
		"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
	valueRule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
		"(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
	onePodRule = "spec.output keeps the output of one pod: set it to 1, or remove spec.output"
)

var refused = []example{
	{
		input:   "a strategy that does not exist",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.Strategy = "NOW" },
		field:   inBoth("spec.trigger.strategy"),
		message: `Unsupported value: "NOW": supported values: "manual", "now", "once", "done"`,
	},
	{
		input:   "no restart policy",
		write:   func(ej *fissilev1.ExtendedJob) { podSpec(ej).RestartPolicy = "" },
		field:   inPod("spec.restartPolicy"),
		message: `Unsupported value: "": supported values: "Never", "OnFailure"`,
	},
	{
		input:   "pods that always restart",
		write:   func(ej *fissilev1.ExtendedJob) { podSpec(ej).RestartPolicy = corev1.RestartPolicyAlways },
		field:   inPod("spec.restartPolicy"),
		message: `Unsupported value: "Always": supported values: "Never", "OnFailure"`,
		apiServer: jobInvalid(field.NotSupported(field.NewPath("spec", "template", "spec", "restartPolicy"),
			corev1.RestartPolicyAlways, []string{"OnFailure", "Never"})),
	},
	{
		input:   "another output type",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).OutputType = "yaml" },
		field:   inBoth("spec.output.outputType"),
		message: `Unsupported value: "yaml": supported values: "json"`,
	},
	{
		input:   "output without a name prefix",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "" },
		field:   inBoth("spec.output.namePrefix"),
		message: "Required value: the names of the Secrets begin with it: for instance 'database'",
	},
	{
		input:   "a name prefix in capitals",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "Foo" },
		field:   inBoth("spec.output.namePrefix"),
		message: `Invalid value: "Foo": ` + secretNameRule,
	},
	{
		input:   "an underscore in the name prefix",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "foo_" },
		field:   inBoth("spec.output.namePrefix"),
		message: `Invalid value: "foo_": ` + secretNameRule,
	},
	{
		input:   "a parenthesis in the name prefix",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "foo(" },
		field:   inBoth("spec.output.namePrefix"),
		message: `Invalid value: "foo(": ` + secretNameRule,
	},
	{
		input:   "a name prefix that starts with a dash",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "-foo" },
		field:   inBoth("spec.output.namePrefix"),
		message: `Invalid value: "-foo": ` + secretNameRule,
	},
	{
		input:   "two dots in a row in the name prefix",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "foo..bar" },
		field:   inBoth("spec.output.namePrefix"),
		message: `Invalid value: "foo..bar": ` + secretNameRule,
	},
	{
		input:   "a name prefix of more than 200 characters",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = strings.Repeat("a", 201) },
		field:   inBoth("spec.output.namePrefix"),
		message: `Too long: may not be more than 200 bytes`,
	},
	{
		input: "output in a Secret that others trust",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej).NamePrefix = "sh.helm.release.v1.app."
			podSpec(ej).Containers[0].Name = "v2"
		},
		field: inBoth("spec.output.namePrefix"),
		message: `Invalid value: "sh.helm.release.v1.app.": the Secret of container "v2" would be named "sh.helm.release.v1.app.v2", ` +
			`but the operator's configuration reserves names like "sh.helm.release.v1.*": choose another prefix`,
	},
	{
		input:   "the operator's namespace",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Namespace = rules.ClosedNamespace },
		field:   inBoth("metadata.namespace"),
		message: `Forbidden: ExtendedJobs do not run in the operator's namespace: choose another one, or set runInOwnNamespace in the operator's configuration`,
	},
	{
		input: "a name prefix of 200 characters and a container name of 53",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej).NamePrefix = strings.Repeat("a", 200)
			podSpec(ej).Containers = append(podSpec(ej).Containers, corev1.Container{Name: strings.Repeat("c", 53), Image: "busybox"})
		},
		field: inBoth("spec.output.namePrefix"),
		message: `Invalid value: the name of the Secret of container "` + strings.Repeat("c", 53) +
			`" can become 254 characters long, but at most 253 are allowed: shorten the prefix by 1`,
	},
	{
		input: "versioned output, a name prefix of 200 characters and a container name of 41",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej).NamePrefix = strings.Repeat("a", 200)
			output(ej).Versioned = new(true)
			podSpec(ej).Containers[0].Name = strings.Repeat("c", 41)
		},
		field: inBoth("spec.output.namePrefix"),
		message: `Invalid value: the name of the Secret of container "` + strings.Repeat("c", 41) +
			`" can become 254 characters long, but at most 253 are allowed: shorten the prefix by 1`,
	},
	{
		input:   "an invalid key of a Secret label",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).SecretLabels = map[string]string{"my key": "value"} },
		field:   inBoth("spec.output.secretLabels[my key]"),
		message: `Invalid value: "my key": ` + keyRule,
	},
	{
		input:   "an invalid value of a Secret label",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).SecretLabels = map[string]string{"key": "my value"} },
		field:   inBoth("spec.output.secretLabels[key]"),
		message: `Invalid value: "my value": ` + valueRule,
	},
	{
		input: "a label of the pods with a key that the operator goes by",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.JobTemplate.Spec.Template.Labels = map[string]string{"fissile.cloudfoundry.org/ejob-uid": "another"}
		},
		field:   inPod("metadata.labels[fissile.cloudfoundry.org/ejob-uid]"),
		message: `Forbidden: the key is reserved for the operator: choose another one`,
	},
	{
		input: "an annotation of the Job with a key that the operator goes by",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.JobTemplate.Annotations = map[string]string{"fissile.cloudfoundry.org/output": `{"namePrefix":"planted"}`}
		},
		field:   onlyInV1("jobTemplate.metadata.annotations[fissile.cloudfoundry.org/output]"),
		message: `Forbidden: the key is reserved for the operator: choose another one`,
	},
	{
		input:   "output of a container that is not there",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).Containers = []string{"mian"} },
		field:   onlyInV1("output.containers[0]"),
		message: `Unsupported value: "mian": supported values: "main"`,
	},
	{
		input:   "no Secret for a file",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).SecretName = "" },
		field:   onlyInV1("output.files[0].secretName"),
		message: `Required value: the name of the Secret: for instance 'database'`,
	},
	{
		input:   "a Secret for a file in capitals",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).SecretName = "Database" },
		field:   onlyInV1("output.files[0].secretName"),
		message: `Invalid value: "Database": ` + secretNameOfFileRule,
	},
	{
		input: "versions of a file whose names become too long",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).SecretName = strings.Repeat("a", 242)
			file(ej).Versioned = new(true)
		},
		field:   onlyInV1("output.files[0].secretName"),
		message: `Invalid value: the name of the Secret can become 254 characters long, but at most 253 are allowed: shorten the name by 1`,
	},
	{
		input: "two files for one Secret",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			output(ej).Files = append(output(ej).Files, fissilev1.OutputFile{Container: "main", Path: "other.json", SecretName: "database"})
		},
		field:   onlyInV1("output.files[1].secretName"),
		message: `Invalid value: "database": the output of container main, file "output.json" also goes to this Secret: choose another name`,
	},
	{
		input: "a file for the Secret of what a container prints",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).SecretName = "foo-main"
			output(ej).Containers = []string{"main"}
		},
		field:   onlyInV1("output.files[0].secretName"),
		message: `Invalid value: "foo-main": the output of container main also goes to this Secret: choose another name`,
	},
	{
		input: "a file for versions that have the name of another output",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			output(ej).Files = append(output(ej).Files, fissilev1.OutputFile{Container: "main", Path: "other.json", SecretName: "database", Versioned: new(true)})
		},
		field:   onlyInV1("output.files[1].secretName"),
		message: `Invalid value: "database": the output of container main, file "output.json" also goes to this Secret: choose another name`,
	},
	{
		input: "a file for a Secret that is a version of another output",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).Versioned = new(true)
			output(ej).Files = append(output(ej).Files, fissilev1.OutputFile{Container: "main", Path: "other.json", SecretName: "database-v1"})
		},
		field:   onlyInV1("output.files[1].secretName"),
		message: `Invalid value: "database-v1": the output of container main, file "output.json" also goes to this Secret: choose another name`,
	},
	{
		input:   "a file for a Secret that others trust",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).SecretName = "sh.helm.release.v1.app.v2" },
		field:   onlyInV1("output.files[0].secretName"),
		message: `Invalid value: "sh.helm.release.v1.app.v2": the Secret would be named "sh.helm.release.v1.app.v2", but the operator's configuration reserves names like "sh.helm.release.v1.*": choose another name`,
	},
	{
		input:   "a file of a container that is not there",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Container = "mian" },
		field:   onlyInV1("output.files[0].container"),
		message: `Unsupported value: "mian": supported values: "main"`,
	},
	{
		input:   "a file without a path",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Path = "" },
		field:   onlyInV1("output.files[0].path"),
		message: `Required value: the path of the file in the directory: for instance 'output.json'`,
	},
	{
		input:   "an absolute path of a file",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Path = "/mnt/quarks/output.json" },
		field:   onlyInV1("output.files[0].path"),
		message: `Invalid value: "/mnt/quarks/output.json": must be relative to the directory: remove the leading '/', and set spec.output.directory if the file is elsewhere`,
	},
	{
		input:   "a path of a file out of the directory",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Path = "sub/../../output.json" },
		field:   onlyInV1("output.files[0].path"),
		message: `Invalid value: "sub/../../output.json": must not contain '..': the file must be in the directory, or below it`,
	},
	{
		input:   "a path that is that of a directory",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Path = "sub/" },
		field:   onlyInV1("output.files[0].path"),
		message: `Invalid value: "sub/": must be the path of a file, without '.', '//' or a trailing '/': for instance 'sub/output.json'`,
	},
	{
		input:   "a path of a file with a NUL",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Path = "output\x00.json" },
		field:   onlyInV1("output.files[0].path"),
		message: `Invalid value: "output\x00.json": must not contain control characters`,
	},
	{
		input:   "a path of a file of more than 256 characters",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Path = strings.Repeat("é", 257) },
		field:   onlyInV1("output.files[0].path"),
		message: `Too long: may not be more than 256 characters`,
	},
	{
		input: "a file twice",
		write: func(ej *fissilev1.ExtendedJob) {
			again := *file(ej)
			again.SecretName = "other"
			output(ej).Files = append(output(ej).Files, again)
		},
		field:   onlyInV1("output.files[1]"),
		message: `Duplicate value: {"container":"main","path":"output.json"}`,
	},
	{
		input: "more than 64 files",
		write: func(ej *fissilev1.ExtendedJob) {
			for i := range 65 {
				name := fmt.Sprintf("file-%d", i)
				output(ej).Files = append(output(ej).Files, fissilev1.OutputFile{Container: "main", Path: name, SecretName: name})
			}
		},
		field:   onlyInV1("output.files"),
		message: `Too many: 65: must have at most 64 items`,
	},
	{
		input:   "a layout that does not exist",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Layout = "keys" },
		field:   onlyInV1("output.files[0].layout"),
		message: `Unsupported value: "keys": supported values: "Keys", "SecretPerKey", "File"`,
	},
	{
		input:   "a key of a file that has keys of its own",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Key = "ca.crt" },
		field:   onlyInV1("output.files[0].key"),
		message: `Forbidden: the keys come from the file: remove it, or set layout to File`,
	},
	{
		input: "a file whose name cannot be a key",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).Path, file(ej).Layout = "my file", fissilev1.LayoutFile
		},
		field:   onlyInV1("output.files[0].key"),
		message: `Required value: the file name "my file" cannot be a key of a Secret`,
	},
	{
		input:   "a type of Secret that only others may make",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).Type = "kubernetes.io/service-account-token" },
		field:   onlyInV1("output.files[0].type"),
		message: `Unsupported value: "kubernetes.io/service-account-token": supported values: "Opaque", "kubernetes.io/tls", "kubernetes.io/dockerconfigjson", "kubernetes.io/basic-auth", "kubernetes.io/ssh-auth"`,
	},
	{
		input: "a type of Secret that needs two keys, and one file",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).Type, file(ej).Layout = "kubernetes.io/tls", fissilev1.LayoutFile
		},
		field: onlyInV1("output.files[0].type"),
		message: `Invalid value: "kubernetes.io/tls": a Secret of this type needs the keys tls.crt and tls.key, but one of layout File has only one key: ` +
			`write a JSON object with these keys, and set layout to Keys`,
	},
	{
		input: "a type of Secret that needs another key",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).Type, file(ej).Layout = "kubernetes.io/dockerconfigjson", fissilev1.LayoutFile
		},
		field:   onlyInV1("output.files[0].type"),
		message: `Invalid value: "kubernetes.io/dockerconfigjson": a Secret of this type needs the key .dockerconfigjson, but this one has "output.json": set key`,
	},
	{
		input: "versions of a Secret per key",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).Layout, file(ej).Versioned = fissilev1.LayoutSecretPerKey, new(true)
		},
		field:   onlyInV1("output.files[0].versioned"),
		message: `Forbidden: Secrets of layout SecretPerKey have no versions: remove it, or set layout to Keys`,
	},
	{
		input:   "less than one version of a file to keep",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).VersionsToKeep = -1 },
		field:   onlyInV1("output.files[0].versionsToKeep"),
		message: `Invalid value: -1: must be at least 1; if not set, all versions are kept`,
	},
	{
		input:   "another answer to a missing file",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).WhenMissing = "Skip" },
		field:   onlyInV1("output.files[0].whenMissing"),
		message: `Unsupported value: "Skip": supported values: "Fail", "Ignore"`,
	},
	{
		input:   "an invalid value of a label for a file",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej).SecretLabels = map[string]string{"key": "my value"} },
		field:   onlyInV1("output.files[0].secretLabels[key]"),
		message: `Invalid value: "my value": ` + valueRule,
	},
	{
		input: "an annotation for a file with a key that the operator goes by",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).SecretAnnotations = map[string]string{"fissile.cloudfoundry.org/owner-uid": "me"}
		},
		field:   onlyInV1("output.files[0].secretAnnotations[fissile.cloudfoundry.org/owner-uid]"),
		message: `Forbidden: the key is reserved for the operator: choose another one`,
	},
	{
		input: "containers that print, beside files, and no name prefix",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			output(ej).NamePrefix, output(ej).Containers = "", []string{"main"}
		},
		field:   inBoth("spec.output.namePrefix"),
		message: `Required value: the names of the Secrets of spec.output.containers begin with it: for instance 'database'`,
	},
	{
		input: "a relative directory for files",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			output(ej).Directory = "mnt/quarks"
		},
		field:   onlyInV1("output.directory"),
		message: `Invalid value: "mnt/quarks": must be an absolute path below '/', without ':' or '..': for instance '/mnt/quarks'`,
	},
	{
		input: "files of pods for Windows",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			podSpec(ej).OS = &corev1.PodOS{Name: corev1.Windows}
		},
		field:   inPod("spec.os.name"),
		message: `Forbidden: spec.output.files works on Linux only: print the output, and remove spec.output.files`,
	},
	{
		input: "a volume in the directory of files",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			podSpec(ej).Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "cache", MountPath: "/mnt/quarks/cache/"}}
		},
		field: inPod("spec.containers[0].volumeMounts[0].mountPath"),
		message: `Invalid value: "/mnt/quarks/cache/": the path overlaps with /mnt/quarks, the directory of spec.output.files: ` +
			`choose another path, or set spec.output.directory`,
	},
	{
		input: "a volume above the directory of files",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			podSpec(ej).Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "all", MountPath: "/mnt"}}
		},
		field: inPod("spec.containers[0].volumeMounts[0].mountPath"),
		message: `Invalid value: "/mnt": the path overlaps with /mnt/quarks, the directory of spec.output.files: ` +
			`choose another path, or set spec.output.directory`,
	},
	{
		input: "a container with the name of the one that collects files",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			podSpec(ej).InitContainers = []corev1.Container{{Name: "extendedjob-output", Image: "busybox"}}
		},
		field:   inPod("spec.initContainers[0].name"),
		message: `Invalid value: "extendedjob-output": this name is reserved for the container that collects spec.output.files: choose another one`,
	},
	{
		input: "a volume with a name of those for files",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			podSpec(ej).Volumes = []corev1.Volume{{Name: "extendedjob-output-0"}}
		},
		field:   inPod("spec.volumes[0].name"),
		message: `Invalid value: "extendedjob-output-0": names that begin with "extendedjob-output" are reserved for the volumes of spec.output.files: choose another one`,
	},
	{
		input: "an init container beside files that the API server refuses",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej)
			podSpec(ej).InitContainers = []corev1.Container{{Name: "prepare"}}
		},
		apiServer: jobInvalid(field.Required(field.NewPath("spec", "template", "spec", "initContainers").Index(1).Child("image"), "")),
		field:     inPod("spec.initContainers[0].image"),
		message:   `Required value`,
	},
	{
		input:     "files whose collector the API server refuses",
		write:     func(ej *fissilev1.ExtendedJob) { file(ej) },
		apiServer: jobInvalid(field.Invalid(field.NewPath("spec", "template", "spec", "initContainers").Index(0).Child("image"), field.OmitValueType{}, "not here")),
		field:     onlyInV1("output.files"),
		message:   `Invalid value: not here`,
	},
	{
		input: "a Secret label with a key that the operator goes by",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej).SecretLabels = map[string]string{"fissile.cloudfoundry.org/secret-kind": "mine"}
		},
		field:   inBoth("spec.output.secretLabels[fissile.cloudfoundry.org/secret-kind]"),
		message: `Forbidden: the key is reserved for the operator: choose another one`,
	},
	{
		input:   "more than 64 Secret labels",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).SecretLabels = keys(65) },
		field:   inBoth("spec.output.secretLabels"),
		message: `Too many: 65: must have at most 64 items`,
	},
	{
		input:   "more than 64 Secret annotations",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).SecretAnnotations = keys(65) },
		field:   onlyInV1("output.secretAnnotations"),
		message: `Too many: 65: must have at most 64 items`,
	},
	{
		input:   "an invalid key of a Secret annotation",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).SecretAnnotations = map[string]string{"my key": "value"} },
		field:   onlyInV1("output.secretAnnotations[my key]"),
		message: `Invalid value: "my key": ` + keyRule,
	},
	{
		input: "a Secret annotation with a key that the operator goes by",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej).SecretAnnotations = map[string]string{"fissile.cloudfoundry.org/owner-uid": "me"}
		},
		field:   onlyInV1("output.secretAnnotations[fissile.cloudfoundry.org/owner-uid]"),
		message: `Forbidden: the key is reserved for the operator: choose another one`,
	},
	{
		input: "more than v1alpha1 can hold",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Annotations = map[string]string{"key": strings.Repeat("x", 156*1024)}
			output(ej).SecretAnnotations = map[string]string{"key": strings.Repeat("x", 100*1024)}
		},
		field: paths{v1: "spec"},
		message: "Invalid value: v1alpha1 keeps the fields that it lacks in an annotation, and all annotations together may have 262144 bytes: " +
			"shorten metadata.annotations or output.secretAnnotations",
	},
	{
		input:   "less than one version to keep",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).VersionsToKeep = -1 },
		field:   onlyInV1("output.versionsToKeep"),
		message: `Invalid value: -1: must be at least 1; if not set, all versions are kept`,
	},
	{
		input:   "a deletion policy that does not exist",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).DeletionPolicy = "Keep" },
		field:   onlyInV1("output.deletionPolicy"),
		message: `Unsupported value: "Keep": supported values: "Delete", "Retain"`,
	},
	{
		input:   "another answer to output that exists already",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).IfExists = "Retain" },
		field:   onlyInV1("output.ifExists"),
		message: `Unsupported value: "Retain": supported values: "Overwrite", "Keep"`,
	},
	{
		input:   "a requestID of more than 128 characters",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.Trigger.RequestID = strings.Repeat("é", 129) },
		field:   onlyInV1("trigger.requestID"),
		message: `Too long: may not be more than 128 characters`,
	},
	{
		input: "a variable twice",
		write: func(ej *fissilev1.ExtendedJob) {
			requestWith(ej, value("LEVEL", "info"), value("LEVEL", "debug"))
		},
		field:   onlyInV1("trigger.env[1]"),
		message: `Duplicate value: {"name":"LEVEL"}`,
	},
	{
		input:   "a variable without a name",
		write:   func(ej *fissilev1.ExtendedJob) { requestWith(ej, value("", "info")) },
		field:   onlyInV1("trigger.env[0].name"),
		message: `Required value`,
	},
	{
		input:   "the name of a variable with '='",
		write:   func(ej *fissilev1.ExtendedJob) { requestWith(ej, value("LEVEL=info", "")) },
		field:   onlyInV1("trigger.env[0].name"),
		message: `Invalid value: "LEVEL=info": a valid environment variable name must consist only of printable ASCII characters other than '='`,
	},
	{
		input:   "the name of a variable of more than 256 characters",
		write:   func(ej *fissilev1.ExtendedJob) { requestWith(ej, value(strings.Repeat("A", 257), "")) },
		field:   onlyInV1("trigger.env[0].name"),
		message: `Too long: may not be more than 256 characters`,
	},
	{
		input:   "the value of a variable of more than 32768 characters",
		write:   func(ej *fissilev1.ExtendedJob) { requestWith(ej, value("LEVEL", strings.Repeat("x", 32769))) },
		field:   onlyInV1("trigger.env[0].value"),
		message: `Too long: may not be more than 32768 characters`,
	},
	{
		input: "more than 64 variables",
		write: func(ej *fissilev1.ExtendedJob) {
			for name := range keys(65) {
				ej.Spec.Trigger.Env = append(ej.Spec.Trigger.Env, value(name, ""))
			}
			requestWith(ej, ej.Spec.Trigger.Env...)
		},
		field:   onlyInV1("trigger.env"),
		message: `Too many: 65: must have at most 64 items`,
	},
	{
		input:   "a variable without a value",
		write:   func(ej *fissilev1.ExtendedJob) { requestWith(ej, fissilev1.TriggerEnvVar{Name: "LEVEL"}) },
		field:   onlyInV1("trigger.env[0].value"),
		message: `Required value: set value or valueFrom; for an empty variable, set value to ""`,
	},
	{
		input: "a variable with a value and a source",
		write: func(ej *fissilev1.ExtendedJob) {
			variable := fromSecret("LEVEL", "settings")
			variable.Value = new("info")
			requestWith(ej, variable)
		},
		field:   onlyInV1("trigger.env[0].valueFrom"),
		message: `Forbidden: value is also set: a variable has only one of them`,
	},
	{
		input: "a variable with an empty source",
		write: func(ej *fissilev1.ExtendedJob) {
			requestWith(ej, fissilev1.TriggerEnvVar{Name: "LEVEL", ValueFrom: &corev1.EnvVarSource{}})
		},
		field:   onlyInV1("trigger.env[0].valueFrom"),
		message: `Required value: set one of configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef, fileKeyRef`,
	},
	{
		input: "a variable with two sources",
		write: func(ej *fissilev1.ExtendedJob) {
			variable := fromSecret("LEVEL", "settings")
			variable.ValueFrom.FieldRef = &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}
			requestWith(ej, variable)
		},
		field:   onlyInV1("trigger.env[0].valueFrom"),
		message: `Forbidden: has both secretKeyRef and fieldRef: a variable has only one source`,
	},
	{
		input:   "a variable from a Secret without a name",
		write:   func(ej *fissilev1.ExtendedJob) { requestWith(ej, fromSecret("LEVEL", "")) },
		field:   onlyInV1("trigger.env[0].valueFrom.secretKeyRef.name"),
		message: `Required value`,
	},
	{
		input: "a variable from a field of the pod that is not there",
		write: func(ej *fissilev1.ExtendedJob) {
			podSpec(ej).Containers[0].Env = []corev1.EnvVar{{Name: "LEVEL", Value: "info"}}
			podSpec(ej).Containers = append(podSpec(ej).Containers, corev1.Container{Name: "second", Image: "busybox"})
			requestWith(ej, value("SIZE", "1"), fissilev1.TriggerEnvVar{Name: "LEVEL", ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.nme"},
			}})
		},
		apiServer: jobInvalid(
			field.Invalid(field.NewPath("spec", "template", "spec", "containers").Index(0).Child("env").Index(2).Child("valueFrom", "fieldRef", "fieldPath"),
				"metadata.nme", "error converting fieldPath: field label not supported: metadata.nme"),
			field.Invalid(field.NewPath("spec", "template", "spec", "containers").Index(1).Child("env").Index(1).Child("valueFrom", "fieldRef", "fieldPath"),
				"metadata.nme", "error converting fieldPath: field label not supported: metadata.nme")),
		field:   onlyInV1("trigger.env[1].valueFrom.fieldRef.fieldPath"),
		message: `Invalid value: "metadata.nme": error converting fieldPath: field label not supported: metadata.nme`,
	},
	{
		input: "a variable for an init container from a resource that is not there",
		write: func(ej *fissilev1.ExtendedJob) {
			podSpec(ej).InitContainers = []corev1.Container{{Name: "prepare", Image: "busybox"}}
			requestWith(ej, fissilev1.TriggerEnvVar{Name: "SIZE", Containers: []string{"prepare"}, ValueFrom: &corev1.EnvVarSource{
				ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.gold"},
			}})
		},
		apiServer: jobInvalid(field.NotSupported(
			field.NewPath("spec", "template", "spec", "initContainers").Index(0).Child("env").Index(0).Child("valueFrom", "resourceFieldRef", "resource"),
			"limits.gold", []string{"limits.cpu", "limits.memory"})),
		field:   onlyInV1("trigger.env[0].valueFrom.resourceFieldRef.resource"),
		message: `Unsupported value: "limits.gold": supported values: "limits.cpu", "limits.memory"`,
	},
	{
		input: "a variable for a container that is not there",
		write: func(ej *fissilev1.ExtendedJob) {
			podSpec(ej).InitContainers = []corev1.Container{{Name: "prepare", Image: "busybox"}}
			variable := value("LEVEL", "info")
			variable.Containers = []string{"prepare", "mian"}
			requestWith(ej, variable)
		},
		field:   onlyInV1("trigger.env[0].containers[1]"),
		message: `Unsupported value: "mian": supported values: "main", "prepare"`,
	},
	{
		input: "output and several completions",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej)
			ej.Spec.JobTemplate.Spec.Completions = new(int32(3))
		},
		field:   onlyInV1("jobTemplate.spec.completions"),
		message: `Invalid value: 3: ` + onePodRule,
	},
	{
		input: "output and several pods at once",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej)
			ej.Spec.JobTemplate.Spec.Parallelism = new(int32(2))
		},
		field:   onlyInV1("jobTemplate.spec.parallelism"),
		message: `Invalid value: 2: ` + onePodRule,
	},
	{
		input:   "a negative number of Jobs of successful runs to keep",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.SuccessfulJobsHistoryLimit = new(int32(-1)) },
		field:   onlyInV1("successfulJobsHistoryLimit"),
		message: `Invalid value: -1: must be greater than or equal to 0`,
	},
	{
		input:   "a negative number of Jobs of failed runs to keep",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.FailedJobsHistoryLimit = new(int32(-1)) },
		field:   onlyInV1("failedJobsHistoryLimit"),
		message: `Invalid value: -1: must be greater than or equal to 0`,
	},
	{
		input:   "a debounce of more than 10 minutes",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.UpdateDebounce = &metav1.Duration{Duration: time.Hour} },
		field:   onlyInV1("updateDebounce"),
		message: `Invalid value: "1h0m0s": must be a duration of at most 10 minutes, for instance '30s' or '1m30s'`,
	},
	{
		input:   "a negative debounce",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.UpdateDebounce = &metav1.Duration{Duration: -time.Second} },
		field:   onlyInV1("updateDebounce"),
		message: `Invalid value: "-1s": must be a duration of at most 10 minutes, for instance '30s' or '1m30s'`,
	},
	{
		input: "a conversion annotation that does not hold what conversion wrote",
		writeV1alpha1: func(ej *fissilev1alpha1.ExtendedJob) {
			ej.Annotations = map[string]string{fissilev1.AnnotationConversionData: `{"suspend": "yes"}`}
		},
		field:   paths{v1alpha1: annotation},
		message: `Invalid value: cannot be read: leave it as the API server returned it, or remove it together with the fields that only v1 has`,
	},
	{
		input:     "no containers",
		write:     func(ej *fissilev1.ExtendedJob) { podSpec(ej).Containers = nil },
		apiServer: jobInvalid(field.Required(field.NewPath("spec", "template", "spec", "containers"), "")),
		field:     inPod("spec.containers"),
		message:   `Required value`,
	},
	{
		input:   "a selector",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.JobTemplate.Spec.Selector = &metav1.LabelSelector{} },
		field:   onlyInV1("jobTemplate.spec.selector"),
		message: `Forbidden: every run's Job selects its own pods: remove it`,
	},
	{
		input:   "manualSelector",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.JobTemplate.Spec.ManualSelector = new(true) },
		field:   onlyInV1("jobTemplate.spec.manualSelector"),
		message: `Forbidden: every run's Job selects its own pods: remove it`,
	},
	{
		input: "a label of the pods by which their Job selects them",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.JobTemplate.Spec.Template.Labels = map[string]string{batchv1.JobNameLabel: "mine"}
		},
		field:   inPod("metadata.labels[batch.kubernetes.io/job-name]"),
		message: `Forbidden: every run's Job sets this label: remove it`,
	},
	{
		input: "output and no containers",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej)
			podSpec(ej).Containers = []corev1.Container{}
		},
		apiServer: jobInvalid(field.Required(field.NewPath("spec", "template", "spec", "containers"), "")),
		field:     inPod("spec.containers"),
		message:   `Required value`,
	},
	{
		input:     "a template of which the API server refuses the Job",
		write:     func(ej *fissilev1.ExtendedJob) { podSpec(ej).Containers[0].Image = "" },
		apiServer: jobInvalid(field.Required(field.NewPath("spec", "template", "spec", "containers").Index(0).Child("image"), "")),
		field:     inPod("spec.containers[0].image"),
		message:   `Required value`,
	},
	{
		input: "a label of the pods that the API server refuses",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.JobTemplate.Spec.Template.Labels = map[string]string{"key": "my value"}
		},
		apiServer: jobInvalid( // a Job without labels of its own has those of its pods
			field.Invalid(field.NewPath("metadata", "labels"), "my value", valueRule),
			field.Invalid(field.NewPath("spec", "template", "labels"), "my value", valueRule)),
		field:   inPod("metadata.labels"),
		message: `Invalid value: "my value": ` + valueRule,
	},
	{
		input:     "a label of the Job that the API server refuses",
		write:     func(ej *fissilev1.ExtendedJob) { ej.Spec.JobTemplate.Labels = map[string]string{"key": "my value"} },
		apiServer: jobInvalid(field.Invalid(field.NewPath("metadata", "labels"), "my value", valueRule)),
		field:     onlyInV1("jobTemplate.metadata.labels"),
		message:   `Invalid value: "my value": ` + valueRule,
	},
	{
		input: "a name that the pods of an indexed Job cannot have",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Name = "my.job"
			ej.Spec.JobTemplate.Spec.CompletionMode = new(batchv1.IndexedCompletion)
			ej.Spec.JobTemplate.Spec.Completions = new(int32(1))
		},
		apiServer: jobInvalid(field.Invalid(field.NewPath("metadata", "name"), "my.job-e3b0c442-999999",
			`will not able to create pod with invalid DNS label: "my.job-e3b0c442-999999-0"`)),
		field:   inBoth("metadata.name"),
		message: `Invalid value: "my.job-e3b0c442-999999": will not able to create pod with invalid DNS label: "my.job-e3b0c442-999999-0"`,
	},
	{
		input: "a field of the template that only newer versions of Kubernetes have",
		write: func(ej *fissilev1.ExtendedJob) { podSpec(ej).HostnameOverride = new("host") },
		apiServer: apierrors.NewBadRequest(`Job in version "v1" cannot be handled as a Job: ` +
			`strict decoding error: unknown field "spec.template.spec.hostnameOverride"`),
		field:   inPod("spec.hostnameOverride"),
		message: `Forbidden: the API server of this cluster does not know the field: remove it`,
	},
	{
		input:     "a template that makes the API server panic",
		write:     func(ej *fissilev1.ExtendedJob) { podSpec(ej).Hostname = "any" },
		apiServer: errPanic,
		field:     inPod(""),
		message:   `Invalid value: the API server panics when it creates the Job: see its log`,
	},
}

// errPanic is the error of a client if the API server panics at its request.
var errPanic = &url.Error{Op: "Post", URL: "https://10.0.0.1/apis/batch/v1/namespaces/default/jobs", Err: http2.StreamError{Code: http2.ErrCodeInternal}}

var warned = []example{
	{
		input: "variables on an errand that nobody asks to run",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.Strategy = fissilev1.StrategyManual
			ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{value("LEVEL", "info")}
		},
		field:   onlyInV1("trigger.env"),
		message: "%s is not used: set requestID, or strategy now",
	},
	{
		input: "variables on a one-off without a requestID",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{value("LEVEL", "info")}
		},
		field:   onlyInV1("trigger.env"),
		message: "%s is not used: set requestID, or strategy now",
	},
	{
		input:   "a variable in plain text whose name says that it is secret",
		write:   func(ej *fissilev1.ExtendedJob) { requestWith(ej, value("API_KEY", "abc")) },
		field:   onlyInV1("trigger.env[0].value"),
		message: "%s is in plain text: use valueFrom",
	},
	{
		input: "versions to keep of output that is made once",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej).Versioned = new(true)
			output(ej).VersionsToKeep = 3
			output(ej).IfExists = fissilev1.ExistingOutputKeep
		},
		field:   onlyInV1("output.versionsToKeep"),
		message: "%s has no effect with ifExists Keep",
	},
	{
		input: "updateOnConfigChange on an errand",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.Strategy = fissilev1.StrategyManual
			ej.Spec.UpdateOnConfigChange = new(true)
		},
		field:   inBoth("spec.updateOnConfigChange"),
		message: "%s has no effect on an errand",
	},
	{
		input: "updateOnTemplateChange on an errand that is created to run now",
		write: func(ej *fissilev1.ExtendedJob) {
			ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
			ej.Spec.UpdateOnTemplateChange = new(true)
		},
		field:   onlyInV1("updateOnTemplateChange"),
		message: "%s has no effect on an errand",
	},
	{
		input:   "updateDebounce on a one-off that runs for no change",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Spec.UpdateDebounce = &metav1.Duration{Duration: time.Minute} },
		field:   onlyInV1("updateDebounce"),
		message: "%s has no effect without an updateOn... flag",
	},
	{
		input:         "the retired field when",
		writeV1alpha1: func(ej *fissilev1alpha1.ExtendedJob) { ej.Spec.Trigger.When = "ready" },
		field:         paths{v1alpha1: "spec.trigger.when"},
		message:       "%s no longer has any effect: remove it",
	},
	{
		input:         "the retired field selector",
		writeV1alpha1: func(ej *fissilev1alpha1.ExtendedJob) { ej.Spec.Trigger.Selector = &metav1.LabelSelector{} },
		field:         paths{v1alpha1: "spec.trigger.selector"},
		message:       "%s no longer has any effect: remove it",
	},
	{
		input: "output to a Secret that its template reads",
		write: func(ej *fissilev1.ExtendedJob) {
			output(ej).NamePrefix = "foo"
			podSpec(ej).Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "foo-main"},
			}}}
		},
		field:   inBoth("spec.output"),
		message: "%s overwrites Secret foo-main, which the template reads: set spec.output.versioned to keep both",
	},
	{
		input:   "output to a Secret that another ExtendedJob writes",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).NamePrefix = "taken" },
		field:   inBoth("spec.output.namePrefix"),
		message: "Secret taken-main is also the output of ExtendedJob other: choose another %s",
	},
	{
		input:   "versions to keep of a Secret that is not versioned",
		write:   func(ej *fissilev1.ExtendedJob) { output(ej).VersionsToKeep = 3 },
		field:   onlyInV1("output.versionsToKeep"),
		message: "%s has no effect without versioned",
	},
	{
		input: "a directory for files, and no files",
		write: func(ej *fissilev1.ExtendedJob) { output(ej).Directory = "/out" },
		field: onlyInV1("output.directory"), message: "%s has no effect without files",
	},
	{
		input:   "a name prefix, and files of all containers",
		write:   func(ej *fissilev1.ExtendedJob) { file(ej) },
		field:   inBoth("spec.output.namePrefix"),
		message: "%s has no effect: files names every container, and containers names none",
	},
	{
		input: "unchanged files to skip of a Secret that is not versioned",
		write: func(ej *fissilev1.ExtendedJob) {
			file(ej).SkipUnchanged = new(true)
			output(ej).NamePrefix = ""
		},
		field:   onlyInV1("output.files[0].skipUnchanged"),
		message: "%s requires versioned",
	},
	{
		input:   "a name of more than 41 characters",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Name = strings.Repeat("a", 42) },
		field:   inBoth("metadata.name"),
		message: "%s is long and gets shortened in the names of Jobs",
	},
	{
		input:   "a name of more than 63 characters",
		write:   func(ej *fissilev1.ExtendedJob) { ej.Name = strings.Repeat("a", 64) },
		field:   inBoth("metadata.name"),
		message: "%s is long and gets shortened in the names of Jobs and in the label fissile.cloudfoundry.org/ejob-name",
	},
	{
		input:            "a template with which a Job gets a warning",
		write:            func(*fissilev1.ExtendedJob) {},
		apiServerWarning: `spec.template.spec.containers[0].ports[1]: duplicate port definition with spec.template.spec.containers[0].ports[0]`,
		field:            inPod("spec.containers[0].ports[1]"),
		message:          `%s: duplicate port definition with spec.template.spec.containers[0].ports[0]`,
	},
	{
		input: "a source of a variable that only newer versions of Kubernetes have, written by a client that is not strict",
		write: func(ej *fissilev1.ExtendedJob) {
			podSpec(ej).Containers[0].Env = []corev1.EnvVar{{Name: "PATH", Value: "/bin"}}
			requestWith(ej, fissilev1.TriggerEnvVar{Name: "LEVEL", ValueFrom: &corev1.EnvVarSource{FileKeyRef: &corev1.FileKeySelector{}}})
		},
		apiServerWarning: `unknown field "spec.template.spec.containers[0].env[1].valueFrom.fileKeyRef"`,
		field:            onlyInV1("trigger.env[0].valueFrom.fileKeyRef"),
		message:          `unknown field "%s"`,
	},
	{
		input:            "a field of the template that only newer versions of Kubernetes have, written by a client that is not strict",
		write:            func(*fissilev1.ExtendedJob) {},
		apiServerWarning: `unknown field "spec.template.spec.hostnameOverride"`,
		field:            inPod("spec.hostnameOverride"),
		message:          `unknown field "%s"`,
	},
	{
		input:     "a template that cannot be tried in time",
		write:     func(*fissilev1.ExtendedJob) {},
		apiServer: context.DeadlineExceeded,
		field:     paths{"spec.jobTemplate.spec.template", "spec.template"},
		message:   "%s was not checked: the API server did not answer within 2s",
	},
	{
		input:     "a template that cannot be tried for another reason",
		write:     func(*fissilev1.ExtendedJob) {},
		apiServer: apierrors.NewForbidden(batchv1.Resource("jobs"), "job", errors.New("exceeded quota: no-jobs")),
		field:     paths{"spec.jobTemplate.spec.template", "spec.template"},
		message:   `%s was not checked: jobs.batch "job" is forbidden: exceeded quota: no-jobs`,
	},
}

// malformed is an ExtendedJob that the schema alone refuses: the operator never sees
// it.
type malformed struct {
	// input completes the sentence "An ExtendedJob with ...".
	input string
	// spoil makes a manifest malformed. podTemplate is the template of the pods in it.
	spoil func(spec, podTemplate map[string]any)
	// onlyInV1 is true if v1alpha1 does not have the field.
	onlyInV1 bool
}

var refusedBySchema = []malformed{
	{input: "no trigger", spoil: func(spec, _ map[string]any) { delete(spec, "trigger") }},
	{input: "no strategy", spoil: func(spec, _ map[string]any) { spec["trigger"] = map[string]any{} }},
	{input: "an empty requestID", onlyInV1: true, spoil: func(spec, _ map[string]any) { spec["trigger"].(map[string]any)["requestID"] = "" }},
	{input: "no template", spoil: func(spec, _ map[string]any) { delete(spec, "jobTemplate"); delete(spec, "template") }},
	{input: "two containers of one name", spoil: func(_, podTemplate map[string]any) {
		container := map[string]any{"name": "main", "image": "busybox"}
		podTemplate["spec"].(map[string]any)["containers"] = []any{container, container}
	}},
	{input: "a quantity that cannot be read", spoil: func(_, podTemplate map[string]any) {
		container := podTemplate["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
		container["resources"] = map[string]any{"limits": map[string]any{"cpu": "1 core"}}
	}},
	{input: "a debounce that is no duration", onlyInV1: true, spoil: func(spec, _ map[string]any) { spec["updateDebounce"] = "a minute" }},
	{input: "a value of another type", spoil: func(spec, _ map[string]any) { spec["updateOnConfigChange"] = "yes" }},
}

// minimal returns an ExtendedJob without any refusal or warning.
func minimal() *fissilev1.ExtendedJob {
	ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "job"}}
	ej.SetGroupVersionKind(fissilev1.GroupVersion.WithKind("ExtendedJob"))
	ej.Spec.Trigger.Strategy = fissilev1.StrategyOnce
	podSpec(ej).RestartPolicy = corev1.RestartPolicyNever
	podSpec(ej).Containers = []corev1.Container{{Name: "main", Image: "busybox"}}
	return ej
}

func podSpec(ej *fissilev1.ExtendedJob) *corev1.PodSpec {
	return &ej.Spec.JobTemplate.Spec.Template.Spec
}

// output returns the ExtendedJob's output, which is valid unless it is changed.
func output(ej *fissilev1.ExtendedJob) *fissilev1.Output {
	if ej.Spec.Output == nil {
		ej.Spec.Output = &fissilev1.Output{NamePrefix: "foo", OutputType: fissilev1.OutputTypeJSON}
	}
	return ej.Spec.Output
}

// file returns a file of the ExtendedJob's output, which is valid unless it is changed.
func file(ej *fissilev1.ExtendedJob) *fissilev1.OutputFile {
	if output := output(ej); len(output.Files) == 0 {
		output.Files = []fissilev1.OutputFile{{Container: "main", Path: "output.json", SecretName: "database"}}
	}
	return &ej.Spec.Output.Files[0]
}

// requestWith requests a run with some variables.
func requestWith(ej *fissilev1.ExtendedJob, variables ...fissilev1.TriggerEnvVar) {
	ej.Spec.Trigger.RequestID = "1"
	ej.Spec.Trigger.Env = variables
}

func value(name, value string) fissilev1.TriggerEnvVar {
	return fissilev1.TriggerEnvVar{Name: name, Value: &value}
}

func fromSecret(name, secret string) fissilev1.TriggerEnvVar {
	return fissilev1.TriggerEnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: "key",
	}}}
}

// keys returns that many keys of labels or annotations.
func keys(number int) map[string]string {
	keys := map[string]string{}
	for i := range number {
		keys[fmt.Sprintf("key-%d", i)] = "value"
	}
	return keys
}

// jobInvalid returns the API server's refusal of a Job because of its content.
func jobInvalid(errs ...*field.Error) error {
	return apierrors.NewInvalid(batchv1.SchemeGroupVersion.WithKind("Job").GroupKind(), "job", errs)
}
