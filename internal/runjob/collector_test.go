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

package runjob

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// collected returns the pod of a run of two containers that leave files, with its
// collector.
func collected(t *testing.T, change func(*corev1.PodSpec)) *corev1.PodSpec {
	t.Helper()
	ej := &fissilev1.ExtendedJob{}
	ej.Namespace, ej.Name, ej.UID = "ns", "myjob", "uid"
	ej.Spec.Output = &fissilev1.Output{Files: []fissilev1.OutputFile{
		{Container: "main", Path: "a"}, {Container: "prepare", Path: "b"}, {Container: "main", Path: "c"},
	}}
	pod := &ej.Spec.JobTemplate.Spec.Template.Spec
	pod.InitContainers = []corev1.Container{{Name: "prepare"}}
	pod.Containers = []corev1.Container{{Name: "main"}, {Name: "side"}}
	if change != nil {
		change(pod)
	}
	job, err := New(ej, &fissilev1.Run{Number: 7, JobName: JobName(ej, 7), Claim: &fissilev1.Claim{ID: "claim"}})
	if err != nil {
		t.Fatal(err)
	}
	key, err := FilesKey([]byte("key"), ej, job)
	if err != nil {
		t.Fatal(err)
	}
	AddCollector(job, ej, "image", key.Public())
	if !HasCollector(job) {
		t.Error("the Job has no collector")
	}
	return &job.Spec.Template.Spec
}

func TestTheCollectorSeesTheFilesOfEachContainer(t *testing.T) {
	pod := collected(t, nil)
	var names []string
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		names = append(names, container.Name)
	}
	if want := []string{CollectorContainer, "prepare", "main", "side"}; !slices.Equal(names, want) {
		t.Errorf("got the containers %v, want %v", names, want)
	}
	config, err := sealedfiles.ParseArgs(pod.InitContainers[0].Args)
	if err != nil {
		t.Fatal(err)
	}
	if want := (sealedfiles.Run{Namespace: "ns", UID: "uid", Number: 7}); config.Run != want {
		t.Errorf("got the run %+v, want %+v", config.Run, want)
	}
	if want := []sealedfiles.File{{Container: "main", Path: "a"}, {Container: "prepare", Path: "b"}, {Container: "main", Path: "c"}}; !slices.Equal(config.Files, want) {
		t.Errorf("got the files %v, want %v", config.Files, want)
	}
	if want := (12 << 10) / 5; config.MessageLimit != want { // with one for kubectl debug
		t.Errorf("got the limit %d, want %d", config.MessageLimit, want)
	}

	for _, mounts := range []struct {
		of   string
		got  []corev1.VolumeMount
		want []corev1.VolumeMount
	}{
		{"prepare", pod.InitContainers[1].VolumeMounts, []corev1.VolumeMount{{Name: "extendedjob-output-1", MountPath: "/mnt/quarks"}}},
		{"main", pod.Containers[0].VolumeMounts, []corev1.VolumeMount{{Name: "extendedjob-output-0", MountPath: "/mnt/quarks"}}},
		{"side", pod.Containers[1].VolumeMounts, nil},
		{CollectorContainer, pod.InitContainers[0].VolumeMounts, []corev1.VolumeMount{
			{Name: "extendedjob-output-0", MountPath: sealedfiles.MountPath("main"), ReadOnly: true},
			{Name: "extendedjob-output-1", MountPath: sealedfiles.MountPath("prepare"), ReadOnly: true},
			// Instead of a token.
			{Name: "extendedjob-output-no-token", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true},
		}},
	} {
		if diff := cmp.Diff(mounts.want, mounts.got); diff != "" {
			t.Errorf("mounts of %s (-want +got):\n%s", mounts.of, diff)
		}
	}
	for _, volume := range pod.Volumes {
		if volume.EmptyDir == nil || volume.EmptyDir.Medium != corev1.StorageMediumMemory || volume.EmptyDir.SizeLimit.IsZero() {
			t.Errorf("the volume %s is not bounded memory", volume.Name)
		}
	}
}

func TestTheCollectorHidesNoTokenThatIsNotThere(t *testing.T) {
	pod := collected(t, func(pod *corev1.PodSpec) { pod.AutomountServiceAccountToken = new(false) })
	if mounts := len(pod.InitContainers[0].VolumeMounts); mounts != 2 {
		t.Errorf("got %d mounts, want those of two containers", mounts)
	}
}

