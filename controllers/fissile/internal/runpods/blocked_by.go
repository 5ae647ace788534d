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
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// blocked returns what keeps a pod from running according to its status, or "" if
// nothing does. A container that waits for its turn, or to be restarted, does not
// count. The text stays the same while the cause does, whatever the kubelet is doing
// and whichever pod of a Job it is.
func blocked(pod *corev1.Pod) string {
	if Ended(pod) {
		return ""
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return sentence(c.Reason, steadyOfPod(pod.Name, schedulingFailure(c.Message)))
		}
	}
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, status := range statuses {
			if what := waitingFor(pod, &status); what != "" {
				return steadyOfPod(pod.Name, fmt.Sprintf("Container %s: %s", status.Name, what))
			}
		}
	}
	return ""
}

// waitingFor returns what a container waits for, if that does not come by itself.
func waitingFor(pod *corev1.Pod, status *corev1.ContainerStatus) string {
	waiting := status.State.Waiting
	switch {
	case waiting == nil:
		return ""
	case status.ContainerID != "" && status.LastTerminationState.Terminated == nil && lacksSandbox(pod):
		return "the pod's sandbox was lost before the container started; if this lasts, delete the pod"
	}
	switch waiting.Reason {
	case "", "PodInitializing", "ContainerCreating", "CrashLoopBackOff":
		return ""
	case "ErrImagePull", "ImagePullBackOff":
		// The kubelet alternates between the two reasons.
		cause := backOff.ReplaceAllString(waiting.Message, "")
		return sentence(fmt.Sprintf("image %s cannot be pulled", status.Image), cause)
	default:
		return sentence(waiting.Reason, waiting.Message)
	}
}

// lacksSandbox reports whether a pod on a node has no sandbox to start containers in. If
// its node crashes between creating and starting a container, the kubelet neither starts
// nor ends a pod with restartPolicy Never
// (https://github.com/kubernetes/kubernetes/issues/118321).
func lacksSandbox(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReadyToStartContainers && c.Status == corev1.ConditionFalse
	})
}

// backOff is what the kubelet puts before the cause while it waits before it pulls an
// image again.
var backOff = regexp.MustCompile(`^Back-off pulling image "[^"]*"(?:: [A-Za-z]+(?:: |$))?`)

// startupProbe says that a sidecar has not started according to its startup probe.
// The containers after it wait for that.
func startupProbe(pod *corev1.Pod) string {
	for _, status := range pod.Status.InitContainerStatuses {
		if status.State.Running != nil && status.Started != nil && !*status.Started && isSidecar(pod, status.Name) {
			return fmt.Sprintf("Container %s: its startup probe has not succeeded.", status.Name)
		}
	}
	return ""
}

// disruption returns why a pod ended other than through its containers, because it was
// rejected, evicted or preempted, or "" if it did not.
func disruption(pod *corev1.Pod) string {
	reason, message := pod.Status.Reason, pod.Status.Message
	for _, c := range pod.Status.Conditions {
		if reason == "" && c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			reason, message = c.Reason, c.Message
		}
	}
	message, _, _ = strings.Cut(message, " Threshold quantity: ") // how much was used
	return sentence(reason, strings.TrimSuffix(steadyOfPod(pod.Name, message), "."))
}

// Steps in the life of a pod before its containers run.
const (
	scheduling = iota
	mounting
	sandboxing
	starting
)

// blockingWarnings are the reasons of events that say why a pod does not run, and the
// step that it is then at. Other events about pods, such as those of a policy that
// only warns, keep none from running.
var blockingWarnings = map[string]int{
	"FailedScheduling":              scheduling,
	"FailedResourceClaimCreation":   scheduling,
	"NetworkNotReady":               mounting,
	"FailedValidation":              mounting,
	"FailedCreatePodContainer":      mounting,
	"FailedAttachVolume":            mounting,
	"FailedMount":                   mounting,
	"FailedMapVolume":               mounting,
	"FailedPrepareDynamicResources": sandboxing,
	"FailedCreatePodSandBox":        sandboxing,
	"FailedPodSandBoxStatus":        sandboxing,
	"FailedSync":                    sandboxing,
	"Failed":                        starting,
	"InspectFailed":                 starting,
	"ErrImageNeverPull":             starting,
	"FailedPostStartHook":           starting,
	"Unhealthy":                     starting,
}

// step returns the earliest step that a pod can be at.
func step(pod *corev1.Pod) int {
	reached := scheduling
	for _, c := range pod.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == corev1.PodScheduled:
			reached = max(reached, mounting)
		case c.Type == corev1.PodReadyToStartContainers:
			reached = starting
		}
	}
	return reached
}

// staleAfter is when an event about a pod no longer counts. The recorder repeats an
// event at least every five minutes for as long as it is true.
const staleAfter = 10 * time.Minute

