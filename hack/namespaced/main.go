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

// Command namespaced makes, of the operator's configuration and its ClusterRole,
// what the overlay namespaced consists of, so that the namespaces are listed in
// the configuration alone:
//
//	namespaced OVERLAY ROLE
//
// reads OVERLAY/operator.yaml and the ClusterRole in the file ROLE, and writes
// into OVERLAY/generated
//
//   - roles.yaml: a Role with the rules, and its binding, for each namespace;
//   - cluster_role.yaml: a patch that leaves the ClusterRole the rules for what is
//     in no namespace;
//   - webhooks.yaml: a patch that has the API server ask about ExtendedJobs of
//     these namespaces only.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/config"
)

const (
	operatorNamespace = "extendedjob-system"
	prefix            = "extendedjob-"
	header            = "# Made of operator.yaml by \"make manifests\".\n"
)

// clusterScoped are the resources in role.yaml that are in no namespace.
var clusterScoped = []string{"subjectaccessreviews", "tokenreviews"}

// webhooks are the names of the webhooks of the ValidatingWebhookConfiguration.
var webhooks = []string{"v1.extendedjob.fissile.cloudfoundry.org", "v1alpha1.extendedjob.fissile.cloudfoundry.org"}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "namespaced: %v\n", err)
		os.Exit(1)
	}
}

func run(overlay, roleFile string) error {
	configuration, err := config.Load(filepath.Join(overlay, "operator.yaml"), operatorNamespace)
	if err != nil {
		return err
	}
	namespaces := configuration.WatchNamespaces
	if len(namespaces) == 0 {
		return errors.New("operator.yaml lists no watchNamespaces")
	}
	content, err := os.ReadFile(roleFile)
	if err != nil {
		return err
	}
	var role rbacv1.ClusterRole
	if err := yaml.UnmarshalStrict(content, &role); err != nil {
		return fmt.Errorf("%s: %w", roleFile, err)
	}
	inNamespaces, inNone := split(role.Rules)
	role.Name, role.Rules = prefix+role.Name, inNone

	generated := filepath.Join(overlay, "generated")
	return errors.Join(
		write(filepath.Join(generated, "roles.yaml"), roles(role.Name, namespaces, inNamespaces)...),
		write(filepath.Join(generated, "cluster_role.yaml"), role),
		write(filepath.Join(generated, "webhooks.yaml"), selectors(namespaces)),
	)
}

// split tells apart the rules for what is in namespaces and for what is in none.
func split(rules []rbacv1.PolicyRule) (inNamespaces, inNone []rbacv1.PolicyRule) {
	for _, rule := range rules {
		if slices.ContainsFunc(rule.Resources, func(r string) bool { return slices.Contains(clusterScoped, r) }) {
			inNone = append(inNone, rule)
		} else {
			inNamespaces = append(inNamespaces, rule)
		}
	}
	return inNamespaces, inNone
}

func roles(name string, namespaces []string, rules []rbacv1.PolicyRule) []any {
	var objects []any
	for _, namespace := range namespaces {
		metadata := metav1.ObjectMeta{
			Name:      name,
			Namespace: namespace,
			Labels:    map[string]string{"app.kubernetes.io/name": "extendedjob-operator"},
		}
		objects = append(objects,
			rbacv1.Role{
				TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"},
				ObjectMeta: metadata,
				Rules:      rules,
			},
			rbacv1.RoleBinding{
				TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "RoleBinding"},
				ObjectMeta: metadata,
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
				Subjects: []rbacv1.Subject{{
					Kind:      rbacv1.ServiceAccountKind,
					Name:      prefix + "controller-manager",
					Namespace: operatorNamespace,
				}},
			})
	}
	return objects
}

func selectors(namespaces []string) any {
	type webhook struct {
		Name              string               `json:"name"`
		NamespaceSelector metav1.LabelSelector `json:"namespaceSelector"`
	}
	patch := struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Webhooks          []webhook `json:"webhooks"`
	}{
		TypeMeta:   metav1.TypeMeta{APIVersion: "admissionregistration.k8s.io/v1", Kind: "ValidatingWebhookConfiguration"},
		ObjectMeta: metav1.ObjectMeta{Name: prefix + "validating-webhook-configuration"},
	}
	selector := metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
		Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpIn, Values: namespaces,
	}}}
	for _, name := range webhooks {
		patch.Webhooks = append(patch.Webhooks, webhook{Name: name, NamespaceSelector: selector})
	}
	return patch
}

func write(file string, objects ...any) error {
	content := bytes.NewBufferString(header)
	for i, object := range objects {
		if i > 0 {
			content.WriteString("---\n")
		}
		document, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		content.Write(document)
	}
	return os.WriteFile(file, content.Bytes(), 0o644)
}
