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

package health

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/dynamic/fake"
	"k8s.io/kubectl/pkg/cmd/wait"
)

// waitedFor are the values of --for that the documentation has people wait with.
var waitedFor = []string{"Complete", "Failed", "Ready", "Running=false"}

// conditionsMet are those of waitedFor for which kubectl wait returns.
func conditionsMet(t *testing.T, object *unstructured.Unstructured) []string {
	t.Helper()
	var met []string
	for _, condition := range waitedFor {
		if waitReturns(t, object, condition) {
			met = append(met, condition)
		}
	}
	return met
}

// waitReturns reports whether kubectl wait --for=condition=<condition> returns
// for the object as it is.
func waitReturns(t *testing.T, object *unstructured.Unstructured, condition string) bool {
	t.Helper()
	kubeconfig, server := "/dev/null", "http://localhost" // neither is used
	getter := genericclioptions.NewConfigFlags(false)
	getter.KubeConfig, getter.APIServer = &kubeconfig, &server
	flags := wait.NewWaitFlags(getter, genericiooptions.NewTestIOStreamsDiscard())
	flags.ForCondition = []string{"condition=" + condition}
	flags.Timeout = 0 // look once
	options, err := flags.ToOptions([]string{"extendedjob/" + object.GetName()})
	if err != nil {
		t.Fatal(err)
	}

	mapping := mappingOf(object.GroupVersionKind())
	options.DynamicClient = fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(),
		map[schema.GroupVersionResource]string{mapping.Resource: object.GetKind() + "List"}, object)
	options.ResourceFinder = genericclioptions.NewSimpleFakeResourceFinder(
		&resource.Info{Mapping: mapping, Namespace: object.GetNamespace(), Name: object.GetName()})
	err = options.RunWaitContext(t.Context())
	if err != nil && !strings.HasPrefix(err.Error(), "condition not met") {
		t.Fatal(err)
	}
	return err == nil
}

func mappingOf(kind schema.GroupVersionKind) *meta.RESTMapping {
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	return &meta.RESTMapping{Resource: plural, GroupVersionKind: kind, Scope: meta.RESTScopeNamespace}
}
