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
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Logs opens the logs of containers.
type Logs interface {
	// Open streams the log of a container from its beginning.
	Open(ctx context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error)
}

type podLogs struct {
	client corev1client.PodsGetter
}

func (l podLogs) Open(ctx context.Context, pod types.NamespacedName, container string) (io.ReadCloser, error) {
	return l.client.Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{Container: container}).Stream(ctx)
}
