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

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// sharedValue is what the shared ConfigMap holds.
const sharedValue = "value"

// settledJobs are ExtendedJobs that look as if they had run: some really did, and
// what became of them is copied. The copies go to etcd directly; a hundred
// thousand would take the API server an hour.
type settledJobs struct {
	*bench
	namespace string
	etcd      *clientv3.Client
	// digestKey is the operator's.
	digestKey []byte
	models    [10]*fissilev1.ExtendedJob
	count     int
}

// startSettled makes the models, with templates of about a size.
func (b *bench) startSettled(ctx context.Context, templateBytes int) (*settledJobs, error) {
	s := &settledJobs{bench: b}
	var err error
	if s.etcd, err = clientv3.New(clientv3.Config{Endpoints: []string{b.ControlPlane.Etcd.URL.String()}, DialTimeout: time.Minute}); err != nil {
		return nil, err
	}
	if s.namespace, err = b.newNamespace(ctx, "settled"); err != nil {
		return nil, err
	}
	if err := b.client.Create(ctx, sharedConfigMap(s.namespace, sharedValue)); err != nil {
		return nil, err
	}
	m, err := b.startOperator(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer m.stop()
	for i := range s.models {
		s.models[i] = settledSpec(s.namespace, i, templateBytes)
		if err := b.client.Create(ctx, s.models[i]); err != nil {
			return nil, err
		}
	}
	if err := waitFor(ctx, "the models to run", 10*time.Minute, func(ctx context.Context) (bool, error) {
		atRest, _, err := b.settledAs(ctx, s.namespace, fissilev1.StrategyDone, 1)
		return atRest == len(s.models), err
	}); err != nil {
		return nil, err
	}
	for _, model := range s.models {
		if err := b.client.Get(ctx, client.ObjectKeyFromObject(model), model); err != nil {
			return nil, err
		}
		if err := b.client.Delete(ctx, model); err != nil {
			return nil, err
		}
	}
	key := &corev1.Secret{}
	err = b.client.Get(ctx, client.ObjectKey{Namespace: controlplane.OperatorNamespace, Name: "extendedjob-digest-key"}, key)
	s.digestKey = key.Data["key"]
	return s, err
}

// settledSpec is a one-off with output or, every second one, one that reads the
// shared ConfigMap.
func settledSpec(namespace string, i, templateBytes int) *fissilev1.ExtendedJob {
	ej := newExtendedJob(namespace, i, fissilev1.StrategyOnce)
	enlarge(ej, i, templateBytes)
	if i%2 == 0 {
		return ej.Output(ej.Obj().Name).Obj()
	}
	return readingShared(ej)
}

// grow brings the number of copies to n, and waits until the API server serves
// them in each version. An operator serves the webhook that converts them.
func (s *settledJobs) grow(ctx context.Context, n int) error {
	m, err := s.startOperator(ctx, func(c *configv1alpha1.OperatorConfiguration) { c.WatchNamespaces = []string{"default"} })
	if err != nil {
		return err
	}
	defer m.stop()
	s.progress("  storing %d settled ExtendedJobs", n-s.count)
	last := n - 1
	if err := parallel(last-s.count, s.parameters.Workers, func(i int) error { return s.store(ctx, s.count+i) }); err != nil {
		return err
	}
	if err := s.store(ctx, last); err != nil {
		return err
	}
	s.count = n
	for _, version := range []schema.GroupVersion{fissilev1.GroupVersion, fissilev1alpha1.GroupVersion} {
		if err := s.served(ctx, version, last); err != nil {
			return err
		}
	}
	return nil
}

// store stores the i-th copy.
func (s *settledJobs) store(ctx context.Context, i int) error {
	ej := s.models[i%len(s.models)].DeepCopy()
	ej.TypeMeta = metav1.TypeMeta{APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob"}
	ej.Name, ej.UID, ej.ResourceVersion = copyName(i), uuid.NewUUID(), ""
	ej.Annotations[fissilev1.AnnotationSettledRun] = plan.ReadSettled(s.models[i%len(s.models)]).Annotation(ej)
	ej.Status.LastRun.JobName = plan.JobName(ej, ej.Status.LastRun.Number)
	if ej.Spec.Output != nil {
		ej.Spec.Output.NamePrefix = ej.Name
	}
	if ej.Status.Inputs != nil {
		ej.Status.Inputs.Digest = s.digest(ej)
	}
	ej.Status.Outputs = nil // There are no Secrets of them.
	content, err := json.Marshal(ej)
	if err != nil {
		return err
	}
	_, err = s.etcd.Put(ctx, s.prefix()+ej.Name, string(content))
	return err
}

// digest is that of the shared ConfigMap for an ExtendedJob.
func (s *settledJobs) digest(ej *fissilev1.ExtendedJob) string {
	shared := sharedConfigMap(s.namespace, sharedValue)
	return configrefs.Digest(s.digestKey, string(ej.UID), []configrefs.Entry{{
		Kind: configrefs.ConfigMap, Name: shared.Name, MAC: configrefs.ObjectMAC(s.digestKey, configrefs.ConfigMap, shared.Data, shared.BinaryData),
	}})
}

func (s *settledJobs) prefix() string {
	return "/registry/" + fissilev1.GroupVersion.Group + "/extendedjobs/" + s.namespace + "/"
}

// served waits until the API server's cache of a version has the i-th copy.
func (s *settledJobs) served(ctx context.Context, version schema.GroupVersion, i int) error {
	return waitFor(ctx, "the API server to serve "+version.String(), time.Hour, func(ctx context.Context) (bool, error) {
		metadata := &metav1.PartialObjectMetadata{}
		metadata.SetGroupVersionKind(version.WithKind("ExtendedJob"))
		fromCache := &client.GetOptions{Raw: &metav1.GetOptions{ResourceVersion: "0"}}
		err := s.client.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: copyName(i)}, metadata, fromCache)
		return err == nil, client.IgnoreNotFound(err)
	})
}

func copyName(i int) string { return fmt.Sprintf("copy-%06d", i) }

// remove removes the copies.
func (s *settledJobs) remove(ctx context.Context) error {
	defer s.etcd.Close()
	_, err := s.etcd.Delete(ctx, s.prefix(), clientv3.WithPrefix())
	return err
}
