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
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// maxPodIndex is the longest suffix that the Job controller adds to the name of an
// Indexed Job to make the host name of a pod, which is a DNS label.
const maxPodIndex = "-2147483646"

// JobName returns the name of the Job of a run: "<name>-<hash of the UID>-<number>".
// The name is shortened so that the whole is a label value, as the Job controller
// demands, and leaves room for the index of a pod. The hash distinguishes
// ExtendedJobs whose names begin alike, and successive ones of the same name. The
// name does not depend on the template, which can be edited during a run.
func JobName(ej metav1.Object, number int64) string {
	suffix := "-" + hash(string(ej.GetUID())) + "-" + strconv.FormatInt(number, 10)
	return shorten(ej.GetName(), validation.DNS1123LabelMaxLength-len(maxPodIndex)-len(suffix)) + suffix
}

// NameLabel returns the ExtendedJob's name as a label value: the name if it fits,
// otherwise a shortened one with a hash of the whole.
func NameLabel(name string) string {
	if len(name) <= validation.LabelValueMaxLength {
		return name
	}
	suffix := "-" + hash(name)
	return shorten(name, validation.LabelValueMaxLength-len(suffix)) + suffix
}

// maxRunNumber bounds the numbers of Jobs. Greater numbers are forged.
const maxRunNumber = 1 << 41

// RunNumber returns the number of the run that a Job belongs to, and false if the Job
// is not the ExtendedJob's own: if it lacks a controller reference to its UID, or if
// its name is not that of the run.
func RunNumber(ej metav1.Object, job *batchv1.Job) (int64, bool) {
	if !metav1.IsControlledBy(job, ej) {
		return 0, false
	}
	return RunOfJobName(ej, job.Name)
}

// RunOfJobName returns the number of the run whose Job has a name, and false if no
// Job of the ExtendedJob has such a name.
func RunOfJobName(ej metav1.Object, name string) (int64, bool) {
	number, err := strconv.ParseInt(name[strings.LastIndexByte(name, '-')+1:], 10, 64)
	if err != nil || number < 1 || number > maxRunNumber || name != JobName(ej, number) {
		return 0, false
	}
	return number, true
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// shorten cuts s to a length, and trims characters that may not precede a "-".
func shorten(s string, length int) string {
	if len(s) > length {
		s = s[:length]
	}
	return strings.TrimRight(s, "-.")
}

// SecretName returns the name of a container's output Secret: the prefix and the
// container's name with "-" between them, unless the prefix already ends in a
// separator. The name of a versioned Secret adds the ordinal.
func SecretName(prefix, container string) string {
	if strings.HasSuffix(prefix, "-") || strings.HasSuffix(prefix, ".") {
		return prefix + container
	}
	return prefix + "-" + container
}
