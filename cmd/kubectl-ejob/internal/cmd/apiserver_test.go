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

package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

const prefix = "/apis/fissile.cloudfoundry.org/v1/namespaces/default/extendedjobs"

// apiServer has one ExtendedJob, and plays its operator.
type apiServer struct {
	*httptest.Server

	mu      sync.Mutex
	version int
	ej      *fissilev1.ExtendedJob
	changed chan struct{}
	// operate is told of each change that is not its own.
	operate func(ej *fissilev1.ExtendedJob)
	// first is what somebody else does right before the next patch.
	first func(ej *fissilev1.ExtendedJob)
	// forbidden are rights that the user lacks, as "get pods/log".
	forbidden string
	// answer is given to all requests, if it is set.
	answer *metav1.Status
}

func newAPIServer(t *testing.T, strategy fissilev1.TriggerStrategy) *apiServer {
	t.Helper()
	s := &apiServer{changed: make(chan struct{}), version: 1, operate: func(*fissilev1.ExtendedJob) {}}
	s.ej = &fissilev1.ExtendedJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob"},
		ObjectMeta: metav1.ObjectMeta{Name: "errand", Namespace: "default", UID: "uid", ResourceVersion: "1", Generation: 1},
		Spec:       fissilev1.ExtendedJobSpec{Trigger: fissilev1.Trigger{Strategy: strategy}},
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.CloseClientConnections)
	return s
}

// flags are the flags for the cluster.
func (s *apiServer) flags() []string {
	return []string{"--server=" + s.URL, "--kubeconfig=/dev/null", "--namespace=default"}
}

// update changes the ExtendedJob.
func (s *apiServer) update(change func(ej *fissilev1.ExtendedJob)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(change)
}

func (s *apiServer) store(change func(ej *fissilev1.ExtendedJob)) {
	ej := s.ej.DeepCopy()
	change(ej)
	s.version++
	ej.ResourceVersion = strconv.Itoa(s.version)
	s.ej = ej
	close(s.changed)
	s.changed = make(chan struct{})
}

// read returns the ExtendedJob, and what is closed when it changes.
func (s *apiServer) read() (*fissilev1.ExtendedJob, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ej, s.changed
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	watches := r.URL.Query().Get("watch") != ""
	switch path := r.URL.Path; {
	case s.answer != nil:
		respond(w, int(s.answer.Code), s.answer)
	case strings.HasSuffix(path, "/selfsubjectaccessreviews"):
		s.review(w, r)
	case strings.HasSuffix(path, "/pods") && r.URL.Query().Get("sendInitialEvents") != "":
		respond(w, http.StatusUnprocessableEntity, status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "not served here", ""))
	case strings.HasSuffix(path, "/pods") && watches:
		<-r.Context().Done()
	case strings.HasSuffix(path, "/pods"):
		respond(w, http.StatusOK, &corev1.PodList{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"},
			ListMeta: metav1.ListMeta{ResourceVersion: "1"},
			Items:    []corev1.Pod{s.pod()},
		})
	case path == prefix && watches:
		s.watch(w, r)
	case strings.HasSuffix(path, "/extendedjobs"):
		ej, _ := s.read()
		list := &fissilev1.ExtendedJobList{}
		if selector := r.URL.Query().Get("fieldSelector"); selector == "" || selector == "metadata.name="+ej.Name {
			list.Items = []fissilev1.ExtendedJob{*ej}
		}
		respond(w, http.StatusOK, list)
	case path == prefix+"/"+s.ej.Name && r.Method == http.MethodPatch:
		s.patch(w, r)
	case path == prefix+"/"+s.ej.Name:
		ej, _ := s.read()
		respond(w, http.StatusOK, ej)
	default:
		respond(w, http.StatusNotFound, status(http.StatusNotFound, metav1.StatusReasonNotFound, "not found", r.URL.Path))
	}
}

// pod is the pod of all runs. It has ended with exit code 7.
func (s *apiServer) pod() corev1.Pod {
	job := s.ej.Name + "-job"
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "pod", Namespace: "default", UID: "pod",
			Labels:          map[string]string{batchv1.JobNameLabel: job},
			OwnerReferences: []metav1.OwnerReference{{Kind: "Job", Name: job, Controller: new(true)}},
		},
		Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "main", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 7}},
		}}},
	}
}

func (s *apiServer) review(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	review := &authorizationv1.SelfSubjectAccessReview{}
	_, _, _ = clientgoscheme.Codecs.UniversalDeserializer().Decode(body, nil, review)
	review.SetGroupVersionKind(authorizationv1.SchemeGroupVersion.WithKind("SelfSubjectAccessReview"))
	asked := review.Spec.ResourceAttributes
	right := fmt.Sprintf("%s %s/%s", asked.Verb, asked.Resource, asked.Subresource)
	review.Status.Allowed = strings.TrimSuffix(right, "/") != s.forbidden
	respond(w, http.StatusCreated, review)
}

func (s *apiServer) patch(w http.ResponseWriter, r *http.Request) {
	patch, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.first; first != nil {
		s.first = nil
		s.store(first)
	}
	var fence struct{ Metadata metav1.ObjectMeta }
	_ = json.Unmarshal(patch, &fence)
	if fence.Metadata.ResourceVersion != "" && fence.Metadata.ResourceVersion != s.ej.ResourceVersion {
		respond(w, http.StatusConflict, status(http.StatusConflict, metav1.StatusReasonConflict, "the object has been modified", s.ej.Name))
		return
	}
	before, _ := json.Marshal(s.ej)
	after, _ := jsonpatch.MergePatch(before, patch)
	s.store(func(ej *fissilev1.ExtendedJob) {
		*ej = fissilev1.ExtendedJob{}
		_ = json.Unmarshal(after, ej)
		ej.Generation++
	})
	respond(w, http.StatusOK, s.ej)
	s.operate(s.ej)
}

func (s *apiServer) watch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	seen := r.URL.Query().Get("resourceVersion")
	for {
		ej, changed := s.read()
		if ej.ResourceVersion != seen {
			seen = ej.ResourceVersion
			raw, _ := json.Marshal(ej)
			_ = json.NewEncoder(w).Encode(map[string]any{"type": watch.Modified, "object": json.RawMessage(raw)})
		}
		w.(http.Flusher).Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func respond(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(object)
}

func status(code int32, reason metav1.StatusReason, message, name string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: message,
		Details: &metav1.StatusDetails{Name: name},
	}
}
