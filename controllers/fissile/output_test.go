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
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/outputs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// outputTest runs an ExtendedJob with versioned output repeatedly, on a clock of its
// own, because versions are pruned by age.
type outputTest struct {
	*testing.T
	clock  *testingclock.FakePassiveClock
	client client.Client
	r      *Reconciler
	ej     *fissilev1.ExtendedJob
	// inject changes new Jobs as a policy does; nil if there is none.
	inject func(*batchv1.Job)
	// files are the files that the container main leaves, by path.
	files map[string]string
	// statusRefusal is the API server's answer to a new status.
	statusRefusal error
	// refusal is the API server's answer to new Secrets, and to their deletion.
	refusal error
	// logFailure is why the log cannot be read.
	logFailure error
	// events are the API server's events, and eventLists how often they were listed.
	// listEvents, if set, is called before each list.
	events     []corev1.Event
	eventLists int
	listEvents func() error
	// requeueAfter is the wait that the last reconcile asked for.
	requeueAfter time.Duration
}

func newOutputTest(t *testing.T) *outputTest {
	t.Helper()
	v := &outputTest{T: t, clock: testingclock.NewFakePassiveClock(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), fissilev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	builder := fakeIndexer{fake.NewClientBuilder().WithScheme(scheme).
		WithStatusSubresource(&fissilev1.ExtendedJob{}, &batchv1.Job{}).
		WithInterceptorFuncs(interceptor.Funcs{Create: v.create, Delete: v.delete, List: v.list, SubResourcePatch: v.patchStatus})}
	if err := index.Register(builder); err != nil {
		t.Fatal(err)
	}
	v.client = builder.Build()
	v.r = newReconciler(dependencies{
		Client: v.client, ExtendedJobs: typedCache{v.client}, APIReader: v.client, Documents: inPlace(v, time.Minute), Key: testKey, Recorder: &events.FakeRecorder{}, Clock: v.clock,
	}, Options{LogReadTimeout: time.Minute, LeaseDuration: 15 * time.Second})
	v.ej = &fissilev1.ExtendedJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "ej"},
		Spec: fissilev1.ExtendedJobSpec{
			Trigger: fissilev1.Trigger{Strategy: fissilev1.StrategyManual},
			Output:  &fissilev1.Output{NamePrefix: "out", Versioned: new(true)},
		},
	}
	v.ej.Spec.JobTemplate.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main"}}
	v.mustCreate(v.ej)
	return v
}

// fakeIndexer sets up the indexes of the cache for the fake client.
type fakeIndexer struct{ *fake.ClientBuilder }

func (f fakeIndexer) IndexField(_ context.Context, obj client.Object, field string, extract client.IndexerFunc) error {
	if _, ok := obj.(*ejcache.ExtendedJob); !ok {
		f.WithIndex(obj, field, extract)
	}
	return nil
}

// create adds to an object what the API server adds.
func (v *outputTest) create(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
	if _, ok := obj.(*corev1.Secret); ok && v.refusal != nil {
		return v.refusal
	}
	if job, ok := obj.(*batchv1.Job); ok && v.inject != nil {
		v.inject(job)
	}
	obj.SetUID(uuid.NewUUID())
	obj.SetCreationTimestamp(metav1.NewTime(v.clock.Now()))
	return c.Create(ctx, obj, opts...)
}

func (v *outputTest) delete(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
	if _, ok := obj.(*corev1.Secret); ok && v.refusal != nil {
		return v.refusal
	}
	return c.Delete(ctx, obj, opts...)
}

func (v *outputTest) patchStatus(ctx context.Context, c client.Client, subresource string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	if v.statusRefusal != nil {
		return v.statusRefusal
	}
	return c.SubResource(subresource).Patch(ctx, obj, patch, opts...)
}

// list selects events as the API server does, which needs no index for that.
func (v *outputTest) list(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
	events, ok := list.(*corev1.EventList)
	if !ok {
		return c.List(ctx, list, opts...)
	}
	v.eventLists++
	if v.listEvents != nil {
		if err := v.listEvents(); err != nil {
			return err
		}
	}
	selected := (&client.ListOptions{}).ApplyOptions(opts)
	for _, event := range v.events {
		if event.Namespace == selected.Namespace && selected.FieldSelector.Matches(fields.Set{
			"type": event.Type, "reason": event.Reason, "involvedObject.uid": string(event.InvolvedObject.UID),
		}) {
			events.Items = append(events.Items, event)
		}
	}
	return nil
}

