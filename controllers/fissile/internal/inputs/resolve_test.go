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

package inputs

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

func TestAReferenceStaysWithTheSeriesOfItsOwner(t *testing.T) {
	version := func(ordinal int64, owner string) *metav1.PartialObjectMetadata {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ca"}}
		if owner != "" {
			secret.Annotations = map[string]string{fissilev1.AnnotationOwnerName: owner}
		}
		secret = versionedsecret.New(secret, ordinal, "")
		return &metav1.PartialObjectMetadata{ObjectMeta: secret.ObjectMeta}
	}
	for name, test := range map[string]struct {
		versions   []*metav1.PartialObjectMetadata
		name, want string
	}{
		"the newest of the owner's":            {[]*metav1.PartialObjectMetadata{version(1, "a"), version(2, "a"), version(3, "b")}, "ca-v1", "ca-v2"},
		"of another owner, if that is meant":   {[]*metav1.PartialObjectMetadata{version(1, "a"), version(2, "b"), version(3, "b")}, "ca-v2", "ca-v3"},
		"of who made the first, if it is gone": {[]*metav1.PartialObjectMetadata{version(2, "a"), version(3, "b")}, "ca-v1", "ca-v2"},
		"of nobody":                            {[]*metav1.PartialObjectMetadata{version(1, ""), version(2, ""), version(3, "b")}, "ca-v1", "ca-v2"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newestVersions(test.versions, []string{test.name})[test.name]; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
