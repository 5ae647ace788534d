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
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// The messages below are those of Kubernetes 1.30 to 1.37 and of containerd, as
// clusters gave them. Each line has several messages that one cause may have.

func TestObstacleInTheStatusOfAPod(t *testing.T) {
	scheduled := func(reason, message string) corev1.PodStatus {
		return corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: reason, Message: message},
		}}
	}
	waiting := func(reason, message string) corev1.PodStatus {
		return corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "main", Image: "nope", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
		}}}
	}
	created := func(sandbox corev1.ConditionStatus, status corev1.PodStatus) corev1.PodStatus {
		status.Conditions = []corev1.PodCondition{{Type: corev1.PodReadyToStartContainers, Status: sandbox}}
		status.ContainerStatuses[0].ContainerID = "containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		return status
	}
	restarting := created(corev1.ConditionFalse, waiting("CrashLoopBackOff", "back-off 10s restarting failed container=main"))
	restarting.ContainerStatuses[0].LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: 1}
	for want, statuses := range map[string][]corev1.PodStatus{
		"": {
			{Phase: corev1.PodPending},
			created(corev1.ConditionTrue, waiting("", "")),
			restarting,
			waiting("ContainerCreating", ""),
			waiting("PodInitializing", ""),
			waiting("CrashLoopBackOff", "back-off 10s restarting failed container=main pod=errand-1_ns(8f0d6c0e-4b0e-4f5c-9a57-0a1b2c3d4e5f)"),
			{Phase: corev1.PodFailed, Conditions: scheduled("Unschedulable", "late").Conditions},
		},
		"Unschedulable: no nodes are available: Insufficient cpu, node(s) had untolerated taint(s)": {
			scheduled("Unschedulable", "0/5 nodes are available: 2 node(s) had untolerated taint(s), 3 Insufficient cpu. preemption: 0/5 nodes are available: 2 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."),
			scheduled("Unschedulable", "0/12 nodes are available: 10 Insufficient cpu, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/12 nodes are available: 12 Preemption is not helpful for scheduling."),
		},
		`Unschedulable: no nodes are available: persistentvolumeclaim "data" not found`: {
			scheduled("Unschedulable", `0/1 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`),
			scheduled("Unschedulable", `0/3 nodes are available: persistentvolumeclaim "data" not found. not found`),
		},
		"Unschedulable: no nodes are available: pod has unbound immediate PersistentVolumeClaims": {
			scheduled("Unschedulable", "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"),
			scheduled("Unschedulable", "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."),
		},
		"SchedulingGated: Scheduling is blocked due to non-empty scheduling gates": {
			scheduled("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates"),
		},
		`Container main: image nope cannot be pulled: failed to pull and unpack image "docker.io/library/nope:latest": failed to resolve reference "docker.io/library/nope:latest": docker.io/library/nope:latest: not found`: {
			waiting("ErrImagePull", `rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nope:latest": failed to resolve reference "docker.io/library/nope:latest": docker.io/library/nope:latest: not found`),
			waiting("ImagePullBackOff", `Back-off pulling image "nope": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nope:latest": failed to resolve reference "docker.io/library/nope:latest": docker.io/library/nope:latest: not found`),
		},
		"Container main: image nope cannot be pulled": {
			waiting("ImagePullBackOff", `Back-off pulling image "nope"`), // before Kubernetes 1.31
		},
		`Container main: image nope cannot be pulled: Head "https://registry.example.com/v2/nope/manifests/latest": dial tcp: lookup registry.example.com on 10.96.0.10:53: read udp 10.96.0.10:53: i/o timeout`: {
			waiting("ErrImagePull", `Head "https://registry.example.com/v2/nope/manifests/latest": dial tcp: lookup registry.example.com on 10.96.0.10:53: read udp 10.244.0.7:53712->10.96.0.10:53: i/o timeout`),
			waiting("ErrImagePull", `Head "https://registry.example.com/v2/nope/manifests/latest": dial tcp: lookup registry.example.com on 10.96.0.10:53: read udp 10.244.0.9:41260->10.96.0.10:53: i/o timeout`),
		},
		"Container main: RunContainerError: error reading from server: EOF": {
			created(corev1.ConditionTrue, waiting("RunContainerError", "error reading from server: EOF")),
		},
		"Container main: the pod's sandbox was lost before the container started; if this lasts, delete the pod": {
			created(corev1.ConditionFalse, waiting("RunContainerError", "error reading from server: EOF")),
			created(corev1.ConditionFalse, waiting("", "")), // after a restart of the kubelet
		},
		`Container main: CreateContainerConfigError: couldn't find key k in ConfigMap ns/settings`: {
			waiting("CreateContainerConfigError", "couldn't find key k in ConfigMap ns/settings"),
		},
		"Container main: InvalidImageName: Failed to apply default image tag \"A\": couldn't parse image name \"A\": invalid reference format: repository name must be lowercase": {
			waiting("InvalidImageName", "Failed to apply default image tag \"A\": couldn't parse image name \"A\": invalid reference format: repository name must be lowercase"),
		},
		`Container main: CreateContainerError: failed to reserve container name main_…_ns_…_0: name is reserved for …`: {
			waiting("CreateContainerError", `failed to reserve container name main_errand-1-x7k2p_ns_8f0d6c0e-4b0e-4f5c-9a57-0a1b2c3d4e5f_0: name is reserved for 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef`),
			waiting("CreateContainerError", `failed to reserve container name main_errand-1-x7k2p_ns_0a1b2c3d-4b0e-4f5c-9a57-8f0d6c0e4e5f_0: name is reserved for fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210`),
		},
	} {
		for _, status := range statuses {
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "errand-1-x7k2p"}, Status: status}
			if _, err := Strip(pod); err != nil {
				t.Fatal(err)
			}
			if got := blocked(pod); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}
	}
}

