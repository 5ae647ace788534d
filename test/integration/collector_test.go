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

package integration

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// files are what a pod leaves, by container and path. All others are missing.
type files map[string]sealedfiles.Content

func text(content string) sealedfiles.Content { return sealedfiles.Content{Data: []byte(content)} }

func faulty(fault sealedfiles.Fault) sealedfiles.Content { return sealedfiles.Content{Fault: fault} }

// sealFiles plays a pod's collector, and returns its result.
func sealFiles(pod *corev1.Pod, left files) (frame []byte, messageLimit int) {
	GinkgoHelper()
	collector := pod.Spec.InitContainers[0]
	Expect(collector.Command).To(Equal([]string{sealedfiles.Command}))
	var args []string
	for _, arg := range collector.Args {
		args = append(args, strings.ReplaceAll(arg, "$$", "$")) // like the kubelet
	}
	config, err := sealedfiles.ParseArgs(args)
	Expect(err).NotTo(HaveOccurred())
	sealer, err := sealedfiles.NewSealer(config.Key, config.Run)
	Expect(err).NotTo(HaveOccurred())
	for _, file := range config.Files {
		content, ok := left[file.Container+"/"+file.Path]
		if !ok {
			content = faulty(sealedfiles.Missing)
		}
		Expect(sealer.Add(file, content)).To(Succeed())
	}
	return sealer.Frame(), config.MessageLimit
}

// handOver ends a pod's collector with its result: as its message, if that fits, and
// in its log.
func handOver(pod *corev1.Pod, frame []byte, messageLimit int) {
	GinkgoHelper()
	message, _ := sealedfiles.Message(frame, messageLimit)
	var log strings.Builder
	Expect(sealedfiles.WriteLog(&log, frame)).To(Succeed())
	collected(pod, message, log.String())
}

// collected ends a pod's collector.
func collected(pod *corev1.Pod, message, log string) {
	name := pod.Spec.InitContainers[0].Name
	pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{
		Name: name,
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ContainerID: "containerd://" + string(pod.UID),
			FinishedAt:  metav1.Now(),
			Message:     message,
		}},
	}}
	node.print(pod, name, log)
}

// completeWith is complete for a Job whose pod leaves files.
func completeWith(job *batchv1.Job, printed logs, left files) {
	GinkgoHelper()
	pod := startPod(job)
	frame, limit := sealFiles(pod, left)
	handOver(pod, frame, limit)
	end(pod, corev1.PodSucceeded, printed)
	succeed(job)
}
