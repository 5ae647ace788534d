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
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Open opens the log of a container.
type Open func(ctx context.Context, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error)

// Follower follows the logs of all containers of the pods that it is given.
type Follower struct {
	open    Open
	printer *Printer
	// podNames is true if the pods are named before each line.
	podNames bool

	streams map[types.UID][]*stream
	wg      sync.WaitGroup
}

// NewFollower returns a Follower that prints what it reads.
func NewFollower(open Open, printer *Printer, podNames bool) *Follower {
	return &Follower{open: open, printer: printer, podNames: podNames, streams: map[types.UID][]*stream{}}
}

// Pod passes a state of a pod to the Follower, the last one if the pod is gone.
func (f *Follower) Pod(ctx context.Context, pod *corev1.Pod, gone bool) {
	streams, known := f.streams[pod.UID]
	if !known {
		if len(f.streams) > 0 && !f.podNames {
			f.printer.Message(fmt.Sprintf("Next attempt: pod %s.", pod.Name))
		}
		for _, name := range Names(pod) {
			s := f.stream(pod, name)
			s.following = true
			streams = append(streams, s)
			f.wg.Go(func() { s.follow(ctx) })
		}
		f.streams[pod.UID] = streams
	}
	for _, s := range streams {
		s.set(statusOf(pod, s.container), gone || settled(pod))
	}
}

func (f *Follower) stream(pod *corev1.Pod, container string) *stream {
	return &stream{
		open:      f.open,
		printer:   f.printer,
		pod:       pod.Name,
		container: container,
		prefix:    f.prefix(pod, container),
		news:      make(chan struct{}, 1),
	}
}

// Print prints the current logs of a pod, one container after the other.
func (f *Follower) Print(ctx context.Context, pod *corev1.Pod) error {
	for _, name := range Names(pod) {
		s, status := f.stream(pod, name), statusOf(pod, name)
		for _, instance := range instances(&status) {
			r := &reading{instance: instance}
			switch err := s.copy(ctx, r); {
			case err == nil:
			case isUnavailable(err):
				f.printer.Message(incomplete(pod.Name, name, err))
			default:
				return err
			}
			s.printRest(r)
		}
	}
	return nil
}

func (f *Follower) prefix(pod *corev1.Pod, container string) string {
	switch several := len(Names(pod)) > 1; {
	case f.podNames && several:
		return fmt.Sprintf("[%s %s] ", pod.Name, container)
	case f.podNames:
		return fmt.Sprintf("[%s] ", pod.Name)
	case several:
		return fmt.Sprintf("[%s] ", container)
	default:
		return ""
	}
}

// idle is how long nothing may come from logs that should end.
const idle = 10 * time.Second

// Finish tells the Follower that nothing more will start, and waits until everything
// is printed. It returns false if a log does not end but has nothing more to print.
func (f *Follower) Finish(ctx context.Context) bool {
	for _, streams := range f.streams {
		for _, s := range streams {
			s.finish()
		}
	}
	finished := make(chan struct{})
	go func() {
		f.wg.Wait()
		close(finished)
	}()
	ticker := time.NewTicker(idle)
	defer ticker.Stop()
	for printed := f.printer.Lines(); ; printed = f.printer.Lines() {
		select {
		case <-finished:
			return true
		case <-ctx.Done():
			return false
		case <-ticker.C:
			if f.printer.Lines() == printed {
				return false
			}
		}
	}
}
