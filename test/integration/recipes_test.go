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
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/markdown"
)

// recipes returns the sections of docs/recipes.md that have code, in their order.
func recipes() []markdown.Section {
	sections, err := markdown.Sections(filepath.Join(repository, "docs/recipes.md"))
	if err != nil {
		panic(err)
	}
	return sections
}

// The tests apply the manifests, run the commands, and compare what these print
// with the text that follows them.
var _ = Describe("The recipe", func() {
	for _, recipe := range recipes() {
		It(recipe.Title+" works as it is written", func(ctx context.Context) {
			shell := newShell()
			playNode(ctx)
			Expect(recipe.Blocks).NotTo(BeEmpty())
			for i, block := range recipe.Blocks {
				switch {
				case block.Language == "yaml":
					kubectlWithInput(block.Content, "apply", "--filename=-")
					DeferCleanup(kubectlWithInput, block.Content, "delete", "--ignore-not-found", "--filename=-")
				case block.Language == "sh" && i+1 < len(recipe.Blocks) && recipe.Blocks[i+1].Language == "text":
					Eventually(shell.run).WithArguments(block.Content).WithTimeout(longTimeout).Should(Equal(recipe.Blocks[i+1].Content))
				case block.Language == "sh":
					output, err := shell.run(block.Content)
					Expect(err).NotTo(HaveOccurred(), func() string { return output + kubectl("get", "ejobs,jobs,pods,secrets", "--output=yaml") })
				}
			}
		})
	}

	It("of a pipeline fails with the run", func(ctx context.Context) {
		shell := newShell()
		playNode(ctx)
		pipeline := recipes()[0].Blocks
		kubectlWithInput(strings.Replace(pipeline[0].Content, "echo migrated", "echo nothing to migrate; exit 3", 1), "apply", "--filename=-")
		output, err := shell.run(pipeline[1].Content)
		Expect(err).To(HaveOccurred())
		Expect(output).To(SatisfyAll(ContainSubstring("\nnothing to migrate\n"), ContainSubstring("Container main exited with code 3")))
	})
})

// shell runs commands in the spec's namespace.
type shell struct{ path string }

func newShell() shell {
	GinkgoHelper()
	directory := GinkgoT().TempDir()
	Expect(os.WriteFile(filepath.Join(directory, "kubectl"), []byte("#!/bin/sh\nexec '"+plane.ControlPlane.KubectlPath+"' --kubeconfig='"+
		plane.kubeconfig+"' --cache-dir='"+plane.kubeconfig+".cache' --namespace="+namespace+` "$@"`+"\n"), 0o700)).To(Succeed())
	return shell{path: directory + ":" + os.Getenv("PATH")}
}

func (s shell) run(script string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	command.Env = append(os.Environ(), "PATH="+s.path)
	command.WaitDelay = time.Second // for a kubectl that waits
	output, err := command.CombinedOutput()
	return string(output), err
}

// playNode plays the Job controller and a node that runs the commands of pods on
// this machine, until the spec ends.
func playNode(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	DeferCleanup(func() { stop(); <-ended })
	namespace := namespace
	go func() {
		defer GinkgoRecover()
		defer close(ended)
		played := make(map[types.UID]bool)
		for ctx.Err() == nil {
			var jobs batchv1.JobList
			if err := plane.client.List(ctx, &jobs, client.InNamespace(namespace)); err == nil {
				for i := range jobs.Items {
					if job := &jobs.Items[i]; !played[job.UID] {
						played[job.UID] = true
						playPod(ctx, job)
					}
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(interval):
			}
		}
	}()
}

// playPod runs the containers of a Job's pod one after the other. Init containers
// are taken for sidecars, of which nothing is to be seen.
func playPod(ctx context.Context, job *batchv1.Job) {
	pod := startPod(job)
	failed := false
	for _, container := range pod.Spec.Containers {
		command := exec.CommandContext(ctx, container.Command[0], container.Command[1:]...)
		command.Env = append(os.Environ(), environment(ctx, pod.Namespace, container.Env)...)
		output, err := command.CombinedOutput()
		node.print(pod, container.Name, string(output))
		terminated := &corev1.ContainerStateTerminated{ContainerID: "played://" + container.Name, FinishedAt: metav1.Now()}
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			failed = true
			terminated.ExitCode, terminated.Reason = int32(exit.ExitCode()), "Error"
		}
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: container.Name, State: corev1.ContainerState{Terminated: terminated},
		})
	}
	pod.Status.Phase = corev1.PodSucceeded
	if failed {
		pod.Status.Phase = corev1.PodFailed
	}
	Expect(plane.client.Status().Update(ctx, pod)).To(Succeed())
	if failed {
		job.Status.Failed = 1
		finish(job, batchv1.JobFailed, batchv1.JobReasonBackoffLimitExceeded)
		return
	}
	succeed(job)
}

// environment is what the kubelet makes of a container's env.
func environment(ctx context.Context, namespace string, variables []corev1.EnvVar) []string {
	var environment []string
	for _, variable := range variables {
		value := variable.Value
		if from := variable.ValueFrom; from != nil {
			secret := &corev1.Secret{}
			Expect(plane.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: from.SecretKeyRef.Name}, secret)).To(Succeed())
			value = string(secret.Data[from.SecretKeyRef.Key])
		}
		environment = append(environment, variable.Name+"="+value)
	}
	return environment
}
