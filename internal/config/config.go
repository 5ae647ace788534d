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

// Package config reads the operator's configuration file.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
)

// podNamespaceFile is the file in which the kubelet provides a pod's namespace.
const podNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// Load reads an OperatorConfiguration from the file at path, fills in defaults
// and validates it. An empty path gives the defaults. A field that is unknown,
// duplicate or invalid is an error that names the file, the field and the reason; all
// invalid values are named at once.
//
// podNamespace is the configuration's namespace if the file sets none.
func Load(path, podNamespace string) (*configv1alpha1.OperatorConfiguration, error) {
	source := "default configuration"
	configuration := &configv1alpha1.OperatorConfiguration{}
	if path != "" {
		source = "configuration " + path
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
		if configuration, err = decode(data); err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
	}
	if configuration.Namespace == "" {
		configuration.Namespace = podNamespace
	}
	configv1alpha1.SetDefaults(configuration)
	if errs := validate(configuration); len(errs) > 0 {
		return nil, fmt.Errorf("%s: %w", source, errs.ToAggregate())
	}
	return configuration, nil
}

// IsMissing reports whether there is no file at path, which Load would not accept.
func IsMissing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// PodNamespace returns the namespace of the pod that the process runs in; empty
// outside a cluster.
func PodNamespace() (string, error) {
	namespace, err := os.ReadFile(podNamespaceFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(namespace)), err
}

func decode(data []byte) (*configv1alpha1.OperatorConfiguration, error) {
	scheme := runtime.NewScheme()
	utilruntime.Must(configv1alpha1.AddToScheme(scheme))
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	obj, _, err := codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		return nil, err
	}
	configuration, ok := obj.(*configv1alpha1.OperatorConfiguration)
	if !ok {
		return nil, fmt.Errorf("the file holds a %T, not an OperatorConfiguration", obj)
	}
	return configuration, nil
}
