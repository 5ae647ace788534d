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
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/faultproxy"
)

func pathsOfDocuments() []outputPath {
	return []outputPath{
		{name: "stored", reason: fissilev1.ReasonStored},
		{name: "number", printed: `{"k":"` + canary + `","n":4711}`, reason: fissilev1.ReasonOutputInvalid},
		{name: "array", printed: `["` + canary + `"]`, reason: fissilev1.ReasonOutputInvalid},
		{name: "duplicate", printed: `{"k":"` + canary + `","k":"` + canary + `"}`, reason: fissilev1.ReasonOutputInvalid},
		{name: "binary", printed: `{"k":"` + canary + "\xff\"}", reason: fissilev1.ReasonOutputInvalid},
		{name: "surrogate", printed: `{"k":"` + canary + `\ud800"}`, reason: fissilev1.ReasonOutputInvalid},
		{name: "key", printed: `{"a b":"` + canary + `"}`, reason: fissilev1.ReasonOutputInvalid},
		{name: "deep", printed: `["` + canary + `",` + strings.Repeat("[", 20_000), reason: fissilev1.ReasonOutputInvalid},
		{name: "half", printed: `{"k":"` + canary, reason: fissilev1.ReasonNoOutput},
		{name: "text", printed: canary, reason: fissilev1.ReasonNoOutput},
		{name: "two", printed: good + "\n" + good, reason: fissilev1.ReasonAmbiguousOutput},
		{name: "large", printed: `{"k":"` + canary + strings.Repeat("x", 1<<20) + `"}`, reason: fissilev1.ReasonOutputTooLarge},
	}
}

func pathsOfLogs(wire *wire) []outputPath {
	fails := func(f fault) func(*fissilev1.ExtendedJob) {
		return func(*fissilev1.ExtendedJob) { node.failOnce(f) }
	}
	// Each half of the log contains values, enough that the API server passes them on
	// before it has all.
	noise := strings.Repeat(canary+"\n", 10_000)
	noisy := noise + good + "\n" + noise
	return []outputPath{
		{name: "broken-off", printed: noisy, reason: fissilev1.ReasonStored, before: fails(breaksOff)},
		{name: "error-at-the-end", printed: noisy, reason: fissilev1.ReasonStored, before: fails(appendsError)},
		{name: "rotated", printed: noisy, reason: fissilev1.ReasonStored, before: fails(isRotated)},
		{name: "timed-out", printed: noisy, reason: fissilev1.ReasonStored, before: fails(hangs)},
		{name: "read-differently", printed: canary + "\n" + `{"k":"` + canary + `","n":4711}`, reason: fissilev1.ReasonOutputInvalid, before: fails(breaksOff)},
		{name: "unreadable", printed: noisy, reason: fissilev1.ReasonOutputUnavailable, before: func(*fissilev1.ExtendedJob) { node.setDown(true) }},
		{name: "log-500", printed: noisy, reason: fissilev1.ReasonStored, before: func(*fissilev1.ExtendedJob) { wire.failLog(faultproxy.ServerError) }},
		{name: "log-reset", printed: noisy, reason: fissilev1.ReasonStored, before: func(*fissilev1.ExtendedJob) { wire.failLog(faultproxy.ResetAfter) }},
		{name: "log-gone", reason: fissilev1.ReasonOutputUnavailable, end: func(job *batchv1.Job, _ logs) {
			end(startPod(job), corev1.PodSucceeded, nil)
			node.lose(job)
			succeed(job)
		}},
		{name: "pod-gone", reason: fissilev1.ReasonOutputUnavailable, end: func(job *batchv1.Job, printed logs) {
			pod := startPod(job)
			end(pod, corev1.PodSucceeded, printed)
			Expect(plane.client.Delete(context.Background(), pod, client.GracePeriodSeconds(0))).To(Succeed())
			succeed(job)
		}},
		{name: "node-gone", reason: fissilev1.ReasonOutputUnavailable, end: func(job *batchv1.Job, printed logs) {
			node.vanish(plane.client)
			complete(job, printed)
		}, after: func(*fissilev1.ExtendedJob) { node.register(plane.client) }},
	}
}

