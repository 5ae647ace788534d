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

package config

import (
	"context"
	"fmt"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
)

const (
	// relatedImageEnv is the environment variable in which OLM and others name an image
	// for the collector.
	relatedImageEnv = "RELATED_IMAGE_COLLECTOR"
	// podNameEnv is the name of the pod that the process runs in.
	podNameEnv = "POD_NAME"
	// managerContainer is the container that the process runs in.
	managerContainer = "manager"
)

// CollectorImage returns the image of the collector: the one that the environment or
// the configuration names, or else the image of the operator's own pod, so that
// replacing the one also replaces the other. It is empty outside a cluster, and if the
// pod may not be read.
func CollectorImage(ctx context.Context, reader client.Reader, configuration *configv1alpha1.OperatorConfiguration, podNamespace string) (string, error) {
	if image := os.Getenv(relatedImageEnv); image != "" {
		return image, nil
	}
	if image := configuration.Output.CollectorImage; image != "" {
		return image, nil
	}
	name := os.Getenv(podNameEnv)
	if name == "" || podNamespace == "" {
		return "", nil
	}
	pod := &corev1.Pod{}
	if err := reader.Get(ctx, client.ObjectKey{Namespace: podNamespace, Name: name}, pod); err != nil {
		if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
			return "", nil
		}
		return "", fmt.Errorf("read the operator's own pod to find its image: %w", err)
	}
	at := slices.IndexFunc(pod.Spec.Containers, func(container corev1.Container) bool { return container.Name == managerContainer })
	if at < 0 {
		return "", nil
	}
	return pod.Spec.Containers[at].Image, nil
}
