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
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A one-off that is updated on configuration change", func() {
	var (
		config      *corev1.ConfigMap
		credentials *corev1.Secret
		oneOff      *fissilev1.ExtendedJob
	)
	// oneOffThatRan returns a one-off whose run 1 is over.
	oneOffThatRan := func(b *ejob.Builder) *fissilev1.ExtendedJob {
		GinkgoHelper()
		ej := create(b.Strategy(fissilev1.StrategyOnce))
		run(ej, 1)
		return ej
	}
	BeforeEach(func() {
		config = configMap("config", "1")
		config.Data = map[string]string{"a": "1", "b": "2"}
		config.BinaryData = map[string][]byte{"binary": {0xff, 0}}
		credentials = opaque("credentials", "1")
		createInput(config)
		createInput(credentials)
		oneOff = oneOffThatRan(ejob.New(namespace, "one-off").UpdateOnConfigChange().ReadsConfigMap("config").ReadsSecret("credentials"))
	})

	DescribeTable("runs once for each change of the data (cases 28, 29)", compat, func(mutate func()) {
		mutate()
		run(oneOff, 2)
		Expect(oneOff.Status.LastRun.Cause).To(Equal(fissilev1.CauseConfigChange))
		Consistently(jobsEver).Should(Equal(2))
	},
		Entry("a ConfigMap's data", func() { change(config, func() { config.Data["a"] = "2" }) }),
		Entry("a ConfigMap's binaryData", func() { change(config, func() { config.BinaryData["binary"] = []byte{0xff, 1} }) }),
		Entry("a key that is added", func() { change(config, func() { config.Data["c"] = "" }) }),
		Entry("a key that is removed", func() { change(config, func() { delete(config.Data, "b") }) }),
		Entry("two values that look like one", func() { change(config, func() { config.Data = map[string]string{"a": "1;b=2"} }) }),
		Entry("a key that moves from data to binaryData", func() {
			change(config, func() {
				delete(config.Data, "a")
				config.BinaryData["a"] = []byte("1")
			})
		}),
		Entry("a Secret's data", func() { setValue(credentials, "2") }),
		Entry("a Secret's stringData", func() { change(credentials, func() { credentials.StringData = map[string]string{"key": "2"} }) }),
		Entry("a ConfigMap that is deleted and created with other data (case 32)", func() {
			deleteInput(config)
			Eventually(komega.Object(oneOff)).Should(ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("ConfigMap config")))
			createInput(configMap("config", "2"))
		}),
		Entry("several changes at once", func() {
			change(config, func() { config.Data["a"] = "2" })
			setValue(credentials, "2")
		}),
	)

	It("runs once for changes that take their time, with updateDebounce, and says that it waits", func() {
		edit(oneOff, func() { oneOff.Spec.UpdateDebounce = &metav1.Duration{Duration: 5 * time.Second} })
		change(config, func() { config.Data["a"] = "2" })
		Eventually(komega.Object(oneOff)).Should(SatisfyAll(
			ejob.BeHeld(fissilev1.ReasonDebounce),
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonDebounce),
			ejob.HaveMessage(fissilev1.ConditionRunning, ContainSubstring("when nothing has changed for 5s")),
		))
		setValue(credentials, "2")
		Expect(jobsEver()).To(Equal(1))
		run(oneOff, 2)
		Expect(oneOff.Status.LastRun.ChangedInputs).To(HaveLen(2))
		Expect(jobsEver()).To(Equal(2))
	})

	DescribeTable("does not run for what is no change of the data", func(mutate func()) {
		mutate()
		Consistently(jobsEver).Should(Equal(1))
		Eventually(komega.Object(oneOff)).Should(SatisfyAll(
			ejob.BeIdle(),
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionTrue, fissilev1.ReasonSucceeded),
		))
	},
		Entry("labels, annotations and owners (case 30)", func() {
			for _, object := range []client.Object{config, credentials} {
				change(object, func() {
					object.SetLabels(map[string]string{"a": "1"})
					object.SetAnnotations(map[string]string{"a": "1"})
					object.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "uid"}})
				})
			}
		}),
		Entry("equal data that is written again (case 30)", func() {
			change(credentials, func() {
				credentials.StringData = map[string]string{"key": "1"}
				credentials.Labels = map[string]string{"written": "again"}
			})
		}),
		Entry("an object that is deleted and created with equal data (case 32)", func() {
			deleteInput(config)
			Eventually(komega.Object(oneOff)).Should(
				ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing))
			config = config.DeepCopy()
			config.ResourceVersion = ""
			createInput(config)
		}),
		Entry("objects of the same names in another namespace", func() {
			other := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "other-"}}
			createInput(other)
			for _, object := range []client.Object{configMap("config", "2"), opaque("credentials", "2")} {
				object.SetNamespace(other.Name)
				createInput(object)
				setValue(object, "3")
			}
		}),
		Entry("objects with names that begin like the input's", func() {
			for _, name := range []string{"config-v2", "conf", "config2"} {
				createInput(configMap(name, "2"))
			}
			for _, name := range []string{"credentials-v2", "cred", "mycredentials"} {
				createInput(opaque(name, "2"))
			}
		}),
	)

	It("runs once more for changes during a run, with the last data (case 34)", func() {
		setValue(config, "2")
		active := activeJob(oneOff, 2)
		for _, value := range []string{"3", "4", "5"} {
			setValue(config, value)
			Consistently(jobsOf(oneOff)).Should(HaveLen(1))
		}
		complete(active, nil)
		run(oneOff, 3)
		Expect(claimedWith(oneOff, "config")).To(Equal(config.ResourceVersion))
		Consistently(jobsEver).Should(Equal(3))
	})

	It("runs once more for a change during a run that was taken back before its end", func() {
		setValue(credentials, "2")
		active := activeJob(oneOff, 2)
		setValue(credentials, "3")
		Eventually(komega.Object(oneOff)).Should(HaveField("Status.LastRun.InputsChanged", BeTrue()))
		setValue(credentials, "2")
		complete(active, nil)
		run(oneOff, 3)
		Expect(claimedWith(oneOff, "credentials")).To(Equal(credentials.ResourceVersion))
		Consistently(jobsEver).Should(Equal(3))
	})

	Describe("and an operator that is down", func() {
		BeforeEach(func() {
			operator.stop()
			DeferCleanup(startAgain)
		})

		It("runs once for all changes (case 35)", func() {
			for _, value := range []string{"2", "3", "4"} {
				setValue(credentials, value)
			}
			operator.start()
			run(oneOff, 2)
			Expect(claimedWith(oneOff, "credentials")).To(Equal(credentials.ResourceVersion))
			Consistently(jobsEver).Should(Equal(2))
		})

		It("does not run for a change that was taken back (case 35)", func() {
			setValue(credentials, "2")
			setValue(credentials, "1")
			operator.start()
			Eventually(operator.workedOff).WithArguments(1).WithTimeout(longTimeout).Should(Succeed())
			Consistently(jobsEver).Should(Equal(1))
		})
	})

	It("compares with the last run's inputs when the flag is set later (case 37)", func() {
		oneOff := oneOffThatRan(ejob.New(namespace, "later").ReadsConfigMap("config"))
		unchanged := oneOffThatRan(ejob.New(namespace, "unchanged").ReadsSecret("credentials"))
		before := jobsEver()
		change(config, func() { config.Data["a"] = "2" })
		run(oneOffOf("one-off"), 2)
		Consistently(jobsEver).Should(Equal(before+1), "but for the one with the flag")

		edit(oneOff, func() { oneOff.Spec.UpdateOnConfigChange = new(true) })
		edit(unchanged, func() { unchanged.Spec.UpdateOnConfigChange = new(true) })
		run(oneOff, 2)
		Expect(oneOff.Status.LastRun.Cause).To(Equal(fissilev1.CauseConfigChange))
		Consistently(jobsEver).Should(Equal(before + 2))

		setValue(credentials, "2")
		run(unchanged, 2)
	})

	It("runs for a reference that is added or replaced, and then for that alone (case 39)", func() {
		createInput(configMap("added", "1"))
		edit(oneOff, func() {
			oneOff.Spec.JobTemplate.Spec.Template.Spec.InitContainers = []corev1.Container{{
				Name: "init", Image: "busybox", EnvFrom: []corev1.EnvFromSource{
					{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "added"}}},
				},
			}}
		})
		run(oneOff, 2)

		added := createInput(configMap("replacement", "1"))
		edit(oneOff, func() {
			oneOff.Spec.JobTemplate.Spec.Template.Spec.InitContainers[0].EnvFrom[0].ConfigMapRef.Name = "replacement"
		})
		run(oneOff, 3)
		setValue(added, "2")
		run(oneOff, 4)
		replaced := configMap("added", "")
		Expect(komega.Get(replaced)()).To(Succeed())
		setValue(replaced, "2")
		Consistently(jobsEver).Should(Equal(4))
	})

	It("runs when an optional input appears, changes and disappears (case 40)", func() {
		b := ejob.New(namespace, "optional").UpdateOnConfigChange().ReadsConfigMap("optional")
		b.PodSpec().Containers[0].EnvFrom[0].ConfigMapRef.Optional = new(true)
		before := jobsEver()
		oneOff := oneOffThatRan(b)
		optional := createInput(configMap("optional", "1"))
		run(oneOff, 2)
		setValue(optional, "2")
		run(oneOff, 3)
		deleteInput(optional)
		run(oneOff, 4)
		Consistently(jobsEver).Should(Equal(before + 4))
	})

	DescribeTable("does not run for its own output", func(builder func() *ejob.Builder, outputs ...string) {
		b := builder().UpdateOnConfigChange()
		for i := range b.PodSpec().Containers[0].EnvFrom {
			b.PodSpec().Containers[0].EnvFrom[i].SecretRef.Optional = new(true)
		}
		before := jobsEver()
		oneOff := create(b.Strategy(fissilev1.StrategyOnce))
		complete(activeJob(oneOff, 1), logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secretNames()).To(ContainElement(outputs[0]))
		setStrategy(oneOff, fissilev1.StrategyNow)
		complete(activeJob(oneOff, 2), logs{"main": `{"a":"2"}`})
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secretNames()).To(ContainElement(outputs[1]))
		Consistently(jobsEver).Should(Equal(before + 2))
	},
		Entry("in a Secret", func() *ejob.Builder {
			return ejob.New(namespace, "self").Output("out").ReadsSecret("out-main")
		}, "out-main", "out-main"),
		Entry("in a versioned Secret", func() *ejob.Builder {
			return ejob.New(namespace, "self").Output("out").Versioned().ReadsSecret("out-main-v1")
		}, "out-main-v1", "out-main-v2"),
	)

	It("is delayed when it is a link of a circle, and says so", func() {
		// Each reads the other's output, and prints something else each time.
		links := map[string]*fissilev1.ExtendedJob{}
		for name, input := range map[string]string{"ping": "pong-main", "pong": "ping-main"} {
			b := ejob.New(namespace, name).UpdateOnConfigChange().Output(name).ReadsSecret(input)
			b.PodSpec().Containers[0].EnvFrom[0].SecretRef.Optional = new(true)
			links[name] = create(b.Strategy(fissilev1.StrategyOnce))
		}
		var delayed *fissilev1.ExtendedJob
		printed := 0
		Eventually(func(g Gomega) {
			for _, link := range links {
				jobs, err := jobsOf(link)()
				g.Expect(err).NotTo(HaveOccurred())
				for i := range jobs {
					if jobs[i].Status.CompletionTime == nil && jobs[i].DeletionTimestamp == nil {
						printed++
						complete(&jobs[i], logs{"main": fmt.Sprintf(`{"printed":"%d"}`, printed)})
					}
				}
			}
			for _, link := range links {
				g.Expect(komega.Get(link)()).To(Succeed())
				if c := meta.FindStatusCondition(link.Status.Conditions, fissilev1.ConditionRunning); c != nil && c.Reason == fissilev1.ReasonTriggerBackoff {
					delayed = link
				}
			}
			g.Expect(delayed).NotTo(BeNil())
		}).WithTimeout(longTimeout).Should(Succeed())
		Expect(delayed).To(SatisfyAll(
			ejob.BeHeld(fissilev1.ReasonTriggerBackoff),
			ejob.HaveCondition(fissilev1.ConditionComplete, metav1.ConditionFalse, fissilev1.ReasonTriggerBackoff),
			HaveField("Status.LastRun.Streak", BeEquivalentTo(5)),
		))
		Eventually(eventNotes).WithArguments(delayed, fissilev1.ReasonTriggerBackoff).Should(HaveLen(1))
	})

	It("runs nothing when the key of the digests is lost, but for what was written since", func() {
		untouched := oneOffThatRan(ejob.New(namespace, "untouched").UpdateOnConfigChange().ReadsConfigMap("config"))
		written := oneOffThatRan(ejob.New(namespace, "written").UpdateOnConfigChange().ReadsSecret("credentials"))
		before := jobsEver()
		operator.stop()
		DeferCleanup(startAgain)
		key := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: controlplane.OperatorNamespace, Name: "extendedjob-digest-key"}}
		deleteInput(key)
		change(credentials, func() { credentials.Labels = map[string]string{"only": "metadata"} })
		operator.start()
		for _, ej := range []*fissilev1.ExtendedJob{written, oneOff} { // and what other specs have left behind
			Eventually(komega.Object(ej)).WithTimeout(crowdTimeout).Should(HaveField("Status.LastRun.Number", BeEquivalentTo(2)))
		}

		run(written, 2)
		Eventually(eventNotes).WithArguments(written, "InputsNotComparable").Should(HaveLen(1))
		run(oneOff, 2) // it reads both
		digest := untouched.Status.Inputs.Digest
		Eventually(komega.Object(untouched)).Should(HaveField("Status.Inputs.Digest", Not(Equal(digest))))
		Consistently(jobsEver).Should(Equal(before + 2))
		change(config, func() { config.Data["a"] = "2" })
		run(untouched, 2)
	})
})

