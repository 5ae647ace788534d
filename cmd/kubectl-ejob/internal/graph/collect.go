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

package graph

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
)

// Collector reads the objects beside the ExtendedJobs of a namespace, or of all
// namespaces if it is empty.
type Collector struct {
	Namespace  string
	Kubernetes kubernetes.Interface
	// Metadata reads ConfigMaps and Secrets without their data.
	Metadata metadata.Interface
}

// Collect adds everything to objects that the user may see, and returns the kinds that
// the user may not.
func (c *Collector) Collect(ctx context.Context, objects *Objects) (unseen []string, err error) {
	var all metav1.ListOptions
	for _, list := range []struct {
		what string
		read func() error
	}{
		{"ConfigMaps", func() error { return c.readMetadata(ctx, "configmaps", &objects.ConfigMaps) }},
		{"Secrets", func() error { return c.readMetadata(ctx, "secrets", &objects.Secrets) }},
		{"Deployments", func() error {
			list, err := c.Kubernetes.AppsV1().Deployments(c.Namespace).List(ctx, all)
			return add(objects, list.Items, err, func(d *appsv1.Deployment) *Workload { return new(OfDeployment(d)) })
		}},
		{"StatefulSets", func() error {
			list, err := c.Kubernetes.AppsV1().StatefulSets(c.Namespace).List(ctx, all)
			return add(objects, list.Items, err, func(s *appsv1.StatefulSet) *Workload { return new(OfStatefulSet(s)) })
		}},
		{"DaemonSets", func() error {
			list, err := c.Kubernetes.AppsV1().DaemonSets(c.Namespace).List(ctx, all)
			return add(objects, list.Items, err, func(d *appsv1.DaemonSet) *Workload { return new(OfDaemonSet(d)) })
		}},
		{"Jobs", func() error {
			list, err := c.Kubernetes.BatchV1().Jobs(c.Namespace).List(ctx, all)
			return add(objects, list.Items, err, func(job *batchv1.Job) *Workload {
				if metav1.GetControllerOf(job) != nil {
					return nil // Its ExtendedJob or CronJob stands for it.
				}
				return new(OfJob(job))
			})
		}},
		{"CronJobs", func() error {
			list, err := c.Kubernetes.BatchV1().CronJobs(c.Namespace).List(ctx, all)
			return add(objects, list.Items, err, func(job *batchv1.CronJob) *Workload { return new(OfCronJob(job)) })
		}},
	} {
		switch err := list.read(); {
		case apierrors.IsForbidden(err):
			unseen = append(unseen, list.what)
		case err != nil:
			return nil, fmt.Errorf("list %s: %w", list.what, err)
		}
	}
	return unseen, nil
}

func (c *Collector) readMetadata(ctx context.Context, resource string, into *Metadata) error {
	list, err := c.Metadata.Resource(corev1.SchemeGroupVersion.WithResource(resource)).Namespace(c.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		into.Unknown = true
		return err
	}
	into.Items = list.Items
	return nil
}

func add[T any](objects *Objects, items []T, err error, of func(*T) *Workload) error {
	for i := range items {
		if workload := of(&items[i]); workload != nil {
			objects.Workloads = append(objects.Workloads, *workload)
		}
	}
	return err
}
