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

package versionedsecret

import (
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// LabelKind is the label that marks versioned Secrets, with the value Kind.
	LabelKind = "fissile.cloudfoundry.org/secret-kind"
	// Kind is the value of LabelKind.
	Kind = "versionedSecret"

	// LabelVersion is the label that holds the ordinal, in decimal.
	LabelVersion = "fissile.cloudfoundry.org/secret-version"

	// AnnotationSourceDescription is the annotation that describes the origin of a
	// version, for human readers.
	AnnotationSourceDescription = "fissile.cloudfoundry.org/source-description"
)

// MaxOrdinal is the greatest ordinal. Its ten digits make the longest name of
// a version predictable: 12 characters more than the base name.
const MaxOrdinal int64 = 9_999_999_999

const separator = "-v"

// Name returns the name of a version.
func Name(base string, ordinal int64) string {
	return base + separator + strconv.FormatInt(ordinal, 10)
}

// ParseName splits the name of a version into its base name and its ordinal.
// It is false for any other name, such as "db-password", "db-v", "db-v01", "-v1"
// or an ordinal above MaxOrdinal. Parse also checks that a Secret of that name is a
// version.
func ParseName(name string) (base string, ordinal int64, ok bool) {
	i := strings.LastIndex(name, separator)
	if i <= 0 {
		return "", 0, false
	}
	base = name[:i]
	ordinal, err := strconv.ParseInt(name[i+len(separator):], 10, 64)
	if err != nil || ordinal < 0 || ordinal > MaxOrdinal || Name(base, ordinal) != name {
		return "", 0, false
	}
	return base, ordinal, true
}

// Parse returns the base name and the ordinal of a Secret that is a version,
// as its name and its labels agree. It is false for any other Secret.
func Parse(secret metav1.Object) (base string, ordinal int64, ok bool) {
	base, ordinal, ok = ParseName(secret.GetName())
	labels := secret.GetLabels()
	if !ok || labels[LabelKind] != Kind || labels[LabelVersion] != strconv.FormatInt(ordinal, 10) {
		return "", 0, false
	}
	return base, ordinal, true
}
