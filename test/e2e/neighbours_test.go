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
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/scrape"
)

const prints = `echo '{"a":"b"}'`

// errand returns an ExtendedJob that runs now and keeps its output.
func errand(namespace, name, script string) *ejob.Builder {
	builder := shell(namespace, name, script).Strategy(fissilev1.StrategyNow).Output(name)
	builder.Obj().Spec.JobTemplate.Spec.BackoffLimit = new(int32(0))
	return builder
}

// succeed matches when a run of an errand has succeeded.
func succeed(number int64) types.GomegaMatcher {
	return ejob.HaveSettled(number, fissilev1.ResultSucceeded, fissilev1.StrategyManual)
}

// waitBecauseOf matches when the condition Running gives the reason why a run waits.
func waitBecauseOf(reason string, messages ...string) types.GomegaMatcher {
	return HaveField("Status.Conditions", ContainElement(SatisfyAll(
		HaveField("Type", fissilev1.ConditionRunning), HaveField("Reason", reason), HaveField("Message", containAll(messages)),
	)))
}

func containAll(parts []string) types.GomegaMatcher {
	var all []types.GomegaMatcher
	for _, part := range parts {
		all = append(all, ContainSubstring(part))
	}
	return SatisfyAll(all...)
}

// theJob returns the one Job of a namespace.
func theJob(ctx context.Context, namespace string) *batchv1.Job {
	GinkgoHelper()
	var list batchv1.JobList
	Eventually(func(g Gomega) {
		g.Expect(k8s.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
		g.Expect(list.Items).To(HaveLen(1))
	}).Should(Succeed())
	return &list.Items[0]
}

// obstacle is something with which neighbours block a run.
type obstacle struct {
	name string
	// put adds it to a namespace, until it is lifted.
	put func(ctx context.Context, namespace string) (lift func(context.Context))
	// change creates pods that it blocks, if it does not block all.
	change func(*corev1.PodSpec)
	// tells matches when the ExtendedJob reports it.
	tells types.GomegaMatcher
}

func obstacles() []obstacle {
	const friday = "not on Fridays"
	refusal := func(resource metav1.GroupVersionResource) func(context.Context, string) func(context.Context) {
		return func(ctx context.Context, namespace string) func(context.Context) {
			return refuse(ctx, namespace, resource, friday)
		}
	}
	const exceeded = "exceeded quota: none"
	quota := func(name corev1.ResourceName) func(context.Context, string) func(context.Context) {
		return func(ctx context.Context, namespace string) func(context.Context) {
			none := &corev1.ResourceQuota{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "none"},
				Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{name: resource.MustParse("0")}},
			}
			lift := put(ctx, none)
			Eventually(the(none)).WithContext(ctx).Should(HaveField("Status.Hard", HaveKey(name)))
			return lift
		}
	}
	outputWaits := func(message string) types.GomegaMatcher {
		return SatisfyAll(
			ejob.HaveCondition(fissilev1.ConditionFailed, metav1.ConditionTrue, fissilev1.ReasonOutputPending),
			ejob.HaveMessage(fissilev1.ConditionOutputPersisted, ContainSubstring(message)),
		)
	}
	return []obstacle{
		{name: "a policy on Jobs", put: refusal(jobsResource), tells: waitBecauseOf(fissilev1.ReasonJobCreateFailed, friday)},
		{name: "a policy on pods", put: refusal(podsResource), tells: waitBecauseOf(fissilev1.ReasonPodsNotRunning, friday)},
		{name: "a policy on Secrets", put: refusal(secretsResource), tells: outputWaits("ValidatingAdmissionPolicy")},
		{name: "a quota of Jobs", put: quota("count/jobs.batch"), tells: waitBecauseOf(fissilev1.ReasonJobCreateFailed, exceeded)},
		{name: "a quota of pods", put: quota(corev1.ResourcePods), tells: waitBecauseOf(fissilev1.ReasonPodsNotRunning, exceeded)},
		{name: "a quota of Secrets", put: quota(corev1.ResourceSecrets), tells: outputWaits(exceeded)},
		{
			name: "a range of memory",
			put: func(ctx context.Context, namespace string) func(context.Context) {
				return put(ctx, &corev1.LimitRange{
					ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "much"},
					Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
						Type: corev1.LimitTypeContainer, Min: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("2Mi")},
					}}},
				})
			},
			change: func(pod *corev1.PodSpec) {
				pod.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Mi")}
			},
			tells: waitBecauseOf(fissilev1.ReasonPodsNotRunning, "minimum memory usage per Container is 2Mi"),
		},
		{
			name: "pod security",
			put: func(_ context.Context, namespace string) func(context.Context) {
				return func(ctx context.Context) {
					kubectl(ctx, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline", "--overwrite")
				}
			},
			change: func(pod *corev1.PodSpec) { pod.SecurityContext.RunAsNonRoot = nil },
			tells:  waitBecauseOf(fissilev1.ReasonPodsNotRunning, `violates PodSecurity "restricted:latest"`, "runAsNonRoot"),
		},
	}
}

