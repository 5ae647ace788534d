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

// Command floor is a bare controller-runtime manager that caches ConfigMaps and
// Secrets and does nothing. The operator's memory is compared with it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	metrics := flag.String("metrics", "", "Address to serve metrics on.")
	health := flag.String("health", "", "Address to serve readiness on.")
	full := flag.Bool("full", false, "Cache whole objects, not only their metadata.")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	if err := run(*metrics, *health, *full); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(metrics, health string, full bool) error {
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Cache:                  cache.Options{DefaultTransform: strip},
		Metrics:                metricsserver.Options{BindAddress: metrics},
		HealthProbeBindAddress: health,
	})
	if err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	for _, kind := range []string{"Secret", "ConfigMap"} {
		var object client.Object = &corev1.Secret{}
		if kind == "ConfigMap" {
			object = &corev1.ConfigMap{}
		}
		if !full {
			metadata := &metav1.PartialObjectMetadata{}
			metadata.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
			object = metadata
		}
		if _, err := mgr.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false)); err != nil {
			return err
		}
	}
	synced := make(chan struct{})
	if err := mgr.AddReadyzCheck("caches", func(*http.Request) error {
		select {
		case <-synced:
			return nil
		default:
			return errors.New("the caches are not filled")
		}
	}); err != nil {
		return err
	}
	go func() {
		if mgr.GetCache().WaitForCacheSync(ctx) {
			close(synced)
		}
	}()
	return mgr.Start(ctx)
}

// strip removes the metadata that the operator does not cache for objects of
// others.
func strip(object any) (any, error) {
	if o, ok := object.(metav1.Object); ok {
		o.SetManagedFields(nil)
	}
	if o, ok := object.(*metav1.PartialObjectMetadata); ok {
		o.Annotations, o.Labels, o.Finalizers = nil, nil, nil
	}
	return object, nil
}
