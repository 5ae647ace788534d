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
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// kind is a kind of object in the model's API server.
type kind int

const (
	extendedJobs kind = iota
	jobs
	pods
	secrets
	kinds
)

func (k kind) String() string {
	return [...]string{"ExtendedJob", "Job", "pod", "Secret"}[k]
}

func (k kind) resource() schema.GroupResource {
	return schema.GroupResource{Resource: [...]string{"extendedjobs", "jobs", "pods", "secrets"}[k]}
}

func kindOf(obj any) kind {
	switch obj := obj.(type) {
	case *fissilev1.ExtendedJob, *fissilev1.ExtendedJobList:
		return extendedJobs
	case *batchv1.Job, *batchv1.JobList:
		return jobs
	case *corev1.Pod, *corev1.PodList:
		return pods
	case *corev1.Secret:
		return secrets
	case *metav1.PartialObjectMetadata:
		if obj.Kind == "Secret" {
			return secrets
		}
	case *metav1.PartialObjectMetadataList:
		if obj.Kind == "SecretList" {
			return secrets
		}
	}
	panic(fmt.Sprintf("the model has no %T", obj))
}

// version is an object as it was stored. It is never changed, so worlds can share it.
type version struct {
	client.Object
	revision int64
	// content distinguishes versions by everything but resourceVersion and times.
	content [16]byte
}

// change is one entry of a kind's history, which caches follow.
type change struct {
	before, after *version
}

// store is what etcd holds. It is a value: every write replaces slices, never elements,
// so a copy of a store is a snapshot.
type store struct {
	revision int64
	objects  [kinds][]*version
	history  [kinds][]change
}

func find(objects []*version, name string) *version {
	for _, v := range objects {
		if v.GetName() == name {
			return v
		}
	}
	return nil
}

// replaced returns the list of objects after a change, sorted by name.
func replaced(objects []*version, c change) []*version {
	after := make([]*version, 0, len(objects)+1)
	for _, v := range objects {
		if v != c.before {
			after = append(after, v)
		}
	}
	if c.after != nil {
		after = append(after, c.after)
		slices.SortFunc(after, func(a, b *version) int { return cmp.Compare(a.GetName(), b.GetName()) })
	}
	return after
}

func (s *store) get(k kind, name string) (*version, error) {
	if v := find(s.objects[k], name); v != nil {
		return v, nil
	}
	return nil, apierrors.NewNotFound(k.resource(), name)
}

// put stores an object in place of an earlier version, which is nil for a new object.
// From then on, the object belongs to the store.
func (s *store) put(k kind, before *version, obj client.Object) *version {
	s.revision++
	obj.SetResourceVersion(strconv.FormatInt(s.revision, 10))
	after := &version{Object: obj, revision: s.revision, content: content(obj)}
	s.changed(k, change{before, after})
	return after
}

func (s *store) remove(k kind, v *version) {
	s.revision++
	s.changed(k, change{before: v})
}

func (s *store) changed(k kind, c change) {
	s.objects[k] = replaced(s.objects[k], c)
	s.history[k] = append(slices.Clip(s.history[k]), c)
}

// create stores a new object. Its UID counts how often an object of that name was
// created.
func (s *store) create(obj client.Object) (*version, error) {
	k := kindOf(obj)
	if find(s.objects[k], obj.GetName()) != nil {
		return nil, apierrors.NewAlreadyExists(k.resource(), obj.GetName())
	}
	obj.SetUID(types.UID(fmt.Sprintf("%s.%d", obj.GetName(), s.created(k, obj.GetName())+1)))
	obj.SetGeneration(1)
	return s.put(k, nil, obj), nil
}

// created returns how often an object was created.
func (s *store) created(k kind, name string) int {
	n := 0
	for _, c := range s.history[k] {
		if c.before == nil && c.after.GetName() == name {
			n++
		}
	}
	return n
}