func (v *outputTest) mustCreate(obj client.Object) {
	v.Helper()
	if err := v.client.Create(v.Context(), obj); err != nil {
		v.Fatal(err)
	}
}

func (v *outputTest) edit(change func()) {
	v.Helper()
	if err := v.client.Get(v.Context(), client.ObjectKeyFromObject(v.ej), v.ej); err != nil {
		v.Fatal(err)
	}
	change()
	if err := v.client.Update(v.Context(), v.ej); err != nil {
		v.Fatal(err)
	}
}

func (v *outputTest) reconcile() {
	v.Helper()
	result, err := v.r.Reconcile(v.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)})
	if err != nil {
		v.Fatal(err)
	}
	v.requeueAfter = result.RequeueAfter
}

func (v *outputTest) pass(d time.Duration) { v.clock.SetTime(v.clock.Now().Add(d)) }

// run goes through a run that succeeds.
func (v *outputTest) run() {
	v.Helper()
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
	v.endJob()
	v.reconcile()
}

// endJob completes the one Job.
func (v *outputTest) endJob() {
	v.Helper()
	var jobs batchv1.JobList
	if err := v.client.List(v.Context(), &jobs); err != nil || len(jobs.Items) != 1 {
		v.Fatalf("got Jobs %v, error %v, want one Job", jobs.Items, err)
	}
	job := &jobs.Items[0]
	v.createPod(job, job.Name, corev1.PodStatus{Phase: corev1.PodSucceeded, InitContainerStatuses: v.collected(job)})
	v.finish(job, batchv1.JobComplete)
}

// quoted stands for the data of a Secret that somebody quotes.
const quoted = "canary"

// rewire changes what the reconciler works with. The state of the process stays.
func (v *outputTest) rewire(change func(*dependencies, *Options)) {
	d, options, entries := v.r.dependencies, v.r.Options, v.r.states.entries
	change(&d, &options)
	v.r = newReconciler(d, options)
	v.r.states.entries = entries
}

// testKey returns the operator's key in tests.
func testKey(context.Context) ([]byte, error) { return make([]byte, 32), nil }

// reseal seals a Secret as the operator does.
func reseal(secret *corev1.Secret) {
	key, _ := testKey(context.Background())
	secret.Annotations[fissilev1.AnnotationSeal] = seal.Of(key, outputs.SealedParts(secret)...)
}

// inPlace returns a reader that reads logs while the reconcile waits, so that a test
// needs only one reconcile.
func inPlace(logs outputs.Logs, timeout time.Duration) outputs.Documents {
	return &outputs.LogReader{Logs: logs, Timeout: timeout, IdleTimeout: time.Hour, MaxSize: 64 << 20}
}

// Open returns the log of a run.
func (v *outputTest) Open(_ context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error) {
	if container != "main" {
		return io.NopCloser(strings.NewReader("ready")), nil
	}
	return io.NopCloser(strings.NewReader(fmt.Sprintf(`{"printed-by":%q}`, pod.Name))), v.logFailure
}

func (v *outputTest) OpenStdout(context.Context, types.NamespacedName, string) (io.ReadCloser, error) {
	return nil, errors.ErrUnsupported
}

// expect fails unless exactly these versions exist, and are immutable.
func (v *outputTest) expect(want ...int64) {
	v.Helper()
	var secrets corev1.SecretList
	if err := v.client.List(v.Context(), &secrets); err != nil {
		v.Fatal(err)
	}
	all := make([]*corev1.Secret, len(secrets.Items))
	for i := range secrets.Items {
		all[i] = &secrets.Items[i]
	}
	var got []int64
	for _, secret := range versionedsecret.Versions(all, "out-main") {
		_, ordinal, _ := versionedsecret.Parse(secret)
		got = append(got, ordinal)
		if secret.Immutable == nil || !*secret.Immutable {
			v.Errorf("Secret %s is not immutable", secret.Name)
		}
	}
	if !slices.Equal(got, want) {
		v.Errorf("got versions %v, want %v", got, want)
	}
	latest, _ := versionedsecret.Latest(all, "out-main")
	if name := v.ej.Name; latest.Name != versionedsecret.Name("out-main", want[len(want)-1]) {
		v.Errorf("the latest version of %s is %s", name, latest.Name)
	}
}

