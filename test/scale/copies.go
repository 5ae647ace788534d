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
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

// sharedValue is the value in the shared ConfigMap of each namespace.
const sharedValue = "value"

// copies are ExtendedJobs as the operator leaves them. Each is a copy, with another
// name and UID, of a model that the operator has settled. They are written to etcd
// directly, because a hundred thousand would take the API server an hour.
type copies struct {
	*bench
	etcd *clientv3.Client
	// digestKey is the operator's key for digests.
	digestKey  []byte
	models     []*fissilev1.ExtendedJob
	namespaces []string
	count      int
	// bytes is the size of all copies in etcd.
	bytes int
}

// newCopies creates the models, waits until the operator has settled them, and
// deletes them again.
func (b *bench) newCopies(ctx context.Context, models func(namespace string) []*fissilev1.ExtendedJob) (*copies, error) {
	c := &copies{bench: b}
	namespace, err := b.newNamespace(ctx, "models")
	if err != nil {
		return nil, err
	}
	if err := b.client.Create(ctx, sharedConfigMap(namespace, sharedValue)); err != nil {
		return nil, err
	}
	c.models = models(namespace)
	for _, model := range c.models {
		if err := b.client.Create(ctx, model); err != nil {
			return nil, err
		}
	}
	for _, model := range c.models {
		if err := b.settle(ctx, model); err != nil {
			return nil, err
		}
	}
	key := &corev1.Secret{}
	if err := b.client.Get(ctx, client.ObjectKey{Namespace: controlplane.OperatorNamespace, Name: "extendedjob-digest-key"}, key); err != nil {
		return nil, err
	}
	c.digestKey = key.Data["key"]
	c.etcd, err = clientv3.New(clientv3.Config{Endpoints: []string{b.ControlPlane.Etcd.URL.String()}, DialTimeout: time.Minute})
	return c, err
}

// settle waits until the operator has settled a model, and deletes the model.
func (b *bench) settle(ctx context.Context, model *fissilev1.ExtendedJob) error {
	if err := waitFor(ctx, "a model to settle", 10*time.Minute, func(ctx context.Context) (bool, error) {
		err := b.client.Get(ctx, client.ObjectKeyFromObject(model), model)
		status := &model.Status
		due := model.Spec.Trigger.Strategy == fissilev1.StrategyOnce
		return !due && status.Active == "" && valueOf(status.ObservedGeneration) == model.Generation, err
	}); err != nil {
		return err
	}
	return b.client.Delete(ctx, model)
}

// grow adds copies until there are n, with inEach in each namespace, and waits
// until the API server serves them in every version. If v1alpha1 is one of these,
// an operator must be running to convert them.
func (c *copies) grow(ctx context.Context, n, inEach int) error {
	c.progress("  storing %d ExtendedJobs", n-c.count)
	for len(c.namespaces)*inEach < n {
		namespace, err := c.newNamespace(ctx, "at-rest")
		if err != nil {
			return err
		}
		if err := c.client.Create(ctx, sharedConfigMap(namespace, sharedValue)); err != nil {
			return err
		}
		c.namespaces = append(c.namespaces, namespace)
	}
	first, last := c.count, n-1
	sizes := make([]int, n-first)
	store := func(i int) (err error) {
		sizes[i-first], err = c.store(ctx, c.namespaces[i/inEach], i)
		return err
	}
	if err := parallel(last-first, c.parameters.Workers, func(i int) error { return store(first + i) }); err != nil {
		return err
	}
	if err := store(last); err != nil {
		return err
	}
	for _, size := range sizes {
		c.bytes += size
	}
	c.count = n
	for _, version := range c.versions() {
		if err := c.served(ctx, version, client.ObjectKey{Namespace: c.namespaces[last/inEach], Name: runName(last)}); err != nil {
			return err
		}
	}
	return nil
}

// store stores the i-th copy, and returns its size.
func (c *copies) store(ctx context.Context, namespace string, i int) (int, error) {
	model := c.models[i%len(c.models)]
	ej := model.DeepCopy()
	ej.TypeMeta = metav1.TypeMeta{APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob"}
	ej.Namespace, ej.Name, ej.UID, ej.ResourceVersion = namespace, runName(i), uuid.NewUUID(), ""
	if _, settled := ej.Annotations[fissilev1.AnnotationSettledRun]; settled {
		ej.Annotations[fissilev1.AnnotationSettledRun] = plan.ReadSettled(model).Annotation(ej)
	}
	if ej.Status.LastRun != nil {
		ej.Status.LastRun.JobName = runjob.JobName(ej, ej.Status.LastRun.Number)
	}
	if ej.Spec.Output != nil {
		ej.Spec.Output.NamePrefix = ej.Name
	}
	if ej.Status.Inputs != nil {
		ej.Status.Inputs.Digest = c.digest(ej)
	}
	ej.Status.Outputs = nil // Their Secrets are not copied.
	content, err := json.Marshal(ej)
	if err != nil {
		return 0, err
	}
	key := "/registry/" + fissilev1.GroupVersion.Group + "/extendedjobs/" + namespace + "/" + ej.Name
	_, err = c.etcd.Put(ctx, key, string(content))
	return len(key) + len(content), err
}

// digest returns the digest of the shared ConfigMap for an ExtendedJob.
func (c *copies) digest(ej *fissilev1.ExtendedJob) string {
	shared := sharedConfigMap(ej.Namespace, sharedValue)
	return configrefs.Digest(c.digestKey, string(ej.UID), []configrefs.Entry{{
		Kind: configrefs.ConfigMap, Name: shared.Name, MAC: configrefs.ObjectMAC(c.digestKey, configrefs.ConfigMap, shared.Data, shared.BinaryData),
	}})
}

// served waits until the API server's watch cache for a version has the copy with
// this key.
func (c *copies) served(ctx context.Context, version schema.GroupVersion, key client.ObjectKey) error {
	return waitFor(ctx, "the API server to serve "+version.String(), time.Hour, func(ctx context.Context) (bool, error) {
		metadata := &metav1.PartialObjectMetadata{}
		metadata.SetGroupVersionKind(version.WithKind("ExtendedJob"))
		fromCache := &client.GetOptions{Raw: &metav1.GetOptions{ResourceVersion: "0"}}
		err := c.client.Get(ctx, key, metadata, fromCache)
		return err == nil, client.IgnoreNotFound(err)
	})
}
