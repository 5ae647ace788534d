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

package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// propagation is long enough for a write to reach every API server and every replica.
const propagation = 3 * time.Second

// selfSigned creates a certificate, keeps it in a Secret and makes the API server
// trust it. Only the leader writes. Every replica serves the contents of the Secret,
// which it reads through a watch, so a new certificate is served immediately and not
// when the kubelet next refreshes its volumes.
//
// open-policy-agent/cert-controller does the same. But it watches all
// CustomResourceDefinitions of the cluster, which requires that right, waits for the
// kubelet, writes the CustomResourceDefinition at every start, never recovers from the
// deletion of its Secret and, when its authority changes, serves a certificate before
// the API server trusts it.
type selfSigned struct {
	cluster cluster.Cluster
	// client reads from the cluster's cache and writes to the API server.
	client client.Client
	// live reads from the API server.
	live     client.Reader
	secret   types.NamespacedName
	dnsNames []string
	// last is the last usable key pair of the Secret.
	last        atomic.Pointer[parsedKeyPair]
	propagation time.Duration
}

func newSelfSigned(restConfig *rest.Config, namespace string, settings *configv1alpha1.SelfSignedCertificates) (*selfSigned, error) {
	s := &selfSigned{
		secret:      types.NamespacedName{Namespace: namespace, Name: settings.SecretName},
		propagation: propagation,
	}
	for _, service := range settings.ServiceNames {
		s.dnsNames = append(s.dnsNames, service+"."+namespace+".svc")
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme), admissionregistrationv1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	// The cache is separate from the manager's: it holds one object of each kind, and
	// needs no right to read others.
	var err error
	s.cluster, err = cluster.New(restConfig, func(o *cluster.Options) {
		o.Scheme = scheme
		o.Client.FieldOwner = fissilev1.FieldManager
		o.Cache.ByObject = map[client.Object]cache.ByObject{
			&corev1.Secret{}: {
				Namespaces: map[string]cache.Config{namespace: {}},
				Field:      fields.OneTermEqualSelector("metadata.name", settings.SecretName),
			},
			&apiextensionsv1.CustomResourceDefinition{}: {
				Field:     fields.OneTermEqualSelector("metadata.name", crdName),
				Transform: stripCRD,
			},
			&admissionregistrationv1.ValidatingWebhookConfiguration{}: {
				Field: fields.OneTermEqualSelector("metadata.name", validatingName),
			},
		}
	})
	if err != nil {
		return nil, fmt.Errorf("create client for certificates: %w", err)
	}
	s.client, s.live = s.cluster.GetClient(), s.cluster.GetAPIReader()
	return s, nil
}

func (s *selfSigned) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	pair, err := s.serving(hello.Context())
	if err != nil {
		return nil, err
	}
	return pair.certificate, nil
}

func (s *selfSigned) Ready(req *http.Request) error {
	pair, err := s.serving(req.Context())
	if err != nil {
		return err
	}
	callers, err := callers(req.Context(), s.client)
	if err != nil {
		return err
	}
	for _, caller := range callers {
		if err := caller.accepts(pair.certificate.Leaf, s.dnsNames); err != nil {
			return err
		}
	}
	return nil
}

func (s *selfSigned) NotAfter(ctx context.Context) (time.Time, error) {
	pair, err := s.serving(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return pair.certificate.Leaf.NotAfter, nil
}

// serving returns the key pair of the Secret. If that cannot be used, for instance
// because it was deleted, it returns the last usable one, which the API server still
// trusts.
func (s *selfSigned) serving(ctx context.Context) (*parsedKeyPair, error) {
	secret, err := s.read(ctx, s.client)
	if err != nil {
		return nil, err
	}
	pair, err := s.usable(keyPairOf(secret))
	if err == nil {
		return pair, nil
	}
	if last := s.last.Load(); last != nil {
		return last, nil
	}
	return nil, fmt.Errorf("no valid serving certificate in Secret %s: %w", s.secret, err)
}

// usable returns the key pair of the Secret if it can be used now. It is parsed only
// when it is new, because every client of every port needs it.
func (s *selfSigned) usable(pair keyPair) (*parsedKeyPair, error) {
	parsed := s.last.Load()
	if parsed == nil || !parsed.equal(pair) {
		var err error
		if parsed, err = pair.parse(); err != nil {
			return nil, err
		}
	}
	if err := parsed.usable(s.dnsNames); err != nil {
		return nil, err
	}
	s.last.Store(parsed)
	return parsed, nil
}

// rest returns how long the key pair of the Secret can be left as it is. If that is
// not positive, a new one is due.
func (s *selfSigned) rest(secret *corev1.Secret) time.Duration {
	pair, err := s.usable(keyPairOf(secret))
	if err != nil {
		return 0
	}
	return time.Until(pair.renewal())
}

// SetupWithManager watches the Secret, and the objects that make the API server call.
func (s *selfSigned) SetupWithManager(mgr ctrl.Manager) error {
	if err := mgr.Add(s.cluster); err != nil {
		return fmt.Errorf("add cache for certificates: %w", err)
	}
	request := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: s.secret}}
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("serving-certificate").
		WatchesRawSource(source.Kind[client.Object](s.cluster.GetCache(), &corev1.Secret{}, request)).
		WatchesRawSource(source.Kind[client.Object](s.cluster.GetCache(), &apiextensionsv1.CustomResourceDefinition{}, request)).
		WatchesRawSource(source.Kind[client.Object](s.cluster.GetCache(), &admissionregistrationv1.ValidatingWebhookConfiguration{}, request)).
		WithOptions(controller.Options{
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](50*time.Millisecond, time.Minute),
		}).
		Complete(s)
}