func TestTheCollectorRunsAsTheUserOfTheFiles(t *testing.T) {
	user := func(id int64) *corev1.SecurityContext { return &corev1.SecurityContext{RunAsUser: &id} }
	for name, test := range map[string]struct {
		change      func(*corev1.PodSpec)
		user, group *int64
		root        bool
	}{
		"its image's, if nobody says": {},
		"the pod's, which is its own, too": {change: func(pod *corev1.PodSpec) {
			pod.SecurityContext = &corev1.PodSecurityContext{RunAsUser: new(int64(1000))}
		}},
		"root, if the pod is": {
			change: func(pod *corev1.PodSpec) { pod.SecurityContext = &corev1.PodSecurityContext{RunAsUser: new(int64(0))} },
			root:   true,
		},
		"that of all containers": {
			change: func(pod *corev1.PodSpec) {
				pod.InitContainers[0].SecurityContext, pod.Containers[0].SecurityContext = user(2000), user(2000)
				pod.InitContainers[0].SecurityContext.RunAsGroup, pod.Containers[0].SecurityContext.RunAsGroup = new(int64(3000)), new(int64(3000))
			},
			user: new(int64(2000)), group: new(int64(3000)),
		},
		"that of no one container alone": {
			change: func(pod *corev1.PodSpec) { pod.Containers[0].SecurityContext = user(2000) },
		},
		"of two that differ, none": {
			change: func(pod *corev1.PodSpec) {
				pod.InitContainers[0].SecurityContext, pod.Containers[0].SecurityContext = user(2000), user(2001)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := collected(t, test.change).InitContainers[0].SecurityContext
			want := &corev1.SecurityContext{
				RunAsUser:                test.user,
				RunAsGroup:               test.group,
				RunAsNonRoot:             new(!test.root),
				AllowPrivilegeEscalation: new(false),
				Privileged:               new(false),
				ReadOnlyRootFilesystem:   new(true),
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheCollectorLeavesAPodItsQualityOfService(t *testing.T) {
	all := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi")}
	each := func(resources corev1.ResourceRequirements) func(*corev1.PodSpec) {
		return func(pod *corev1.PodSpec) {
			pod.InitContainers[0].Resources, pod.Containers[0].Resources, pod.Containers[1].Resources = resources, resources, resources
		}
	}
	for name, test := range map[string]struct {
		change     func(*corev1.PodSpec)
		guaranteed bool
	}{
		"guaranteed by limits":              {each(corev1.ResourceRequirements{Limits: all}), true},
		"guaranteed by limits and requests": {each(corev1.ResourceRequirements{Limits: all, Requests: all}), true},
		"burstable by requests":             {each(corev1.ResourceRequirements{Requests: all}), false},
		"best effort":                       {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			resources := collected(t, test.change).InitContainers[0].Resources
			if got := cmp.Equal(resources.Limits, resources.Requests); got != test.guaranteed || len(resources.Limits) != 2 {
				t.Errorf("got the resources %v", resources)
			}
		})
	}
	pod := collected(t, func(pod *corev1.PodSpec) { pod.Resources = &corev1.ResourceRequirements{Requests: all} })
	if resources := pod.InitContainers[0].Resources; resources.Requests != nil || resources.Limits != nil {
		t.Errorf("in a pod with resources of its own, got %v", resources)
	}
}

func TestTheKeyOfFilesIsThatOfOneJob(t *testing.T) {
	ej := &fissilev1.ExtendedJob{}
	ej.Name, ej.UID = "myjob", "uid"
	key := func(number int64, claim string) string {
		job, err := New(ej, &fissilev1.Run{Number: number, JobName: JobName(ej, number), Claim: &fissilev1.Claim{ID: claim}})
		if err != nil {
			t.Fatal(err)
		}
		key, err := FilesKey([]byte("key"), ej, job)
		if err != nil {
			t.Fatal(err)
		}
		return key.Public().String()
	}
	first := key(1, "a")
	if first != key(1, "a") {
		t.Error("a restart would not find the key again")
	}
	if first == key(2, "a") || first == key(1, "b") {
		t.Error("another Job has the same key")
	}
}