func (v *outputTest) keep(versions int32) {
	v.Helper()
	v.edit(func() { v.ej.Spec.Output.VersionsToKeep = versions })
	v.reconcile()
}

func TestTwelveRunsMakeTwelveVersionsOfWhichThreeAreKept80(t *testing.T) {
	v := newOutputTest(t)
	for range 12 {
		v.pass(11 * time.Minute)
		v.run()
	}
	v.expect(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	v.keep(3)
	v.expect(10, 11, 12)
}

func TestVersionsStayForTenMinutesAfterANewerOne78(t *testing.T) {
	v := newOutputTest(t)
	v.keep(1)
	for range 4 {
		v.pass(4 * time.Minute)
		v.run()
	}
	// v1 stopped being the newest 8 minutes ago.
	v.expect(1, 2, 3, 4)
	for _, left := range [][]int64{{2, 3, 4}, {3, 4}, {4}} {
		v.pass(v.requeueAfter - time.Second)
		v.reconcile()
		v.expect(append([]int64{left[0] - 1}, left...)...)
		v.pass(time.Second)
		v.reconcile()
		v.expect(left...)
	}
}

func TestVersionsInUseStay78(t *testing.T) {
	mount := corev1.PodSpec{Volumes: []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{
		Secret: &corev1.SecretVolumeSource{SecretName: "out-main-v2"},
	}}}}
	claimed := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "reader"}}
	claimed.Status.LastRun = &fissilev1.Run{Number: 1}
	claimed.Status.Inputs = &fissilev1.Inputs{Objects: []fissilev1.InputObject{{
		ObjectName: fissilev1.ObjectName{Kind: fissilev1.InputSecret, Name: "out-main-v1"}, ResolvedName: "out-main-v2",
	}}}
	for name, user := range map[string]client.Object{
		"by a pod of anybody":                 &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "anybody"}, Spec: mount},
		"by a Job that has no pod yet":        &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "anybody"}, Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: mount}}},
		"by the claim of another ExtendedJob": claimed,
	} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			for range 4 {
				v.pass(11 * time.Minute)
				v.run()
			}
			user := user.DeepCopyObject().(client.Object)
			v.mustCreate(user)
			v.keep(1)
			v.pass(11 * time.Minute)
			v.reconcile()
			v.expect(2, 4)
			if err := v.client.Delete(t.Context(), user); err != nil {
				t.Fatal(err)
			}
			v.pass(11 * time.Minute)
			v.reconcile()
			v.expect(4)
		})
	}
}

func TestWhoUsesVersionsIsNotReadAgainAtEachReconcile78(t *testing.T) {
	v := newOutputTest(t)
	for range 3 {
		v.pass(11 * time.Minute)
		v.run()
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "anybody"}}
	pod.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "out-main-v1"}}}}
	v.mustCreate(pod)
	v.pass(11 * time.Minute)
	v.keep(1)
	v.expect(1, 3)

	busy := interceptor.NewClient(v.client.(client.WithWatch), interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("too many requests")
		},
	})
	v.rewire(func(d *dependencies, _ *Options) { d.APIReader = busy })
	v.pass(versionedsecret.PruneDelay - time.Second)
	v.reconcile()
	v.expect(1, 3)
	v.rewire(func(d *dependencies, _ *Options) { d.APIReader = v.client })
	if err := v.client.Delete(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	v.pass(time.Second)
	v.reconcile()
	v.expect(3)
}