var _ = Describe("A one-off that is updated on template change", func() {
	It("runs when the template means something else, and not when it is written in another way", func() {
		b := ejob.New(namespace, "one-off").Strategy(fissilev1.StrategyOnce)
		b.Obj().Spec.UpdateOnTemplateChange = new(true)
		oneOff := create(b)
		template := &oneOff.Spec.JobTemplate.Spec.Template.Spec
		run(oneOff, 1)

		edit(oneOff, func() { // the defaults of the API server, and ours
			oneOff.Spec.JobTemplate.Spec.BackoffLimit = new(int32(2))
			oneOff.Spec.JobTemplate.Spec.Completions = new(int32(1))
			template.DNSPolicy = corev1.DNSClusterFirst
			template.Containers[0].TerminationMessagePath = corev1.TerminationMessagePathDefault
			template.Containers[0].ImagePullPolicy = corev1.PullAlways // of an image without a tag
		})
		Eventually(komega.Object(oneOff)).Should(ejob.BeIdle())
		Consistently(jobsEver).Should(Equal(1))

		edit(oneOff, func() { template.Containers[0].Args = []string{"new"} })
		job := activeJob(oneOff, 2)
		Expect(job.Spec.Template.Spec.Containers[0].Args).To(Equal([]string{"new"}))
		edit(oneOff, func() { template.Containers[0].Args = []string{"newer"} })
		complete(job, nil)
		run(oneOff, 3)
		Expect(oneOff.Status.LastRun.Cause).To(Equal(fissilev1.CauseTemplateChange))

		edit(oneOff, func() { template.Containers[0].TerminationMessagePath = "" })
		Eventually(komega.Object(oneOff)).Should(ejob.BeIdle())
		Consistently(jobsEver).Should(Equal(3))
	})
})

// claimedWith returns the resourceVersion that an input had when the last run was
// claimed.
func claimedWith(ej *fissilev1.ExtendedJob, name string) string {
	GinkgoHelper()
	for _, object := range ej.Status.Inputs.Objects {
		if object.Name == name {
			return object.ResourceVersion
		}
	}
	Fail("status.inputs does not name " + name)
	return ""
}

// oneOffOf returns the ExtendedJob of a name in the spec's namespace.
func oneOffOf(name string) *fissilev1.ExtendedJob {
	GinkgoHelper()
	ej := ejob.New(namespace, name).Obj()
	Expect(komega.Get(ej)()).To(Succeed())
	return ej
}
