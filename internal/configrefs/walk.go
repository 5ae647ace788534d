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

package configrefs

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// use is one place of a pod spec that names an object.
type use struct {
	kind Kind
	// name points into the pod spec; it may be empty.
	name *string
	// keys are the keys that the place needs.
	keys     []string
	optional bool
	// pulls is true for imagePullSecrets: a pod starts without them.
	pulls bool
}

// walk visits every place of a pod spec that can name a ConfigMap or Secret. It
// leaves out ephemeral containers, because Kubernetes refuses them in templates.
func walk(spec *corev1.PodSpec, visit func(use)) {
	for i := range spec.InitContainers {
		walkContainer(&spec.InitContainers[i], visit)
	}
	for i := range spec.Containers {
		walkContainer(&spec.Containers[i], visit)
	}
	for i := range spec.Volumes {
		walkVolume(&spec.Volumes[i].VolumeSource, visit)
	}
	for i := range spec.ImagePullSecrets {
		visit(use{kind: Secret, name: &spec.ImagePullSecrets[i].Name, pulls: true})
	}
}

func walkContainer(container *corev1.Container, visit func(use)) {
	for i := range container.EnvFrom {
		from := &container.EnvFrom[i]
		if ref := from.ConfigMapRef; ref != nil {
			visit(use{kind: ConfigMap, name: &ref.Name, optional: ptr.Deref(ref.Optional, false)})
		}
		if ref := from.SecretRef; ref != nil {
			visit(use{kind: Secret, name: &ref.Name, optional: ptr.Deref(ref.Optional, false)})
		}
	}
	for i := range container.Env {
		from := container.Env[i].ValueFrom
		if from == nil {
			continue
		}
		if ref := from.ConfigMapKeyRef; ref != nil {
			visit(use{kind: ConfigMap, name: &ref.Name, keys: []string{ref.Key}, optional: ptr.Deref(ref.Optional, false)})
		}
		if ref := from.SecretKeyRef; ref != nil {
			visit(use{kind: Secret, name: &ref.Name, keys: []string{ref.Key}, optional: ptr.Deref(ref.Optional, false)})
		}
	}
}

// walkVolume visits all sources that are set. A valid pod spec sets one.
func walkVolume(volume *corev1.VolumeSource, visit func(use)) {
	if source := volume.ConfigMap; source != nil {
		visit(use{kind: ConfigMap, name: &source.Name, keys: keys(source.Items), optional: ptr.Deref(source.Optional, false)})
	}
	if source := volume.Secret; source != nil {
		visit(use{kind: Secret, name: &source.SecretName, keys: keys(source.Items), optional: ptr.Deref(source.Optional, false)})
	}
	if source := volume.Projected; source != nil {
		for i := range source.Sources {
			if projection := source.Sources[i].ConfigMap; projection != nil {
				visit(use{kind: ConfigMap, name: &projection.Name, keys: keys(projection.Items), optional: ptr.Deref(projection.Optional, false)})
			}
			if projection := source.Sources[i].Secret; projection != nil {
				visit(use{kind: Secret, name: &projection.Name, keys: keys(projection.Items), optional: ptr.Deref(projection.Optional, false)})
			}
		}
	}
	if source := volume.AzureFile; source != nil {
		visit(use{kind: Secret, name: &source.SecretName})
	}
	for _, ref := range driverSecrets(volume) {
		if ref != nil {
			visit(use{kind: Secret, name: &ref.Name})
		}
	}
}

// driverSecrets returns the references that volumes pass to the driver that mounts
// them. Those that are not set are nil.
func driverSecrets(volume *corev1.VolumeSource) []*corev1.LocalObjectReference {
	var refs []*corev1.LocalObjectReference
	if source := volume.CephFS; source != nil {
		refs = append(refs, source.SecretRef)
	}
	if source := volume.Cinder; source != nil {
		refs = append(refs, source.SecretRef)
	}
	if source := volume.CSI; source != nil {
		refs = append(refs, source.NodePublishSecretRef)
	}
	if source := volume.FlexVolume; source != nil {
		refs = append(refs, source.SecretRef)
	}
	if source := volume.ISCSI; source != nil {
		refs = append(refs, source.SecretRef)
	}
	if source := volume.RBD; source != nil {
		refs = append(refs, source.SecretRef)
	}
	if source := volume.ScaleIO; source != nil {
		refs = append(refs, source.SecretRef)
	}
	if source := volume.StorageOS; source != nil {
		refs = append(refs, source.SecretRef)
	}
	return refs
}

func keys(items []corev1.KeyToPath) []string {
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	return keys
}
