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

package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// kubelet serves the log of one container, as far as it has been written.
type kubelet struct {
	mu sync.Mutex
	// lines are those of the current start of the container, previous those of the one
	// before.
	lines, previous []string
	running         bool
	gone            bool
	// breakAfter ends the next connection with an error after so many lines.
	breakAfter int
	changed    chan struct{}
}

func newKubelet() *kubelet {
	return &kubelet{changed: make(chan struct{}), running: true}
}

func (k *kubelet) change(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	close(k.changed)
	k.changed = make(chan struct{})
}

func (k *kubelet) print(lines ...string) {
	k.change(func() { k.lines = append(k.lines, lines...) })
}

func (k *kubelet) exit() {
	k.change(func() { k.running = false })
	synctest.Wait() // until the connection has ended
}

func (k *kubelet) restart() {
	k.change(func() { k.previous, k.lines, k.running = k.lines, nil, true })
}

func (k *kubelet) open(ctx context.Context, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, pod)
	}
	if options.Previous && k.previous == nil {
		return nil, apierrors.NewBadRequest("previous terminated container not found")
	}
	reader, writer := io.Pipe()
	breakAfter := k.breakAfter
	k.breakAfter = 0
	go func() { writer.CloseWithError(k.serve(ctx, writer, options, breakAfter)) }()
	return reader, nil
}

func (k *kubelet) serve(ctx context.Context, out io.Writer, options *corev1.PodLogOptions, breakAfter int) error {
	for served := 0; ; {
		k.mu.Lock()
		lines, running, changed := k.lines, k.running, k.changed
		if options.Previous {
			lines, running = k.previous, false
		}
		k.mu.Unlock()
		for _, line := range lines[served:] {
			served++
			at, _, _ := split([]byte(line))
			if options.SinceTime == nil || !at.Before(options.SinceTime.Time) {
				_, _ = io.WriteString(out, line)
			}
			if served == breakAfter {
				return errors.New("connection reset by peer")
			}
		}
		if !running || !options.Follow {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// line is a line of a log with its timestamp, some milliseconds after the start.
func line(after int, text string) string {
	return fmt.Sprintf("%s %s\n", start.Add(time.Duration(after)*time.Millisecond).Format("2006-01-02T15:04:05.000000000Z07:00"), text)
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func podWith(status corev1.ContainerStatus) *corev1.Pod {
	status.Name = "main"
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pod", UID: "uid-of-pod"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main"}}},
		Status:     corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{status}},
	}
}

func runningAs(id string) corev1.ContainerStatus {
	return corev1.ContainerStatus{ContainerID: id, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
}

func endedAs(id string) corev1.ContainerStatus {
	return corev1.ContainerStatus{ContainerID: id, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ContainerID: id}}}
}

func restartedAs(before, id string) corev1.ContainerStatus {
	status := runningAs(id)
	status.LastTerminationState = endedAs(before).State
	return status
}

