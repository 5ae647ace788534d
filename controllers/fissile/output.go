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
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// outputError is why a run's output is not stored.
type outputError struct {
	// reason is a reason of the condition OutputPersisted.
	reason string
	// message gives details, but never a value that a container printed.
	message string
	// transient errors are retried at once, until that has failed for too long.
	transient bool
}

func (e *outputError) Error() string { return e.message }

func transient(reason, message string) error {
	return &outputError{reason: reason, message: message, transient: true}
}

// storeOutput stores what the containers of a finished Job printed: all of it, or
// nothing. It reads and checks everything before it writes anything.
func (r *Reconciler) storeOutput(ctx context.Context, o *observation, job *batchv1.Job) error {
	output, err := r.store(ctx, o, job)
	var refused *outputError
	switch {
	case err == nil:
		o.Output = output
	case errors.As(err, &refused) && (!refused.transient || o.process.storeFailingFor(storeFailure{job.UID, refused.reason}, r.Clock.Now()) >= r.LogReadTimeout):
		o.Output = &plan.Output{Reason: refused.reason, Message: refused.message}
		if refused.reason == fissilev1.ReasonSecretRejected {
			o.process.known.OutputRetryAt = r.Clock.Now().Add(plan.OutputRetry)
			o.Process = o.process.known
		}
	default:
		return err
	}
	o.process.storeFailing = storeFailure{}
	if o.EJ.Status.LastRun.Result == "" {
		runOutputSeconds.Observe(r.Clock.Since(plan.Finished(job).LastTransitionTime.Time).Seconds())
	}
	return nil
}