// patch applies a merge patch or a JSON patch to the main resource or to the status of
// an object, as the API server does: a resourceVersion in a merge patch is an
// optimistic lock, a test that fails makes a JSON patch invalid, and a patch that
// changes nothing writes nothing.
func (s *store) patch(k kind, name string, patchType types.PatchType, data []byte, status bool) (*version, error) {
	before, err := s.get(k, name)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(before.Object)
	if err != nil {
		return nil, err
	}
	switch patchType {
	case types.MergePatchType:
		var lock struct {
			Metadata metav1.ObjectMeta `json:"metadata"`
		}
		if err := json.Unmarshal(data, &lock); err != nil {
			return nil, err
		}
		if expected := lock.Metadata.ResourceVersion; expected != "" && expected != before.GetResourceVersion() {
			return nil, apierrors.NewConflict(k.resource(), name, errors.New("the object has been modified"))
		}
		encoded, err = jsonpatch.MergePatch(encoded, data)
	case types.JSONPatchType:
		var patch jsonpatch.Patch
		if patch, err = jsonpatch.DecodePatch(data); err == nil {
			encoded, err = patch.Apply(encoded)
		}
		var lock struct {
			Metadata metav1.ObjectMeta `json:"metadata"`
		}
		if err == nil && json.Unmarshal(encoded, &lock) == nil && lock.Metadata.ResourceVersion != before.GetResourceVersion() {
			return nil, apierrors.NewConflict(k.resource(), name, errors.New("the object has been modified"))
		}
	default:
		err = fmt.Errorf("the model has no %s", patchType)
	}
	if err != nil {
		return nil, apierrors.NewInvalid(schema.GroupKind{Kind: k.String()}, name, nil)
	}

	var obj client.Object
	switch before := before.Object.(type) {
	case *fissilev1.ExtendedJob:
		patched := &fissilev1.ExtendedJob{}
		if err := json.Unmarshal(encoded, patched); err != nil {
			return nil, err
		}
		if status {
			after := before.DeepCopy()
			after.Status = patched.Status
			patched = after
		} else {
			patched.Status = *before.Status.DeepCopy()
			if !apiequality.Semantic.DeepEqual(before.Spec, patched.Spec) {
				patched.Generation++
			}
		}
		obj = patched
	case *batchv1.Job:
		patched := &batchv1.Job{}
		if err := json.Unmarshal(encoded, patched); err != nil {
			return nil, err
		}
		obj = patched
	case *corev1.Secret:
		patched := &corev1.Secret{}
		if err := json.Unmarshal(encoded, patched); err != nil {
			return nil, err
		}
		obj = patched
	default:
		panic(fmt.Sprintf("the model patches no %T", before))
	}
	if apiequality.Semantic.DeepEqual(before.Object, obj) {
		return before, nil
	}
	return s.put(k, before, obj), nil
}

// content returns a digest of an object without its resourceVersion and times.
func content(obj client.Object) [16]byte {
	var timeless any
	switch obj := obj.(type) {
	case *fissilev1.ExtendedJob:
		ej := obj.DeepCopy()
		ej.ResourceVersion, ej.CreationTimestamp = "", metav1.Time{}
		for i := range ej.Status.Conditions {
			ej.Status.Conditions[i].LastTransitionTime = metav1.Time{}
		}
		for i := range ej.Status.Outputs {
			ej.Status.Outputs[i].StoredAt = metav1.Time{}
		}
		if run := ej.Status.LastRun; run != nil {
			run.StartTime, run.CompletionTime = metav1.Time{}, metav1.Time{}
			run.Streak = 0 // No schedule is so long that it makes a difference.
		}
		for i := range ej.Status.History {
			ej.Status.History[i].StartTime, ej.Status.History[i].DurationSeconds = metav1.Time{}, nil
		}
		timeless = ej
	case *batchv1.Job:
		job := obj.DeepCopy()
		job.ResourceVersion, job.CreationTimestamp = "", metav1.Time{}
		for i := range job.Status.Conditions {
			job.Status.Conditions[i].LastTransitionTime = metav1.Time{}
		}
		timeless = job
	case *corev1.Pod:
		pod := obj.DeepCopy()
		pod.ResourceVersion = ""
		timeless = pod
	case *corev1.Secret:
		secret := obj.DeepCopy()
		secret.ResourceVersion = ""
		timeless = secret
	}
	encoded, err := json.Marshal(timeless)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(encoded)
	return [16]byte(sum[:16])
}

// view is what a cache shows of a kind: its history up to some number of changes.
type view struct {
	objects []*version
	changes int
}

func (s *store) viewAt(k kind, changes int) view {
	v := view{}
	for range changes {
		v = s.next(k, v)
	}
	return v
}

// next returns the view after one more change.
func (s *store) next(k kind, v view) view {
	return view{replaced(v.objects, s.history[k][v.changes].seen(k)), v.changes + 1}
}

// seen returns a change as it looks to a cache that holds only Jobs with our label.
func (c change) seen(k kind) change {
	hidden := func(v *version) bool {
		return k == jobs && v != nil && v.GetLabels()[fissilev1.LabelExtendedJob] == ""
	}
	if hidden(c.before) {
		c.before = nil
	}
	if hidden(c.after) {
		c.after = nil
	}
	return c
}

// ownerUID returns the UID of the controller of an object, or "" if it has none.
func ownerUID(obj client.Object) types.UID {
	if owner := metav1.GetControllerOf(obj); owner != nil {
		return owner.UID
	}
	return ""
}

// orphaned reports whether the garbage collector deletes an object because its
// controller is gone.
func (s *store) orphaned(obj client.Object) bool {
	uid := ownerUID(obj)
	if uid == "" {
		return false
	}
	for _, k := range []kind{extendedJobs, jobs} {
		for _, v := range s.objects[k] {
			if v.GetUID() == uid {
				return false
			}
		}
	}
	return true
}

// runOf returns the number of the run in a Job's name.
func runOf(jobName string) int {
	number, _ := strconv.Atoi(jobName[strings.LastIndexByte(jobName, '-')+1:])
	return number
}