func TestEveryLineIsPrintedOnce(t *testing.T) {
	waiting := corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}}
	for name, test := range map[string]struct {
		script         func(k *kubelet, status func(corev1.ContainerStatus), gone func())
		want, messages string
	}{
		"from the first line on": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), _ func()) {
				status(waiting)
				k.print(line(1, "a"), line(2, "b"))
				status(runningAs("1"))
				k.print(line(3, "c"))
				k.exit()
				status(endedAs("1"))
			},
			want: "a\nb\nc\n",
		},
		"of a container that ran shorter than anybody looked": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), _ func()) {
				k.print(line(1, "a"))
				k.exit()
				status(endedAs("1"))
			},
			want: "a\n",
		},
		"through a lost connection": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), _ func()) {
				k.breakAfter = 3
				// The streams of a container are not quite in order.
				k.print(line(1, "a"), line(1005, "c"), line(1004, "b"), line(1005, "d"), line(1006, "e"))
				status(runningAs("1"))
				k.exit()
				status(endedAs("1"))
			},
			want: "a\nc\nb\nd\ne\n",
		},
		"through a connection that ends without an error": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), _ func()) {
				k.exit()
				k.print(line(1, "a"))
				status(runningAs("1"))
				k.print(line(2, "b"))
				status(endedAs("1"))
			},
			want: "a\nb\n",
		},
		"through a restart": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), _ func()) {
				k.print(line(1, "first"))
				status(runningAs("1"))
				k.exit()
				k.restart()
				k.print(line(500, "second"))
				status(restartedAs("1", "2"))
				k.exit()
				status(endedAs("2"))
			},
			want: "first\nsecond\n",
		},
		"through a restart, although the pod is gone then": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), gone func()) {
				k.print(line(1, "first"))
				status(runningAs("1"))
				k.exit()
				k.restart()
				k.print(line(500, "second"))
				status(restartedAs("1", "2"))
				k.change(func() { k.running, k.gone = false, true })
				gone()
			},
			want: "first\nsecond\n",
		},
		"through a restart before anybody looked": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), _ func()) {
				k.print(line(1, "first"))
				k.exit()
				k.restart()
				k.print(line(500, "second"))
				status(restartedAs("1", "2"))
				k.exit()
				ended := endedAs("2")
				ended.LastTerminationState = endedAs("1").State
				status(ended)
			},
			want: "first\nsecond\n",
		},
		"although the pod is gone before the end is known": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), gone func()) {
				k.print(line(1, "a"), strings.TrimSuffix(line(2, "no line end"), "\n"))
				status(runningAs("1"))
				k.exit()
				k.change(func() { k.gone = true })
				status(endedAs("1"))
				gone()
			},
			want: "a\nno line end",
		},
		"or it says that there is no log any more": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), gone func()) {
				k.change(func() { k.gone = true })
				status(endedAs("1"))
				gone()
			},
			messages: "The log of container main of pod pod is incomplete",
		},
		"or it says that the kubelet has none": {
			script: func(k *kubelet, status func(corev1.ContainerStatus), _ func()) {
				k.print("unable to retrieve container logs for containerd://1")
				k.exit()
				status(endedAs("1"))
			},
			messages: "The log of container main of pod pod is incomplete",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out, messages bytes.Buffer
				k := newKubelet()
				f := NewFollower(k.open, NewPrinter(&out, &messages, false), false)
				last := podWith(waiting)
				test.script(k, func(status corev1.ContainerStatus) {
					last = podWith(status)
					f.Pod(t.Context(), last, false)
					synctest.Wait()
				}, func() { f.Pod(t.Context(), last, true) })
				if !f.Finish(t.Context()) {
					t.Error("it does not end")
				}
				if out.String() != test.want || !strings.HasPrefix(messages.String(), test.messages) || test.messages == "" && messages.Len() > 0 {
					t.Errorf("%q and %q, want %q and %q", out.String(), messages.String(), test.want, test.messages)
				}
			})
		})
	}
}

func TestALogGoesOnAfterTheKubeletHasRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var out bytes.Buffer
		k := newKubelet()
		f := NewFollower(k.open, NewPrinter(&out, io.Discard, false), false)
		k.print(line(1, "before"))
		f.Pod(ctx, podWith(runningAs("1")), false)
		k.exit()
		k.change(func() { k.running = true })
		k.print(line(2, "after"))
		<-time.After(reopenAfter)
		synctest.Wait()
		if got := out.String(); got != "before\nafter\n" {
			t.Errorf("got %q while the container runs", got)
		}
	})
}

func TestALogThatDoesNotEndIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		k := newKubelet()
		f := NewFollower(k.open, NewPrinter(io.Discard, io.Discard, false), false)
		f.Pod(ctx, podWith(runningAs("1")), false)
		if f.Finish(ctx) {
			t.Error("it has ended")
		}
	})
}

func TestLinesAreNamedWhereThereAreSeveralContainers(t *testing.T) {
	several := podWith(corev1.ContainerStatus{})
	several.Spec.InitContainers = []corev1.Container{
		{Name: runjob.CollectorContainer, RestartPolicy: new(corev1.ContainerRestartPolicyAlways)},
		{Name: "init"},
	}
	if got := Names(several); !slices.Equal(got, []string{"init", "main"}) {
		t.Error(got)
	}
	one := podWith(corev1.ContainerStatus{})
	for want, test := range map[string]struct {
		pod      *corev1.Pod
		podNames bool
	}{
		"":            {one, false},
		"[pod] ":      {one, true},
		"[main] ":     {several, false},
		"[pod main] ": {several, true},
	} {
		f := NewFollower(nil, nil, test.podNames)
		if got := f.prefix(test.pod, "main"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestThePrinterKeepsLinesApart(t *testing.T) {
	for name, test := range map[string]struct {
		sameTerminal bool
		prefixes     []string
		want         string
	}{
		"one log, as it is":          {prefixes: []string{"", ""}, want: "ab"},
		"two logs":                   {prefixes: []string{"[a] ", "[b] "}, want: "[a] a\n[b] b\n"},
		"and a message, on a screen": {sameTerminal: true, prefixes: []string{""}, want: "a\nmessage\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			messages := io.Discard
			if test.sameTerminal {
				messages = &out
			}
			p := NewPrinter(&out, messages, test.sameTerminal)
			for i, prefix := range test.prefixes {
				if err := p.Line(prefix, []byte{"ab"[i]}); err != nil {
					t.Fatal(err)
				}
			}
			p.Message("message")
			if out.String() != test.want {
				t.Errorf("%q, want %q", out.String(), test.want)
			}
		})
	}
}
