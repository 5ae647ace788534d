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

package controlplane

import (
	"fmt"
	"os"
	"path/filepath"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/kustomize"
)

// deployment holds the objects that kustomize builds. Those with the address of a
// webhook are separate, because here the webhooks do not run in a pod.
type deployment struct {
	definitions []*apiextensionsv1.CustomResourceDefinition
	webhooks    []*admissionregistrationv1.ValidatingWebhookConfiguration
	manager     client.Object
	others      []client.Object
}

func buildDeployment(o Options) (*deployment, error) {
	kustomization, err := writeKustomization(o)
	if err != nil {
		return nil, err
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy // the namespace before its contents
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), kustomization)
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", overlay, err)
	}
	d := &deployment{}
	for _, resource := range resources.Resources() {
		content, err := resource.Map()
		if err != nil {
			return nil, err
		}
		switch resource.GetKind() {
		case "Deployment":
			d.manager = &unstructured.Unstructured{Object: content}
		case "CustomResourceDefinition":
			d.definitions, err = appendTyped(d.definitions, content)
		case "ValidatingWebhookConfiguration":
			d.webhooks, err = appendTyped(d.webhooks, content)
		default:
			d.others = append(d.others, &unstructured.Unstructured{Object: content})
		}
		if err != nil {
			return nil, fmt.Errorf("read %s %s: %w", resource.GetKind(), resource.GetName(), err)
		}
	}
	return d, nil
}

// writeKustomization writes a kustomization of the overlay with the components, like
// a user, and returns its directory.
func writeKustomization(o Options) (string, error) {
	directory := filepath.Join(o.Directory, "deployment")
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return "", err
	}
	var components []string
	for _, component := range o.Components {
		components = append(components, filepath.Join(o.Repository, "config", "components", component))
	}
	return directory, kustomize.Combine(directory, filepath.Join(o.Repository, overlay), components...)
}

func appendTyped[T any](objects []*T, content map[string]any) ([]*T, error) {
	object := new(T)
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content, object, true)
	return append(objects, object), err
}