func (r *Reconciler) store(ctx context.Context, o *observation, job *batchv1.Job) (*plan.Output, error) {
	settings, err := plan.OutputSettings(job)
	if err != nil {
		return nil, err
	}
	targets := plan.TargetsOfJob(job, settings)
	if len(targets) == 0 {
		return nil, &outputError{reason: fissilev1.ReasonOutputUnavailable, message: fmt.Sprintf(
			"Annotation %s, which names the containers, is missing on Job %s.", fissilev1.AnnotationOutputContainers, job.Name)}
	}
	key, err := r.key(ctx)
	if err != nil {
		return nil, err
	}
	w := secretWriter{Reconciler: r, ej: o.EJ, job: job, settings: settings, sealKey: key}
	if err := w.checkNames(targets); err != nil {
		return nil, err
	}
	secrets, complete, err := w.stored(ctx, targets)
	if err != nil || complete {
		return &plan.Output{Reason: fissilev1.ReasonStored, Secrets: secrets}, err
	}
	if err := w.checkWay(ctx, targets); err != nil {
		return nil, err
	}
	kept, err := w.kept(ctx, targets)
	if err != nil {
		return nil, err
	}
	contents, err := r.readOutput(ctx, o, &w, kept.missing(targets))
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

// readOutput returns the contents for some targets, in their order, or errReading.
// Files that are missing, and may be, are left out.
func (r *Reconciler) readOutput(ctx context.Context, o *observation, w *secretWriter, targets []plan.Target) ([]secretContent, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	pod, err := r.podOfOutcome(ctx, w.job)
	if err != nil {
		return nil, err
	}
	files, err := w.filesOf(pod, targets)
	if err != nil {
		return nil, err
	}
	request := logRequest{
		extendedJob: o.EJ.Key(),
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
	documents, err := r.readDocuments(ctx, pod, request)
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

// readDocuments returns the documents of a request, or errReading. It reads nothing
// if the request names no log.
func (r *Reconciler) readDocuments(ctx context.Context, pod *corev1.Pod, request logRequest) ([]document, error) {
	for _, container := range request.containers {
		if why := neverStarted(pod, container); why != "" {
			return nil, &outputError{reason: fissilev1.ReasonOutputUnavailable, message: fmt.Sprintf("Container %s has no log: %s.", container, why)}
		}
	}
	if len(request.containers) == 0 && !request.collector {
		return nil, nil
	}
	return r.Documents.read(ctx, request)
}

// podOfOutcome returns the pod whose output counts: the one that succeeded, or the
// last one that failed. The cache may lag behind the Job, so it counts only if it
// shows all pods that the Job counts. Only a live read proves that there is none.
func (r *Reconciler) podOfOutcome(ctx context.Context, job *batchv1.Job) (*corev1.Pod, error) {
	phase, counted := corev1.PodSucceeded, job.Status.Succeeded
	if plan.Finished(job).Type == batchv1.JobFailed {
		phase, counted = corev1.PodFailed, job.Status.Failed
	}
	pods, err := r.cachedPods(ctx, job)
	if err != nil {
		return nil, err
	}
	pods = withPhase(pods, phase)
	if len(pods) < max(int(counted), 1) {
		if pods, err = r.livePods(ctx, job); err != nil {
			return nil, err
		}
		pods = withPhase(pods, phase)
	}
	if len(pods) == 0 {
		return nil, &outputError{reason: fissilev1.ReasonOutputUnavailable, message: fmt.Sprintf(
			"Job %s has no pod left that ended with the same result, so there is no log.", job.Name)}
	}
	last := slices.MaxFunc(pods, compareEnds)
	return &last, nil
}

// cachedPods returns the pods of a Job from the cache.
func (r *Reconciler) cachedPods(ctx context.Context, job *batchv1.Job) ([]corev1.Pod, error) {
	return podsOf(ctx, r.Client, job, client.MatchingFields{indexUID: string(metav1.GetControllerOf(job).UID)})
}

// livePods returns the pods of a Job from the API server.
func (r *Reconciler) livePods(ctx context.Context, job *batchv1.Job) ([]corev1.Pod, error) {
	return podsOf(ctx, r.APIReader, job, client.MatchingLabels{fissilev1.LabelUID: string(metav1.GetControllerOf(job).UID)})
}

// podsOf returns the pods of a Job. Their controller identifies them: anybody may set
// labels, and the generated ones are missing if a Job has a selector of its own.
func podsOf(ctx context.Context, reader client.Reader, job *batchv1.Job, ofExtendedJob client.ListOption) ([]corev1.Pod, error) {
	var pods corev1.PodList
	if err := reader.List(ctx, &pods, client.InNamespace(job.Namespace), ofExtendedJob); err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return !metav1.IsControlledBy(&pod, job) }), nil
}

func withPhase(pods []corev1.Pod, phase corev1.PodPhase) []corev1.Pod {
	return slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return pod.Status.Phase != phase })
}

// compareEnds orders pods by when their containers ended, those that never began
// first. These times are in whole seconds. Within one second, the order of the pods'
// last writes decides: the Job's controller writes to each pod once it has counted
// it.
func compareEnds(a, b corev1.Pod) int {
	written, err := resourceversion.CompareResourceVersion(a.ResourceVersion, b.ResourceVersion)
	if err != nil {
		written = 0
	}
	return cmp.Or(lastEnd(a.Status.ContainerStatuses).Compare(lastEnd(b.Status.ContainerStatuses)),
		a.CreationTimestamp.Compare(b.CreationTimestamp.Time), written, cmp.Compare(a.Name, b.Name))
}

// storeFailure is the Job whose output is not stored, and why.
type storeFailure struct {
	job    types.UID
	reason string
}

// storeFailingFor returns for how long storing the output of a Job has failed for the
// same reason, which is 0 the first time. A process that was held up during an
// attempt therefore tries again, and a log that could be read until now is not given
// up because one read fails.
func (s *processState) storeFailingFor(failure storeFailure, now time.Time) time.Duration {
	if s.storeFailing != failure {
		s.storeFailing, s.storeFailingFrom = failure, now
	}
	return now.Sub(s.storeFailingFrom)
}
