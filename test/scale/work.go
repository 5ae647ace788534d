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

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// container is the name of the only container of each pod.
const container = "main"

func runName(i int) string { return fmt.Sprintf("run-%05d", i) }

// newExtendedJob returns the i-th ExtendedJob of a namespace.
func newExtendedJob(namespace string, i int, strategy fissilev1.TriggerStrategy) *ejob.Builder {
	ej := ejob.New(namespace, runName(i)).Strategy(strategy)
	ej.PodSpec().NodeName = nodeName(i)
	return ej
}

// newJob returns the i-th bare Job of a namespace.
func newJob(namespace string, i int) *batchv1.Job {
	template := newExtendedJob(namespace, i, fissilev1.StrategyOnce).Obj().Spec.JobTemplate
	return &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: runName(i)}, Spec: template.Spec}
}

// parallel calls do for each number below n, with several workers.
func parallel(n, workers int, do func(i int) error) error {
	numbers := make(chan int)
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range numbers {
				if errs[w] == nil {
					errs[w] = do(i)
				}
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	group.Wait()
	return errors.Join(errs...)
}

// bareJobs is B1: it creates Jobs and waits until all have finished.
func (b *bench) bareJobs(ctx context.Context, namespace string, m *measurement) error {
	var err error
	if m.tracker, err = b.track(ctx, namespace, nil); err != nil {
		return err
	}
	if err := parallel(m.n, b.parameters.Workers, func(i int) error {
		job := newJob(namespace, i)
		if err := b.client.Create(ctx, job); err != nil {
			return err
		}
		m.see(requested, job.Name)
		return nil
	}); err != nil {
		return err
	}
	return m.wait(ctx, b, jobFinished, m.n)
}

// byHand is B2: it does what the operator does for a one-off that succeeds.
func (b *bench) byHand(output bool) func(context.Context, string, *measurement) error {
	return func(ctx context.Context, namespace string, m *measurement) error {
		finished := make(chan *batchv1.Job, m.n)
		var err error
		if m.tracker, err = b.track(ctx, namespace, finished); err != nil {
			return err
		}
		created := make(chan error, 1)
		go func() {
			created <- parallel(m.n, b.parameters.Workers, func(i int) error {
				job := newJob(namespace, i)
				if err := b.client.Create(ctx, job); err != nil {
					return err
				}
				m.see(requested, job.Name)
				return nil
			})
		}()
		if err := parallel(m.n, b.parameters.Workers, func(int) error {
			select {
			case job := <-finished:
				return b.finishByHand(ctx, m.tracker, job, output)
			case <-ctx.Done():
				return ctx.Err()
			}
		}); err != nil {
			return err
		}
		if err := <-created; err != nil {
			return err
		}
		return m.wait(ctx, b, jobDeleted, m.n)
	}
}

func (b *bench) finishByHand(ctx context.Context, t *tracker, job *batchv1.Job, output bool) error {
	if output {
		log, err := b.clientset.CoreV1().Pods(job.Namespace).GetLogs(t.podOf(job.Name), &corev1.PodLogOptions{Container: container}).Do(ctx).Raw()
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		var document map[string]string
		if err := json.Unmarshal(log, &document); err != nil {
			return fmt.Errorf("parse the log %q: %w", log, err)
		}
		if err := b.client.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: job.Namespace, Name: job.Name + "-" + container, Labels: map[string]string{batchv1.JobNameLabel: job.Name},
			},
			StringData: document,
		}); err != nil {
			return err
		}
	}
	return b.client.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground))
}

// oneOffs creates one-offs and waits until their runs are over and their Jobs are
// deleted.
func (b *bench) oneOffs(output bool) func(context.Context, string, *measurement) error {
	return func(ctx context.Context, namespace string, m *measurement) error {
		var err error
		if m.tracker, err = b.track(ctx, namespace, nil); err != nil {
			return err
		}
		if err := parallel(m.n, b.parameters.Workers, func(i int) error {
			ej := newExtendedJob(namespace, i, fissilev1.StrategyOnce)
			if output {
				ej.Output(ej.Obj().Name)
			}
			if err := b.client.Create(ctx, ej.Obj()); err != nil {
				return err
			}
			m.see(requested, ej.Obj().Name)
			return nil
		}); err != nil {
			return err
		}
		return m.wait(ctx, b, jobDeleted, m.n)
	}
}

// settledAs returns how many ExtendedJobs of a namespace are at rest after this
// many runs, all of them successful, and the number of all runs.
func (b *bench) settledAs(ctx context.Context, namespace string, strategy fissilev1.TriggerStrategy, runs int64) (atRest, all int, err error) {
	var list fissilev1.ExtendedJobList
	if err := b.client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return 0, 0, err
	}
	for i := range list.Items {
		status := &list.Items[i].Status
		succeeded := valueOf(status.Succeeded)
		all += int(valueOf(status.Runs))
		if list.Items[i].Spec.Trigger.Strategy == strategy && status.Active == "" && valueOf(status.Runs) == runs && succeeded == runs {
			atRest++
		}
	}
	return atRest, all, nil
}

func valueOf(number *int64) int64 {
	if number == nil {
		return 0
	}
	return *number
}

// pause waits for a fixed time. To wait until something happens, use waitFor.
func pause(ctx context.Context, seconds int) error {
	return wait(ctx, time.Duration(seconds)*time.Second)
}

func wait(ctx context.Context, duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sharedConfigMap returns the ConfigMap that the ExtendedJobs of a namespace share.
func sharedConfigMap(namespace, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shared"}, Data: map[string]string{"key": value}}
}

// readingShared makes an ExtendedJob run again when the shared ConfigMap changes.
func readingShared(b *ejob.Builder) *fissilev1.ExtendedJob { return reading(b, "shared") }

func reading(b *ejob.Builder, configMap string) *fissilev1.ExtendedJob {
	b.PodSpec().Containers[0].EnvFrom = []corev1.EnvFromSource{{
		ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: configMap}},
	}}
	b.Obj().Spec.UpdateOnConfigChange = new(true)
	return b.Obj()
}