// Reconcile makes the API server trust the certificate in the Secret, after renewing
// it if that is due.
func (s *selfSigned) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	secret, err := s.read(ctx, s.client)
	if err != nil {
		return reconcile.Result{}, err
	}
	if s.rest(secret) <= 0 {
		// The cache may not show the last certificate yet, and trusting another one that
		// nobody serves would break what works.
		if secret, err = s.read(ctx, s.live); err != nil {
			return reconcile.Result{}, err
		}
	}
	rest := s.rest(secret)
	if rest <= 0 {
		return reconcile.Result{}, s.renew(ctx, secret)
	}
	return reconcile.Result{RequeueAfter: rest}, s.trust(ctx, keyPairOf(secret).authorities)
}

// renew puts a new certificate into the Secret. It is served immediately, so the API
// server has to trust it beforehand. Another replica may serve the previous one for a
// moment longer, so the API server has to trust both. Callers notice nothing.
//
// If the Secret was deleted or damaged, the last certificate is lost: the next
// reconcile makes the API server stop trusting it.
func (s *selfSigned) renew(ctx context.Context, secret *corev1.Secret) error {
	var before keyPair
	if usable, err := s.usable(keyPairOf(secret)); err == nil {
		before = usable.keyPair
	}
	pair, err := newKeyPair(s.dnsNames, before)
	if err != nil {
		return err
	}
	var served keyPair // no certificate is served yet, if there is none
	if last := s.last.Load(); last != nil {
		served = last.keyPair
	}
	if err := s.trust(ctx, pair.authoritiesWith(served)); err != nil {
		return err
	}
	if err := s.propagate(ctx); err != nil {
		return err
	}
	pair.putInto(secret)
	if secret.ResourceVersion == "" {
		secret.Namespace, secret.Name, secret.Type = s.secret.Namespace, s.secret.Name, corev1.SecretTypeTLS
		err = s.client.Create(ctx, secret)
	} else {
		err = s.client.Update(ctx, secret)
	}
	if err != nil {
		return fmt.Errorf("write Secret %s: %w", s.secret, err)
	}
	ctrl.LoggerFrom(ctx).Info("Created a serving certificate", "dnsNames", s.dnsNames, "lifetime", lifetime)
	return s.propagate(ctx)
}

// propagate waits until API servers and replicas have seen the write. If nothing is
// served yet, there is nothing to wait for.
func (s *selfSigned) propagate(ctx context.Context) error {
	if s.last.Load() == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.propagation):
		return nil
	}
}

// trust makes the API server trust these authorities and no others.
func (s *selfSigned) trust(ctx context.Context, authorities []byte) error {
	callers, err := callers(ctx, s.client)
	if err != nil {
		return err
	}
	for _, caller := range callers {
		if caller.trusts(authorities) {
			continue
		}
		before := caller.object.DeepCopyObject().(client.Object)
		for _, caBundle := range caller.caBundles {
			*caBundle = authorities
		}
		if err := s.client.Patch(ctx, caller.object, caller.patch(before)); err != nil {
			return fmt.Errorf("write %T %s: %w", caller.object, caller.object.GetName(), err)
		}
	}
	return nil
}

// read reads the Secret. It is empty if there is none.
func (s *selfSigned) read(ctx context.Context, from client.Reader) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	if err := from.Get(ctx, s.secret, secret); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read Secret %s: %w", s.secret, err)
	}
	return secret, nil
}
