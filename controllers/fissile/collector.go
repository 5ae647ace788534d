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

	batchv1 "k8s.io/api/batch/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// noCollectorImage rejects a Job that leaves files, because nothing can collect them.
var noCollectorImage = plan.Rejection{
	Reason: fissilev1.ReasonJobCreateFailed,
	Message: "spec.output.files needs the collector, but the operator does not know its image: " +
		"set output.collectorImage in the operator's configuration.",
}

// collectorRemoved rejects a Job that the API server has created without the
// collector. Creating another one would run the template again.
var collectorRemoved = plan.Rejection{
	Reason: fissilev1.ReasonJobRejected,
	Message: "The cluster has removed, moved or changed the sidecar " + runjob.CollectorContainer + ", which spec.output.files needs, " +
		"so the Job was deleted: exempt the sidecar from the policy or webhook that does so or, if this Kubernetes has no sidecars, " +
		"enable the feature gate SidecarContainers; then edit the ExtendedJob. Or print the output, and remove spec.output.files.",
	NeedsEdit: true,
}

// addCollector adds the collector to the Job of a run that leaves files. It returns
// false if the image of the collector is not known.
func (r *Reconciler) addCollector(ctx context.Context, ej *fissilev1.ExtendedJob, job *batchv1.Job) (bool, error) {
	if !runjob.CollectsFiles(ej.Spec.Output) {
		return true, nil
	}
	if r.CollectorImage == "" {
		return false, nil
	}
	operatorKey, err := r.Key(ctx)
	if err != nil {
		return false, err
	}
	key, err := runjob.FilesKey(operatorKey, ej, job)
	if err != nil {
		return false, err
	}
	runjob.AddCollector(job, ej, r.CollectorImage, key.Public())
	return true, nil
}

// lostCollector reports whether a Job should have a collector and has none that works.
func lostCollector(job *batchv1.Job) bool {
	output, err := runjob.OutputSettings(job)
	return err == nil && runjob.CollectsFiles(output) && !runjob.HasCollector(job)
}
