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

// Package ejcache holds ExtendedJobs in little memory: it drops their templates, and
// keeps those at rest as compressed JSON, which is decoded when one is read.
//
// An ExtendedJob that cannot be decoded, however it came to be stored, therefore
// causes an error when it is read, and does not keep the others from being listed.
package ejcache

import (
	"bytes"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/json"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// ExtendedJob is an ExtendedJob as the cache holds it.
type ExtendedJob struct {
	metav1.TypeMeta
	// ObjectMeta has only what identifies this version of the ExtendedJob, and its age.
	metav1.ObjectMeta

	// content is the ExtendedJob as the API server sent it, until it is packed. From
	// then on it is compressed JSON: of the part that decisions need or, if it cannot
	// be decoded, of the whole. It is nil while decoded is set. It is never modified.
	content     []byte
	packed      bool
	undecodable bool
	// decoded is the ExtendedJob while it is active: it is read often and changes
	// soon. It is never modified.
	decoded *plan.ExtendedJob
	// keys are its index keys, by index.
	keys []indexKeys
}

type indexKeys struct {
	index string
	keys  []string
}

// ExtendedJobList is a list of ExtendedJobs as the API server sends it.
type ExtendedJobList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []ExtendedJob `json:"items"`
}

// NewScheme returns a scheme for a cache. It differs from others only in the type of
// ExtendedJobs.
func NewScheme(addToScheme ...func(*runtime.Scheme) error) (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range addToScheme {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	scheme.AddKnownTypeWithName(fissilev1.GroupVersion.WithKind("ExtendedJob"), &ExtendedJob{})
	scheme.AddKnownTypeWithName(fissilev1.GroupVersion.WithKind("ExtendedJobList"), &ExtendedJobList{})
	metav1.AddToGroupVersion(scheme, fissilev1.GroupVersion)
	return scheme, nil
}

// UnmarshalJSON decodes only the metadata.
func (e *ExtendedJob) UnmarshalJSON(data []byte) error {
	var partial metav1.PartialObjectMetadata
	if err := json.UnmarshalCaseSensitivePreserveInts(data, &partial); err != nil {
		return err
	}
	*e = ExtendedJob{
		TypeMeta: partial.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       partial.Namespace,
			Name:            partial.Name,
			UID:             partial.UID,
			ResourceVersion: partial.ResourceVersion,
			// Find sorts by this.
			CreationTimestamp: partial.CreationTimestamp,
			// An annotation of a bookmark says that a list is complete.
			Annotations: partial.Annotations,
		},
		content: bytes.Clone(data),
	}
	return nil
}

// DeepCopyObject shares the content, which does not change.
func (e *ExtendedJob) DeepCopyObject() runtime.Object {
	copied := *e
	e.DeepCopyInto(&copied.ObjectMeta)
	return &copied
}

// DeepCopyObject copies the list. It shares the content of its items, which does not
// change.
func (l *ExtendedJobList) DeepCopyObject() runtime.Object {
	copied := *l
	l.DeepCopyInto(&copied.ListMeta)
	copied.Items = make([]ExtendedJob, len(l.Items))
	for i := range l.Items {
		copied.Items[i] = *l.Items[i].DeepCopyObject().(*ExtendedJob)
	}
	return &copied
}
