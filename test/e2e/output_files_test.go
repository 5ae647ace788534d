//go:build e2e

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

package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// writer returns a one-off whose container main runs a script in the directory for
// its files.
func writer(namespace, name, script string, files ...fissilev1.OutputFile) *ejob.Builder {
	builder := shell(namespace, name, "cd /mnt/quarks\n"+script).Strategy(fissilev1.StrategyOnce)
	builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
	for i := range files {
		if files[i].Container == "" {
			files[i].Container = "main"
		}
	}
	builder.Obj().Spec.Output = &fissilev1.Output{Files: files}
	return builder
}

var _ = Describe("Files", func() {
	It("become Secrets by their layouts, with versions, and those of keys that are gone go", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := writer(namespace, "one-off", `
			printf '{"user":"app","run":"%s"}' "$RUN" > keys.json
			printf '{"user":"app"}' > same.json
			printf '{"nats":"{\\"port\\":\\"4222\\"}","%s":"{\\"port\\":\\"4223\\"}"}' "$RUN" > provides.json
			mkdir sub; printf '\377\000\n' > 'sub/$(HOSTNAME)'
			printf '{"tls.crt":"crt","tls.key":"key"}' > tls.json
			echo '{"printed":"here"}'`,
			fissilev1.OutputFile{Path: "keys.json", SecretName: "keys", Versioned: new(true), SecretLabels: map[string]string{"of": "file"}},
			fissilev1.OutputFile{Path: "same.json", SecretName: "same", Versioned: new(true), SkipUnchanged: new(true)},
			fissilev1.OutputFile{Path: "provides.json", SecretName: "link", Layout: fissilev1.LayoutSecretPerKey},
			fissilev1.OutputFile{Path: "sub/$(HOSTNAME)", SecretName: "file", Layout: fissilev1.LayoutFile, Key: "bytes"},
			fissilev1.OutputFile{Path: "tls.json", SecretName: "tls", Type: fissilev1.OutputSecretType(corev1.SecretTypeTLS)},
			fissilev1.OutputFile{Path: "optional.json", SecretName: "optional", WhenMissing: fissilev1.MissingFileIgnore},
		)
		oneOff := builder.Obj()
		oneOff.Spec.Output.NamePrefix = "out"
		oneOff.Spec.Output.Containers = []string{"main"}
		builder.PodSpec().Containers[0].Env = []corev1.EnvVar{{Name: "RUN", Value: "first"}}
		Expect(k8s.Create(ctx, oneOff)).To(Succeed())
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secrets(namespace)(ctx)).To(Equal(map[string]map[string]string{
			"keys-v1":    {"user": "app", "run": "first"},
			"same-v1":    {"user": "app"},
			"link-nats":  {"port": "4222"},
			"link-first": {"port": "4223"},
			"file":       {"bytes": "\xff\x00\n"},
			"tls":        {"tls.crt": "crt", "tls.key": "key"},
			"out-main":   {"printed": "here"},
		}))
		tls, keys := &corev1.Secret{}, &corev1.Secret{}
		Expect(k8s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "tls"}, tls)).To(Succeed())
		Expect(tls.Type).To(Equal(corev1.SecretTypeTLS))
		Expect(k8s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "keys-v1"}, keys)).To(Succeed())
		Expect(keys.Labels).To(HaveKeyWithValue("of", "file"))

		patch(ctx, oneOff, `{"spec":{"trigger":{"strategy":"now","env":[{"name":"RUN","value":"second"}]}}}`)
		Eventually(the(oneOff)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Eventually(secrets(namespace)).WithContext(ctx).Should(SatisfyAll(
			HaveLen(8),
			HaveKeyWithValue("keys-v1", map[string]string{"user": "app", "run": "first"}),
			HaveKeyWithValue("keys-v2", map[string]string{"user": "app", "run": "second"}),
			HaveKey("same-v1"), HaveKey("link-nats"), HaveKey("link-second"), HaveKey("file"), HaveKey("tls"), HaveKey("out-main"),
		))
	})

	It("are handed over whatever the pod is like", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		file := fissilev1.OutputFile{Path: "output.json", SecretName: ""}
		const write = `printf '{"a":"b"}' > output.json`
		pods := map[string]struct {
			script string
			change func(*batchv1.JobSpec)
		}{
			"as-it-is":           {write, func(*batchv1.JobSpec) {}},
			"short":              {write + "; sleep 0.2", func(*batchv1.JobSpec) {}},
			"restarted-never":    {write, func(job *batchv1.JobSpec) { job.Template.Spec.RestartPolicy = corev1.RestartPolicyOnFailure }},
			"failed":             {write + "; exit 3", failOnExitCode1},
			"with-a-sidecar":     {write, addSidecar},
			"with-a-debugger":    {"touch /tmp/waits; until [ -e /tmp/goes ]; do sleep 0.1; done; " + write, func(*batchv1.JobSpec) {}},
			"with-a-private-one": {"umask 077; " + write, func(job *batchv1.JobSpec) { runAs(job, 4711) }},
		}
		for name, pod := range pods {
			file.SecretName = name
			builder := writer(namespace, name, pod.script, file).WriteOnFailure()
			pod.change(&builder.Obj().Spec.JobTemplate.Spec)
			Expect(k8s.Create(ctx, builder.Obj())).To(Succeed())
		}
		debug(ctx, namespace, "with-a-debugger")
		want := map[string]map[string]string{}
		for name := range pods {
			want[name] = map[string]string{"a": "b"}
		}
		Eventually(secrets(namespace)).WithContext(ctx).Should(Equal(want))
		failed := ejob.New(namespace, "failed").Obj()
		Eventually(the(failed)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyDone))
		Expect(failed.Status.LastRun.Reason).To(Equal(batchv1.JobReasonBackoffLimitExceeded), "no exit code of the collector counts")
	})

	It("are refused with the reason if they are not what they are to be, and none of them is stored", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		const good = "v=canary; printf '{\"s\":\"%s-4711\"}' $v > good.json; "
		faults := map[string]struct{ script, reason string }{
			"missing":       {"true", fissilev1.ReasonOutputMissing},
			"unreadable":    {"cp good.json bad.json; chmod 0 bad.json", fissilev1.ReasonOutputUnreadable},
			"symbolic link": {"ln -s good.json bad.json", fissilev1.ReasonOutputUnreadable},
			"link to /proc": {"ln -s /proc/self/environ bad.json", fissilev1.ReasonOutputUnreadable},
			"directory":     {"mkdir bad.json", fissilev1.ReasonOutputUnreadable},
			"FIFO":          {"mkfifo bad.json", fissilev1.ReasonOutputUnreadable},
			"too large":     {"head -c 1048577 /dev/zero > bad.json", fissilev1.ReasonOutputTooLarge},
			"a number":      {"v=canary; printf '{\"s\":\"%s-4711\",\"n\":4711}' $v > bad.json", fissilev1.ReasonOutputInvalid},
		}
		oneOffs := map[string]*fissilev1.ExtendedJob{}
		for name, fault := range faults {
			oneOff := writer(namespace, strings.NewReplacer(" ", "-", "/", "").Replace(strings.ToLower(name)), good+fault.script,
				fissilev1.OutputFile{Path: "good.json", SecretName: "good"}, fissilev1.OutputFile{Path: "bad.json", SecretName: "bad"}).Obj()
			Expect(k8s.Create(ctx, oneOff)).To(Succeed())
			oneOffs[name] = oneOff
		}
		for name, oneOff := range oneOffs {
			By(name)
			Eventually(the(oneOff)).WithContext(ctx).Should(SatisfyAll(
				ejob.HaveSettled(1, fissilev1.ResultFailed, fissilev1.StrategyDone),
				ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, faults[name].reason),
				ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring("bad.json")),
			))
		}
		Expect(secrets(namespace)(ctx)).To(BeEmpty())
		expectNowhere(ctx, namespace, "canary-4711")
	})

	It("arrive exactly, and can be read nowhere else", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := writer(namespace, "one-off", `
			v=canary; printf '{"s":"%s-4711"}' $v > small.json
			head -c 1048576 /dev/urandom > large
			sha256sum < large | cut -d ' ' -f 1 | tr -d '\n' > digest`,
			fissilev1.OutputFile{Path: "small.json", SecretName: "small"}, fissilev1.OutputFile{Path: "digest", SecretName: "digest", Layout: fissilev1.LayoutFile},
			fissilev1.OutputFile{Path: "large", SecretName: "large", Layout: fissilev1.LayoutFile})
		oneOff := builder.HistoryLimits(1, 1).Obj()
		// This output is small enough for a termination message. The container also prints
		// its log.
		other := writer(namespace, "other", `v=canary; printf '{"s":"%s-4711"}' $v > small.json`,
			fissilev1.OutputFile{Path: "small.json", SecretName: "other"}).HistoryLimits(1, 1).Obj()
		for _, ej := range []*fissilev1.ExtendedJob{oneOff, other} {
			Expect(k8s.Create(ctx, ej)).To(Succeed())
		}
		for _, ej := range []*fissilev1.ExtendedJob{oneOff, other} {
			Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		}
		stored, err := secrets(namespace)(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(slices.Sorted(maps.Keys(stored))).To(Equal([]string{"digest", "large", "other", "small"}))
		Expect(stored["small"]).To(Equal(map[string]string{"s": "canary-4711"}))
		Expect(stored["other"]).To(Equal(stored["small"]))
		Expect(fmt.Sprintf("%x", sha256.Sum256([]byte(stored["large"]["large"])))).To(Equal(stored["digest"]["digest"]))
		expectNowhere(ctx, namespace, "canary-4711")
	})

	It("are handed over by the samples", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		kubectl(ctx, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce-") // samples contain only the essentials
		kubectl(ctx, "--namespace="+namespace, "apply", "--dry-run=server", "--kustomize=../../config/samples/files")
		kubectl(ctx, "--namespace="+namespace, "apply", "--filename=../../config/samples/files/provides.yaml")
		Eventually(secrets(namespace)).WithContext(ctx).Should(SatisfyAll(
			HaveLen(2),
			HaveKeyWithValue("link-nats", SatisfyAll(HaveKeyWithValue("user", "nats"), HaveKeyWithValue("password", HaveLen(32)))),
			HaveKeyWithValue("link-nats-tls", map[string]string{"ca": "none"}),
		))
	})
})

