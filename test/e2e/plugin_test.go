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
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// plugin runs the kubectl plugin as a user who may only run ExtendedJobs.
type plugin struct {
	namespace string
	user      string
}

// newPlugin creates a user who may run the ExtendedJobs of a namespace.
func newPlugin(ctx context.Context, namespace string) plugin {
	GinkgoHelper()
	p := plugin{namespace: namespace, user: "runner-of-" + namespace}
	Expect(k8s.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "runner"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "extendedjob-runner-role"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: p.user}},
	})).To(Succeed())
	return p
}

func (p plugin) arguments(arguments ...string) []string {
	return append(arguments, "--context="+os.Getenv("KUBE_CONTEXT"), "--namespace="+p.namespace, "--as="+p.user)
}

// ejob runs the plugin, and returns its output and its exit code.
func (p plugin) ejob(ctx context.Context, arguments ...string) (out, messages string, code int) {
	GinkgoHelper()
	command := exec.CommandContext(ctx, os.Getenv("PLUGIN"), p.arguments(arguments...)...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	_ = command.Run() // The exit code shows errors.
	GinkgoWriter.Printf("kubectl ejob %v: %d\n%s%s\n", arguments, command.ProcessState.ExitCode(), stdout.String(), stderr.String())
	return stdout.String(), stderr.String(), command.ProcessState.ExitCode()
}

// onTerminal runs the plugin on a pseudo-terminal, and returns what it shows.
func (p plugin) onTerminal(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	line := strings.Join(append([]string{os.Getenv("PLUGIN")}, p.arguments(arguments...)...), " ")
	screen, err := exec.CommandContext(ctx, "script", "--quiet", "--return", "--command="+line, os.DevNull).CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(screen))
	return string(screen)
}

