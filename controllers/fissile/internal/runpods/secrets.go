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

package runpods

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

// pageSize is how many pods or Jobs are in memory at once while their Secrets are
// looked up.
const pageSize = 500

// ReferencedSecrets returns the names of the Secrets that the pods of a namespace refer to,
// whoever owns them: pods that have not ended, and those that Jobs may still create.
// They are read from the API server, because the cache holds neither the pods of others
// nor what pods refer to.
func (r *Reader) ReferencedSecrets(ctx context.Context, namespace string) (map[string]bool, error) {
	names := make(map[string]bool)
	note := func(spec *corev1.PodSpec) {
		for _, reference := range configrefs.Of(spec) {
			if reference.Kind == configrefs.Secret {
				names[reference.Name] = true
			}
		}
	}
	if err := eachItem(ctx, r.APIReader, &corev1.PodList{}, pageSize, func(object runtime.Object) {
		if pod := object.(*corev1.Pod); !Ended(pod) {
			note(&pod.Spec)
		}
	}, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	if err := eachItem(ctx, r.APIReader, &batchv1.JobList{}, pageSize, func(object runtime.Object) {
		if job := object.(*batchv1.Job); runjob.Finished(job) == nil {
			note(&job.Spec.Template.Spec)
		}
	}, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list Jobs: %w", err)
	}
	return names, nil
}
