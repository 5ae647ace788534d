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

package feed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
)

// apiServer answers one watch and one get after the other.
type apiServer struct {
	cli.ExtendedJobs

	watches []func(w *watch.FakeWatcher) error
	gets    []func() (*fissilev1.ExtendedJob, error)
	// versions are those that watches were asked for.
	versions []string
}

func (s *apiServer) Watch(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
	s.versions = append(s.versions, options.ResourceVersion)
	if len(s.watches) == 0 {
		return watch.NewFake(), nil
	}
	next := s.watches[0]
	s.watches = s.watches[1:]
	w := watch.NewFakeWithChanSize(5, false)
	return w, next(w)
}

func (s *apiServer) Get(context.Context, string, metav1.GetOptions) (*fissilev1.ExtendedJob, error) {
	next := s.gets[0]
	s.gets = s.gets[1:]
	return next()
}

func version(v string) *fissilev1.ExtendedJob {
	return &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: "errand", ResourceVersion: v}}
}

var errNotFound = apierrors.NewNotFound(schema.GroupResource{Resource: cli.Resource}, "errand")

// modified is a watch that tells of versions and then ends.
func modified(versions ...string) func(*watch.FakeWatcher) error {
	return func(w *watch.FakeWatcher) error {
		for _, v := range versions {
			w.Modify(version(v))
		}
		w.Stop()
		return nil
	}
}

func TestNoStateIsMissed(t *testing.T) {
	expired := func(w *watch.FakeWatcher) error {
		w.Error(&metav1.Status{Status: metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired})
		return nil
	}
	deleted := func(w *watch.FakeWatcher) error {
		w.Delete(version("9"))
		return nil
	}
	for name, test := range map[string]struct {
		server apiServer
		want   []string
	}{
		"across watches that end": {
			server: apiServer{watches: []func(*watch.FakeWatcher) error{modified("2", "3"), modified("4")}},
			want:   []string{"2", "3", "4"},
		},
		"across an API server that is away": {
			server: apiServer{watches: []func(*watch.FakeWatcher) error{
				modified("2"),
				func(*watch.FakeWatcher) error { return errors.New("connection refused") },
				modified("3"),
			}},
			want: []string{"2", "3"},
		},
		"or it says so, when the watch has expired": {
			server: apiServer{
				watches: []func(*watch.FakeWatcher) error{modified("2"), expired, modified("8")},
				gets: []func() (*fissilev1.ExtendedJob, error){
					func() (*fissilev1.ExtendedJob, error) { return nil, errors.New("connection refused") },
					func() (*fissilev1.ExtendedJob, error) { return version("7"), nil },
				},
			},
			want: []string{"2", "gap 7", "8"},
		},
		"or it says so, when the version is refused": {
			server: apiServer{
				watches: []func(*watch.FakeWatcher) error{
					func(*watch.FakeWatcher) error { return apierrors.NewResourceExpired("too old") },
					modified("8"),
				},
				gets: []func() (*fissilev1.ExtendedJob, error){func() (*fissilev1.ExtendedJob, error) { return version("7"), nil }},
			},
			want: []string{"gap 7", "8"},
		},
		"until it is deleted": {
			server: apiServer{watches: []func(*watch.FakeWatcher) error{modified("2"), deleted}},
			want:   []string{"2", "deleted"},
		},
		"until it is found to be deleted": {
			server: apiServer{
				watches: []func(*watch.FakeWatcher) error{expired},
				gets:    []func() (*fissilev1.ExtendedJob, error){func() (*fissilev1.ExtendedJob, error) { return nil, errNotFound }},
			},
			want: []string{"deleted"},
		},
		"until the right is withdrawn": {
			server: apiServer{watches: []func(*watch.FakeWatcher) error{
				modified("2"),
				func(*watch.FakeWatcher) error {
					return apierrors.NewForbidden(schema.GroupResource{Resource: cli.Resource}, "errand", errors.New("no"))
				},
			}},
			want: []string{"2", "error"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				changes := ExtendedJob(ctx, &test.server, version("1"))
				for _, want := range test.want {
					if got := inWords(<-changes); got != want {
						t.Fatalf("%q, want %q", got, want)
					}
				}
				if test.server.versions[0] != "1" {
					t.Errorf("it watches from version %s on", test.server.versions[0])
				}
			})
		})
	}
}

func inWords(change Change) string {
	switch {
	case change.Err != nil:
		return "error"
	case change.ExtendedJob == nil:
		return "deleted"
	case change.Gap:
		return "gap " + change.ExtendedJob.ResourceVersion
	default:
		return change.ExtendedJob.ResourceVersion
	}
}

func TestPodsThatAreGoneAfterAGapAreTold(t *testing.T) {
	changes := make(chan Pod, 10)
	store := &podStore{ctx: t.Context(), changes: changes, known: map[types.UID]*corev1.Pod{}}
	a, b := &corev1.Pod{}, &corev1.Pod{}
	a.UID, b.UID = "a", "b"
	if err := errors.Join(store.Add(a), store.Replace([]any{b}, "")); err != nil {
		t.Fatal(err)
	}
	close(changes)
	var got []string
	for pod := range changes {
		got = append(got, string(pod.UID), map[bool]string{true: "gone", false: "there"}[pod.Gone])
	}
	if want := "[a there b there a gone]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}