// firstCause returns what keeps a pod from running according to its events: the first
// thing that went wrong at its current step. Consequences, such as a timeout, came
// later.
func firstCause(pod *corev1.Pod, warnings []warning, now time.Time) string {
	reached := step(pod)
	current := slices.DeleteFunc(slices.Clone(warnings), func(w warning) bool {
		at, blocking := blockingWarnings[w.reason]
		return !blocking || at < reached || now.Sub(w.last) > staleAfter
	})
	if len(current) == 0 {
		return ""
	}
	latest := slices.MaxFunc(current, func(a, b warning) int { return a.last.Compare(b.last) })
	current = slices.DeleteFunc(current, func(w warning) bool { return blockingWarnings[w.reason] != blockingWarnings[latest.reason] })
	first := slices.MinFunc(current, func(a, b warning) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.message, b.message))
	})
	if first.container != "" {
		return fmt.Sprintf("Container %s: %s", first.container, first.message)
	}
	return sentence(first.reason, first.message)
}

// refusedPods returns why a Job's controller could not create pods, if it has said so
// since the given time, and otherwise "".
func refusedPods(warnings []warning, since time.Time) string {
	current := slices.DeleteFunc(slices.Clone(warnings), func(w warning) bool {
		return w.reason != "FailedCreate" && w.reason != "FailedWorkloadCreate" && w.reason != "FailedWorkloadCompilation" ||
			w.last.Before(since.Truncate(time.Second))
	})
	if len(current) == 0 {
		return ""
	}
	latest := slices.MaxFunc(current, func(a, b warning) int {
		return cmp.Or(a.last.Compare(b.last), cmp.Compare(a.message, b.message))
	})
	return sentence("Pods cannot be created", latest.message)
}

// sentence puts a reason before a message. Either may be empty.
func sentence(reason, message string) string {
	if reason == "" || message == "" {
		return reason + message
	}
	return reason + ": " + message
}

var (
	// noNode is the beginning of the scheduler's message if no node is suitable.
	noNode = regexp.MustCompile(`^0/[0-9]+ nodes are available: `)
	// nodeCount is how many nodes are unsuitable for a reason.
	nodeCount = regexp.MustCompile(`(?:^|, )[0-9]+ `)
)

// schedulingFailure returns the scheduler's message without the numbers of nodes,
// which change all the time, and without what it says about preemption.
func schedulingFailure(message string) string {
	if !noNode.MatchString(message) {
		return message
	}
	message, _, _ = strings.Cut(noNode.ReplaceAllString(message, ""), ". ")
	reasons := nodeCount.Split(strings.TrimSuffix(message, "."), -1)
	reasons = slices.DeleteFunc(reasons, func(reason string) bool { return reason == "" })
	slices.Sort(reasons)
	return "no nodes are available: " + strings.Join(slices.Compact(reasons), ", ")
}

// unsteady are the parts that differ between messages of the same cause, and their
// replacements.
var unsteady = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`^\(combined from similar events\): `), ""},
	{regexp.MustCompile(`^Error creating: `), ""},
	{regexp.MustCompile(`\b(?:pods|Pod) "[^"]*" is (?:forbidden: )?`), ""},
	{regexp.MustCompile(`\brpc error: code = [A-Za-z]+ desc = `), ""},
	// Usage by others changes how much of a quota or of a node is in use.
	{regexp.MustCompile(`, used: [^ ]+, (limited|capacity): `), ", $1: "},
	{regexp.MustCompile(`[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}`), "…"},
	// IDs of containers, but not the digests of images.
	{regexp.MustCompile(`(^|[^:0-9a-f])[0-9a-f]{12,}\b`), "$1…"},
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)?`), "…"},
	{regexp.MustCompile(`\b(kube-api-access-)[a-z0-9]{5}\b`), "$1…"},
	{regexp.MustCompile(`\brun-[0-9a-z]+\.scope\b`), "….scope"},
	// The port of the end that connects.
	{regexp.MustCompile(`(?:[0-9.]+|\[[0-9a-f:]+\]):[0-9]+->`), ""},
	{regexp.MustCompile(`\s+`), " "},
}

// steady removes from a message what would differ if the same thing went wrong again,
// such as IDs, times and ports.
func steady(message string) string {
	for _, u := range unsteady {
		message = u.what.ReplaceAllString(message, u.by)
	}
	return inOrder(strings.TrimSpace(message))
}

// inOrder sorts several reasons that the API server gives at once and in any order,
// as for a LimitRange: "[minimum cpu …, but …, minimum memory …, but …]".
func inOrder(message string) string {
	list, ok := strings.CutPrefix(message, "[")
	if !ok || !strings.HasSuffix(list, "]") {
		return message
	}
	const separator = ", "
	var items []string
	for part := range strings.SplitSeq(strings.TrimSuffix(list, "]"), separator) {
		if last := len(items) - 1; last >= 0 && strings.HasPrefix(part, "but ") {
			items[last] += separator + part
		} else {
			items = append(items, part)
		}
	}
	slices.Sort(items)
	return "[" + strings.Join(items, separator) + "]"
}

// steadyOfPod also removes the name of the pod.
func steadyOfPod(pod, message string) string {
	return strings.ReplaceAll(steady(message), pod, "…")
}
