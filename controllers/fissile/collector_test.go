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
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
)

// newFilesTest begins with an errand whose container leaves a file.
func newFilesTest(t *testing.T) *outputTest {
	t.Helper()
	v := newOutputTest(t)
	v.r.CollectorImage = "collector"
	v.edit(func() {
		v.ej.Spec.Output = &fissilev1.Output{Files: []fissilev1.OutputFile{{Container: "main", Path: "a.json", SecretName: "a"}}}
	})
	return v
}

// collected returns how the collector of a Job ends, if the Job has one.
func (v *outputTest) collected(job *batchv1.Job) []corev1.ContainerStatus {
	v.Helper()
	if !runjob.HasCollector(job) {
		return nil
	}
	config, err := sealedfiles.ParseArgs(job.Spec.Template.Spec.InitContainers[0].Args)
	if err != nil {
		v.Fatal(err)
	}
	sealer, err := sealedfiles.NewSealer(config.Key, config.Run)
	if err != nil {
		v.Fatal(err)
	}
	for _, file := range config.Files {
		content := sealedfiles.Content{Data: []byte(v.files[file.Path])}
		if _, there := v.files[file.Path]; !there {
			content = sealedfiles.Content{Fault: sealedfiles.Missing}
		}
		if err := sealer.Add(file, content); err != nil {
			v.Fatal(err)
		}
	}
	message, _ := sealedfiles.Message(sealer.Frame(), config.MessageLimit)
	return []corev1.ContainerStatus{{
		Name:  runjob.CollectorContainer,
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ContainerID: "c", Message: message}},
	}}
}

func (v *outputTest) trigger() {
	v.Helper()
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
}

func (v *outputTest) jobs() []batchv1.Job {
	v.Helper()
	var jobs batchv1.JobList
	if err := v.client.List(v.Context(), &jobs); err != nil {
		v.Fatal(err)
	}
	return jobs.Items
}

// expectRejected fails unless the run waits for that reason, with that message.
func (v *outputTest) expectRejected(reason, message string) {
	v.Helper()
	v.edit(func() {})
	run := v.ej.Status.LastRun
	if run == nil || run.Reason != reason || !strings.Contains(run.Message, message) {
		v.Errorf("got the run %+v, want the reason %s and a message with %q", run, reason, message)
	}
}

func TestAJobThatHasLostItsCollectorIsDeletedAndNotMadeAgain(t *testing.T) {
	for name, spoil := range map[string]func(*corev1.PodSpec){
		"taken out":              func(pod *corev1.PodSpec) { pod.InitContainers = nil },
		"not a sidecar any more": func(pod *corev1.PodSpec) { pod.InitContainers[0].RestartPolicy = nil },
		"not the first": func(pod *corev1.PodSpec) {
			pod.InitContainers = append([]corev1.Container{{Name: "proxy"}}, pod.InitContainers...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newFilesTest(t)
			created := 0
			v.inject = func(job *batchv1.Job) {
				created++
				if spoil != nil {
					spoil(&job.Spec.Template.Spec)
				}
			}
			v.trigger()
			for range 3 {
				if jobs := v.jobs(); len(jobs) != 0 || created != 1 {
					t.Fatalf("%d Jobs were made, and %d are there; want one that is deleted", created, len(jobs))
				}
				v.expectRejected(fissilev1.ReasonJobRejected, runjob.CollectorContainer)
				v.pass(time.Hour)
				v.reconcile()
			}

			// The policy has been corrected, and the ExtendedJob edited.
			spoil = nil
			v.edit(func() { v.ej.Generation++ })
			v.reconcile()
			if jobs := v.jobs(); len(jobs) != 1 || !runjob.HasCollector(&jobs[0]) {
				t.Errorf("got the Jobs %v, want one with a collector", jobs)
			}
		})
	}
}

func TestNoRunWithFilesStartsBeforeTheImageOfTheCollectorIsKnown(t *testing.T) {
	v := newFilesTest(t)
	v.r.CollectorImage = ""
	v.trigger()
	v.expectRejected(fissilev1.ReasonJobCreateFailed, "output.collectorImage")
	if jobs := v.jobs(); len(jobs) > 0 {
		t.Fatalf("got the Jobs %v, want none", jobs)
	}

	v.r.CollectorImage = "collector"
	v.pass(time.Minute)
	v.reconcile()
	if jobs := v.jobs(); len(jobs) != 1 || jobs[0].Spec.Template.Spec.InitContainers[0].Image != "collector" {
		t.Errorf("got the Jobs %v, want one with the collector", jobs)
	}
}

// The operator dies at one of its writes. These include the Secrets of a file and of
// its keys, and the deletion of the Secret of a key that is gone.
func TestFilesAreStoredOnceWhereverTheOperatorDies(t *testing.T) {
	for _, after := range []bool{true, false} {
		died := true
		for dieAt := 1; died && !t.Failed(); dieAt++ {
			t.Run(fmt.Sprintf("at write %d, made %t", dieAt, after), func(t *testing.T) {
				v := newFilesTest(t)
				v.edit(func() {
					v.ej.Spec.Output.Files[0].Versioned, v.ej.Spec.Output.Files[0].SkipUnchanged = new(true), new(true)
					v.ej.Spec.Output.Files = append(v.ej.Spec.Output.Files, fissilev1.OutputFile{
						Container: "main", Path: "links.json", SecretName: "link", Layout: fissilev1.LayoutSecretPerKey,
					})
				})
				v.files = map[string]string{"a.json": `{"n":"1"}`, "links.json": `{"x":"{}","y":"{}"}`}
				v.run()
				v.expectSecrets("a-v1", "link-x", "link-y")

				v.files = map[string]string{"a.json": `{"n":"2"}`, "links.json": `{"y":"{\"n\":\"2\"}","z":"{}"}`}
				died = (&keepTest{outputTest: v}).runThrough(dieAt, after)
				v.expectSecrets("a-v1", "a-v2", "link-y", "link-z")
				v.expectPersisted(fissilev1.ReasonStored)
				if former := v.ej.Status.FormerOutputs; len(former) > 0 {
					t.Errorf("got the former outputs %v, and they are deleted", former)
				}
			})
		}
	}
}

func (v *outputTest) expectSecrets(want ...string) {
	v.Helper()
	var secrets corev1.SecretList
	if err := v.client.List(v.Context(), &secrets); err != nil {
		v.Fatal(err)
	}
	var got []string
	for _, secret := range secrets.Items {
		got = append(got, secret.Name)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		v.Errorf("got the Secrets %v, want %v", got, want)
	}
}

func TestTheCacheKeepsTheMessageOfACollectorAndNoLongerOne(t *testing.T) {
	for size, kept := range map[int]bool{4096: true, 4097: false} {
		pod := &corev1.Pod{Status: corev1.PodStatus{InitContainerStatuses: []corev1.ContainerStatus{{
			State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Message: strings.Repeat("x", size)}},
		}}}}
		if _, err := runpods.Strip(pod); err != nil {
			t.Fatal(err)
		}
		if message := pod.Status.InitContainerStatuses[0].State.Terminated.Message; (message != "") != kept {
			t.Errorf("of %d bytes, %d are kept", size, len(message))
		}
	}
}
