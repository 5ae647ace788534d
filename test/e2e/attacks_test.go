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
	"encoding/hex"
	"fmt"
	"math"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

// An attacker of one namespace tries to reach another's ExtendedJobs, with no rights
// except those that a spec grants.
var _ = Describe("An attacker", Label("attacks"), func() {
	// Whatever happens, the same processes must continue to serve others.
	var serving []replica
	BeforeEach(func(ctx context.Context) { serving = replicas(ctx) })
	AfterEach(func(ctx context.Context) {
		startsSoon(ctx)
		Expect(replicas(ctx)).To(ConsistOf(serving))
	})

	// victim is a one-off that has run once, with output in app-main.
	victim := func(ctx context.Context, namespace string) *fissilev1.ExtendedJob {
		GinkgoHelper()
		builder := shell(namespace, "app", `echo '{"url":"https://good"}'`).Strategy(fissilev1.StrategyOnce).Output("app")
		builder.Obj().Spec.SuccessfulJobsHistoryLimit = new(int32(5))
		ej := builder.Obj()
		Expect(k8s.Create(ctx, ej)).To(Succeed())
		Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		return ej
	}
	// runsAgain fails unless the next run is run 2 and its output is the victim's own.
	runsAgain := func(ctx context.Context, ej *fissilev1.ExtendedJob) {
		GinkgoHelper()
		trigger(ctx, ej)
		Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secret(ej.Namespace, "app-main")(ctx)).To(Equal(map[string]string{"url": "https://good"}))
	}

	DescribeTable("who may create Jobs and view a namespace forges the Job of a run, and nothing comes of it",
		func(ctx context.Context, number int64, annotations func(genuine map[string]string) map[string]string) {
			namespace := newNamespace(ctx)
			ej := victim(ctx, namespace)
			var genuine batchv1.JobList
			Expect(k8s.List(ctx, &genuine, client.InNamespace(namespace))).To(Succeed())
			Expect(genuine.Items).To(HaveLen(1))
			forged := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
				Namespace:       namespace,
				Name:            fmt.Sprintf("app-%s-%d", hashOf(ej), number),
				Labels:          genuine.Items[0].Labels,
				Annotations:     annotations(genuine.Items[0].Annotations),
				OwnerReferences: genuine.Items[0].OwnerReferences,
			}}
			for _, key := range []string{"batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"} {
				delete(forged.Labels, key)
			}
			forged.Spec.Template.Spec = *shell(namespace, "forged", `echo '{"url":"https://evil"}'`).PodSpec()
			Expect(attacker(ctx, namespace, rule("batch", "jobs", "create")).Create(ctx, forged)).To(Succeed())
			kubectl(ctx, "--namespace="+namespace, "wait", "--for=condition=Complete", "job/"+forged.Name, "--timeout=1m")
			runsAgain(ctx, ej)
			var secrets corev1.SecretList
			Expect(k8s.List(ctx, &secrets, client.InNamespace(namespace))).To(Succeed())
			Expect(secrets.Items).To(HaveLen(1))
		},
		Entry("to replace the output", int64(5), func(genuine map[string]string) map[string]string { return genuine }),
		Entry("to plant a Secret", int64(6), func(map[string]string) map[string]string {
			return map[string]string{fissilev1.AnnotationOutput: `{"namePrefix":"planted"}`, fissilev1.AnnotationOutputContainers: "main"}
		}),
		Entry("to use up the numbers", int64(math.MaxInt64), func(map[string]string) map[string]string { return nil }),
		Entry("with a cause that there is not", int64(7), func(map[string]string) map[string]string {
			return map[string]string{fissilev1.AnnotationRunCause: "Because"}
		}),
	)

	It("who may create pods and view a namespace neither holds up runs nor prints their output", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		ej := victim(ctx, namespace)
		var genuine batchv1.JobList
		Expect(k8s.List(ctx, &genuine, client.InNamespace(namespace))).To(Succeed())
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "forged", Labels: genuine.Items[0].Spec.Template.Labels},
			Spec:       *shell(namespace, "forged", `echo '{"url":"https://evil"}'; sleep 3600`).PodSpec(),
		}
		Expect(attacker(ctx, namespace, rule("", "pods", "create")).Create(ctx, pod)).To(Succeed())
		Eventually(the(pod)).WithContext(ctx).Should(HaveField("Status.Phase", corev1.PodRunning))
		runsAgain(ctx, ej)
	})

	It("who may create Secrets and view a namespace does not use up the numbers of runs", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		ej := victim(ctx, namespace)
		Expect(attacker(ctx, namespace, rule("", "secrets", "create")).Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: "forged", Annotations: map[string]string{
				fissilev1.AnnotationOwnerUID: string(ej.UID), fissilev1.AnnotationOwnerName: ej.Name,
				fissilev1.AnnotationRun: fmt.Sprint(int64(math.MaxInt64)),
			},
		}})).To(Succeed())
		runsAgain(ctx, ej)
	})

	It("who may create ExtendedJobs does not continue the versions of another one", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		authority := shell(namespace, "authority", `echo '{"ca":"good"}'`).Strategy(fissilev1.StrategyOnce).Output("ca").Versioned().Obj()
		Expect(k8s.Create(ctx, authority)).To(Succeed())
		Eventually(the(authority)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		consumer := shell(namespace, "consumer", `echo "{\"saw\":\"$ca\"}"`).Strategy(fissilev1.StrategyOnce).Output("saw").
			UpdateOnConfigChange().ReadsSecret("ca-main-v1").Obj()
		Expect(k8s.Create(ctx, consumer)).To(Succeed())
		Eventually(the(consumer)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))

		hijack := shell(namespace, "hijack", `echo '{"ca":"evil"}'`).Strategy(fissilev1.StrategyOnce).Output("ca").Versioned().Obj()
		Expect(attacker(ctx, namespace, rule("fissile.cloudfoundry.org", "extendedjobs", "create"), rule("batch", "jobs", "create"), rule("", "secrets", "create")).
			Create(ctx, hijack)).To(Succeed())
		Eventually(the(hijack)).WithContext(ctx).Should(ejob.HaveCondition(fissilev1.ConditionOutputPersisted, metav1.ConditionFalse, fissilev1.ReasonOutputConflict))
		trigger(ctx, consumer)
		Eventually(the(consumer)).WithContext(ctx).Should(ejob.HaveSettled(2, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
		Expect(secret(namespace, "saw-main")(ctx)).To(Equal(map[string]string{"saw": "good"}))
	})

	It("cannot confirm a guess at a Secret of another namespace", func(ctx context.Context) {
		digest := func(value string) string {
			GinkgoHelper()
			namespace := newNamespace(ctx)
			Expect(k8s.Create(ctx, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "db"}, StringData: map[string]string{"password": value},
			})).To(Succeed())
			ej := shell(namespace, "reader", "true").Strategy(fissilev1.StrategyOnce).UpdateOnConfigChange().ReadsSecret("db").Obj()
			Expect(k8s.Create(ctx, ej)).To(Succeed())
			Eventually(the(ej)).WithContext(ctx).Should(ejob.HaveSettled(1, fissilev1.ResultSucceeded, fissilev1.StrategyDone))
			return ej.Status.Inputs.Digest
		}
		Expect(digest("a guess")).NotTo(Equal(digest("a guess")))
	})

	It("who may edit ExtendedJobs of a namespace stores none that stops the others", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		user := attacker(ctx, namespace, rule("fissile.cloudfoundry.org", "extendedjobs", "*"), rule("batch", "jobs", "create"))
		poison := shell(namespace, "poison", "true").Strategy(fissilev1.StrategyManual).Obj()
		poison.Finalizers = []string{"example.com/stays"}
		Expect(user.Create(ctx, poison)).To(Succeed())
		DeferCleanup(func(ctx context.Context) { patch(ctx, poison, `{"metadata":{"finalizers":null}}`) })
		Expect(user.Delete(ctx, poison)).To(Succeed())
		for _, limit := range []string{`"1e1.5"`, `"1e99999999999"`, `{"a":1}`, `true`, `[1]`} {
			err := user.Patch(ctx, poison, client.RawPatch("application/json-patch+json", fmt.Appendf(nil,
				`[{"op":"add","path":"/spec/jobTemplate/spec/template/spec/containers/0/resources","value":{"limits":{"cpu":%s}}}]`, limit)))
			Expect(err).To(HaveOccurred(), limit)
		}
	})
})

