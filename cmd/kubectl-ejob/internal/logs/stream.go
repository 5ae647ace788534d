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
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// retryAfter is the wait before a log is opened again after a lost connection.
const retryAfter = 500 * time.Millisecond

// reopenAfter is the wait before a log that has ended is opened again, while its
// container is not known to have ended: the kubelet may have restarted.
const reopenAfter = 2 * time.Second

// stream follows the log of one container of a pod.
type stream struct {
	open                   Open
	printer                *Printer
	pod, container, prefix string
	following              bool

	mu     sync.Mutex
	status corev1.ContainerStatus
	final  bool
	news   chan struct{}
}

// set passes a status of its container to the stream, and whether the container will
// not start again.
func (s *stream) set(status corev1.ContainerStatus, final bool) {
	s.mu.Lock()
	s.status, s.final = status, s.final || final
	s.mu.Unlock()
	s.wake()
}

// finish tells the stream that its container will not start again.
func (s *stream) finish() {
	s.mu.Lock()
	s.final = true
	s.mu.Unlock()
	s.wake()
}

func (s *stream) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *stream) look() (corev1.ContainerStatus, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status, s.final
}

// reading is what has been read of one start of the container.
type reading struct {
	instance
	position

	// paused is true after the log has ended, and until the container is known to have
	// ended, too. The log is read again then, and now and then until then: the connection
	// may have ended first.
	paused bool
	// complete is true once nothing more is to be read.
	complete bool
	// rest is a last line without a line end. It is printed when nothing follows.
	rest []byte
}

// follow prints the log of one start of the container after the other.
func (s *stream) follow(ctx context.Context) {
	current := &reading{}
	done := map[string]bool{}
	for ctx.Err() == nil {
		status, final := s.look()
		next, found := nextInstance(&status, done)
		if found && next.id != current.id {
			s.printRest(current)
			current = &reading{}
		}
		if found {
			current.instance = next
		}
		switch {
		case found && (next.ended || !current.paused):
			s.read(ctx, current)
			done[next.id] = current.complete
		case final:
			s.printRest(current)
			return
		case found:
			if !s.await(ctx, reopenAfter) {
				s.read(ctx, current)
			}
		default:
			s.await(ctx, math.MaxInt64)
		}
	}
}

// nextInstance is the first start of the container that is not done.
func nextInstance(status *corev1.ContainerStatus, done map[string]bool) (instance, bool) {
	for _, i := range instances(status) {
		if !done[i.id] {
			return i, true
		}
	}
	return instance{}, false
}

// read prints what is new in the log.
func (s *stream) read(ctx context.Context, r *reading) {
	err := s.copy(ctx, r)
	switch {
	case ctx.Err() != nil:
	case err == nil && r.ended || s.printer.Err() != nil:
		r.complete = true
	case err == nil:
		r.paused = true
	case isUnavailable(err) && !r.ended && !apierrors.IsNotFound(err):
		r.paused = true // until there is news of the container
	case isUnavailable(err):
		if !r.paused {
			s.printer.Message(incomplete(s.pod, s.container, err))
		}
		r.complete = true
	default:
		sleep(ctx, retryAfter)
	}
}

// incomplete says that a log is incomplete.
func incomplete(pod, container string, err error) string {
	if apierrors.IsNotFound(err) {
		err = errors.New("the pod was deleted first; to keep pods, set spec.successfulJobsHistoryLimit")
	}
	return fmt.Sprintf("The log of container %s of pod %s is incomplete: %v", container, pod, err)
}

// isUnavailable reports whether the log does not exist, rather than cannot be reached.
func isUnavailable(err error) bool {
	return errors.Is(err, errUnavailable) || apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) || apierrors.IsForbidden(err)
}

func (s *stream) copy(ctx context.Context, r *reading) error {
	log, err := s.open(ctx, s.pod, &corev1.PodLogOptions{
		Container:  s.container,
		Follow:     s.following && !r.previous,
		Previous:   r.previous,
		Timestamps: true,
		SinceTime:  r.since(),
	})
	if err != nil {
		return err
	}
	defer log.Close()
	r.rest, err = r.resume(log, func(line []byte) error { return s.printer.Line(s.prefix, line) })
	return err
}

func (s *stream) printRest(r *reading) {
	if len(r.rest) > 0 {
		_ = s.printer.Line(s.prefix, r.rest)
		r.rest = nil
	}
}

// await waits for news of the container. It is false if there was none for so long.
func (s *stream) await(ctx context.Context, most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-s.news:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
		return false
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