var _ = Describe("A user who may only run ExtendedJobs, with the kubectl plugin,", func() {
	seq := func(n string) string {
		return "i=1; while [ $i -le " + n + " ]; do echo line $i; i=$((i+1)); done"
	}
	lines := func(texts ...string) string { return strings.Join(texts, "\n") + "\n" }

	DescribeTable("is shown the whole log and the result of a run",
		func(ctx context.Context, build func(*ejob.Builder), log, says string, code int) {
			namespace := newNamespace(ctx)
			runner := newPlugin(ctx, namespace)
			builder := shell(namespace, "errand", "true").Strategy(fissilev1.StrategyManual)
			builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
			build(builder)
			Expect(k8s.Create(ctx, builder.Obj())).To(Succeed())

			out, messages, got := runner.ejob(ctx, "run", "errand", "--logs", "--timeout=1m")
			Expect(out).To(Equal(log))
			Expect(messages).To(MatchRegexp(says))
			Expect(got).To(Equal(code))
		},
		Entry("that takes no time", func(b *ejob.Builder) {
			b.Command("sh", "-c", seq("5"))
		}, lines("line 1", "line 2", "line 3", "line 4", "line 5"), "Run 1: Job errand-.*\nRun 1 succeeded", 0),
		Entry("that fails at the second attempt, too", func(b *ejob.Builder) {
			b.Command("sh", "-c", "echo no; exit 7").Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(1))
		}, lines("no", "no"), "Next attempt: pod errand-.*\nRun 1 failed after .*, BackoffLimitExceeded", 7),
		Entry("that is restarted in its pod", func(b *ejob.Builder) {
			pod := b.Command("sh", "-c", "if [ -e /tries/first ]; then echo second; else echo first > /tries/first; cat /tries/first; exit 1; fi").PodSpec()
			b.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(3))
			pod.RestartPolicy = corev1.RestartPolicyOnFailure
			pod.Volumes = []corev1.Volume{{Name: "tries"}}
			pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "tries", MountPath: "/tries"}}
		}, lines("first", "second"), "Run 1 succeeded", 0),
		Entry("with an init container", func(b *ejob.Builder) {
			pod := b.Command("sh", "-c", "echo main").PodSpec()
			pod.InitContainers = []corev1.Container{*pod.Containers[0].DeepCopy()}
			pod.InitContainers[0].Name, pod.InitContainers[0].Command = "init", []string{"sh", "-c", "echo before"}
		}, lines("[init] before", "[main] main"), "Run 1 succeeded", 0),
		Entry("that misses its deadline", func(b *ejob.Builder) {
			b.Command("sh", "-c", "echo started; sleep 60").Obj().Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(4))
		}, lines("started"), "Run 1 failed after .*, DeadlineExceeded", 1),
	)

	It("is told how a run ends that does not end by itself", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		runner := newPlugin(ctx, namespace)
		sleeper := shell(namespace, "sleeper", "sleep 60").Strategy(fissilev1.StrategyManual).Obj()
		waiter := shell(namespace, "waiter", "true").Strategy(fissilev1.StrategyManual).ReadsConfigMap("missing").Obj()
		Expect(k8s.Create(ctx, sleeper)).To(Succeed())
		Expect(k8s.Create(ctx, waiter)).To(Succeed())

		By("timing out")
		_, messages, code := runner.ejob(ctx, "run", "sleeper", "--wait", "--timeout=3s")
		Expect(code).To(Equal(124))
		Expect(messages).To(ContainSubstring("kubectl ejob cancel sleeper --namespace=" + namespace))

		By("asking during that run")
		_, messages, code = runner.ejob(ctx, "run", "sleeper", "--wait")
		Expect(code).To(Equal(125))
		Expect(messages).To(ContainSubstring("run 1 of sleeper is under way: add --queue"))

		By("deleting its Job, while somebody waits for his turn")
		var deleted sync.WaitGroup
		deleted.Go(func() {
			defer GinkgoRecover()
			Eventually(jobs(namespace)).WithContext(ctx).ShouldNot(BeEmpty())
			kubectl(ctx, "--namespace="+namespace, "delete", "jobs", "--all")
		})
		out, _, code := runner.ejob(ctx, "run", "sleeper", "--queue", "--timeout=1m")
		deleted.Wait()
		Expect(code).To(Equal(0))
		Expect(out).To(SatisfyAll(ContainSubstring("Waiting for run 1 of sleeper"), ContainSubstring("Run 2: Job sleeper-")))

		By("deleting the Job that somebody waits for")
		deleted.Go(func() {
			defer GinkgoRecover()
			Eventually(runningPod(namespace)).WithContext(ctx).Should(BeTrue())
			kubectl(ctx, "--namespace="+namespace, "delete", "jobs", "--all")
		})
		_, _, code = runner.ejob(ctx, "logs", "sleeper", "--follow")
		deleted.Wait()
		Expect(code).To(Equal(0))
		Expect(the(sleeper)(ctx)).To(lastRun(2, fissilev1.ResultAborted))

		By("missing a ConfigMap")
		_, messages, code = runner.ejob(ctx, "run", "waiter", "--wait", "--timeout=1m")
		Expect(code).To(Equal(125))
		Expect(messages).To(ContainSubstring("cannot start: Missing: ConfigMap missing."))
	})

	It("is shown the state, with colours on a terminal only", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		runner := newPlugin(ctx, namespace)
		errand := shell(namespace, "errand", "exit 3").Strategy(fissilev1.StrategyManual).Obj()
		Expect(k8s.Create(ctx, errand)).To(Succeed())
		Expect(waitFor(ctx, errand, "Ready", time.Minute)).To(Succeed())
		const escape = "\x1b["
		out, _, _ := runner.ejob(ctx, "status", "errand")
		Expect(out).To(SatisfyAll(ContainSubstring("errand, strategy manual"), ContainSubstring("kubectl ejob run errand"), Not(ContainSubstring(escape))))
		Expect(runner.onTerminal(ctx, "status", "errand")).To(SatisfyAll(ContainSubstring("errand, strategy manual"), ContainSubstring(escape)))
		_, messages, code := runner.ejob(ctx, "output", "errand")
		Expect(code).To(Equal(125))
		Expect(messages).To(ContainSubstring("set spec.output"))
		_, messages, code = runner.ejob(ctx, "run", "errand", "--env=A=1")
		Expect(code).To(Equal(125))
		Expect(messages).To(ContainSubstring("jobs"), "the right that is missing")
	})
})