func pathsOfConflicts(wire *wire) []outputPath {
	foreign := func(ej *fissilev1.ExtendedJob) {
		putSecret(ej.Name+"-main", func(*corev1.Secret) {})
	}
	withOwn := func(happen func(*corev1.Secret)) func(*fissilev1.ExtendedJob) {
		return func(ej *fissilev1.ExtendedJob) {
			own := putOwn(ej)
			wire.beforeWrite(own.Name, func() { happen(own) })
		}
	}
	return []outputPath{
		{name: "conflict", reason: fissilev1.ReasonOutputConflict, before: foreign, after: func(ej *fissilev1.ExtendedJob) {
			deleteSecret(ej.Name + "-main")
		}, finally: fissilev1.ReasonStored},
		{name: "conflict-dropped", reason: fissilev1.ReasonOutputConflict, before: foreign, after: func(ej *fissilev1.ExtendedJob) {
			setStrategy(ej, fissilev1.StrategyNow)
			complete(activeJob(ej, 2), logs{"main": good})
			Eventually(eventsOn(ej)).Should(ContainElement(HaveField("Reason", "OutputDropped")))
		}, finally: fissilev1.ReasonOutputConflict},
		{name: "conflict-without-job", reason: fissilev1.ReasonOutputConflict, before: foreign, after: func(ej *fissilev1.ExtendedJob) {
			job := activeJob(ej, 1)
			Expect(plane.client.Delete(context.Background(), job, client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
		}, finally: fissilev1.ReasonOutputUnavailable},
		{name: "retained", reason: fissilev1.ReasonOutputConflict, before: func(ej *fissilev1.ExtendedJob) {
			putSecret(ej.Name+"-main", func(s *corev1.Secret) {
				s.Annotations = map[string]string{fissilev1.AnnotationOwnerUID: "another-uid", fissilev1.AnnotationOwnerName: "another"}
			})
		}},
		{name: "of-another", reason: fissilev1.ReasonOutputConflict, edit: func(b *ejob.Builder) { b.Output("stored") }},
		{name: "immutable", reason: fissilev1.ReasonOutputConflict, before: func(ej *fissilev1.ExtendedJob) {
			own := putOwn(ej)
			update(own, func() { own.Immutable = new(true) })
		}},
		{name: "newer", reason: fissilev1.ReasonOutputSuperseded, before: func(ej *fissilev1.ExtendedJob) { putOwn(ej) }, end: func(job *batchv1.Job, printed logs) {
			own, err := secret("newer-main")()
			Expect(err).NotTo(HaveOccurred())
			update(own, func() {
				own.Annotations[fissilev1.AnnotationRun] = "7"
				own.Annotations[fissilev1.AnnotationSeal] = seal.Of(operatorKey(), "Secret", namespace, own.Name, own.Annotations[fissilev1.AnnotationOwnerUID], "7")
			})
			complete(job, printed)
		}},
		{name: "foreign-version", reason: fissilev1.ReasonStored, edit: versioned, before: func(ej *fissilev1.ExtendedJob) {
			putSecret(versionedsecret.Name(ej.Name+"-main", 1), func(*corev1.Secret) {})
		}},
		{name: "last-version", reason: fissilev1.ReasonSecretRejected, edit: versioned, before: func(ej *fissilev1.ExtendedJob) {
			last := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: ej.Name + "-main"}}
			Expect(plane.client.Create(context.Background(), versionedsecret.New(last, versionedsecret.MaxOrdinal, ""))).To(Succeed())
		}},

		// Changes that the cache did not know when the Secret was written.
		{name: "appears", reason: fissilev1.ReasonOutputConflict, before: func(ej *fissilev1.ExtendedJob) {
			wire.beforeWrite(ej.Name+"-main", func() { foreign(ej) })
		}},
		{name: "version-appears", reason: fissilev1.ReasonStored, edit: versioned, before: func(ej *fissilev1.ExtendedJob) {
			name := versionedsecret.Name(ej.Name+"-main", 1)
			wire.beforeWrite(name, func() { putSecret(name, func(*corev1.Secret) {}) })
		}},
		{name: "disappears", reason: fissilev1.ReasonStored, before: withOwn(func(own *corev1.Secret) { deleteSecret(own.Name) })},
		{name: "changes", reason: fissilev1.ReasonStored, before: withOwn(func(own *corev1.Secret) {
			update(own, func() { metav1.SetMetaDataLabel(&own.ObjectMeta, "theirs", "") })
		})},
		{name: "changes-hands", reason: fissilev1.ReasonOutputConflict, before: withOwn(func(own *corev1.Secret) {
			update(own, func() {
				own.OwnerReferences = nil
				own.Annotations[fissilev1.AnnotationOwnerUID] = "another-uid"
			})
		})},
	}
}

// operatorKey returns the key that the operator has created.
func operatorKey() []byte {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(plane.client.Get(context.Background(), client.ObjectKey{Namespace: operatorNamespace, Name: "extendedjob-digest-key"}, secret)).To(Succeed())
	return secret.Data["key"]
}

// pathsOfQuota wait until a quota is retried.
func pathsOfQuota() []outputPath {
	const secrets = corev1.ResourceName("count/secrets")
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "secrets"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{secrets: resource.MustParse("0")}},
	}
	setHard := func(hard string) { // plays the quota controller
		Eventually(komega.UpdateStatus(quota, func() {
			quota.Status.Hard = corev1.ResourceList{secrets: resource.MustParse(hard)}
			quota.Status.Used = corev1.ResourceList{secrets: resource.MustParse("0")}
		})).Should(Succeed())
	}
	return []outputPath{
		{name: "quota", reason: fissilev1.ReasonSecretRejected, before: func(*fissilev1.ExtendedJob) {
			Expect(plane.client.Create(context.Background(), quota)).To(Succeed())
			setHard("0")
		}, after: func(*fissilev1.ExtendedJob) { setHard("1000") }, finally: fissilev1.ReasonStored},
	}
}

