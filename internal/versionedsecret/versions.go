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
	"cmp"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Versions returns the versions of a base name among secrets, oldest ordinal
// first.
func Versions[S metav1.Object](secrets []S, base string) []S {
	type version struct {
		secret  S
		ordinal int64
	}
	var versions []version
	for _, secret := range secrets {
		if b, ordinal, ok := Parse(secret); ok && b == base {
			versions = append(versions, version{secret, ordinal})
		}
	}
	slices.SortFunc(versions, func(a, b version) int { return cmp.Compare(a.ordinal, b.ordinal) })

	sorted := make([]S, len(versions))
	for i, v := range versions {
		sorted[i] = v.secret
	}
	return sorted
}

// Latest returns the version of a base name with the greatest ordinal among
// secrets. It is false if there is none.
func Latest[S metav1.Object](secrets []S, base string) (latest S, ok bool) {
	versions := Versions(secrets, base)
	if len(versions) == 0 {
		return latest, false
	}
	return versions[len(versions)-1], true
}

// Next returns the ordinal for a new version of a base name: one above the
// greatest of the versions among secrets, and of highestKnown, the greatest
// that the caller remembers, 0 if none. So the number of a version is not given
// again when that version has been deleted. The first is 1.
//
// Names that are taken by any Secret are skipped: a Secret that merely has the name
// of the next version does not stand in its way. It is an error if nothing is left
// up to MaxOrdinal.
func Next[S metav1.Object](secrets []S, base string, highestKnown int64) (int64, error) {
	highest := max(highestKnown, 0)
	taken := map[int64]bool{}
	for _, secret := range secrets {
		b, ordinal, ok := ParseName(secret.GetName())
		if !ok || b != base {
			continue
		}
		taken[ordinal] = true
		if _, _, ok := Parse(secret); ok {
			highest = max(highest, ordinal)
		}
	}
	for ordinal := min(highest, MaxOrdinal) + 1; ordinal <= MaxOrdinal; ordinal++ {
		if !taken[ordinal] {
			return ordinal, nil
		}
	}
	return 0, fmt.Errorf("no version of Secret %s can follow version %d: choose another name", base, highest)
}

// New returns a version of the given Secret, whose name is the base name, to be
// created as it is. Everything else of the Secret is copied; the labels and the
// annotation that make a version win over what it has under these keys.
// The caller decides whom it belongs to: New adds no owner.
func New(secret *corev1.Secret, ordinal int64, sourceDescription string) *corev1.Secret {
	version := secret.DeepCopy()
	version.Name = Name(secret.Name, ordinal)
	version.Immutable = new(true)
	metav1.SetMetaDataLabel(&version.ObjectMeta, LabelKind, Kind)
	metav1.SetMetaDataLabel(&version.ObjectMeta, LabelVersion, strconv.FormatInt(ordinal, 10))
	metav1.SetMetaDataAnnotation(&version.ObjectMeta, AnnotationSourceDescription, sourceDescription)
	return version
}
