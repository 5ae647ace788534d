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
	"log"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// abandonedFor is how long a pod must have been abandoned before it is deleted.
const abandonedFor = 30 * time.Second

// replaceAbandoned deletes the pods of the active run that the kubelet has abandoned,
// as an administrator would. The Job then creates others, which must serve the trigger.
func (u *user) replaceAbandoned(ctx context.Context, ej *fissilev1.ExtendedJob) error {
	if ej.Status.Active == "" {
		return nil
	}
	var pods corev1.PodList
	if err := u.List(ctx, &pods, client.InNamespace(ej.Namespace), client.MatchingLabels{batchv1.JobNameLabel: ej.Status.Active}); err != nil {
		return err
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if !abandoned(&pod.Status) || pod.DeletionTimestamp != nil {
			continue
		}
		if err := u.Delete(ctx, pod, client.Preconditions{UID: &pod.UID}); err != nil {
			return client.IgnoreNotFound(err)
		}
		log.Printf("%s: pod %s, which the kubelet has abandoned, is deleted", ej.Name, pod.Name)
		u.abandoned++
	}
	return nil
}

// abandoned reports whether the kubelet will neither start nor end the pod: its sandbox
// was lost after a container was created and before it was started. With restartPolicy
// Never, the kubelet takes such a pod for one that has ended
// (https://github.com/kubernetes/kubernetes/issues/118321).
func abandoned(status *corev1.PodStatus) bool {
	noSandbox := slices.ContainsFunc(status.Conditions, func(condition corev1.PodCondition) bool {
		return condition.Type == corev1.PodReadyToStartContainers && condition.Status == corev1.ConditionFalse &&
			time.Since(condition.LastTransitionTime.Time) > abandonedFor
	})
	return noSandbox && slices.ContainsFunc(slices.Concat(status.InitContainerStatuses, status.ContainerStatuses), func(container corev1.ContainerStatus) bool {
		return container.State.Waiting != nil && container.ContainerID != ""
	})
}
