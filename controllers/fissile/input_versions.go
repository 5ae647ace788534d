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
	"fmt"
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apicontent "k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

// objectKey names a ConfigMap or Secret.
type objectKey struct {
	kind            configrefs.Kind
	namespace, name string
}

// inputVersion is what is known of a version of a ConfigMap or Secret: a keyed
// digest of its data and the names of its keys, never a value.
type inputVersion struct {
	// uid and resourceVersion are empty if the object does not exist.
	uid             types.UID
	resourceVersion string
	mac             string
	keys            []string
}

func (v inputVersion) absent() bool { return v.uid == "" }

// inputVersions remembers the newest version that was read of each object. It is read
// once, however many ExtendedJobs refer to it, and kept for as long as one does.
type inputVersions struct {
	mu      sync.Mutex
	entries map[objectKey]*inputEntry
}

// inputEntry is what is remembered of an object.
type inputEntry struct {
	// holders is how many ExtendedJobs refer to the object, as far as that has been
	// noted. The lock of inputVersions guards it.
	holders int
	// mu is held while the object is read, so that others who need it wait for that
	// one read.
	mu      sync.Mutex
	known   bool
	version inputVersion
}

func (v *inputVersions) of(key objectKey) *inputEntry {
	v.mu.Lock()
	defer v.mu.Unlock()
	entry := v.entries[key]
	if entry == nil {
		entry = &inputEntry{}
		if v.entries == nil {
			v.entries = make(map[objectKey]*inputEntry)
		}
		v.entries[key] = entry
	}
	return entry
}

// hold notes that an ExtendedJob refers to the objects in now, and no longer to the
// others in before. It returns now.
func (v *inputVersions) hold(before, now []objectKey) []objectKey {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, key := range now {
		if entry := v.entries[key]; entry != nil && !slices.Contains(before, key) {
			entry.holders++
		}
	}
	for _, key := range before {
		entry := v.entries[key]
		if entry == nil || slices.Contains(now, key) {
			continue
		}
		if entry.holders--; entry.holders <= 0 {
			delete(v.entries, key)
		}
	}
	return now
}

// readInput returns the newest version of an object. It trusts the cache for which
// version that is, but believes only a live read that there is none.
func (r *Reconciler) readInput(ctx context.Context, key objectKey, macKey []byte) (inputVersion, error) {
	cached := &metav1.PartialObjectMetadata{}
	cached.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(key.kind)))
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: key.namespace, Name: key.name}, cached)
	if client.IgnoreNotFound(err) != nil {
		return inputVersion{}, fmt.Errorf("read metadata of %s %s: %w", key.kind, key.name, err)
	}

	entry := r.inputs.of(key)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.known && entry.version.covers(cached) {
		return entry.version, nil
	}
	version := inputVersion{mac: configrefs.Absent}
	if len(apicontent.IsPathSegmentName(key.name)) == 0 {
		// No object can have any other name, so there is nobody to ask for it.
		if version, err = r.readInputLive(ctx, key, macKey); err != nil {
			return inputVersion{}, err
		}
	}
	entry.known, entry.version = true, version
	return version, nil
}

// covers reports whether the version is at least as new as the object that the cache
// shows, or confirms that there is none.
func (v inputVersion) covers(cached *metav1.PartialObjectMetadata) bool {
	if v.uid != cached.UID || v.absent() {
		return v.uid == cached.UID
	}
	order, err := resourceversion.CompareResourceVersion(v.resourceVersion, cached.ResourceVersion)
	return err == nil && order >= 0
}

func (r *Reconciler) readInputLive(ctx context.Context, key objectKey, macKey []byte) (inputVersion, error) {
	var configMap corev1.ConfigMap
	var secret corev1.Secret
	var object client.Object = &configMap
	if key.kind == configrefs.Secret {
		object = &secret
	}
	if err := r.APIReader.Get(ctx, client.ObjectKey{Namespace: key.namespace, Name: key.name}, object); err != nil {
		if apierrors.IsNotFound(err) {
			return inputVersion{mac: configrefs.Absent}, nil
		}
		return inputVersion{}, fmt.Errorf("read %s %s: %w", key.kind, key.name, err)
	}
	version := inputVersion{uid: object.GetUID(), resourceVersion: object.GetResourceVersion()}
	if key.kind == configrefs.Secret {
		version.mac = configrefs.ObjectMAC(macKey, key.kind, secret.Data, nil)
		version.keys = slices.Collect(maps.Keys(secret.Data))
	} else {
		version.mac = configrefs.ObjectMAC(macKey, key.kind, configMap.Data, configMap.BinaryData)
		version.keys = slices.AppendSeq(slices.Collect(maps.Keys(configMap.Data)), maps.Keys(configMap.BinaryData))
	}
	return version, nil
}
