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
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/joboutput"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// LogIdleTimeout is how long a log may send nothing before the read is given up for
// now.
const LogIdleTimeout = 10 * time.Second

// document is what a container printed, as the data of a Secret or, for the
// collector, as the files of a run.
type document struct {
	container string
	data      map[string][]byte
	files     sealedfiles.Frame
}

// logRequest names the logs that hold the output of a run. Logs are read by the name
// of the pod, and the UIDs bind the documents to the run.
type logRequest struct {
	extendedJob types.NamespacedName
	job         types.UID
	pod         string
	podUID      types.UID
	node        string
	containers  []string
	// collector asks for the files that the collector printed, as the last document.
	collector bool
}

// equal reports whether two requests are for the same logs.
func (q *logRequest) equal(other *logRequest) bool {
	return q.extendedJob == other.extendedJob && q.job == other.job && q.podUID == other.podUID && slices.Equal(q.containers, other.containers) && q.collector == other.collector
}

// ErrReading means that documents are being read, or are queued for it. The
// ExtendedJob is reconciled again when they are there.
var ErrReading = errors.New("the logs are being read")

// Documents reads the documents that containers printed.
type Documents interface {
	// read returns the documents of all containers of a request, in their order. It
	// may return ErrReading.
	read(ctx context.Context, request logRequest) ([]document, error)
	// offer returns a function that drops the documents that have been read for an
	// ExtendedJob so far, unless read has returned them by then.
	offer(extendedJob types.NamespacedName) func()
	// forget forgets an ExtendedJob.
	forget(extendedJob types.NamespacedName)
}

// LogReader reads documents from logs while its caller waits.
type LogReader struct {
	// Logs opens the logs.
	Logs Logs
	// Timeout bounds each read of a log, and IdleTimeout its pauses.
	Timeout, IdleTimeout time.Duration
	// MaxSize is the maximum number of bytes of a log.
	MaxSize int64
}

func (r *LogReader) offer(types.NamespacedName) func() { return func() {} }

func (r *LogReader) forget(types.NamespacedName) {}

func (r *LogReader) read(ctx context.Context, request logRequest) ([]document, error) {
	documents := make([]document, 0, len(request.containers))
	pod := types.NamespacedName{Namespace: request.extendedJob.Namespace, Name: request.pod}
	for _, container := range request.containers {
		data, err := r.readDocument(ctx, pod, container)
		if err != nil {
			return nil, logError(err, pod.Name, container)
		}
		documents = append(documents, document{container: container, data: data})
	}
	if request.collector {
		files, err := r.readFiles(ctx, pod)
		if err != nil {
			return nil, err
		}
		documents = append(documents, document{container: runjob.CollectorContainer, files: files})
	}
	return documents, nil
}

// logError says why the log of a container has no document.
func logError(err error, pod, container string) error {
	var invalid *joboutput.Error
	var tooLarge *logTooLargeError
	switch {
	case errors.As(err, &invalid):
		return &Error{Reason: invalid.Reason, Message: fmt.Sprintf("Container %s: %v.", container, err)}
	case errors.As(err, &tooLarge):
		return &Error{Reason: fissilev1.ReasonOutputTooLarge, Message: fmt.Sprintf("Container %s: %v.", container, tooLarge)}
	case notThere(err) == pod:
		return &Error{Reason: fissilev1.ReasonOutputUnavailable, Message: fmt.Sprintf(
			"Container %s: pod %s no longer exists, and neither does its log.", container, pod)}
	case notThere(err) != "":
		return transient(fissilev1.ReasonOutputUnavailable, fmt.Sprintf(
			"Container %s: node %s of pod %s no longer exists, and neither does the log.", container, notThere(err), pod))
	default:
		return transient(fissilev1.ReasonOutputUnavailable, fmt.Sprintf(
			"Container %s: the log of pod %s cannot be read: %s.", container, pod, strings.TrimSpace(err.Error())))
	}
}

