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

// Package rbac checks what the operator is granted: that it is not too much for
// an overlay to grant, and (make test-e2e) that it is what the operator uses.
package rbac

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/kustomize/api/resmap"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/kustomize"
)

const (
	overlays       = "../../config/overlays"
	namespace      = "extendedjob-system"
	serviceAccount = "extendedjob-controller-manager"
)

// grant is one right of the operator.
type grant struct {
	// Namespace is the one that the right is limited to. Empty: none.
	Namespace string
	Group     string
	Resource  string
	// Name is the object that the right is limited to. Empty: none.
	Name string
	Verb string
}

func (g grant) String() string {
	text := fmt.Sprintf("%s %s", g.Verb, g.Resource)
	if g.Group != "" {
		text += "." + g.Group
	}
	if g.Name != "" {
		text += " " + g.Name
	}
	if g.Namespace != "" {
		text += " in " + g.Namespace
	}
	return text
}

func TestNoOverlayGrantsTooMuch(t *testing.T) {
	for overlay, objects := range everyOverlay(t) {
		t.Run(overlay, func(t *testing.T) {
			for _, g := range grants(t, objects) {
				if slices.Contains([]string{g.Group, g.Resource, g.Verb}, "*") {
					t.Errorf("a wildcard: %s", g)
				}
				if slices.Contains([]string{"escalate", "bind", "impersonate"}, g.Verb) {
					t.Errorf("a right to get more rights: %s", g)
				}
				if g.Group == rbacv1.GroupName {
					t.Errorf("a right over rights: %s", g)
				}
			}
		})
	}
}

func TestNamespacedGrantsNothingInOtherNamespaces(t *testing.T) {
	watched := []string{"default"} // config/overlays/namespaced/operator.yaml
	inNoNamespace := []string{"customresourcedefinitions", "subjectaccessreviews", "tokenreviews", "validatingwebhookconfigurations"}
	var namespaces []string
	for _, g := range grants(t, kustomize.Build(t, filepath.Join(overlays, "namespaced"))) {
		switch {
		case g.Namespace == "" && !slices.Contains(inNoNamespace, g.Resource):
			t.Errorf("a right in all namespaces: %s", g)
		case g.Namespace != "" && g.Namespace != namespace && !slices.Contains(namespaces, g.Namespace):
			namespaces = append(namespaces, g.Namespace)
		}
	}
	if !slices.Equal(namespaces, watched) {
		t.Errorf("rights in the namespaces %v, and those watched are %v", namespaces, watched)
	}
}

// everyOverlay returns what kustomize builds of each overlay.
func everyOverlay(t *testing.T) map[string]resmap.ResMap {
	t.Helper()
	directories, err := filepath.Glob(overlays + "/*")
	if err != nil || len(directories) == 0 {
		t.Fatalf("found no overlays: %v", err)
	}
	all := map[string]resmap.ResMap{}
	for _, directory := range append(directories, "../../config/default") {
		all[filepath.Base(directory)] = kustomize.Build(t, directory)
	}
	return all
}

// grants are the rights that are bound to the operator's service account.
func grants(t *testing.T, objects resmap.ResMap) []grant {
	t.Helper()
	rules := map[string][]rbacv1.PolicyRule{} // by kind, namespace and name
	for _, role := range kustomize.List[rbacv1.ClusterRole](t, objects, "ClusterRole") {
		rules["ClusterRole//"+role.Name] = role.Rules
	}
	for _, role := range kustomize.List[rbacv1.Role](t, objects, "Role") {
		rules["Role/"+role.Namespace+"/"+role.Name] = role.Rules
	}
	var all []grant
	add := func(namespace string, reference rbacv1.RoleRef, subjects []rbacv1.Subject) {
		if !slices.ContainsFunc(subjects, isOperator) {
			return
		}
		key := reference.Kind + "/" + namespace + "/" + reference.Name
		if reference.Kind == "ClusterRole" {
			key = reference.Kind + "//" + reference.Name
		}
		bound, known := rules[key]
		if !known {
			t.Fatalf("a binding names %s, which does not exist", key)
		}
		for _, rule := range bound {
			all = append(all, expand(namespace, rule)...)
		}
	}
	for _, binding := range kustomize.List[rbacv1.ClusterRoleBinding](t, objects, "ClusterRoleBinding") {
		add("", binding.RoleRef, binding.Subjects)
	}
	for _, binding := range kustomize.List[rbacv1.RoleBinding](t, objects, "RoleBinding") {
		add(binding.Namespace, binding.RoleRef, binding.Subjects)
	}
	if len(all) == 0 {
		t.Fatalf("nothing is granted to %s/%s", namespace, serviceAccount)
	}
	return all
}

func isOperator(subject rbacv1.Subject) bool {
	return subject.Kind == rbacv1.ServiceAccountKind && subject.Namespace == namespace && subject.Name == serviceAccount
}

func expand(namespace string, rule rbacv1.PolicyRule) []grant {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	var all []grant
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, name := range names {
				for _, verb := range rule.Verbs {
					all = append(all, grant{namespace, group, resource, name, verb})
				}
			}
		}
	}
	return all
}