func TestAVersionThatMayNotBeDeletedIsNotQuoted88(t *testing.T) {
	v := newOutputTest(t)
	for range 2 {
		v.pass(11 * time.Minute)
		v.run()
	}
	v.pass(11 * time.Minute)
	v.edit(func() { v.ej.Spec.Output.VersionsToKeep = 1 })
	v.refusal = apierrors.NewForbidden(corev1.Resource("secrets"), "out-main-v1", errors.New("the data is "+quoted))
	_, err := v.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)})
	if err == nil || !strings.Contains(err.Error(), "out-main-v1") || strings.Contains(err.Error(), quoted) {
		t.Errorf("got the error %v, want one that names the version and quotes no data", err)
	}
	v.expect(1, 2)
}

func TestOutputThatCannotBeWrittenForLongIsPending56(t *testing.T) {
	v := newOutputTest(t)
	v.refusal = apierrors.NewInternalError(errors.New(`failed calling webhook "policy.example.com": out of order`))
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
	v.endJob()
	key := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)}
	if _, err := v.r.Reconcile(t.Context(), key); err == nil {
		t.Error("want an error, so that it is tried again at once")
	}
	v.pass(v.r.LogReadTimeout)
	v.reconcile()
	v.expectPersisted(fissilev1.ReasonSecretRejected)

	v.refusal = nil
	v.pass(v.requeueAfter)
	v.reconcile()
	v.expectPersisted(fissilev1.ReasonStored)
	v.expect(1)
}

func TestALogIsNotGivenUpForTheTimeInWhichWritesFailed71(t *testing.T) {
	v := newOutputTest(t)
	v.edit(func() { v.ej.Spec.Trigger.Strategy = fissilev1.StrategyNow })
	v.reconcile()
	v.endJob()
	key := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(v.ej)}
	v.refusal = apierrors.NewInternalError(errors.New("out of order"))
	if _, err := v.r.Reconcile(t.Context(), key); err == nil {
		t.Error("want an error of the write")
	}
	v.pass(v.r.LogReadTimeout)
	v.refusal, v.logFailure = nil, errors.New("out of order")
	if _, err := v.r.Reconcile(t.Context(), key); err == nil {
		t.Error("want an error of the log, so that it is read again")
	}
	v.logFailure = nil
	v.reconcile()
	v.expectPersisted(fissilev1.ReasonStored)
}

// expectPersisted fails unless the last run is settled, and the condition
// OutputPersisted has that reason.
func (v *outputTest) expectPersisted(reason string) {
	v.Helper()
	v.edit(func() {})
	persisted := meta.FindStatusCondition(v.ej.Status.Conditions, fissilev1.ConditionOutputPersisted)
	if v.ej.Spec.Trigger.Strategy != fissilev1.StrategyManual || persisted == nil || persisted.Reason != reason {
		v.Errorf("got strategy %s and condition %+v, want manual and %s", v.ej.Spec.Trigger.Strategy, persisted, reason)
	}
}

func TestAContainerThatAPolicyPutsIntoTheJobPrintsNoOutput(t *testing.T) {
	for name, versioned := range map[string]bool{"overwritten": false, "versioned": true} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			v.edit(func() { v.ej.Spec.Output.Versioned = &versioned })
			v.inject = func(job *batchv1.Job) {
				containers := &job.Spec.Template.Spec.Containers
				*containers = append(*containers, corev1.Container{Name: "audit-agent"})
			}
			v.start()
			v.endJob()
			v.reconcile()
			v.expectPersisted(fissilev1.ReasonStored)
			if got := v.ej.Status.Outputs; len(got) != 1 || got[0].Container != "main" {
				t.Errorf("got outputs %+v, want one of container main", got)
			}
			var secrets corev1.SecretList
			if err := v.client.List(t.Context(), &secrets); err != nil || len(secrets.Items) != 1 {
				t.Errorf("got %d Secrets, error %v, want one", len(secrets.Items), err)
			}
		})
	}
}

func TestAJobThatDoesNotSayWhichContainersPrintHasNoOutput(t *testing.T) {
	v := newOutputTest(t)
	v.inject = func(job *batchv1.Job) { delete(job.Annotations, fissilev1.AnnotationOutputContainers) }
	v.start()
	v.endJob()
	v.reconcile()
	v.expectPersisted(fissilev1.ReasonOutputUnavailable)
}

