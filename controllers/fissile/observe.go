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
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// observation is what is observed of an ExtendedJob in one reconcile, kept up to date
// with what the steps did.
type observation struct {
	plan.Observation
	// whole is the ExtendedJob with its template, from the API server's last answer;
	// nil while EJ comes from the cache.
	whole *fissilev1.ExtendedJob
	// state is what this process knows of the ExtendedJob.
	state *processState
	// mounted are the Secrets that pods refer to; nil until that is looked up.
	mounted map[string]bool
}

// observe gathers what the cache and this process know. It returns nil if there is
// nothing to decide: the ExtendedJob is gone or cannot be decoded, or the cache does
// not show our own last write yet and soon will.
func (r *Reconciler) observe(ctx context.Context, key types.NamespacedName) (*observation, error) {
	ej, err := r.ExtendedJobs.Get(ctx, key)
	if undecodable, ok := errors.AsType[*ejcache.UndecodableError](err); ok {
		return nil, r.reportUndecodable(ctx, undecodable)
	}
	if err != nil {
		if apierrors.IsNotFound(err) {
			r.inputs.Hold(r.states.forget(key), nil)
			r.outputs.Forget(key)
			return nil, nil
		}
		return nil, err
	}
	state := r.states.of(ej)
	if state.newerThan(ej) {
		return nil, nil
	}

	o := &observation{state: state}
	o.LeaseDuration, o.Debounce = r.LeaseDuration, r.Debounce
	o.NamespaceClosed = key.Namespace == r.Namespace && !r.RunInNamespace
	o.Jobs = make(map[int64]*batchv1.Job)
	var jobs batchv1.JobList
	if err := r.Client.List(ctx, &jobs, client.InNamespace(key.Namespace), client.MatchingFields{index.UID: string(ej.UID)}); err != nil {
		return nil, fmt.Errorf("list Jobs: %w", err)
	}
	for i := range jobs.Items {
		number, job, err := r.ownJob(ctx, ej, state, &jobs.Items[i])
		if err != nil {
			return nil, err
		}
		if job != nil && job.UID != state.deletedJob {
			o.Jobs[number] = job
		}
	}
	o.setExtendedJob(ej, r.Clock.Now())
	if err := r.observePods(ctx, o); err != nil {
		return nil, err
	}
	return o, r.observeSecrets(ctx, o)
}

// setWhole replaces the ExtendedJob with a newer one that the API server returned.
func (o *observation) setWhole(ej *fissilev1.ExtendedJob, now time.Time) {
	o.whole = ej
	o.setExtendedJob(plan.WithoutTemplate(ej), now)
}

func (o *observation) setExtendedJob(ej *plan.ExtendedJob, now time.Time) {
	o.EJ = ej
	o.state.process.Observe(ej, o.Jobs, now)
}

// readLive reads the ExtendedJob and the Job of its last run from the API server.
func (r *Reconciler) readLive(ctx context.Context, o *observation) error {
	now := r.Clock.Now()
	whole, err := r.liveExtendedJob(ctx, o)
	if err != nil {
		return err
	}
	o.LiveReadAt = now
	ej := plan.WithoutTemplate(whole)
	run := ej.Status.LastRun
	if run == nil {
		o.setWhole(whole, now)
		return nil
	}
	job := &batchv1.Job{}
	err = r.APIReader.Get(ctx, client.ObjectKey{Namespace: ej.Namespace, Name: runjob.JobName(ej, run.Number)}, job)
	switch {
	case apierrors.IsNotFound(err):
		delete(o.Jobs, run.Number)
	case err != nil:
		return fmt.Errorf("read Job: %w", err)
	default:
		number, own, err := r.ownJob(ctx, ej, o.state, job)
		if err != nil {
			return err
		}
		if own != nil {
			o.Jobs[number] = own
		}
	}
	o.setWhole(whole, now)
	return nil
}

// errCacheBehind says that a decision was based on an old version of an ExtendedJob.
var errCacheBehind = errors.New("the cache does not show the newest version of the ExtendedJob yet")

// readWhole reads the ExtendedJob with its template, unless an answer has brought it.
// It returns an error if that is not the version that was decided on.
func (r *Reconciler) readWhole(ctx context.Context, o *observation) error {
	if o.whole != nil {
		return nil
	}
	whole, err := r.liveExtendedJob(ctx, o)
	switch {
	case err != nil:
		return err
	case whole.ResourceVersion != o.EJ.ResourceVersion:
		return errCacheBehind
	}
	o.whole = whole
	return nil
}

// liveExtendedJob reads the ExtendedJob from the API server.
func (r *Reconciler) liveExtendedJob(ctx context.Context, o *observation) (*fissilev1.ExtendedJob, error) {
	whole := &fissilev1.ExtendedJob{}
	if err := r.APIReader.Get(ctx, o.EJ.Key(), whole); err != nil {
		return nil, err
	}
	if whole.UID != o.EJ.UID {
		return nil, errReplaced
	}
	return whole, nil
}
