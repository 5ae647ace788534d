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

// Object names a ConfigMap or Secret.
type Object struct {
	kind            configrefs.Kind
	namespace, name string
}

// objectVersion is what is known of a version of a ConfigMap or Secret: a keyed digest
// of its data and the names of its keys, never a value.
type objectVersion struct {
	// uid and resourceVersion are empty if the object does not exist.
	uid             types.UID
	resourceVersion string
	mac             string
	keys            []string
}

func (v objectVersion) absent() bool { return v.uid == "" }

// versions remembers the newest version that was read of each object. It is read
// once, however many ExtendedJobs refer to it, and kept for as long as one does.
type versions struct {
	mu      sync.Mutex
	entries map[Object]*versionEntry
}

// versionEntry is what is remembered of an object.
type versionEntry struct {
	// holders is how many ExtendedJobs refer to the object, as far as that has been
	// noted. The lock of versions guards it.
	holders int
	// mu is held while the object is read, so that others who need it wait for that
	// one read.
	mu      sync.Mutex
	known   bool
	version objectVersion
}

func (v *versions) of(key Object) *versionEntry {
	v.mu.Lock()
	defer v.mu.Unlock()
	entry := v.entries[key]
	if entry == nil {
		entry = &versionEntry{}
		if v.entries == nil {
			v.entries = make(map[Object]*versionEntry)
		}
		v.entries[key] = entry
	}
	return entry
}

// Hold notes that an ExtendedJob refers to the objects in now, and no longer to the
// others in before. It returns now.
func (r *Reader) Hold(before, now []Object) []Object {
	r.versions.hold(before, now)
	return now
}

func (v *versions) hold(before, now []Object) {
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
}

// readObject returns the newest version of an object. It trusts the cache for which
// version that is, but believes only a live read that there is none.
func (r *Reader) readObject(ctx context.Context, key Object, macKey []byte) (objectVersion, error) {
	cached := &metav1.PartialObjectMetadata{}
	cached.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(key.kind)))
	err := r.Cache.Get(ctx, client.ObjectKey{Namespace: key.namespace, Name: key.name}, cached)
	if client.IgnoreNotFound(err) != nil {
		return objectVersion{}, fmt.Errorf("read metadata of %s %s: %w", key.kind, key.name, err)
	}

	entry := r.versions.of(key)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.known && entry.version.covers(cached) {
		return entry.version, nil
	}
	version := objectVersion{mac: configrefs.Absent}
	if len(apicontent.IsPathSegmentName(key.name)) == 0 {
		// No object can have any other name, so there is nobody to ask for it.
		if version, err = r.readLive(ctx, key, macKey); err != nil {
			return objectVersion{}, err
		}
	}
	entry.known, entry.version = true, version
	return version, nil
}

// covers reports whether the version is at least as new as the object that the cache
// shows, or confirms that there is none.
func (v objectVersion) covers(cached *metav1.PartialObjectMetadata) bool {
	if v.uid != cached.UID || v.absent() {
		return v.uid == cached.UID
	}
	order, err := resourceversion.CompareResourceVersion(v.resourceVersion, cached.ResourceVersion)
	return err == nil && order >= 0
}

// readLive reads an object from the API server.
func (r *Reader) readLive(ctx context.Context, key Object, macKey []byte) (objectVersion, error) {
	var configMap corev1.ConfigMap
	var secret corev1.Secret
	var object client.Object = &configMap
	if key.kind == configrefs.Secret {
		object = &secret
	}
	if err := r.APIReader.Get(ctx, client.ObjectKey{Namespace: key.namespace, Name: key.name}, object); err != nil {
		if apierrors.IsNotFound(err) {
			return objectVersion{mac: configrefs.Absent}, nil
		}
		return objectVersion{}, fmt.Errorf("read %s %s: %w", key.kind, key.name, err)
	}
	version := objectVersion{uid: object.GetUID(), resourceVersion: object.GetResourceVersion()}
	if key.kind == configrefs.Secret {
		version.mac = configrefs.ObjectMAC(macKey, key.kind, secret.Data, nil)
		version.keys = slices.Collect(maps.Keys(secret.Data))
	} else {
		version.mac = configrefs.ObjectMAC(macKey, key.kind, configMap.Data, configMap.BinaryData)
		version.keys = slices.AppendSeq(slices.Collect(maps.Keys(configMap.Data)), maps.Keys(configMap.BinaryData))
	}
	return version, nil
}