func TestAnOlderRunDoesNotStoreItsOutputOverThatOfANewerOne(t *testing.T) {
	for name, versioned := range map[string]bool{"overwritten": false, "versioned": true} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			v.edit(func() { v.ej.Spec.Output.Versioned = &versioned })
			v.run()
			job := v.start()
			var secrets corev1.SecretList
			if err := v.client.List(t.Context(), &secrets); err != nil || len(secrets.Items) != 1 {
				t.Fatalf("got %d Secrets, error %v, want one", len(secrets.Items), err)
			}
			// As after a restore of an older status.
			newer := &secrets.Items[0]
			newer.Annotations[fissilev1.AnnotationRun] = "9"
			reseal(newer)
			if err := v.client.Update(t.Context(), newer); err != nil {
				t.Fatal(err)
			}
			v.endJob()
			v.reconcile()
			v.expectPersisted(fissilev1.ReasonOutputSuperseded)
			if err := v.client.List(t.Context(), &secrets); err != nil || len(secrets.Items) != 1 || string(secrets.Items[0].Data["printed-by"]) == job.Name {
				t.Errorf("got Secrets %+v, error %v, want that of the newer run only", secrets.Items, err)
			}
		})
	}
}

func TestMuchToTidyIsTidiedSoon(t *testing.T) {
	for name, test := range map[string]struct {
		// make creates objects, change asks for fewer, and done reports whether that
		// has been reached.
		make   func(*outputTest)
		change func(*outputTest)
		done   func(*outputTest) bool
	}{
		"a thousand versions": {
			make:   func(v *outputTest) { v.createVersions(1000) },
			change: func(v *outputTest) { v.ej.Spec.Output.VersionsToKeep = 3 },
			done:   func(v *outputTest) bool { return len(v.secrets()) == 3 },
		},
		"the owners of many versions": {
			make:   func(v *outputTest) { v.createVersions(120) },
			change: func(v *outputTest) { v.ej.Spec.Output.DeletionPolicy = fissilev1.DeletionPolicyRetain },
			done: func(v *outputTest) bool {
				return !slices.ContainsFunc(v.secrets(), func(s corev1.Secret) bool { return len(s.OwnerReferences) > 0 })
			},
		},
		"many failed Jobs": {
			make: func(v *outputTest) {
				v.edit(func() { v.ej.Spec.FailedJobsHistoryLimit = new(int32(100)) })
				for range 30 {
					v.finish(v.start(), batchv1.JobFailed)
					v.reconcile()
					v.pass(time.Hour)
				}
			},
			change: func(v *outputTest) { v.ej.Spec.FailedJobsHistoryLimit = new(int32(0)) },
			done: func(v *outputTest) bool {
				var jobs batchv1.JobList
				return v.client.List(v.Context(), &jobs) == nil && len(jobs.Items) == 0
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newOutputTest(t)
			test.make(v)
			v.pass(time.Hour)
			v.edit(func() { test.change(v) })
			begin := v.clock.Now()
			for !test.done(v) && v.clock.Now().Sub(begin) < 10*time.Second {
				v.reconcile()
				v.pass(max(v.requeueAfter, time.Millisecond))
			}
			if !test.done(v) {
				t.Errorf("it is not done after %s", v.clock.Now().Sub(begin))
			}
		})
	}
}

// createVersions creates versions of the output that earlier runs stored.
func (v *outputTest) createVersions(n int64) {
	v.Helper()
	for ordinal := range n {
		secret := versionedsecret.New(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "out-main"}}, ordinal+1, "")
		secret.OwnerReferences = []metav1.OwnerReference{runjob.OwnerReference(v.ej)}
		secret.Annotations[fissilev1.AnnotationOwnerUID] = string(v.ej.UID)
		secret.Annotations[fissilev1.AnnotationRun] = "1"
		reseal(secret)
		v.mustCreate(secret)
	}
}

func (v *outputTest) secrets() []corev1.Secret {
	v.Helper()
	var secrets corev1.SecretList
	if err := v.client.List(v.Context(), &secrets); err != nil {
		v.Fatal(err)
	}
	return secrets.Items
}