// secrets returns a function that reads the data of all Secrets of a namespace, by
// their names, for Eventually.
func secrets(namespace string) func(context.Context) (map[string]map[string]string, error) {
	return func(ctx context.Context) (map[string]map[string]string, error) {
		names, err := secretNames(namespace)(ctx)
		if err != nil {
			return nil, err
		}
		all := map[string]map[string]string{}
		for _, name := range names {
			if all[name], err = secret(namespace, name)(ctx); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
}

// expectNowhere searches for a text in everything that can be read of a namespace
// without reading its Secrets, and in the operator's log.
func expectNowhere(ctx context.Context, namespace, text string) {
	GinkgoHelper()
	kinds := strings.Fields(kubectl(ctx, "api-resources", "--namespaced", "--verbs=list", "--output=name"))
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == "secrets" })
	Expect(kinds).To(ContainElements("pods", "events"))
	Expect(kubectl(ctx, "--namespace="+namespace, "get", strings.Join(kinds, ","), "--output=yaml", "--show-managed-fields")).NotTo(ContainSubstring(text))
	Expect(kubectl(ctx, "--namespace="+namespace, "logs", "--all-containers", "--selector="+fissilev1.LabelExtendedJob+"=true", "--tail=-1")).
		NotTo(ContainSubstring(text))
	Expect(kubectl(ctx, "--namespace="+operatorNamespace, "logs", "--selector=app.kubernetes.io/component=controller-manager", "--tail=-1")).
		NotTo(ContainSubstring(text))
}

