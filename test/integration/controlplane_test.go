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

package integration

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const (
	repository = "../.."
	// overlay is the deployment that the tests install, except for the operator's
	// pods.
	overlay = repository + "/config/overlays/selfsigned"
	// Names in it.
	operatorNamespace = "extendedjob-system"
	operatorUser      = "system:serviceaccount:" + operatorNamespace + ":extendedjob-controller-manager"
)

// controlPlane is a kube-apiserver with etcd in which the operator is deployed
// but not running. There are no other controllers and no nodes.
type controlPlane struct {
	*envtest.Environment
	client client.Client
	// operatorKubeconfig is a file with the operator's own identity.
	operatorKubeconfig string
	kubeconfig         string
	audit              auditLog
}

// findAssets returns the directory with kube-apiserver, etcd and kubectl.
func findAssets() (string, error) {
	directories := []string{os.Getenv("KUBEBUILDER_ASSETS")}
	if directories[0] == "" {
		directories, _ = filepath.Glob(repository + "/bin/kubernetes-*") // fails only for a bad pattern
		slices.Reverse(directories)
	}
	for _, directory := range directories {
		if _, err := os.Stat(filepath.Join(directory, "kube-apiserver")); err == nil {
			return directory, nil
		}
	}
	return "", errors.New("there is no kube-apiserver in KUBEBUILDER_ASSETS or bin/kubernetes-<version>; build it: make kubernetes-binaries")
}

// startControlPlane installs what kustomize builds from the deployment: so its
// custom resource definition and its roles are tested, too.
func startControlPlane(assets, directory string, scheme *runtime.Scheme) *controlPlane {
	d := buildDeployment()
	c := &controlPlane{
		Environment: &envtest.Environment{
			BinaryAssetsDirectory: assets,
			Scheme:                scheme,
			CRDs:                  d.definitions,
			WebhookInstallOptions: envtest.WebhookInstallOptions{ValidatingWebhooks: d.webhooks, IgnoreSchemeConvertible: true},
		},
		kubeconfig:         filepath.Join(directory, "kubeconfig"),
		operatorKubeconfig: filepath.Join(directory, "operator.kubeconfig"),
		audit:              auditLog{filepath.Join(directory, "audit.log")},
	}
	c.ControlPlane.GetAPIServer().Configure().
		Set("audit-log-path", c.audit.path).
		Set("audit-policy-file", writeYAML(filepath.Join(directory, "audit-policy.yaml"), auditPolicy())).
		// As OpenShift has it.
		Set("enable-admission-plugins", "OwnerReferencesPermissionEnforcement")
	DeferCleanup(c.Stop)
	config, err := c.Start()
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(c.kubeconfig, c.KubeConfig, 0o600)).To(Succeed())
	c.client, err = client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	for _, object := range d.others {
		Expect(c.client.Create(context.Background(), object)).To(Succeed())
	}

	operator, err := c.AddUser(envtest.User{Name: operatorUser, Groups: []string{"system:serviceaccounts"}}, nil)
	Expect(err).NotTo(HaveOccurred())
	kubeconfig, err := operator.KubeConfig()
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(c.operatorKubeconfig, kubeconfig, 0o600)).To(Succeed())
	return c
}

// deployment is what kustomize builds. What has the address of a webhook is
// apart: here the webhooks are not in a pod.
type deployment struct {
	definitions []*apiextensionsv1.CustomResourceDefinition
	webhooks    []*admissionregistrationv1.ValidatingWebhookConfiguration
	others      []client.Object
}

func buildDeployment() deployment {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy // the namespace before what is in it
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), overlay)
	Expect(err).NotTo(HaveOccurred())
	var d deployment
	for _, resource := range resources.Resources() {
		content, err := resource.Map()
		Expect(err).NotTo(HaveOccurred())
		switch resource.GetKind() {
		case "Deployment": // the tests run the operator themselves
		case "CustomResourceDefinition":
			d.definitions = append(d.definitions, typed[apiextensionsv1.CustomResourceDefinition](content))
		case "ValidatingWebhookConfiguration":
			d.webhooks = append(d.webhooks, typed[admissionregistrationv1.ValidatingWebhookConfiguration](content))
		default:
			d.others = append(d.others, &unstructured.Unstructured{Object: content})
		}
	}
	return d
}

func typed[T any](content map[string]any) *T {
	object := new(T)
	Expect(runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content, object, true)).To(Succeed())
	return object
}

// auditPolicy logs what the operator does.
func auditPolicy() *auditv1.Policy {
	return &auditv1.Policy{
		TypeMeta:   metav1.TypeMeta{APIVersion: auditv1.SchemeGroupVersion.String(), Kind: "Policy"},
		OmitStages: []auditv1.Stage{auditv1.StageRequestReceived, auditv1.StageResponseStarted},
		Rules:      []auditv1.PolicyRule{{Level: auditv1.LevelMetadata, Users: []string{operatorUser}}},
	}
}

// writeYAML writes a file and returns its name.
func writeYAML(file string, object any) string {
	data, err := yaml.Marshal(object)
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(file, data, 0o600)).To(Succeed())
	return file
}