// These are stages of a pod, as the conditions in its status show them.
var (
	unscheduled = []corev1.PodCondition{}
	onNode      = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}
	withSandbox = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionTrue},
	}
)

func TestObstacleInTheEventsOfAPod(t *testing.T) {
	type said struct {
		reason, message, fieldPath string
		// first and last are how long ago the event was first and last reported.
		first, last time.Duration
	}
	const s = time.Second
	for name, test := range map[string]struct {
		conditions []corev1.PodCondition
		events     []said
		want       string
	}{
		"nothing is said": {conditions: onNode},
		"a claim cannot be made": {unscheduled, []said{{"FailedResourceClaimCreation", "PodResourceClaim gpu: resourceclaimtemplates.resource.k8s.io \"gpu\" not found", "", 20 * s, s}},
			`FailedResourceClaimCreation: PodResourceClaim gpu: resourceclaimtemplates.resource.k8s.io "gpu" not found`},
		"a ConfigMap is not there": {onNode, []said{{"FailedMount", `MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`, "", 20 * s, s}},
			`FailedMount: MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`},
		"a key of a ConfigMap is not there": {onNode, []said{{"FailedMount", `MountVolume.SetUp failed for volume "settings" : references non-existent config key: k`, "", 20 * s, s}},
			`FailedMount: MountVolume.SetUp failed for volume "settings" : references non-existent config key: k`},
		"a hostPath is not what it is to be": {onNode, []said{{"FailedMount", `MountVolume.SetUp failed for volume "host" : hostPath type check failed: /var/nope is not a directory`, "", 20 * s, s}},
			`FailedMount: MountVolume.SetUp failed for volume "host" : hostPath type check failed: /var/nope is not a directory`},
		"a CSI driver is not there": {onNode, []said{{"FailedMount", `MountVolume.MountDevice failed for volume "pvc-8f0d6c0e-4b0e-4f5c-9a57-0a1b2c3d4e5f" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name nfs.csi.k8s.io not found in the list of registered CSI drivers`, "", 20 * s, s}},
			`FailedMount: MountVolume.MountDevice failed for volume "pvc-…" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name nfs.csi.k8s.io not found in the list of registered CSI drivers`},
		"a mount fails": {onNode, []said{{"FailedMount", "MountVolume.SetUp failed for volume \"nfs\" : mount failed: exit status 32\nMounting command: systemd-run\nMounting arguments: --description=Kubernetes transient mount for /var/lib/kubelet/pods/8f0d6c0e-4b0e-4f5c-9a57-0a1b2c3d4e5f/volumes/kubernetes.io~nfs/nfs --scope -- mount -t nfs nope:/ /x\nOutput: Running scope as unit: run-r0c1d2e.scope\nmount.nfs: Failed to resolve server nope: Name or service not known\n", "", 20 * s, s}},
			`FailedMount: MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32 Mounting command: systemd-run Mounting arguments: --description=Kubernetes transient mount for /var/lib/kubelet/pods/…/volumes/kubernetes.io~nfs/nfs --scope -- mount -t nfs nope:/ /x Output: Running scope as unit: ….scope mount.nfs: Failed to resolve server nope: Name or service not known`},
		"a token is not there yet": {onNode, []said{{"FailedMount", `MountVolume.SetUp failed for volume "kube-api-access-x7k2p" : object "ns"/"kube-root-ca.crt" not registered`, "", 20 * s, s}},
			`FailedMount: MountVolume.SetUp failed for volume "kube-api-access-…" : object "ns"/"kube-root-ca.crt" not registered`},
		"a volume is attached elsewhere": {onNode, []said{{"FailedAttachVolume", `Multi-Attach error for volume "pvc-8f0d6c0e-4b0e-4f5c-9a57-0a1b2c3d4e5f" Volume is already exclusively attached to one node and can't be attached to another`, "", 20 * s, 10 * s},
			{"FailedMount", `Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition`, "", 5 * s, s}},
			`FailedAttachVolume: Multi-Attach error for volume "pvc-…" Volume is already exclusively attached to one node and can't be attached to another`},
		"the timeout that follows is said last": {onNode, []said{{"FailedMount", `Unable to attach or mount volumes: unmounted volumes=[settings], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition`, "", 60 * s, s},
			{"FailedMount", `MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`, "", 180 * s, 90 * s}},
			`FailedMount: MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`},
		"a sandbox cannot be made": {onNode, []said{{"FailedCreatePodSandBox", `(combined from similar events): Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.0.1-10.244.0.254`, "", 20 * s, s}},
			`FailedCreatePodSandBox: Failed to create pod sandbox: failed to setup network for sandbox "…": plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.0.1-10.244.0.254`},
		"a runtime class is not known": {onNode, []said{{"FailedCreatePodSandBox", `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "kata" is configured`, "", 20 * s, s}},
			`FailedCreatePodSandBox: Failed to create pod sandbox: failed to get sandbox runtime: no runtime for "kata" is configured`},
		"a mount was cured, a sandbox is not": {onNode, []said{{"FailedMount", `MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`, "", 120 * s, 60 * s},
			{"FailedCreatePodSandBox", `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "kata" is configured`, "", 20 * s, s}},
			`FailedCreatePodSandBox: Failed to create pod sandbox: failed to get sandbox runtime: no runtime for "kata" is configured`},
		"the network is not ready": {onNode, []said{{"NetworkNotReady", `network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized`, "", 20 * s, s}},
			`NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized`},
		"a device is not ready": {onNode, []said{{"FailedPrepareDynamicResources", `Failed to prepare dynamic resources: prepare dynamic resources: NodePrepareResources failed for ResourceClaim gpu: out of order`, "", 20 * s, s}},
			`FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: NodePrepareResources failed for ResourceClaim gpu: out of order`},
		"a sidecar's probe fails": {withSandbox, []said{{"Unhealthy", "Startup probe failed: HTTP probe failed with statuscode: 503", "spec.initContainers{proxy}", 20 * s, s}},
			"Container proxy: Startup probe failed: HTTP probe failed with statuscode: 503"},
		"a mount was cured, and an image is being pulled": {withSandbox, []said{{"FailedMount", `MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`, "", 20 * s, s}}, ""},
		"it was not scheduled at once":                    {onNode, []said{{"FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.", "", 20 * s, s}}, ""},
		"it was said long ago":                            {onNode, []said{{"FailedMount", `MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`, "", time.Hour, 11 * time.Minute}}, ""},
		"somebody only warns":                             {onNode, []said{{"PolicyViolation", "policy require-labels/check fail: the label team is missing", "", 20 * s, s}, {"DNSConfigForming", "Search Line limits were exceeded, some search paths have been omitted", "", 20 * s, s}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "errand-1-x7k2p", UID: "pod"},
				Status:     corev1.PodStatus{Phase: corev1.PodPending, Conditions: test.conditions},
			}
			builder := fake.NewClientBuilder().WithObjects(pod).WithIndex(&corev1.Event{}, "type", func(event client.Object) []string {
				return []string{event.(*corev1.Event).Type}
			})
			for i, e := range test.events {
				builder.WithObjects(&corev1.Event{
					ObjectMeta:     metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprint(i)},
					InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: pod.Name, UID: pod.UID, FieldPath: e.fieldPath},
					Type:           corev1.EventTypeWarning, Reason: e.reason, Message: e.message,
					FirstTimestamp: metav1.NewTime(now.Add(-e.first)), LastTimestamp: metav1.NewTime(now.Add(-e.last)),
				})
			}
			server := builder.Build()
			reader := &Reader{Cache: server, APIReader: server, Clock: clocktesting.NewFakePassiveClock(now)}
			if got := firstCause(pod, reader.warnings(t.Context(), "ns")[pod.UID], now); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestObstacleToThePodsOfAJob(t *testing.T) {
	for want, messages := range map[string][]string{
		"Pods cannot be created: exceeded quota: few, requested: pods=1, limited: pods=10": {
			`Error creating: pods "errand-0a1b2c3d-1-x7k2p" is forbidden: exceeded quota: few, requested: pods=1, used: pods=10, limited: pods=10`,
			`Error creating: pods "errand-0a1b2c3d-1-bcdfg" is forbidden: exceeded quota: few, requested: pods=1, used: pods=11, limited: pods=10`,
		},
		"Pods cannot be created: [minimum cpu usage per Container is 10m, but request is 1m, minimum memory usage per Container is 2Mi, but request is 1Mi]": {
			`Error creating: pods "errand-0a1b2c3d-1-x7k2p" is forbidden: [minimum memory usage per Container is 2Mi, but request is 1Mi, minimum cpu usage per Container is 10m, but request is 1m]`,
			`Error creating: pods "errand-0a1b2c3d-1-bcdfg" is forbidden: [minimum cpu usage per Container is 10m, but request is 1m, minimum memory usage per Container is 2Mi, but request is 1Mi]`,
		},
		"Pods cannot be created: ValidatingAdmissionPolicy 'team' with binding 'all' denied request: no label team": {
			`Error creating: pods "errand-0a1b2c3d-1-x7k2p" is forbidden: ValidatingAdmissionPolicy 'team' with binding 'all' denied request: no label team`,
		},
		"Pods cannot be created: failed quota: compute: must specify limits.cpu for: main; limits.memory for: main": {
			`Error creating: pods "errand-0a1b2c3d-1-x7k2p" is forbidden: failed quota: compute: must specify limits.cpu for: main; limits.memory for: main`,
		},
		`Pods cannot be created: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false)`: {
			`Error creating: pods "errand-0a1b2c3d-1-x7k2p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false)`,
		},
		`Pods cannot be created: error looking up service account ns/nope: serviceaccount "nope" not found`: {
			`Error creating: pods "errand-0a1b2c3d-1-" is forbidden: error looking up service account ns/nope: serviceaccount "nope" not found`,
		},
		`Pods cannot be created: invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`: {
			`Error creating: Pod "errand-0a1b2c3d-1-x7k2p" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
		},
		`Pods cannot be created: admission webhook "policy.example.com" denied the request: Pod/… has no label team`: {
			`Error creating: admission webhook "policy.example.com" denied the request: Pod/errand-0a1b2c3d-1-x7k2p has no label team`,
			`Error creating: admission webhook "policy.example.com" denied the request: Pod/errand-0a1b2c3d-1-3-bcdfg has no label team`,
		},
	} {
		for _, message := range messages {
			got := refusedPods([]warning{{reason: "FailedCreate", message: subject{name: "errand-0a1b2c3d-1", isJob: true}.steady(message)}}, time.Time{})
			if got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}
	}
}

func TestObstacleInTheEndOfAPod(t *testing.T) {
	for want, statuses := range map[string][]corev1.PodStatus{
		"": {{}},
		"Evicted: The node was low on resource: memory": {
			{Reason: "Evicted", Message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. Container main was using 204Mi, request is 0, has larger consumption of memory. "},
			{Reason: "Evicted", Message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 48Mi. Container main was using 198Mi, request is 0, has larger consumption of memory. "},
		},
		"OutOfcpu: Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, capacity: 4000": {
			{Reason: "OutOfcpu", Message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 3200, capacity: 4000"},
			{Reason: "OutOfcpu", Message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 2900, capacity: 4000"},
		},
		"PreemptionByScheduler: default-scheduler: preempting to accommodate a higher priority pod": {
			{Conditions: []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "PreemptionByScheduler", Message: "default-scheduler: preempting to accommodate a higher priority pod"}}},
		},
		"DeletionByTaintManager: Taint manager: deleting due to NoExecute taint": {
			{Conditions: []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "DeletionByTaintManager", Message: "Taint manager: deleting due to NoExecute taint"}}},
		},
		"UnexpectedAdmissionError: Pod was rejected: Allocate failed due to no healthy devices present; cannot allocate unhealthy devices example.com/gpu, which is unexpected": {
			{Reason: "UnexpectedAdmissionError", Message: "Pod was rejected: Allocate failed due to no healthy devices present; cannot allocate unhealthy devices example.com/gpu, which is unexpected"},
		},
	} {
		for _, status := range statuses {
			status.Phase = corev1.PodFailed
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "errand-1-x7k2p"}, Status: status}
			if _, err := Strip(pod); err != nil {
				t.Fatal(err)
			}
			if got := disruption(pod); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}
	}
}
