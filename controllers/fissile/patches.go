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
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/jsonpatch"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// Patches of ExtendedJobs name what they write. They are not computed as the
// difference between two ExtendedJobs: the cached one lacks its template, so a
// difference would delete it. Each patch carries the resourceVersion that it was
// decided on.

// named returns the target of a patch, which the answer is decoded into.
func named(ej *plan.ExtendedJob) *fissilev1.ExtendedJob {
	return &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: ej.Namespace, Name: ej.Name}}
}

// settlePatch sets the strategy, and records the settled run.
func settlePatch(ej *plan.ExtendedJob, step plan.Step) (client.Patch, error) {
	trigger := map[string]any{"strategy": step.Strategy}
	if ej.Spec.Trigger.Strategy == fissilev1.StrategyNow && ej.Spec.Trigger.RequestID == "" && len(ej.Spec.Trigger.Env) > 0 {
		trigger["env"] = nil // They were for this run.
	}
	encoded, err := json.Marshal(map[string]any{
		"metadata": map[string]any{
			"resourceVersion": ej.ResourceVersion,
			"annotations":     map[string]string{fissilev1.AnnotationSettledRun: step.Settled.Annotation(ej)},
		},
		"spec": map[string]any{"trigger": trigger},
	})
	if err != nil {
		return nil, fmt.Errorf("encode patch: %w", err)
	}
	return client.RawPatch(types.MergePatchType, encoded), nil
}

// statusPatch replaces the status. A JSON patch costs the API server less than a merge
// patch, which takes the whole ExtendedJob apart. An outdated resourceVersion causes a
// conflict if it is written, and an invalid patch if it is tested.
func statusPatch(ej *plan.ExtendedJob, status *fissilev1.ExtendedJobStatus) (client.Patch, error) {
	return jsonpatch.New(
		jsonpatch.Operation{Op: "replace", Path: "/metadata/resourceVersion", Value: ej.ResourceVersion},
		jsonpatch.Operation{Op: "add", Path: "/status", Value: status}, // which replaces it
	)
}
