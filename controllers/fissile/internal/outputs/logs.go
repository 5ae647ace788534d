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

package outputs

import (
	"context"
	"errors"
	"io"
	"regexp"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Logs opens the logs of containers.
type Logs interface {
	// Open streams the log of a container from its beginning, stdout and stderr
	// merged.
	Open(ctx context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error)
	// OpenStdout streams only what the container printed to stdout. It returns
	// errors.ErrUnsupported if the cluster cannot tell the two apart.
	OpenStdout(ctx context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error)
}

// PodLogs reads logs from the API server.
type PodLogs struct {
	// Client opens logs through the API server.
	Client corev1client.PodsGetter
	// merged is set for the life of the process once the API server has refused to
	// split the streams because its feature gate is off.
	merged atomic.Bool
}

// Open streams a log.
func (l *PodLogs) Open(ctx context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error) {
	return l.stream(ctx, pod, &corev1.PodLogOptions{Container: container})
}

// OpenStdout streams stdout alone.
func (l *PodLogs) OpenStdout(ctx context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error) {
	if l.merged.Load() {
		return nil, errors.ErrUnsupported
	}
	log, err := l.stream(ctx, pod, &corev1.PodLogOptions{Container: container, Stream: new(corev1.LogStreamStdout)})
	if apierrors.IsInvalid(err) {
		l.merged.Store(true)
		return nil, errors.ErrUnsupported
	}
	return log, err
}

func (l *PodLogs) stream(ctx context.Context, pod types.NamespacedName, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	log, err := l.Client.Pods(pod.Namespace).GetLogs(pod.Name, options).Stream(ctx)
	if err != nil {
		return nil, err
	}
	return &kubeletLog{ReadCloser: log}, nil
}

// kubeletLog is a log as the kubelet sends it. If the kubelet fails after it has
// begun to answer, which it does before it opens the log, it appends an error
// message.
type kubeletLog struct {
	io.ReadCloser
	end []byte
}

// kubeletFailure is what the kubelet appends to the end of the log.
var kubeletFailure = regexp.MustCompile(`(?:` +
	`unable to retrieve container logs for [a-z0-9.-]+://[0-9a-f]*|` +
	`failed to (?:try resolving symlinks in path|open log file|read log file) "[^"\n]*": [^\n]*)$`)

// maxKubeletFailure is more than kubeletFailure matches.
const maxKubeletFailure = 4 << 10

var errKubeletFailed = errors.New("the kubelet cannot read it now")

// Read reads the log. It returns an error at the end if that is not what the
// container printed.
func (l *kubeletLog) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	l.end = append(l.end, p[max(0, n-maxKubeletFailure):n]...)
	l.end = l.end[max(0, len(l.end)-maxKubeletFailure):]
	if errors.Is(err, io.EOF) && kubeletFailure.Match(l.end) {
		err = errKubeletFailed
	}
	return n, err
}
