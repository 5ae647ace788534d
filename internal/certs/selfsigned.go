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

// selfSigned makes a certificate, keeps it in a Secret and has the API server
// trust it. Only the leader writes; every replica serves what the Secret holds,
// read through a watch, so that a new certificate is served at once and not when
// the kubelet next looks at its volumes.
//
// This is what open-policy-agent/cert-controller does, too. But that watches all
// CustomResourceDefinitions of the cluster and needs the right to, waits for the
// kubelet, writes the CustomResourceDefinition at every start, stays without a
// certificate once its Secret is deleted, and serves a certificate before the
// API server trusts it when its authority changes.
type selfSigned struct {
	cluster cluster.Cluster
	// client reads from the cluster's cache and writes to the API server.
	client client.Client
	// live reads from the API server.
	live     client.Reader
	secret   types.NamespacedName
	dnsNames []string
}

func newSelfSigned(restConfig *rest.Config, namespace string, settings *configv1alpha1.SelfSignedCertificates) (*selfSigned, error) {
	s := &selfSigned{secret: types.NamespacedName{Namespace: namespace, Name: settings.SecretName}}
	for _, service := range settings.ServiceNames {
		s.dnsNames = append(s.dnsNames, service+"."+namespace+".svc")
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), apiextensionsv1.AddToScheme(scheme), admissionregistrationv1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	// The cache is apart from the manager's: it holds one object of each kind, and
	// needs the right to read no other.
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
				Field: fields.OneTermEqualSelector("metadata.name", crdName),
			},
			&admissionregistrationv1.ValidatingWebhookConfiguration{}: {
				Field: fields.OneTermEqualSelector("metadata.name", validatingName),
			},
		}
	})
	if err != nil {
		return nil, fmt.Errorf("make client for certificates: %w", err)
	}
	s.client, s.live = s.cluster.GetClient(), s.cluster.GetAPIReader()
	return s, nil
}

func (s *selfSigned) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	secret, err := s.read(hello.Context(), s.client)
	if err != nil {
		return nil, err
	}
	pair := keyPairOf(secret)
	certificate, err := tls.X509KeyPair(pair.certificate, pair.key)
	if err != nil {
		return nil, fmt.Errorf("no serving certificate in Secret %s: %w", s.secret, err)
	}
	return &certificate, nil
}

func (s *selfSigned) Ready(req *http.Request) error {
	secret, err := s.read(req.Context(), s.client)
	if err != nil {
		return err
	}
	pair := keyPairOf(secret)
	if _, err := pair.renewal(s.dnsNames); err != nil {
		return fmt.Errorf("no valid serving certificate in Secret %s: %w", s.secret, err)
	}
	callers, err := callers(req.Context(), s.client)
	if err != nil {
		return err
	}
	for _, caller := range callers {
		if !caller.trusts(pair) {
			return fmt.Errorf("the API server does not trust the serving certificate yet, for %s", caller.object.GetName())
		}
	}
	return nil
}

// SetupWithManager watches the Secret, and what tells the API server to call.
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

// Reconcile has the API server trust the certificate in the Secret, after it has
// put one there if that is due.
func (s *selfSigned) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	secret, err := s.read(ctx, s.client)
	if err != nil {
		return reconcile.Result{}, err
	}
	if keyPairOf(secret).rest(s.dnsNames) <= 0 {
		// The cache may not show the last certificate yet, and to trust another one
		// that nobody serves would break what works.
		if secret, err = s.read(ctx, s.live); err != nil {
			return reconcile.Result{}, err
		}
	}
	pair := keyPairOf(secret)
	rest := pair.rest(s.dnsNames)
	if rest <= 0 {
		return reconcile.Result{}, s.renew(ctx, secret)
	}
	return reconcile.Result{RequeueAfter: rest}, s.trust(ctx, pair)
}

// renew puts a new certificate into the Secret. It is served from the next
// moment on, so the API server has to trust it before.
func (s *selfSigned) renew(ctx context.Context, secret *corev1.Secret) error {
	pair, err := newKeyPair(s.dnsNames, keyPairOf(secret))
	if err != nil {
		return err
	}
	if err := s.trust(ctx, pair); err != nil {
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
	ctrl.LoggerFrom(ctx).Info("Made a serving certificate", "dnsNames", s.dnsNames, "lifetime", lifetime)
	return nil
}

// trust puts the authorities wherever they are not.
func (s *selfSigned) trust(ctx context.Context, pair keyPair) error {
	callers, err := callers(ctx, s.client)
	if err != nil {
		return err
	}
	for _, caller := range callers {
		if caller.trusts(pair) {
			continue
		}
		before := caller.object.DeepCopyObject().(client.Object)
		for _, caBundle := range caller.caBundles {
			*caBundle = pair.authorities
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
