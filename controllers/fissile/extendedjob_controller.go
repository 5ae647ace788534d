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

// Package fissile reconciles ExtendedJobs: observe gathers what the decision needs,
// package plan decides, and act does the one step that was decided on.
package fissile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/inputs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/outputs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/controllers/fissile/internal/runpods"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/index"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// +kubebuilder:rbac:groups=fissile.cloudfoundry.org,resources=extendedjobs,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=fissile.cloudfoundry.org,resources=extendedjobs/status,verbs=patch
// +kubebuilder:rbac:groups=batch,resources=jobs,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=pods,verbs=list;watch
// +kubebuilder:rbac:groups="",resources=pods/log,verbs=get
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=events,verbs=list
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

const (
	// maxSteps exceeds any chain of steps that leads from one event to the next wait.
	maxSteps = 16
	// nextTurn is how long an ExtendedJob with more than maxSteps things to tidy up
	// waits for its next turn.
	nextTurn = 100 * time.Millisecond
)

// Options are the settings of the controller.
type Options struct {
	// Concurrency is how many ExtendedJobs are processed at once.
	Concurrency int
	// LogReadTimeout is how long to keep trying to read a log before the output is
	// given up.
	LogReadTimeout time.Duration
	// MaxLogSize is the maximum number of bytes of a log.
	MaxLogSize int64
	// Debounce is how long a change of a ConfigMap or Secret waits for others that
	// come with it.
	Debounce time.Duration
	// Namespace is the operator's own namespace.
	Namespace string
	// RunInNamespace allows ExtendedJobs to run in Namespace, too.
	RunInNamespace bool
	// ReservedSecretNames are patterns of names that no output Secret may have.
	ReservedSecretNames []string
	// CollectorImage is the image of the collector of files; empty if it is not known.
	CollectorImage string
	// LeaseDuration is the duration of the leader election's Lease: how long a leader
	// that was replaced may not know it.
	LeaseDuration time.Duration
}

// Reconciler reconciles ExtendedJobs.
type Reconciler struct {
	dependencies
	Options

	states  processStates
	inputs  inputs.Reader
	pods    runpods.Reader
	outputs outputs.Secrets
}

// dependencies are what a Reconciler works with.
type dependencies struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// ExtendedJobs reads ExtendedJobs from the cache.
	ExtendedJobs extendedJobReader
	// APIReader reads from the API server.
	APIReader client.Reader
	// Documents reads what containers printed.
	Documents outputs.Documents
	// Key returns the key of digests and seals.
	Key func(context.Context) ([]byte, error)
	// Recorder records events on ExtendedJobs.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
}

func newReconciler(d dependencies, options Options) *Reconciler {
	return &Reconciler{
		dependencies: d,
		Options:      options,
		inputs:       inputs.Reader{Cache: d.Client, APIReader: d.APIReader, Key: d.Key},
		pods:         runpods.Reader{Cache: d.Client, APIReader: d.APIReader, Clock: d.Clock},
		outputs: outputs.Secrets{
			Client: d.Client, APIReader: d.APIReader, Documents: d.Documents, Key: d.Key, Clock: d.Clock, ReservedNames: options.ReservedSecretNames,
		},
	}
}

// extendedJobReader reads ExtendedJobs from the cache.
type extendedJobReader interface {
	// Get returns the part of an ExtendedJob that decisions need. The caller must not
	// modify it. Get returns an *ejcache.UndecodableError if the ExtendedJob cannot
	// be decoded.
	Get(ctx context.Context, key client.ObjectKey) (*plan.ExtendedJob, error)
	// Find returns the names of the ExtendedJobs that an index has under a key, the
	// oldest first. An empty namespace stands for all watched namespaces.
	Find(ctx context.Context, namespace, index, key string) ([]client.ObjectKey, error)
}

