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
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/sealedfiles"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// outputFile is a file of the container main.
func outputFile(path, secretName string) fissilev1.OutputFile {
	return fissilev1.OutputFile{Container: "main", Path: path, SecretName: secretName}
}

// withLayout returns a file with a layout.
func withLayout(file fissilev1.OutputFile, layout fissilev1.OutputLayout) fissilev1.OutputFile {
	file.Layout = layout
	return file
}

// errandWithFiles requests a run that leaves files.
func errandWithFiles(files ...fissilev1.OutputFile) *ejob.Builder {
	return ejob.New(namespace, "files").Strategy(fissilev1.StrategyNow).Files(files...)
}

// random returns content that cannot be compressed.
func random(size int) sealedfiles.Content {
	data := make([]byte, size)
	_, _ = rand.Read(data)
	return sealedfiles.Content{Data: data}
}

var _ = Describe("Output from files", func() {
	It("goes to Secrets by their layouts and types, without a request for a log", compat, func() {
		tls := outputFile("tls.json", "web")
		tls.Type = "kubernetes.io/tls"
		tls.SecretLabels, tls.SecretAnnotations = map[string]string{"team": "blue"}, map[string]string{"note": "of the file"}
		key := withLayout(outputFile("sub/id $(HOME)", "ssh"), fissilev1.LayoutFile)
		key.Key, key.Type = "ssh-privatekey", "kubernetes.io/ssh-auth"
		ej := create(errandWithFiles(tls, key, withLayout(outputFile("ca.crt", "ca"), fissilev1.LayoutFile)).
			SecretLabels(map[string]string{"part-of": "test", "team": "red"}))
		job := activeJob(ej, 1)
		start := plane.audit.now()
		completeWith(job, logs{"main": "this is not JSON"}, files{
			"main/tls.json":       text(`{"tls.crt":"a","tls.key":"b"}`),
			"main/sub/id $(HOME)": text("\x00\xff\n"),
			"main/ca.crt":         text(""),
		})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
			HaveField("Status.Outputs", HaveExactElements(
				SatisfyAll(HaveField("SecretName", "web"), HaveField("Container", "main"), HaveField("Keys", HaveValue(BeEquivalentTo(2))), HaveField("Bytes", HaveValue(BeEquivalentTo(2)))),
				HaveField("SecretName", "ssh"),
				HaveField("SecretName", "ca"),
			)),
		))
		Expect(secret("web")()).To(SatisfyAll(
			HaveField("Type", corev1.SecretTypeTLS),
			HaveField("Data", Equal(map[string][]byte{"tls.crt": []byte("a"), "tls.key": []byte("b")})),
			HaveField("Labels", SatisfyAll(HaveKeyWithValue("team", "blue"), HaveKeyWithValue("part-of", "test"), HaveKeyWithValue(fissilev1.LabelContainerName, "main"))),
			HaveField("Annotations", HaveKeyWithValue("note", "of the file")),
			WithTransform(func(s *corev1.Secret) bool { return metav1.IsControlledBy(s, ej) }, BeTrue()),
		))
		Expect(secret("ssh")()).To(SatisfyAll(HaveField("Type", corev1.SecretTypeSSHAuth), HaveField("Data", Equal(map[string][]byte{"ssh-privatekey": []byte("\x00\xff\n")}))))
		Expect(secret("ca")()).To(SatisfyAll(HaveField("Type", corev1.SecretTypeOpaque), HaveField("Data", HaveKey("ca.crt"))))
		Expect(secretNames()).To(ConsistOf("web", "ssh", "ca"))
		Eventually(jobsOf(ej)).Should(BeEmpty())
		Eventually(plane.audit.requests).WithArguments(start, namespace).Should(HaveExactElements(
			"create secrets", "create secrets", "create secrets", "patch extendedjobs", "patch extendedjobs/status", "delete jobs"))
	})

	It("arrives byte for byte by the log, where it is too large for a message", func() {
		ej := create(errandWithFiles(withLayout(outputFile("blob", "blob"), fissilev1.LayoutFile)))
		blob := random(sealedfiles.MaxFileSize)
		completeWith(activeJob(ej, 1), nil, files{"main/blob": blob})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		stored, err := secret("blob")()
		Expect(err).NotTo(HaveOccurred())
		Expect(bytes.Equal(stored.Data["blob"], blob.Data)).To(BeTrue())
	})

	It("comes beside what other containers print", func() {
		ej := create(ejob.New(namespace, "files").Strategy(fissilev1.StrategyNow).Containers("main", "side").
			Output("printed").Files(outputFile("a.json", "written")))
		completeWith(activeJob(ej, 1), logs{"main": "no JSON", "side": `{"a":"1"}`}, files{"main/a.json": text(`{"b":"2"}`)})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secretNames()).To(ConsistOf("printed-side", "written"))
	})

	It("is versioned, and a version that would be like the newest is skipped", func() {
		versioned := outputFile("a.json", "link")
		versioned.Versioned, versioned.SkipUnchanged = new(true), new(true)
		ej := create(errandWithFiles(versioned))
		run := func(number int64, content string) {
			GinkgoHelper()
			setStrategy(ej, fissilev1.StrategyNow)
			completeWith(activeJob(ej, number), nil, files{"main/a.json": text(content)})
			Eventually(komega.Object(ej)).Should(ejob.HaveSettled(number, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		}
		completeWith(activeJob(ej, 1), nil, files{"main/a.json": text(`{"a":"1"}`)})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secret("link-v1")()).To(HaveField("Immutable", HaveValue(BeTrue())))

		run(2, `{"a":"1"}`)
		Expect(secretNames()).To(ConsistOf("link-v1"))
		Expect(ej).To(SatisfyAll(
			HaveField("Status.Outputs", ConsistOf(SatisfyAll(HaveField("SecretName", "link-v1"), HaveField("Version", BeEquivalentTo(1))))),
			HaveField("Status.FormerOutputs", BeEmpty()),
			HaveField("Status.LastRun.Message", ContainSubstring("kept: link-v1")),
		))
		run(3, `{"a":"2"}`)
		Expect(secretNames()).To(ConsistOf("link-v1", "link-v2"))

		edit(ej, func() { ej.Spec.Output.Files[0].SecretLabels = map[string]string{"new": "label"} })
		run(4, `{"a":"2"}`)
		Expect(secretNames()).To(ConsistOf("link-v1", "link-v2", "link-v3"))
	})

	It("is a Secret per key, and those of keys that are gone are deleted", func() {
		links := withLayout(outputFile("links.json", "link"), fissilev1.LayoutSecretPerKey)
		others := links
		others.Container, others.WhenMissing = "side", fissilev1.MissingFileIgnore
		ej := create(errandWithFiles(links, others).Containers("main", "side"))
		run := func(number int64, left files) {
			GinkgoHelper()
			completeWith(activeJob(ej, number), nil, left)
			Eventually(komega.Object(ej)).Should(ejob.HaveSettled(number, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		}
		main := func(content string) files {
			return files{"main/links.json": text(content), "side/links.json": text(`{"s3":"{\"url\":\"x\"}"}`)}
		}
		run(1, main(`{"nats":"{\"host\":\"a\"}","db":"{}"}`))
		Expect(secretNames()).To(ConsistOf("link-nats", "link-db", "link-s3"))
		Expect(secret("link-nats")()).To(HaveField("Data", Equal(map[string][]byte{"host": []byte("a")})))
		Expect(secret("link-s3")()).To(HaveField("Labels", HaveKeyWithValue(fissilev1.LabelContainerName, "side")))

		theirs := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "link-theirs"}}
		Expect(plane.client.Create(context.Background(), theirs)).To(Succeed())
		setStrategy(ej, fissilev1.StrategyNow)
		run(2, main(`{"nats":"{\"host\":\"b\"}"}`))
		Expect(secretNames()).To(ConsistOf("link-nats", "link-s3", "link-theirs"))
		Expect(secret("link-nats")()).To(HaveField("Data", Equal(map[string][]byte{"host": []byte("b")})))
		Expect(ej).To(HaveField("Status.FormerOutputs", BeEmpty()))

		By("leaving those of a file that is missing")
		setStrategy(ej, fissilev1.StrategyNow)
		run(3, files{"main/links.json": text(`{"db":"{}"}`)})
		Expect(secretNames()).To(ConsistOf("link-nats", "link-db", "link-s3", "link-theirs"))

		By("retaining what is to be retained")
		edit(ej, func() {
			ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyRetain
			ej.Spec.Trigger.Strategy = fissilev1.StrategyNow
		})
		run(4, main(`{}`))
		Expect(secretNames()).To(ConsistOf("link-nats", "link-db", "link-s3", "link-theirs"))
	})

	It("keeps the Secrets that are there with ifExists Keep, and makes those that are missing", func() {
		links := withLayout(outputFile("links.json", "link"), fissilev1.LayoutSecretPerKey)
		ej := create(errandWithFiles(links, outputFile("a.json", "plain")).Keep())
		completeWith(activeJob(ej, 1), nil, files{"main/links.json": text(`{"nats":"{\"v\":\"1\"}"}`), "main/a.json": text(`{"v":"1"}`)})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		setStrategy(ej, fissilev1.StrategyNow)
		completeWith(activeJob(ej, 2), nil, files{"main/links.json": text(`{"nats":"{\"v\":\"2\"}","db":"{\"v\":\"2\"}"}`), "main/a.json": text(`{"v":"2"}`)})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		for name, value := range map[string]string{"link-nats": "1", "plain": "1", "link-db": "2"} {
			Expect(secret(name)()).To(HaveField("Data", HaveKeyWithValue("v", []byte(value))), name)
		}
	})

	It("is stored without a file that may be missing", func() {
		missing := outputFile("b.json", "b")
		missing.WhenMissing = fissilev1.MissingFileIgnore
		ej := create(errandWithFiles(outputFile("a.json", "a"), missing))
		completeWith(activeJob(ej, 1), nil, files{"main/a.json": text(`{}`)})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			HaveField("Status.Outputs", ConsistOf(HaveField("SecretName", "a"))),
		))
		Expect(secretNames()).To(ConsistOf("a"))
	})

	DescribeTable("that is not what it is to be is refused, and never shown",
		func(file fissilev1.OutputFile, content sealedfiles.Content, reason string, message ...string) {
			ej := create(errandWithFiles(outputFile("a.json", "a"), file))
			completeWith(activeJob(ej, 1), nil, files{"main/a.json": text(`{"good":"canary"}`), "main/" + file.Path: content})
			Eventually(komega.Object(ej)).Should(SatisfyAll(
				ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
				ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputRefused),
				ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, reason),
			))
			for _, part := range message {
				Expect(ej).To(ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring(part)))
			}
			Expect(secretNames()).To(BeEmpty(), "all or nothing")

			By("looking for a value")
			Eventually(eventsOn(ej)).Should(ContainElement(HaveField("Reason", "RunFailed")))
			events, err := eventsOn(ej)()
			Expect(err).NotTo(HaveOccurred())
			for what, place := range map[string]any{"the object": ej, "the events": events} {
				shown, err := json.Marshal(place)
				Expect(err).NotTo(HaveOccurred())
				Expect(string(shown)).NotTo(ContainSubstring("canary"), what)
			}
			Expect(operator.session.Err.Contents()).NotTo(ContainSubstring("canary"), "the operator's log")
		},
		Entry("a missing file", outputFile("b", "b"), faulty(sealedfiles.Missing), fissilev1.ReasonOutputMissing, `"/mnt/quarks/b" does not exist`, "whenMissing"),
		Entry("a file that only another user can read", outputFile("b", "b"), faulty(sealedfiles.Unreadable), fissilev1.ReasonOutputUnreadable, "chmod", "fsGroup", "runAsUser"),
		Entry("a file that was still being written", outputFile("b", "b"), faulty(sealedfiles.Changing), fissilev1.ReasonOutputUnreadable, "was written while it was being read"),
		Entry("more than 1 MiB", outputFile("b", "b"), faulty(sealedfiles.TooLarge), fissilev1.ReasonOutputTooLarge, "more than 1048576 bytes"),
		Entry("more than 6 MiB in all", outputFile("b", "b"), faulty(sealedfiles.TooLargeInAll), fissilev1.ReasonOutputTooLarge, "6291456 bytes in total"),
		Entry("a symbolic link", outputFile("b", "b"), faulty(sealedfiles.SymbolicLink), fissilev1.ReasonOutputUnreadable, "symbolic link"),
		Entry("a FIFO", outputFile("b", "b"), faulty(sealedfiles.FIFO), fissilev1.ReasonOutputUnreadable, "FIFO"),
		Entry("a device", outputFile("b", "b"), faulty(sealedfiles.Device), fissilev1.ReasonOutputUnreadable, "device"),
		Entry("a directory", outputFile("b", "b"), faulty(sealedfiles.Directory), fissilev1.ReasonOutputUnreadable, "directory"),
		Entry("a number among the values", outputFile("b", "b"), text(`{"key1":"canary","key2":1}`), fissilev1.ReasonOutputInvalid, `file "b"`, "key2", "number"),
		Entry("text before the object", outputFile("b", "b"), text("canary\n{}"), fissilev1.ReasonOutputInvalid, "not a single JSON object"),
		Entry("half of an object", outputFile("b", "b"), text(`{"key1":"canary"`), fissilev1.ReasonOutputInvalid, "write the whole object"),
		Entry("an array", outputFile("b", "b"), text(`["canary"]`), fissilev1.ReasonOutputInvalid, "array"),
		Entry("a type whose keys are not there", func() fissilev1.OutputFile {
			file := outputFile("b", "b")
			file.Type = "kubernetes.io/tls"
			return file
		}(), text(`{"tls.crt":"canary"}`), fissilev1.ReasonOutputInvalid, "tls.crt and tls.key"),
		Entry("a key that is no object of its own", withLayout(outputFile("b", "b"), fissilev1.LayoutSecretPerKey), text(`{"nats":"canary"}`), fissilev1.ReasonOutputInvalid, `key "nats"`),
		Entry("a key that cannot be in a name", withLayout(outputFile("b", "b"), fissilev1.LayoutSecretPerKey), text(`{"Nats":"{}"}`), fissilev1.ReasonOutputInvalid, `"Nats"`, "lower case"),
		Entry("more than 64 keys", withLayout(outputFile("b", "b"), fissilev1.LayoutSecretPerKey), text(manyKeys(65)), fissilev1.ReasonOutputInvalid, "65 keys"),
		Entry("a key whose Secret has a reserved name", withLayout(outputFile("b", "bootstrap"), fissilev1.LayoutSecretPerKey), text(`{"token-b":"{}"}`), fissilev1.ReasonOutputInvalid, "reserve"),
	)

	It("is refused where a key is the Secret of another output", func() {
		ej := create(errandWithFiles(outputFile("a.json", "link-ca"), withLayout(outputFile("links.json", "link"), fissilev1.LayoutSecretPerKey)))
		completeWith(activeJob(ej, 1), nil, files{"main/a.json": text(`{}`), "main/links.json": text(`{"ca":"{}"}`)})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputInvalid),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("link-ca")),
		))
		Expect(secretNames()).To(BeEmpty())
	})

	DescribeTable("that does not arrive is unavailable", func(tamper func(pod *corev1.Pod, frame []byte), message string) {
		ej := create(errandWithFiles(outputFile("a.json", "a")))
		job := activeJob(ej, 1)
		pod := startPod(job)
		frame, _ := sealFiles(pod, files{"main/a.json": text(`{"a":"1"}`)})
		tamper(pod, frame)
		end(pod, corev1.PodSucceeded, nil)
		succeed(job)
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputUnavailable),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring(message)),
		))
		Expect(secretNames()).To(BeEmpty())
	},
		Entry("because the collector was killed", func(pod *corev1.Pod, _ []byte) { collected(pod, "", "") }, "nothing was delivered"),
		Entry("because its log was rotated", func(pod *corev1.Pod, frame []byte) {
			var log strings.Builder
			Expect(sealedfiles.WriteLog(&log, frame)).To(Succeed())
			collected(pod, "", strings.Replace(log.String(), " 1/1 ", " 2/2 ", 1))
		}, "incomplete"),
		Entry("because it is sealed to another key", func(pod *corev1.Pod, _ []byte) {
			key, err := sealedfiles.DeriveKey([]byte("the key before"), "uid", 1, "")
			Expect(err).NotTo(HaveOccurred())
			sealer, err := sealedfiles.NewSealer(key.Public(), sealedfiles.Run{})
			Expect(err).NotTo(HaveOccurred())
			Expect(sealer.Add(sealedfiles.File{Container: "main", Path: "a.json"}, text(`{}`))).To(Succeed())
			handOver(pod, sealer.Frame(), 4096)
		}, "run again"),
		Entry("because the pod has no collector", func(pod *corev1.Pod, _ []byte) { pod.Status.InitContainerStatuses = nil }, "no such container"),
		Entry("because the collector never started", func(pod *corev1.Pod, _ []byte) {
			collected(pod, "", "")
			pod.Status.InitContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "ContainerStatusUnknown"}}
		}, "never started"),
	)

	It("is taken from the log where the message was cut", func() {
		ej := create(errandWithFiles(outputFile("a.json", "a")))
		job := activeJob(ej, 1)
		pod := startPod(job)
		frame, _ := sealFiles(pod, files{"main/a.json": text(`{"a":"1"}`)})
		handOver(pod, frame, 4096)
		terminated := pod.Status.InitContainerStatuses[0].State.Terminated
		terminated.Message = terminated.Message[:len(terminated.Message)/2]
		end(pod, corev1.PodSucceeded, nil)
		succeed(job)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secretNames()).To(ConsistOf("a"))
	})

	It("is stored when a Secret of the same name, or of another type, is gone", compat, func() {
		links := withLayout(outputFile("links.json", "link"), fissilev1.LayoutSecretPerKey)
		ej := create(errandWithFiles(links))
		foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "link-a"}}
		Expect(plane.client.Create(context.Background(), foreign)).To(Succeed())
		completeWith(activeJob(ej, 1), nil, files{"main/links.json": text(`{"a":"{}","b":"{}"}`)})
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("secretName in spec.output.files")),
		))
		Expect(secretNames()).To(ConsistOf("link-a"))

		By("making an output Opaque, which is to become another type")
		typed := create(ejob.New(namespace, "typed").Strategy(fissilev1.StrategyNow).Files(outputFile("a.json", "typed")))
		completeWith(activeJob(typed, 1), nil, files{"main/a.json": text(`{"username":"me"}`)})
		Eventually(komega.Object(typed)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		edit(typed, func() {
			typed.Spec.Output.Files[0].Type = "kubernetes.io/basic-auth"
			typed.Spec.Trigger.Strategy = fissilev1.StrategyNow
		})
		completeWith(activeJob(typed, 2), nil, files{"main/a.json": text(`{"username":"you"}`)})
		Eventually(komega.Object(typed)).Should(SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("a different type")),
		))
		Expect(plane.client.Delete(context.Background(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "typed"}})).To(Succeed())
		Eventually(komega.Object(typed)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secret("typed")()).To(HaveField("Type", corev1.SecretTypeBasicAuth))

		By("deleting the foreign Secret")
		Expect(plane.client.Delete(context.Background(), foreign)).To(Succeed())
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		Expect(secretNames()).To(ConsistOf("link-a", "link-b", "typed"))
	})

	It("is that of the last failed pod with writeOnFailure", func() {
		ej := create(errandWithFiles(outputFile("a.json", "a")).WriteOnFailure())
		job := activeJob(ej, 1)
		pod := startPod(job)
		frame, limit := sealFiles(pod, files{"main/a.json": text(`{"a":"1"}`)})
		handOver(pod, frame, limit)
		end(pod, corev1.PodFailed, nil)
		job.Status.Failed = 1
		finish(job, "Failed", "BackoffLimitExceeded")
		Eventually(komega.Object(ej)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionTrue, fissilev1.ReasonStored),
		))
		Expect(secretNames()).To(ConsistOf("a"))
	})

	It("does not run a one-off again that reads it", func() {
		file := outputFile("a.json", "link")
		file.Versioned = new(true)
		builder := ejob.New(namespace, "files").Strategy(fissilev1.StrategyOnce).Files(file).UpdateOnConfigChange()
		builder.PodSpec().ImagePullSecrets = []corev1.LocalObjectReference{{Name: "link-v1"}}
		ej := create(builder)
		completeWith(activeJob(ej, 1), nil, files{"main/a.json": text(`{"a":"1"}`)})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Consistently(jobsEver).Should(Equal(1))
	})
})

// manyKeys returns a file with this many keys for Secrets.
func manyKeys(number int) string {
	keys := map[string]string{}
	for i := range number {
		keys[fmt.Sprintf("k%d", i)] = "{}"
	}
	content, _ := json.Marshal(keys)
	return string(content)
}