// failOnExitCode1 makes a Job fail with a reason of its own when any of its
// containers, sidecars included, exits with code 1.
func failOnExitCode1(job *batchv1.JobSpec) {
	job.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{{
		Action:      batchv1.PodFailurePolicyActionFailJob,
		OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{1}},
	}}}
}

func addSidecar(job *batchv1.JobSpec) {
	sidecar := *job.Template.Spec.Containers[0].DeepCopy()
	sidecar.Name, sidecar.RestartPolicy = "sidecar", new(corev1.ContainerRestartPolicyAlways)
	sidecar.Command = []string{"sleep", "600"}
	job.Template.Spec.InitContainers = append(job.Template.Spec.InitContainers, sidecar)
}

// runAs runs the containers as another user than the pod's.
func runAs(job *batchv1.JobSpec, user int64) {
	for i := range job.Template.Spec.Containers {
		job.Template.Spec.Containers[i].SecurityContext.RunAsUser = &user
	}
}

// debug adds a container to a pod of an ExtendedJob, which waits for it.
func debug(ctx context.Context, namespace, name string) {
	GinkgoHelper()
	var pods corev1.PodList
	Eventually(func(ctx context.Context) (pod string, err error) {
		err = k8s.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{fissilev1.LabelName: name})
		if err != nil || len(pods.Items) == 0 {
			return "", err
		}
		return pods.Items[0].Name, command(ctx, "--namespace="+namespace, "exec", pods.Items[0].Name, "--container=main", "--", "test", "-e", "/tmp/waits").Run()
	}).WithContext(ctx).ShouldNot(BeEmpty())
	pod := pods.Items[0].Name
	kubectl(ctx, "--namespace="+namespace, "debug", pod, "--image=busybox", "--profile=restricted", "--container=debugger", "--", "sleep", "1")
	Eventually(kubectl).WithContext(ctx).
		WithArguments("--namespace="+namespace, "get", "pod", pod, "--output=jsonpath={.status.ephemeralContainerStatuses[*].state.terminated.reason}").
		Should(Equal("Completed"))
	kubectl(ctx, "--namespace="+namespace, "exec", pod, "--container=main", "--", "touch", "/tmp/goes")
}
