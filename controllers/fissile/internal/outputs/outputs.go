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

// Package outputs stores what the Jobs of runs print, or leave in files, in Secrets, and
// looks after these Secrets. A run's output is stored as a whole or not at all.
package outputs

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// Secrets are the output Secrets of ExtendedJobs.
type Secrets struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// APIReader reads from the API server.
	APIReader client.Reader
	// Documents reads what containers printed.
	Documents Documents
	// Key returns the key that the operator seals with.
	Key func(context.Context) ([]byte, error)
	// Clock tells the time.
	Clock clock.PassiveClock
	// ReservedNames are patterns of names that no output Secret may have.
	ReservedNames []string
}

// Error is why a run's output is not stored.
type Error struct {
	// Reason is a reason of the condition OutputPersisted.
	Reason string
	// Message gives details, but never a value that a container printed.
	Message string
	// Transient errors are retried at once, until that has failed for too long.
	Transient bool
}

func (e *Error) Error() string { return e.Message }

func transient(reason, message string) error {
	return &Error{Reason: reason, Message: message, Transient: true}
}

// Store stores what the containers of a finished Job printed: all of it, or nothing. It
// reads and checks everything before it writes anything. An *Error says why the output
// is not stored, ErrReading that its logs are being read. After any other error, the
// caller tries again.
func (s *Secrets) Store(ctx context.Context, ej *plan.ExtendedJob, job *batchv1.Job) (*plan.Output, error) {
	settings, err := runjob.OutputSettings(job)
	if err != nil {
		return nil, err
	}
	targets := runjob.TargetsOfJob(job, settings)
	if len(targets) == 0 {
		return nil, &Error{Reason: fissilev1.ReasonOutputUnavailable, Message: fmt.Sprintf(
			"Annotation %s, which names the containers, is missing on Job %s.", fissilev1.AnnotationOutputContainers, job.Name)}
	}
	key, err := s.Key(ctx)
	if err != nil {
		return nil, err
	}
	w := secretWriter{Secrets: s, ej: ej, job: job, settings: settings, sealKey: key}
	if err := w.checkNames(targets); err != nil {
		return nil, err
	}
	secrets, complete, err := w.stored(ctx, targets)
	if err != nil || complete {
		return &plan.Output{Reason: fissilev1.ReasonStored, Secrets: secrets}, err
	}
	if err := w.checkConflicts(ctx, targets); err != nil {
		return nil, err
	}
	kept, err := w.kept(ctx, targets)
	if err != nil {
		return nil, err
	}
	contents, err := w.read(ctx, kept.missing(targets))
	if err != nil {
		return nil, err
	}
	wholeNames := w.completeNames(contents)
	if targets, contents, err = w.perKey(ctx, targets, contents, kept); err != nil {
		return nil, err
	}
	if err := w.takeOver(ctx, targets, kept); err != nil {
		return nil, err
	}
	written, err := w.write(ctx, contents)
	if err != nil {
		return nil, err
	}
	output := w.output(targets, kept, written)
	output.Deleted, err = w.deleteKeysGone(ctx, wholeNames, targets)
	return output, err
}

// read returns the contents for some targets, in their order, or ErrReading. Files that
// are missing, and may be, are left out.
func (w *secretWriter) read(ctx context.Context, targets []runjob.Target) ([]secretContent, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	pod, err := w.podOfOutcome(ctx, w.job)
	if err != nil {
		return nil, err
	}
	files, err := w.filesOf(pod, targets)
	if err != nil {
		return nil, err
	}
	request := logRequest{
		extendedJob: w.ej.Key(),
		job:         w.job.UID,
		pod:         pod.Name,
		podUID:      pod.UID,
		node:        pod.Spec.NodeName,
		collector:   files == nil,
	}
	for _, target := range targets {
		if target.File == nil {
			request.containers = append(request.containers, target.Container)
		}
	}
	documents, err := w.readDocuments(ctx, pod, request)
	if err != nil {
		return nil, err
	}
	if files == nil {
		last := len(documents) - 1
		if files, err = w.open(documents[last].files); err != nil {
			return nil, err
		}
		documents = documents[:last]
	}
	return w.contents(targets, documents, files)
}

// readDocuments returns the documents of a request, or ErrReading. It reads nothing
// if the request names no log.
func (s *Secrets) readDocuments(ctx context.Context, pod *corev1.Pod, request logRequest) ([]document, error) {
	for _, container := range request.containers {
		if why := runpods.NeverStarted(pod, container); why != "" {
			return nil, &Error{Reason: fissilev1.ReasonOutputUnavailable, Message: fmt.Sprintf("Container %s has no log: %s.", container, why)}
		}
	}
	if len(request.containers) == 0 && !request.collector {
		return nil, nil
	}
	return s.Documents.read(ctx, request)
}

// Offer returns a function that drops the logs that have been read for an ExtendedJob
// so far, unless Store has used them by then.
func (s *Secrets) Offer(extendedJob types.NamespacedName) func() {
	return s.Documents.offer(extendedJob)
}

// Forget forgets an ExtendedJob that is gone.
func (s *Secrets) Forget(extendedJob types.NamespacedName) {
	s.Documents.forget(extendedJob)
}
