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
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/audit"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("The validating webhook", compat, func() {
	ctx := context.Background()
	both := []string{"v1", "v1alpha1"}
	template := map[string]string{"v1": "/spec/jobTemplate/spec/template", "v1alpha1": "/spec/template"}
	// inTemplate returns the path of a field of the pod template, as in refusals.
	inTemplate := func(version, field string) string {
		return strings.ReplaceAll(template[version][1:], "/", ".") + "." + field
	}

	DescribeTable("refuses a template of which the API server would refuse the Job, by the user's paths (cases 8, 10)",
		func(path, value, field string) {
			for _, version := range both {
				By(version)
				patch := add(template[version]+path, value)
				expectRefusal(createManifest(patched(valid[version], patch)), inTemplate(version, field))

				Expect(createManifest([]byte(valid[version]))).To(Succeed())
				object := named("valid", version)
				expectRefusal(plane.client.Patch(ctx, object, client.RawPatch(types.JSONPatchType, []byte(patch))), inTemplate(version, field))
				Expect(plane.client.Delete(ctx, object)).To(Succeed())
			}
			Expect(jobsEver()).To(BeZero())
		},
		Entry("a container's name that is no label", "/spec/containers/0/name", `"Not_A_Label"`, "spec.containers[0].name"),
		Entry("a container without an image", "/spec/containers/0/image", `""`, "spec.containers[0].image"),
		Entry("an empty list of containers", "/spec/containers", `[]`, "spec.containers"),
		Entry("a volume that there is not", "/spec/containers/0/volumeMounts", `[{"name":"none","mountPath":"/none"}]`, "spec.containers[0].volumeMounts[0].name"),
		Entry("a pod's label that is none", "/metadata", `{"labels":{"key":"my value"}}`, "metadata.labels"),
		Entry("a Secret's name with a parenthesis", "/spec/containers/0/envFrom", `[{"secretRef":{"name":"foo(-v1"}}]`, "spec.containers[0].envFrom[0].secretRef.name"),
		Entry("a Secret's name with two dots in a row", "/spec/containers/0/envFrom", `[{"secretRef":{"name":"a..b"}}]`, "spec.containers[0].envFrom[0].secretRef.name"),
		Entry("a ConfigMap's name with a variable", "/spec/containers/0/envFrom", `[{"configMapRef":{"name":"$(X)"}}]`, "spec.containers[0].envFrom[0].configMapRef.name"),
	)

	It("refuses a field of the template in v1alpha1 that only v1 has, by the annotation's path", func() {
		expectRefusal(createManifest(patched(valid["v1alpha1"],
			add("/metadata/annotations", `{"fissile.cloudfoundry.org/conversion-data":"{\"jobTemplate\":{\"spec\":{\"completions\":2}}}"}`))),
			"metadata.annotations[fissile.cloudfoundry.org/conversion-data].jobTemplate.spec.completions")
	})

	It("refuses an ExtendedJob in the operator's namespace, unless the configuration lets it run there", func() {
		intruder := func() *fissilev1.ExtendedJob {
			return ejob.New(operatorNamespace, "intruder").Strategy(fissilev1.StrategyManual).Obj()
		}
		expectRefusal(plane.client.Create(ctx, intruder()), "metadata.namespace")

		operator.config.RunInOwnNamespace = new(true)
		operator.restart()
		DeferCleanup(func() {
			operator.config.RunInOwnNamespace = nil
			operator.restart()
		})
		Expect(plane.client.Create(ctx, intruder(), client.DryRunAll)).To(Succeed())
	})

	It("refuses output in a Secret with a name that others trust", func() {
		expectRefusal(plane.client.Create(ctx, ejob.New(namespace, "planter").Strategy(fissilev1.StrategyManual).
			Containers("v2").Output("sh.helm.release.v1.app.").Obj()), "spec.output.namePrefix")
	})

	It("says all that is wrong at once, with every field", func() {
		b := ejob.New(namespace, "wrong").Strategy(fissilev1.StrategyOnce).Containers("Not_A_Label", strings.Repeat("c", 60)).
			Output(strings.Repeat("p", 200)).SecretLabels(map[string]string{fissilev1.LabelUID: "mine"})
		b.Obj().Spec.JobTemplate.Spec.Completions = new(int32(2))
		err := plane.client.Create(ctx, b.Obj())
		Expect(err).To(MatchError(apierrors.IsInvalid, "IsInvalid"))
		for _, field := range []string{
			"spec.output.namePrefix",
			"spec.output.secretLabels[fissile.cloudfoundry.org/ejob-uid]",
			"spec.jobTemplate.spec.completions",
			"spec.jobTemplate.spec.template.spec.containers[0].name",
		} {
			expectRefusal(err, field)
		}
	})

	DescribeTable("accepts any name of an ExtendedJob, and its Job is created (case 8)", func(name string) {
		ej := create(ejob.New(namespace, name).Strategy(fissilev1.StrategyOnce))
		complete(activeJob(ej, 1), nil)
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
	},
		Entry("of 64 characters", strings.Repeat("a", 64)),
		Entry("of 253 characters", strings.Repeat("a", 253)),
		Entry("with a dot where it is cut off", strings.Repeat("a", 51)+"."+strings.Repeat("b", 20)),
	)

	DescribeTable("warns of what is legal and useless (case 7)", func(version, patch, warning string) {
		Expect(kubectlWithInput(string(patched(valid[version], patch)), "create", "--filename=-")).
			To(ContainSubstring("Warning: " + warning))
	},
		Entry("updateOnConfigChange on an errand", "v1", add("/spec/updateOnConfigChange", `true`), "spec.updateOnConfigChange has no effect"),
		Entry("updateOnConfigChange on an errand, in v1alpha1", "v1alpha1", add("/spec/updateOnConfigChange", `true`), "spec.updateOnConfigChange has no effect"),
		Entry("the retired field when", "v1alpha1", add("/spec/trigger/when", `"ready"`), "spec.trigger.when no longer has any effect"),
		Entry("the retired field selector", "v1alpha1", add("/spec/trigger/selector", `{}`), "spec.trigger.selector no longer has any effect"),
	)

	DescribeTable("tells a user of kubectl what is wrong, and nothing else", func(version, patch string, refusals ...string) {
		told := kubectlRefusal(string(patched(valid[version], patch)), "apply", "--filename=-")
		told = strings.TrimPrefix(strings.TrimSuffix(told, "\n"), `The ExtendedJob "valid" is invalid: `)
		Expect(strings.Split(strings.TrimPrefix(told, "\n* "), "\n* ")).To(ConsistOf(refusals))
	},
		Entry("a strategy that there is not", "v1", add("/spec/trigger/strategy", `"NOW"`),
			`spec.trigger.strategy: Unsupported value: "NOW": supported values: "manual", "now", "once", "done"`),
		Entry("no trigger", "v1", remove("/spec/trigger"), "spec.trigger: Required value"),
		Entry("no restartPolicy", "v1", remove("/spec/jobTemplate/spec/template/spec/restartPolicy"),
			`spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: "": supported values: "Never", "OnFailure"`),
		Entry("restartPolicy Always, in v1alpha1", "v1alpha1", add("/spec/template/spec/restartPolicy", `"Always"`),
			`spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "Never", "OnFailure"`),
		Entry("a number in the environment", "v1", add("/spec/jobTemplate/spec/template/spec/containers/0/env", `[{"name":"A","value":1}]`),
			`spec.jobTemplate.spec.template.spec.containers[0].env[0].value: Invalid value: "integer": `+
				`spec.jobTemplate.spec.template.spec.containers[0].env[0].value in body must be of type string: "integer"`),
		Entry("everything in the output", "v1", add("/spec/output", `{"namePrefix":"My_Output","outputType":"yaml","deletionPolicy":"keep"}`),
			`spec.output.deletionPolicy: Unsupported value: "keep": supported values: "Delete", "Retain"`,
			`spec.output.namePrefix: Invalid value: "My_Output": spec.output.namePrefix in body should match '^[a-z0-9][-a-z0-9.]*$'`,
			`spec.output.outputType: Unsupported value: "yaml": supported values: "json"`),
		Entry("a selector", "v1", add("/spec/jobTemplate/spec/selector", `{"matchLabels":{"app":"mine"}}`),
			"spec.jobTemplate.spec.selector: Forbidden: every run's Job selects its own pods: remove it"),
		Entry("a label of the Job's own, in v1alpha1", "v1alpha1", add("/spec/template/metadata", `{"labels":{"batch.kubernetes.io/job-name":"mine"}}`),
			"spec.template.metadata.labels[batch.kubernetes.io/job-name]: Forbidden: every run's Job sets this label: remove it"),
		Entry("a variable from a field of the pod that there is not", "v1",
			add("/spec/trigger", `{"strategy":"manual","requestID":"1","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.nme"}}}]}`),
			`spec.trigger.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.nme": error converting fieldPath: field label not supported: metadata.nme`),
		Entry("a variable from a resource that there is not, in v1alpha1", "v1alpha1",
			add("/metadata/annotations", `{"fissile.cloudfoundry.org/conversion-data":`+
				`"{\"trigger\":{\"requestID\":\"1\",\"env\":[{\"name\":\"A\",\"valueFrom\":{\"resourceFieldRef\":{\"resource\":\"limits.gold\"}}}]}}"}`),
			`metadata.annotations[fissile.cloudfoundry.org/conversion-data].trigger.env[0].valueFrom.resourceFieldRef.resource: `+
				`Unsupported value: "limits.gold": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", `+
				`"requests.cpu", "requests.ephemeral-storage", "requests.memory"`),
	)

	It("refuses bad variables of an ExtendedJob that is there, by hand", func() {
		create(ejob.New(namespace, "valid").Strategy(fissilev1.StrategyManual))
		Expect(kubectlRefusal("", "patch", "ejob", "valid", "--type=merge", "--patch",
			`{"spec":{"trigger":{"strategy":"now","env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"spec.nodename"}}}]}}}`)).
			To(ContainSubstring("spec.trigger.env[0].valueFrom.fieldRef.fieldPath: "))
	})

	It("warns of a field that there is not in a patch by hand", func() {
		create(ejob.New(namespace, "valid").Strategy(fissilev1.StrategyManual))
		Expect(kubectl("patch", "ejob", "valid", "--type=merge", "--patch", `{"spec":{"strategy":"now"}}`)).
			To(ContainSubstring(`Warning: unknown field "spec.strategy"`))
	})

	It("warns of output to a Secret that another ExtendedJob writes", func() {
		create(ejob.New(namespace, "first").Strategy(fissilev1.StrategyManual).Containers("json").Output("foo-"))
		Eventually(func() string {
			return kubectlWithInput(valid["v1"], "create", "--filename=-", "--dry-run=server")
		}).Should(ContainSubstring("Warning: Secret foo-json is also the output of ExtendedJob first"))
	})

	It("has no effect of its own in a dry run (case 11)", func() {
		kubectlWithInput(valid["v1"], "create", "--filename=-", "--dry-run=server")
		Expect(komega.Get(ejob.New(namespace, "valid").Obj())()).To(MatchError(apierrors.IsNotFound, "IsNotFound"))
		Expect(jobsOf(ejob.New(namespace, "valid").Obj())()).To(BeEmpty())
	})

	It("accepts a template that cannot be tried, with a warning", func() {
		forbidImage("busybox")
		Expect(kubectlWithInput(valid["v1"], "create", "--filename=-")).
			To(ContainSubstring("Warning: spec.jobTemplate.spec.template was not checked: "))
	})

	It("is not needed for what it does not judge", func() {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(errand)).Should(ejob.BeIdle())
		config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "other-kind"}}
		operator.stop()
		DeferCleanup(startAgain)

		By("refusing at once what it would have to judge, and saying why")
		Expect(plane.client.Create(ctx, ejob.New(namespace, "new").Strategy(fissilev1.StrategyManual).Obj())).
			To(MatchError(ContainSubstring("failed calling webhook \"v1.extendedjob.fissile.cloudfoundry.org\"")))
		Expect(plane.client.Get(ctx, client.ObjectKeyFromObject(errand), inV1alpha1(errand))).
			To(MatchError(ContainSubstring("conversion webhook for fissile.cloudfoundry.org/v1, Kind=ExtendedJob failed")))
		By("letting the schema refuse what is invalid")
		expectRefusal(plane.client.Create(ctx, ejob.New(namespace, "new").Strategy("foo").Obj()), "spec.trigger.strategy")
		By("letting alone what is of another kind")
		Expect(plane.client.Create(ctx, config)).To(Succeed())
		Expect(plane.client.Delete(ctx, config)).To(Succeed())

		By("letting users read, ask for runs, label and delete")
		Expect(komega.Get(errand)()).To(Succeed())
		setStrategy(errand, fissilev1.StrategyNow)
		edit(errand, func() { errand.Labels = map[string]string{"key": "value"} })
		edit(errand, func() { errand.Finalizers = []string{"example.com/keep"} })
		Expect(plane.client.Delete(ctx, errand)).To(Succeed())
		edit(errand, func() { errand.Finalizers = nil })
		Expect(komega.Get(errand)()).To(MatchError(apierrors.IsNotFound, "IsNotFound"))
		operator.start()
	})

	It("looks at an ExtendedJob that is being deleted, too, which a finalizer can keep for long", func() {
		for _, version := range both {
			By(version)
			Expect(createManifest(patched(valid[version], add("/metadata/finalizers", `["example.com/keep"]`)))).To(Succeed())
			object := named("valid", version)
			Expect(plane.client.Delete(ctx, object)).To(Succeed())
			change := func(patch string) error {
				return plane.client.Patch(ctx, object, client.RawPatch(types.JSONPatchType, []byte(patch)))
			}
			container := template[version] + "/spec/containers/0"
			expectRefusal(change(add(container+"/image", `""`)), inTemplate(version, "spec.containers[0].image"))
			expectRefusal(change(add(container+"/resources", `{"limits":{"cpu":"1e1.5"}}`)), inTemplate(version, "spec.containers[0].resources.limits.cpu"))
			Expect(change(add(container+"/image", `"busybox:1.37"`))).To(Succeed())
			Expect(change(remove("/metadata/finalizers"))).To(Succeed())
		}
	})

	It("passes on what a Job is warned of, by the user's paths", func() {
		for _, version := range both {
			ports := add(template[version]+"/spec/containers/0/ports", `[{"containerPort":80},{"name":"http","containerPort":80}]`)
			Expect(kubectlWithInput(string(patched(valid[version], ports)), "create", "--filename=-", "--dry-run=server")).
				To(ContainSubstring("Warning: " + inTemplate(version, "spec.containers[0].ports[1]") + ": duplicate port definition"))
		}
	})

	It("tries a Job for a new template and new variables, and for nothing else", func() {
		trials := func() (count int) {
			for _, event := range plane.audit.since(moment{}) {
				if audit.IsDryRun(event) && event.ObjectRef.Namespace == namespace {
					count++
				}
			}
			return count
		}
		ej := create(ejob.New(namespace, "tried").Strategy(fissilev1.StrategyNow).Output("foo"))
		complete(activeJob(ej, 1), logs{"main": `{"a":"1"}`})
		Eventually(komega.Object(ej)).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyManual))
		edit(ej, func() { ej.Labels = map[string]string{"key": "value"} })
		edit(ej, func() { ej.Spec.Output.WriteOnFailure = new(true) })
		Eventually(trials).Should(Equal(1)) // the audit log is written after the response
		edit(ej, func() { ej.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Image = "busybox:1.37" })
		Eventually(trials).Should(Equal(2))
		Eventually(komega.Object(ej)).Should(ejob.BeIdle()) // or the edit takes two attempts
		edit(ej, func() { ej.Spec.Trigger.Env = []fissilev1.TriggerEnvVar{{Name: "LEVEL", Value: new("debug")}} })
		Eventually(trials).Should(Equal(3))
	})
})