// SetupWithManager adds the controller and the indexes that it needs.
func SetupWithManager(mgr ctrl.Manager, options Options) error {
	clientset, err := kubernetes.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("create client for logs: %w", err)
	}
	if err := index.Register(mgr.GetFieldIndexer()); err != nil {
		return err
	}
	recorder, err := newRecorder(mgr, clientset)
	if err != nil {
		return fmt.Errorf("create event recorder: %w", err)
	}
	logs := outputs.NewLogPool(&outputs.LogReader{
		Logs:        &outputs.PodLogs{Client: clientset.CoreV1()},
		Timeout:     options.LogReadTimeout,
		IdleTimeout: outputs.LogIdleTimeout,
		MaxSize:     options.MaxLogSize,
	}, options.Concurrency)
	// The API server knows the fields of typed objects, and checking them takes time.
	unchecked := client.WithFieldValidation(mgr.GetClient(), metav1.FieldValidationIgnore)
	digestKey := inputs.DigestKey{Writer: unchecked, APIReader: mgr.GetAPIReader(), Namespace: options.Namespace}
	r := newReconciler(dependencies{
		Client:       unchecked,
		ExtendedJobs: ejcache.Reader{Cache: mgr.GetCache()},
		APIReader:    mgr.GetAPIReader(),
		Documents:    logs,
		Key:          digestKey.Get,
		Recorder:     recorder,
		Clock:        clock.RealClock{},
	}, options)
	if err := errors.Join(mgr.Add(leaderMetrics{r.ExtendedJobs, logs}), mgr.Add(handover{r})); err != nil {
		return err
	}
	const name = "extendedjob"
	return ctrl.NewControllerManagedBy(mgr).
		Named(name).
		WatchesRawSource(source.Kind(mgr.GetCache(), &ejcache.ExtendedJob{}, &handler.TypedEnqueueRequestForObject[*ejcache.ExtendedJob]{})).
		Watches(&batchv1.Job{}, finishedFirst{handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), &fissilev1.ExtendedJob{}, handler.OnlyControllerOwner())}).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(r.extendedJobOfPod), builder.WithPredicates(runpods.Predicate())).
		WatchesMetadata(&corev1.ConfigMap{}, handler.EnqueueRequestsFromMapFunc(r.extendedJobsOfInput(configrefs.ConfigMap)), builder.WithPredicates(inputChanged())).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.extendedJobsOfInput(configrefs.Secret)), builder.WithPredicates(inputChanged())).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.extendedJobsOfOutput), builder.WithPredicates(ownerChanged())).
		WatchesRawSource(logs).
		WithLogConstructor(func(request *reconcile.Request) logr.Logger {
			log := mgr.GetLogger().WithValues("controller", name)
			if request == nil {
				return log
			}
			return log.WithValues("ExtendedJob", request.NamespacedName)
		}).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: options.Concurrency,
			RateLimiter:             retryLimiter{newRetryLimiter(), logs.Pending},
			NewQueue:                newFairQueue,
		}).
		Complete(r)
}

// Reconcile takes an ExtendedJob forward, step by step, until it has to wait for
// something. It is no error if the ExtendedJob is deleted in the meantime. Retries
// after an error get no higher priority than a run that is to begin.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	result, err := r.reconcile(ctx, req)
	switch {
	case isGone(err):
		return ctrl.Result{}, nil
	case err != nil:
		result.Priority = new(0)
	}
	return result, err
}

func (r *Reconciler) reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	observed, err := r.observe(ctx, req.NamespacedName)
	if err != nil || observed == nil {
		return ctrl.Result{}, err
	}
	defer r.outputs.Offer(req.NamespacedName)()
	var step plan.Step
	for range maxSteps {
		observed.Now, observed.Process = r.Clock.Now(), observed.state.process
		step = plan.Next(observed.Observation)
		logStep(ctx, observed, step)
		if step.Kind == plan.Wait {
			return ctrl.Result{RequeueAfter: step.After}, nil
		}
		switch err := r.act(ctx, observed, step); {
		case errors.Is(err, outputs.ErrReading):
			return ctrl.Result{}, nil
		case err != nil:
			if plan.IsRefusal(err) {
				err = errors.Join(err, r.reportFailure(ctx, observed, step.Kind, err))
			}
			return ctrl.Result{}, fmt.Errorf("%s: %w", step.Kind, err)
		}
	}
	if tidies(step.Kind) {
		// There is a lot to delete. Others come first.
		return ctrl.Result{RequeueAfter: nextTurn}, nil
	}
	return ctrl.Result{}, fmt.Errorf("reconciling did not end after %d steps", maxSteps)
}

