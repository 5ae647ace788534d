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
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("Inputs", func() {
	It("are waited for and run for wherever a pod can name them (case 42)", func() {
		type input struct {
			object client.Object
			// refer adds a reference to the object to a pod.
			refer func(*corev1.PodSpec)
			// awaited reports whether pods cannot start without it.
			awaited bool
		}
		named := func(name string) corev1.LocalObjectReference { return corev1.LocalObjectReference{Name: name} }
		env := func(c *corev1.Container, source corev1.EnvVarSource) {
			c.Env = append(c.Env, corev1.EnvVar{Name: "VALUE", ValueFrom: &source})
		}
		volume := func(pod *corev1.PodSpec, source corev1.VolumeSource) {
			pod.Volumes = append(pod.Volumes, corev1.Volume{Name: "volume", VolumeSource: source})
		}
		initContainer := func(pod *corev1.PodSpec, restart *corev1.ContainerRestartPolicy) *corev1.Container {
			pod.InitContainers = []corev1.Container{{Name: "init", Image: "busybox", RestartPolicy: restart}}
			return &pod.InitContainers[0]
		}
		// The object is named after the kind of reference.
		inputs := map[string]input{
			"cm-env": {configMap("cm-env", "1"), func(p *corev1.PodSpec) {
				env(&p.Containers[0], corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: named("cm-env"), Key: "key"}})
			}, true},
			"cm-env-from": {configMap("cm-env-from", "1"), func(p *corev1.PodSpec) {
				p.Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: named("cm-env-from")}}}
			}, true},
			"cm-volume": {configMap("cm-volume", "1"), func(p *corev1.PodSpec) {
				volume(p, corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: named("cm-volume")}})
			}, true},
			"cm-projected": {configMap("cm-projected", "1"), func(p *corev1.PodSpec) {
				volume(p, corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
					{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: named("cm-projected")}},
				}}})
			}, true},
			"secret-env": {opaque("secret-env", "1"), func(p *corev1.PodSpec) {
				env(&p.Containers[0], corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: named("secret-env"), Key: "key"}})
			}, true},
			"secret-env-from": {opaque("secret-env-from", "1"), func(p *corev1.PodSpec) {
				p.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: named("secret-env-from")}}}
			}, true},
			"secret-volume": {opaque("secret-volume", "1"), func(p *corev1.PodSpec) {
				volume(p, corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "secret-volume"}})
			}, true},
			"secret-projected": {opaque("secret-projected", "1"), func(p *corev1.PodSpec) {
				volume(p, corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
					{Secret: &corev1.SecretProjection{LocalObjectReference: named("secret-projected")}},
				}}})
			}, true},
			"secret-csi": {opaque("secret-csi", "1"), func(p *corev1.PodSpec) {
				volume(p, corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "csi.example.com", NodePublishSecretRef: new(named("secret-csi"))}})
			}, true},
			"secret-init": {opaque("secret-init", "1"), func(p *corev1.PodSpec) {
				env(initContainer(p, nil), corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: named("secret-init"), Key: "key"}})
			}, true},
			"cm-sidecar": {configMap("cm-sidecar", "1"), func(p *corev1.PodSpec) {
				initContainer(p, new(corev1.ContainerRestartPolicyAlways)).EnvFrom = []corev1.EnvFromSource{
					{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: named("cm-sidecar")}},
				}
			}, true},
			"secret-pull": {opaque("secret-pull", "1"), func(p *corev1.PodSpec) {
				p.ImagePullSecrets = []corev1.LocalObjectReference{named("secret-pull")}
			}, false},
		}
		oneOffs := map[string]*fissilev1.ExtendedJob{}
		runs := map[string]int64{}
		for name, input := range inputs {
			b := ejob.New(namespace, name).Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange()
			input.refer(b.PodSpec())
			oneOffs[name] = create(b)
		}
		// runAll completes the next run of all one-offs.
		runAll := func() {
			GinkgoHelper()
			for name, oneOff := range oneOffs {
				runs[name]++
				run(oneOff, runs[name])
			}
		}

		By("creating them with their inputs missing")
		for name, input := range inputs {
			if input.awaited {
				Eventually(komega.Object(oneOffs[name])).Should(SatisfyAll(
					ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionFalse, fissilev1.ReasonReferencesMissing),
					ejob.HaveMessage(fissilev1.ConditionReferencesResolved, ContainSubstring(name)),
					ejob.BeHeld(fissilev1.ReasonReferencesMissing),
				))
			} else {
				runs[name]++
				run(oneOffs[name], runs[name])
			}
		}
		Expect(jobsEver()).To(Equal(1), "a pod starts without its imagePullSecrets")

		By("creating the inputs")
		for _, input := range inputs {
			createInput(input.object)
		}
		runAll()

		By("changing the inputs")
		for _, input := range inputs {
			setValue(input.object, "2")
		}
		runAll()
		for name, oneOff := range oneOffs {
			Expect(oneOff.Status.LastRun).To(HaveValue(SatisfyAll(
				HaveField("Cause", fissilev1.CauseConfigChange),
				HaveField("ChangedInputs", ConsistOf(HaveField("Name", name))),
			)), name)
		}
		Consistently(jobsEver).Should(Equal(2*len(inputs) + 1))
	})

	It("that are missing are named exactly, once for each change, also by an operator that was restarted (cases 17, 43)", func() {
		b := ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyNow).ReadsConfigMap("one").ReadsSecret("two").ReadsConfigMap("three")
		errand := create(b)
		missing := func(what string) {
			GinkgoHelper()
			Eventually(komega.Object(errand)).Should(SatisfyAll(
				ejob.HaveMessage(fissilev1.ConditionReferencesResolved, Equal("Missing: "+what+".")),
				ejob.HaveStrategy(fissilev1.StrategyNow),
			))
		}
		missing("ConfigMap one, ConfigMap three, Secret two")
		createInput(opaque("two", "1"))
		missing("ConfigMap one, ConfigMap three")

		operator.stop()
		DeferCleanup(startAgain)
		operator.start()
		createInput(configMap("three", "1"))
		Eventually(komega.Object(errand)).WithTimeout(longTimeout).Should(
			ejob.HaveMessage(fissilev1.ConditionReferencesResolved, Equal("Missing: ConfigMap one.")))
		Expect(jobsEver()).To(BeZero())

		createInput(configMap("one", "1"))
		complete(activeJob(errand, 1), nil)
		Eventually(komega.Object(errand)).Should(SatisfyAll(
			ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual),
			ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionTrue, fissilev1.ReasonReferencesFound),
		))
		Consistently(jobsEver).Should(Equal(1))
		Eventually(eventNotes).WithArguments(errand, fissilev1.ReasonReferencesMissing).Should(ConsistOf(
			"Missing: ConfigMap one, ConfigMap three, Secret two.", "Missing: ConfigMap one, ConfigMap three.", "Missing: ConfigMap one.",
		))
	})

	It("that lack a key are waited for", func() {
		b := ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyOnce)
		config := createInput(configMap("config", "1")).(*corev1.ConfigMap)
		b.PodSpec().Containers[0].Env = []corev1.EnvVar{
			{Name: "A", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: "config"}, Key: "color",
			}}},
			{Name: "B", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: "config"}, Key: "shape", Optional: new(true),
			}}},
		}
		oneOff := create(b)
		Eventually(komega.Object(oneOff)).Should(ejob.HaveMessage(fissilev1.ConditionReferencesResolved, Equal("Missing: key color of ConfigMap config.")))
		Consistently(jobsEver).Should(BeZero())

		change(config, func() { config.Data["color"] = "blue" })
		run(oneOff, 1)
	})

	It("that are optional are not waited for (case 44)", func() {
		b := ejob.New(namespace, "optional").Strategy(fissilev1.StrategyOnce)
		b.PodSpec().Containers[0].EnvFrom = []corev1.EnvFromSource{
			{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "none"}, Optional: new(true)}},
			{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "none"}, Optional: new(true)}},
		}
		oneOff := create(b)
		run(oneOff, 1)
		Expect(oneOff).To(ejob.HaveCondition(fissilev1.ConditionReferencesResolved, metav1.ConditionTrue, fissilev1.ReasonReferencesFound))
	})

	It("that are missing are no longer waited for when the template does without them (case 46)", func() {
		oneOff := create(ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyOnce).ReadsConfigMap("none"))
		Eventually(komega.Object(oneOff)).Should(ejob.BeHeld(fissilev1.ReasonReferencesMissing))
		edit(oneOff, func() {
			container := &oneOff.Spec.JobTemplate.Spec.Template.Spec.Containers[0]
			container.EnvFrom, container.Args = nil, []string{"new"}
		})
		job := activeJob(oneOff, 1)
		Expect(job.Spec.Template.Spec.Containers[0].Args).To(Equal([]string{"new"}))
		complete(job, nil)
		Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
	})

	It("with names that no object can have are missing, and no error (case 10)", func() {
		b := ejob.New(namespace, "waiting").Strategy(fissilev1.StrategyOnce)
		names := []string{"$(X)", "../secrets", "a%2Fb", "a..b", "foo(-v1"}
		for i, name := range names {
			// The API server accepts these, unlike names in env.
			b.PodSpec().Volumes = append(b.PodSpec().Volumes, corev1.Volume{Name: fmt.Sprintf("volume-%d", i), VolumeSource: corev1.VolumeSource{
				Secret: &corev1.SecretVolumeSource{SecretName: name},
			}})
		}
		failed := func() (float64, error) { return operator.metric("controller_runtime_reconcile_errors_total", nil) }
		before, err := failed()
		Expect(err).NotTo(HaveOccurred())
		oneOff := create(b)
		for _, name := range names {
			Eventually(komega.Object(oneOff)).Should(ejob.HaveMessage(fissilev1.ConditionReferencesResolved, ContainSubstring("Secret "+name)))
		}
		Expect(failed()).To(Equal(before))
		Expect(jobsEver()).To(BeZero())
	})
})