// notThere returns the name of the pod or of the node whose absence explains why there
// is no log, or "" if the log cannot be read for another reason. The API server calls
// both a pod. The kubelet may find later what it does not find now: after a restart it
// does not know its pods at once.
func notThere(err error) string {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return ""
	}
	if details := status.Status().Details; details != nil && details.Kind == "pods" {
		return details.Name
	}
	return ""
}

// readDocument finds the document in a container's log. If stderr may have got in its
// way, stdout alone decides, if the cluster offers it.
func (r *LogReader) readDocument(ctx context.Context, pod types.NamespacedName, container string) (map[string][]byte, error) {
	data, err := r.parseTwice(ctx, r.Logs.Open, pod, container)
	var invalid *joboutput.Error
	if !errors.As(err, &invalid) || invalid.Reason != joboutput.ReasonNoOutput && invalid.Reason != joboutput.ReasonAmbiguousOutput {
		return data, err
	}
	data, stdoutErr := r.parseTwice(ctx, r.Logs.OpenStdout, pod, container)
	var refused *joboutput.Error
	switch {
	case errors.Is(stdoutErr, errors.ErrUnsupported), errors.As(stdoutErr, &refused) && refused.Line == 0:
		return nil, err // It names a line, or else says the same.
	case refused != nil:
		return nil, fmt.Errorf("stdout alone: %w", stdoutErr)
	default:
		return data, stdoutErr
	}
}

// parseTwice reads a log once more before it refuses it, because the first read may
// not have been complete. When the connection to the kubelet breaks, the API server
// ends the log there without an error.
func (r *LogReader) parseTwice(ctx context.Context, open openLog, pod types.NamespacedName, container string) (map[string][]byte, error) {
	data, err := r.parseLog(ctx, open, pod, container)
	var first, second *joboutput.Error
	if !errors.As(err, &first) || first.Reason == joboutput.ReasonOutputTooLarge || first.Reason == joboutput.ReasonAmbiguousOutput {
		return data, err
	}
	data, err = r.parseLog(ctx, open, pod, container)
	if errors.As(err, &second) && *second != *first {
		return nil, errors.New("two reads returned different output")
	}
	return data, err
}

type openLog func(ctx context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error)

// errLogStalled is the cause when a read ends because nothing arrived for too long.
var errLogStalled = errors.New("the node has sent nothing for too long")

func (r *LogReader) parseLog(ctx context.Context, open openLog, pod types.NamespacedName, container string) (data map[string][]byte, err error) {
	err = r.readLog(ctx, open, pod, container, func(log io.Reader) error {
		data, err = joboutput.Parse(log)
		return err
	})
	return data, err
}

// readLog opens a log and parses it within its bounds.
func (r *LogReader) readLog(ctx context.Context, open openLog, pod types.NamespacedName, container string, parse func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	idle := time.AfterFunc(r.IdleTimeout, func() { stop(errLogStalled) })
	defer idle.Stop()

	log, err := open(ctx, pod, container)
	if err == nil {
		defer log.Close()
		err = parse(&boundedLog{Reader: log, idle: idle, idleTimeout: r.IdleTimeout, maxSize: r.MaxSize})
	}
	if err != nil && errors.Is(context.Cause(ctx), errLogStalled) {
		return errLogStalled
	}
	return err
}

// boundedLog is a log that may neither pause for too long nor be too large.
type boundedLog struct {
	io.Reader
	idle          *time.Timer
	idleTimeout   time.Duration
	size, maxSize int64
}

func (l *boundedLog) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	l.idle.Reset(l.idleTimeout)
	if l.size += int64(n); l.size > l.maxSize {
		return n, &logTooLargeError{l.maxSize}
	}
	return n, err
}

// logTooLargeError means that a log was not read to its end.
type logTooLargeError struct{ maxSize int64 }

func (e *logTooLargeError) Error() string {
	return fmt.Sprintf("the log is larger than %s: print less", resource.NewQuantity(e.maxSize, resource.BinarySI))
}