// tidies reports whether a kind of step removes or repairs one of many things, which
// may be more than a reconcile has steps.
func tidies(kind plan.Kind) bool {
	return kind == plan.DeleteJob || kind == plan.SyncOwner || kind == plan.DeleteVersion
}

// extendedJobOfPod finds the ExtendedJob of a pod by its UID, because the name in the
// label may be shortened.
func (r *Reconciler) extendedJobOfPod(ctx context.Context, pod client.Object) []reconcile.Request {
	return r.requests(ctx, pod.GetNamespace(), index.UID, pod.GetLabels()[fissilev1.LabelUID])
}

// extendedJobsOfOutput finds the ExtendedJob whose output a Secret holds, and those
// with a Job whose output goes to the Secret, which may be waiting for it to go away.
func (r *Reconciler) extendedJobsOfOutput(ctx context.Context, secret client.Object) []reconcile.Request {
	var requests []reconcile.Request
	if uid, ok := secret.GetAnnotations()[fissilev1.AnnotationOwnerUID]; ok {
		requests = r.requests(ctx, secret.GetNamespace(), index.UID, uid)
	}
	for _, name := range runjob.TargetNames(secret.GetName()) {
		requests = append(requests, r.ownersOfJobs(ctx, secret.GetNamespace(), name)...)
	}
	return requests
}

// ownersOfJobs finds the ExtendedJobs that have a Job whose output goes to a target.
func (r *Reconciler) ownersOfJobs(ctx context.Context, namespace, target string) []reconcile.Request {
	var list batchv1.JobList
	if err := r.Client.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{index.Output: target}, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Cannot list Jobs", "index", index.Output)
		return nil
	}
	var requests []reconcile.Request
	for i := range list.Items {
		if owner := metav1.GetControllerOf(&list.Items[i]); owner != nil {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKey{Namespace: namespace, Name: owner.Name}})
		}
	}
	return requests
}

// extendedJobsOfInput finds the ExtendedJobs whose pods read a ConfigMap or Secret.
func (r *Reconciler) extendedJobsOfInput(kind configrefs.Kind) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		requests := r.requests(ctx, object.GetNamespace(), index.Input, index.InputKey(kind, object.GetName()))
		if base, _, ok := versionedsecret.ParseName(object.GetName()); ok && kind == configrefs.Secret {
			requests = append(requests, r.requests(ctx, object.GetNamespace(), index.Input, index.VersionsKey(base))...)
		}
		return requests
	}
}

// inputChanged passes on new versions of an object. Objects that exist at the start
// do not count: all ExtendedJobs are looked at then, and a cluster may have many
// objects.
func inputChanged() predicate.Predicate {
	return predicate.And(predicate.ResourceVersionChangedPredicate{}, predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList },
	})
}

func (r *Reconciler) requests(ctx context.Context, namespace, index, key string) []reconcile.Request {
	found, err := r.ExtendedJobs.Find(ctx, namespace, index, key)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Cannot find ExtendedJobs", "index", index)
		return nil
	}
	requests := make([]reconcile.Request, len(found))
	for i := range found {
		requests[i].NamespacedName = found[i]
	}
	return requests
}

// ownerChanged passes on that a Secret is gone, was replaced by another of the same
// name, or has changed hands.
func ownerChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, after := e.ObjectOld, e.ObjectNew
			return before.GetUID() != after.GetUID() ||
				!apiequality.Semantic.DeepEqual(before.GetOwnerReferences(), after.GetOwnerReferences()) ||
				before.GetAnnotations()[fissilev1.AnnotationOwnerUID] != after.GetAnnotations()[fissilev1.AnnotationOwnerUID] ||
				before.GetAnnotations()[fissilev1.AnnotationOwnerName] != after.GetAnnotations()[fissilev1.AnnotationOwnerName]
		},
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}