// configMap returns a ConfigMap of the spec's namespace with one key.
func configMap(name, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string]string{"key": value}}
}

// opaque returns a Secret of the spec's namespace with one key.
func opaque(name, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string][]byte{"key": []byte(value)}}
}

func createInput(object client.Object) client.Object {
	GinkgoHelper()
	Expect(plane.client.Create(context.Background(), object)).To(Succeed())
	return object
}

func deleteInput(object client.Object) {
	GinkgoHelper()
	Expect(plane.client.Delete(context.Background(), object)).To(Succeed())
}

// change changes a ConfigMap or Secret.
func change(object client.Object, mutate func()) {
	GinkgoHelper()
	Eventually(komega.Update(object, mutate)).Should(Succeed())
}

// setValue changes the value in a ConfigMap or Secret.
func setValue(object client.Object, value string) {
	GinkgoHelper()
	change(object, func() {
		switch object := object.(type) {
		case *corev1.ConfigMap:
			object.Data = map[string]string{"key": value}
		case *corev1.Secret:
			object.Data = map[string][]byte{"key": []byte(value)}
		}
	})
}

// run completes a run of a one-off, which is then done.
func run(oneOff *fissilev1.ExtendedJob, number int64) {
	GinkgoHelper()
	complete(activeJob(oneOff, number), nil)
	Eventually(komega.Object(oneOff)).Should(ejob.HaveSettled(number, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
}

// eventNotes returns the notes of the events with a reason.
func eventNotes(ej *fissilev1.ExtendedJob, reason string) ([]string, error) {
	events, err := eventsOn(ej)()
	var notes []string
	for _, event := range events {
		if event.Reason == reason {
			notes = append(notes, event.Note)
		}
	}
	return notes, err
}