func pathsOfRefusals() []outputPath {
	return []outputPath{
		{name: "refused", reason: fissilev1.ReasonSecretRejected},
		{name: "refused-owner", reason: fissilev1.ReasonStored, after: func(ej *fissilev1.ExtendedJob) {
			expectFailure(func() {
				edit(ej, func() { ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyRetain })
			})
		}},
		{name: "settings", reason: fissilev1.ReasonOutputUnavailable, end: func(job *batchv1.Job, printed logs) {
			// Somebody edits them.
			Eventually(komega.Update(job, func() {
				job.Annotations[fissilev1.AnnotationOutput] = `{"namePrefix":"planted"}`
			})).Should(Succeed())
			complete(job, printed)
		}},
	}
}

// pathsOfFailedWrites are faults of the connection and the API server, for each kind
// of write.
func pathsOfFailedWrites(wire *wire) []outputPath {
	var paths []outputPath
	for name, f := range map[string]faultproxy.Fault{
		"500":          faultproxy.ServerError,
		"500-quoting":  faultproxy.QuotingError,
		"200-quoting":  faultproxy.QuotingWarning,
		"429":          faultproxy.TooManyRequests,
		"timeout":      faultproxy.TimeoutAfter,
		"reset-before": faultproxy.ResetBefore,
		"reset-after":  faultproxy.ResetAfter,
	} {
		fails := func(ej *fissilev1.ExtendedJob) { wire.failWrite(ej.Name+"-main", f) }
		paths = append(paths,
			outputPath{name: "create-" + name, reason: fissilev1.ReasonStored, before: fails},
			outputPath{name: "replace-" + name, reason: fissilev1.ReasonStored, before: func(ej *fissilev1.ExtendedJob) {
				putOwn(ej)
				fails(ej)
			}},
			outputPath{name: "version-" + name, reason: fissilev1.ReasonStored, edit: versioned, before: fails},
		)
	}
	for name, f := range map[string]faultproxy.Fault{"always-500": faultproxy.QuotingError, "always-reset": faultproxy.ResetBefore} {
		paths = append(paths, outputPath{name: name, reason: fissilev1.ReasonSecretRejected, before: func(ej *fissilev1.ExtendedJob) { wire.failWrites(ej.Name+"-main", f) }})
	}
	return paths
}

func pathsOfRuns() []outputPath {
	return []outputPath{
		{name: "failed", reason: fissilev1.ReasonRunFailed, end: fail},
		{name: "failed-stored", reason: fissilev1.ReasonStored, edit: func(b *ejob.Builder) { b.WriteOnFailure() }, end: fail},
		{name: "failed-invalid", printed: `["` + canary + `"]`, reason: fissilev1.ReasonOutputInvalid, edit: func(b *ejob.Builder) { b.WriteOnFailure() }, end: fail},
	}
}

func versioned(b *ejob.Builder) { b.Versioned() }

// putSecret creates a Secret with a name that output may use.
func putSecret(name string, change func(*corev1.Secret)) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	change(s)
	Expect(plane.client.Create(context.Background(), s)).To(Succeed())
	return s
}

// putOwn creates the Secret that an earlier run would have left.
func putOwn(ej *fissilev1.ExtendedJob) *corev1.Secret {
	GinkgoHelper()
	return putSecret(ej.Name+"-main", func(s *corev1.Secret) {
		s.Labels = map[string]string{fissilev1.LabelContainerName: "main"}
		s.Annotations = map[string]string{fissilev1.AnnotationOwnerUID: string(ej.UID)}
		s.Data = map[string][]byte{"old": []byte("output")}
	})
}

func update(s *corev1.Secret, change func()) {
	GinkgoHelper()
	Eventually(komega.Update(s, change)).Should(Succeed())
}

func deleteSecret(name string) {
	GinkgoHelper()
	Expect(plane.client.Delete(context.Background(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}})).To(Succeed())
}

// expectFailure waits until the operator has failed, and retries, because of cause.
func expectFailure(cause func()) {
	GinkgoHelper()
	failures := func() (float64, error) {
		return operator.metric("controller_runtime_reconcile_errors_total", map[string]string{"controller": "extendedjob"})
	}
	before, err := failures()
	Expect(err).NotTo(HaveOccurred())
	cause()
	Eventually(failures).Should(BeNumerically(">", before))
}

// quoteSecretsInRefusals makes the API server refuse to create the Secret
// refused-main of the spec's namespace, and to change refused-owner-main, with
// messages that quote the data.
func quoteSecretsInRefusals() {
	GinkgoHelper()
	refuse(metav1.GroupVersionResource{Version: "v1", Resource: "secrets"}, admissionregistrationv1.Validation{
		Expression:        "object.metadata.name != (request.operation == 'CREATE' ? 'refused-main' : 'refused-owner-main')",
		MessageExpression: "'the data is ' + string(object.data['k'])",
	}, admissionregistrationv1.Create, admissionregistrationv1.Update)
	Eventually(func() string {
		return fmt.Sprint(plane.client.Create(context.Background(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "refused-main"},
			Data:       map[string][]byte{"k": []byte(canary)},
		}, client.DryRunAll))
	}).Should(ContainSubstring("the data is"))
}