// put creates an object that is deleted when it is lifted, or with the spec.
func put(ctx context.Context, object client.Object) (lift func(context.Context)) {
	GinkgoHelper()
	Expect(k8s.Create(ctx, object)).To(Succeed())
	lift = func(ctx context.Context) {
		GinkgoHelper()
		Expect(client.IgnoreNotFound(k8s.Delete(ctx, object))).To(Succeed())
	}
	DeferCleanup(lift)
	return lift
}

// apiServerStart returns when the API server's process was started.
func apiServerStart(ctx context.Context) (float64, error) {
	metrics, err := command(ctx, "get", "--raw=/metrics", "--request-timeout=5s").Output()
	if err != nil {
		return 0, err
	}
	families, err := scrape.Parse(metrics)
	return families.Sum("process_start_time_seconds", nil), err
}

var _ = Describe("Beside neighbours, an ExtendedJob", func() {
	It("is not misled by what policies add to its Jobs and pods", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		// container adds one more, as restricted as pod security requires.
		container := func(kind, fields string) string {
			return fmt.Sprintf(`%[1]s{image: "busybox", securityContext: %[1]s.securityContext{allowPrivilegeEscalation: false,
				capabilities: %[1]s.securityContext.capabilities{drop: ["ALL"]}}, %[2]s}`, kind, fields)
		}
		const template = "Object.spec.template.spec"
		mutate(ctx, namespace, jobsResource,
			`JSONPatch{op: "add", path: "/metadata/labels/team", value: "a"}`,
			`JSONPatch{op: "add", path: "/spec/ttlSecondsAfterFinished", value: 30}`,
			`JSONPatch{op: "add", path: "/spec/template/metadata/labels/team", value: "a"}`,
			`JSONPatch{op: "add", path: "/spec/template/spec/tolerations", value: [`+template+`.tolerations{key: "team", operator: "Exists"}]}`,
			`JSONPatch{op: "add", path: "/spec/template/spec/containers/0", value: `+
				container(template+".containers", `name: "audit", command: ["echo", "{\"printed\":\"by a neighbour\"}"]`)+`}`)
		mutate(ctx, namespace, podsResource,
			`JSONPatch{op: "add", path: "/spec/initContainers", value: [`+container("Object.spec.initContainers",
				`name: "proxy", restartPolicy: "Always", command: ["sh", "-c", "trap exit TERM; echo '{\"printed\":\"by a sidecar\"}'; sleep 600 & wait"]`)+`]}`)
		recorded := recordJobs(ctx, namespace)
		ej := errand(namespace, "added", prints).HistoryLimits(1, 1).Obj()
		Expect(k8s.Create(ctx, ej)).To(Succeed())
		Eventually(the(ej)).WithContext(ctx).Should(SatisfyAll(
			succeed(1), HaveField("Status.Outputs", ConsistOf(HaveField("SecretName", "added-main"))),
		))
		var pods corev1.PodList
		Expect(k8s.List(ctx, &pods, client.InNamespace(namespace))).To(Succeed())
		Expect(pods.Items).To(ConsistOf(HaveField("Spec.Containers", HaveLen(2))), "the policies are in force")

		trigger(ctx, ej)
		Eventually(the(ej)).WithContext(ctx).Should(succeed(2))
		Expect(secretNames(namespace)(ctx)).To(ConsistOf("added-main"))
		Expect(secret(namespace, "added-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
		Expect(recorded.Created()).To(HaveLen(2))
	})

	It("tells what is in its way, and goes on when that is gone", early, func(ctx context.Context) {
		// They run at once, because each takes half a minute.
		type waiting struct {
			*fissilev1.ExtendedJob
			tells types.GomegaMatcher
			lift  func(context.Context)
		}
		var all []waiting
		for _, obstacle := range obstacles() {
			namespace := newNamespace(ctx)
			lift := obstacle.put(ctx, namespace)
			builder := errand(namespace, "ej", prints)
			if obstacle.change != nil {
				obstacle.change(builder.PodSpec())
			}
			Expect(k8s.Create(ctx, builder.Obj())).To(Succeed(), obstacle.name)
			all = append(all, waiting{builder.Obj(), obstacle.tells, lift})
		}
		for i, w := range all {
			Eventually(the(w.ExtendedJob)).WithContext(ctx).Should(w.tells, obstacles()[i].name)
			w.lift(ctx)
		}
		for i, w := range all {
			Eventually(the(w.ExtendedJob)).WithContext(ctx).Should(succeed(1), obstacles()[i].name)
			Expect(secret(w.Namespace, "ej-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
		}
	})

	It("waits for a queue that suspends its Job, also in the middle", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		mutate(ctx, namespace, jobsResource, `JSONPatch{op: "add", path: "/spec/suspend", value: true}`)
		recorded := recordJobs(ctx, namespace)
		ej := errand(namespace, "ej", "sleep 2; "+prints).Obj()
		Expect(k8s.Create(ctx, ej)).To(Succeed())
		suspended := waitBecauseOf(fissilev1.ReasonJobSuspended)
		Eventually(the(ej)).WithContext(ctx).Should(suspended)
		job := theJob(ctx, namespace)

		By("admitting the Job, with a place of the queue's choice")
		patch(ctx, job, `{"spec":{"suspend":false,"template":{"metadata":{"labels":{"queue":"fast"}},"spec":{"nodeSelector":{"kubernetes.io/os":"linux"}}}}}`)
		Eventually(runningPod(namespace)).WithContext(ctx).Should(BeTrue())
		Eventually(the(ej)).WithContext(ctx).Should(waitBecauseOf(fissilev1.ReasonRunActive))

		By("taking it back for a more important one")
		patch(ctx, job, `{"spec":{"suspend":true}}`)
		Eventually(the(ej)).WithContext(ctx).Should(suspended)
		patch(ctx, job, `{"spec":{"suspend":false}}`)
		Eventually(the(ej)).WithContext(ctx).Should(succeed(1))
		Expect(secret(namespace, "ej-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
		Expect(recorded.Created()).To(HaveLen(1))
	})

	It("leaves a Job that another controller manages to it", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := shell(namespace, "ej", "true").Strategy(fissilev1.StrategyNow)
		builder.Obj().Spec.JobTemplate.Spec.ManagedBy = new("example.com/remote") // whose part the spec plays
		ej := builder.Obj()
		Expect(k8s.Create(ctx, ej)).To(Succeed())
		job := theJob(ctx, namespace)
		job.Status.StartTime = new(metav1.Now())
		job.Status.Active = 1
		Expect(k8s.Status().Update(ctx, job)).To(Succeed())
		Consistently(the(ej)).WithContext(ctx).Should(HaveField("Status.Active", job.Name))

		now := metav1.Now()
		job.Status.Active, job.Status.Succeeded, job.Status.CompletionTime = 0, 1, &now
		for _, conditionType := range []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete} {
			job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: conditionType, Status: corev1.ConditionTrue, LastTransitionTime: now})
		}
		Expect(k8s.Status().Update(ctx, job)).To(Succeed())
		Eventually(the(ej)).WithContext(ctx).Should(succeed(1))
		Eventually(jobs(namespace)).WithContext(ctx).Should(BeEmpty())
	})

	It("stores its output before its time to live is over", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		builder := errand(namespace, "ej", prints).HistoryLimits(1, 1)
		builder.Obj().Spec.JobTemplate.Spec.TTLSecondsAfterFinished = new(int32(0))
		ej := builder.Obj()
		Expect(k8s.Create(ctx, ej)).To(Succeed())
		Eventually(the(ej)).WithContext(ctx).Should(succeed(1))
		Expect(secret(namespace, "ej-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
		Eventually(jobs(namespace)).WithContext(ctx).Should(BeEmpty())
	})

	It("goes with its namespace, in the middle of a run and of a wait", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		running := errand(namespace, "running", prints+"; sleep 600").Obj()
		builder := shell(namespace, "waiting", "true").Strategy(fissilev1.StrategyOnce)
		waiting := builder.ReadsConfigMap("missing").Obj()
		for _, ej := range []*fissilev1.ExtendedJob{running, waiting} {
			Expect(k8s.Create(ctx, ej)).To(Succeed())
		}
		Eventually(runningPod(namespace)).WithContext(ctx).Should(BeTrue())
		Expect(k8s.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		Eventually(func(ctx context.Context) bool {
			return apierrors.IsNotFound(k8s.Get(ctx, client.ObjectKey{Name: namespace}, &corev1.Namespace{}))
		}).WithContext(ctx).WithTimeout(30 * time.Second).Should(BeTrue())
	})

	if os.Getenv("CLUSTER") == "local" { // only there a test may kill the API server
		It("goes on when the API server restarts", Serial, func(ctx context.Context) {
			namespace := newNamespace(ctx)
			running := errand(namespace, "running", "sleep 5; "+prints).Obj()
			waiting := errand(namespace, "waiting", prints).ReadsConfigMap("config").Obj()
			for _, ej := range []*fissilev1.ExtendedJob{running, waiting} {
				Expect(k8s.Create(ctx, ej)).To(Succeed())
			}
			Eventually(the(waiting)).WithContext(ctx).Should(waitBecauseOf(fissilev1.ReasonReferencesMissing))
			Eventually(runningPod(namespace)).WithContext(ctx).Should(BeTrue())
			before, err := apiServerStart(ctx)
			Expect(err).NotTo(HaveOccurred())
			output, err := exec.CommandContext(ctx, filepath.Join("..", "..", "hack", "cluster", "cluster.sh"), "restart", "kube-apiserver").CombinedOutput()
			Expect(err).NotTo(HaveOccurred(), string(output))
			Eventually(apiServerStart).WithContext(ctx).ShouldNot(Equal(before), "a cluster of an earlier version cannot restart it: start the cluster anew")

			config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "config"}}
			Eventually(k8s.Create).WithArguments(config).WithContext(ctx).Should(Succeed())
			for _, ej := range []*fissilev1.ExtendedJob{running, waiting} {
				Eventually(the(ej)).WithContext(ctx).Should(SatisfyAll(succeed(1), HaveField("Status.Runs", HaveValue(BeEquivalentTo(1)))))
				Expect(secret(namespace, ej.Name+"-main")(ctx)).To(Equal(map[string]string{"a": "b"}))
				trigger(ctx, ej)
				Eventually(the(ej)).WithContext(ctx).Should(succeed(2))
			}
		})
	}

	DescribeTable("is collected with what it owns, as its deletion says",
		func(ctx context.Context, propagation metav1.DeletionPropagation, stays bool) {
			namespace := newNamespace(ctx)
			ej := errand(namespace, "ej", prints+`; if [ -n "$AGAIN" ]; then sleep 600; fi`).Obj()
			Expect(k8s.Create(ctx, ej)).To(Succeed())
			Eventually(the(ej)).WithContext(ctx).Should(succeed(1))
			patch(ctx, ej, `{"spec":{"trigger":{"strategy":"now","env":[{"name":"AGAIN","value":"yes"}]}}}`)
			Eventually(runningPod(namespace)).WithContext(ctx).Should(BeTrue())
			Expect(k8s.Delete(ctx, ej, client.PropagationPolicy(propagation))).To(Succeed())
			if !stays {
				Eventually(jobs(namespace)).WithContext(ctx).Should(BeEmpty())
				Eventually(secretNames(namespace)).WithContext(ctx).Should(BeEmpty())
				return
			}
			Eventually(func(g Gomega) {
				g.Expect(apierrors.IsNotFound(k8s.Get(ctx, client.ObjectKeyFromObject(ej), ej))).To(BeTrue())
				g.Expect(theJob(ctx, namespace).OwnerReferences).To(BeEmpty())
			}).Should(Succeed())
			Consistently(jobs(namespace)).WithContext(ctx).Should(HaveLen(1))
			Expect(secretNames(namespace)(ctx)).To(ConsistOf("ej-main"))
		},
		Entry("in the background", metav1.DeletePropagationBackground, false),
		Entry("in the foreground", metav1.DeletePropagationForeground, false),
		Entry("not at all", metav1.DeletePropagationOrphan, true),
	)
})
