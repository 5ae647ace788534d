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

// Package index has the names of the cache's indexes and the functions that extract
// their keys, so that whatever looks an object up uses the key that it was stored
// under. It reads nothing: internal/ejcache and the manager's cache hold the indexes.
package index

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
)

const (
	// UID finds ExtendedJobs by their UID, and Jobs and pods by the UID of their
	// ExtendedJob.
	UID = "extendedjob.uid"
	// Output finds ExtendedJobs and Jobs by the Secrets that their output goes to.
	Output = "extendedjob.output"
	// Input finds ExtendedJobs by the ConfigMaps and Secrets that their pods read.
	// InputKey and VersionsKey return its keys.
	Input = "extendedjob.input"
	// Claimed finds ExtendedJobs by the versions of Secrets that an active run was
	// claimed with.
	Claimed = "extendedjob.claimed"
	// Run finds ExtendedJobs by what is known of their active run: RunActive,
	// RunUnrecorded.
	Run = "extendedjob.run"
	// Wait finds ExtendedJobs by what their run waits for, if anything: one of
	// WaitReasons.
	Wait = "extendedjob.wait"
	// Owner finds output Secrets by the UID of the ExtendedJob that they belong to.
	Owner = "output.owner"
	// Base finds Secrets that are named like versions by their base name.
	Base = "versionedsecret.base"
)

// Register sets up the indexes of a cache whose scheme is that of internal/ejcache.
func Register(indexer client.FieldIndexer) error {
	for name := range ExtendedJobs {
		if err := indexer.IndexField(context.Background(), &ejcache.ExtendedJob{}, name, ejcache.KeysOf(name)); err != nil {
			return fmt.Errorf("index ExtendedJobs by %s: %w", name, err)
		}
	}
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	for _, index := range []struct {
		object client.Object
		name   string
		keysOf client.IndexerFunc
	}{
		{&batchv1.Job{}, UID, controllerUID},
		{&batchv1.Job{}, Output, outputsOfJob},
		{&corev1.Pod{}, UID, uidLabel},
		{secret, Base, versionedBase},
		{secret, Owner, ownerAnnotation},
	} {
		// The manager has not started, so this does not block.
		if err := indexer.IndexField(context.Background(), index.object, index.name, index.keysOf); err != nil {
			return fmt.Errorf("index %T by %s: %w", index.object, index.name, err)
		}
	}
	return nil
}