// attacker is a user who may view a namespace, with the additional rights of the
// rules.
func attacker(ctx context.Context, namespace string, rules ...rbacv1.PolicyRule) client.Client {
	GinkgoHelper()
	const user = "attacker"
	subjects := []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: user}}
	metadata := metav1.ObjectMeta{Namespace: namespace, Name: user}
	for _, object := range []client.Object{
		&rbacv1.Role{ObjectMeta: metadata, Rules: rules},
		&rbacv1.RoleBinding{ObjectMeta: metadata, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user}},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "view"}, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		},
	} {
		Expect(k8s.Create(ctx, object)).To(Succeed())
	}
	config := rest.CopyConfig(restConfig)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	c, err := client.New(config, client.Options{Scheme: k8s.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return c
}

func rule(group, resource, verb string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
}

// startsSoon fails unless an ExtendedJob of another namespace starts at once.
func startsSoon(ctx context.Context) {
	GinkgoHelper()
	const soon = 2 * time.Second
	namespace := newNamespace(ctx)
	ej := shell(namespace, "bystander", "true").Strategy(fissilev1.StrategyOnce).Obj()
	Expect(k8s.Create(ctx, ej)).To(Succeed())
	Eventually(jobs(namespace)).WithContext(ctx).WithTimeout(soon).Should(HaveLen(1))
}

// hashOf returns the part of its Jobs' names that identifies the ExtendedJob.
func hashOf(ej *fissilev1.ExtendedJob) string {
	sum := sha256.Sum256([]byte(ej.UID))
	return hex.EncodeToString(sum[:4])
}
