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
	"fmt"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// observePods finds out whether pods of any run are running, and what keeps those of
// the active run from running.
func (r *Reconciler) observePods(ctx context.Context, o *observation) error {
	var list corev1.PodList
	if err := r.Client.List(ctx, &list, client.InNamespace(o.EJ.Namespace), client.MatchingFields{indexUID: string(o.EJ.UID)}); err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return !o.owns(&pod) })
	o.PodsRunning = slices.ContainsFunc(pods, func(pod corev1.Pod) bool { return !ended(&pod) })
	o.Ending = ending(o.LastJob(), pods, ptr.Deref(o.EJ.Spec.FailedJobsHistoryLimit, 1) > 0)
	job := o.ActiveJob()
	if job == nil {
		return nil
	}
	pods = slices.DeleteFunc(pods, func(pod corev1.Pod) bool { return !metav1.IsControlledBy(&pod, job) })
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	active := slices.DeleteFunc(slices.Clone(pods), func(pod corev1.Pod) bool { return ended(&pod) })
	o.PodsPending = len(active) == 0 || slices.ContainsFunc(active, func(pod corev1.Pod) bool { return pending(&pod) })
	o.BlockedBy = r.obstacle(ctx, o, job, pods, active)
	return nil
}

// owns reports whether a pod with the ExtendedJob's label belongs to a run. Its
// controller must be a Job of the ExtendedJob, or have the name of one that is gone.
// Without a controller, the name that the pod was generated from decides. A copy that
// somebody made of a pod belongs to no run.
func (o *observation) owns(pod *corev1.Pod) bool {
	controller := metav1.GetControllerOf(pod)
	if controller == nil {
		return generatedForRun(o.EJ, pod)
	}
	number, ours := plan.RunOfJobName(o.EJ, controller.Name)
	if !ours || controller.Kind != "Job" {
		return false
	}
	job := o.Jobs[number]
	return job == nil || job.UID == controller.UID
}

// generatedForRun reports whether the name of a pod was generated from that of a Job
// of the ExtendedJob. The pods of an Indexed Job have their index in between, and
// then a long name is cut.
func generatedForRun(ej metav1.Object, pod *corev1.Pod) bool {
	name, generated := strings.CutSuffix(pod.GenerateName, "-")
	if !generated {
		return false
	}
	if _, ours := plan.RunOfJobName(ej, name); ours {
		return true
	}
	name = name[:max(0, strings.LastIndexByte(name, '-'))]
	job := pod.Labels[batchv1.JobNameLabel]
	_, ours := plan.RunOfJobName(ej, job)
	return ours && name != "" && strings.HasPrefix(job, name)
}

// obstacle returns what keeps pods of the active run from running: what their own
// status says or, if they have not come far in plan.CreateWindow, what events say. It
// returns "" if no obstacle is known.
func (r *Reconciler) obstacle(ctx context.Context, o *observation, job *batchv1.Job, pods, active []corev1.Pod) string {
	for i := range active {
		if what := obstacle(&active[i]); what != "" {
			return what
		}
	}
	now := r.Clock.Now()
	if !o.PodsPending || now.Sub(o.EJ.Status.LastRun.StartTime.Time) < plan.CreateWindow {
		return ""
	}
	if len(active) == 0 {
		return r.obstacleToCreation(ctx, job, pods)
	}
	for i := range active {
		pod := &active[i]
		if !pending(pod) || now.Sub(pod.CreationTimestamp.Time) < plan.CreateWindow {
			continue
		}
		if what := firstCause(pod, r.warnings(ctx, pod.Namespace)[pod.UID], now); what != "" {
			return what
		}
		if what := startupProbe(pod); what != "" {
			return what
		}
	}
	return ""
}

// obstacleToCreation returns why a Job has no pod that could run: its controller
// cannot create one, or the last one was rejected or evicted by its node.
func (r *Reconciler) obstacleToCreation(ctx context.Context, job *batchv1.Job, pods []corev1.Pod) string {
	var since time.Time
	if len(pods) > 0 {
		since = endTime(&pods[len(pods)-1])
	}
	if what := refusedPods(r.warnings(ctx, job.Namespace)[job.UID], since); what != "" {
		return what
	}
	if len(pods) == 0 {
		return ""
	}
	if what := disruption(&pods[len(pods)-1]); what != "" {
		return "The last pod was stopped: " + what
	}
	return ""
}

func ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// endTime returns when the last container of a pod ended, or the pod's creation if
// none has begun.
func endTime(pod *corev1.Pod) time.Time {
	end := lastEnd(slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses))
	if end.Before(pod.CreationTimestamp.Time) {
		return pod.CreationTimestamp.Time
	}
	return end
}

// lastEnd returns when the last of some containers ended, or zero if none has.
func lastEnd(statuses []corev1.ContainerStatus) time.Time {
	var last time.Time
	for _, status := range statuses {
		if terminated := status.State.Terminated; terminated != nil && terminated.FinishedAt.After(last) {
			last = terminated.FinishedAt.Time
		}
	}
	return last
}

// neverStarted returns why a container of a pod that has ended never started and so
// has no log, or "" if it did start, or may have.
func neverStarted(pod *corev1.Pod, container string) string {
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	at := slices.IndexFunc(statuses, func(status corev1.ContainerStatus) bool { return status.Name == container })
	if at < 0 {
		if why := disruption(pod); why != "" {
			return "the container never started, because the pod was stopped: " + why
		}
		return ""
	}
	status := &statuses[at]
	if last := status.LastTerminationState.Terminated; last != nil && last.ContainerID != "" {
		return ""
	}
	switch state := status.State; {
	case state.Terminated != nil && state.Terminated.ContainerID == "" && state.Terminated.StartedAt.IsZero():
		return sentence("the container never started", sentence(state.Terminated.Reason, steadyOfPod(pod.Name, state.Terminated.Message)))
	case state.Waiting == nil:
		return ""
	}
	for _, init := range pod.Status.InitContainerStatuses {
		if end := init.State.Terminated; end != nil && end.ExitCode != 0 {
			return fmt.Sprintf("the container never started, because init container %s failed with exit code %d", init.Name, end.ExitCode)
		}
	}
	return sentence("the container never started", sentence(status.State.Waiting.Reason, steadyOfPod(pod.Name, status.State.Waiting.Message)))
}

// pending reports whether a pod does not run yet. A pod runs while an init container
// that is not a sidecar does its work.
func pending(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodPending &&
		!slices.ContainsFunc(pod.Status.InitContainerStatuses, func(status corev1.ContainerStatus) bool {
			return status.State.Running != nil && !isSidecar(pod, status.Name)
		})
}

// isSidecar reports whether an init container keeps running beside the others.
func isSidecar(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(container corev1.Container) bool {
		return container.Name == name && container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}

// podPredicate passes on changes that matter: a pod that ended, is gone, or is kept
// from running for a different reason than before.
func podPredicate() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return obstacle(e.Object.(*corev1.Pod)) != "" },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, after := e.ObjectOld.(*corev1.Pod), e.ObjectNew.(*corev1.Pod)
			return ended(before) != ended(after) || obstacle(before) != obstacle(after) ||
				pending(before) && !pending(after) && startedLate(after)
		},
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// startedLate reports whether a pod took so long to start that events were read to
// find out why.
func startedLate(pod *corev1.Pod) bool {
	return slices.ContainsFunc(slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses), func(status corev1.ContainerStatus) bool {
		return status.State.Running != nil && status.State.Running.StartedAt.Sub(pod.CreationTimestamp.Time) >= plan.CreateWindow
	})
}
