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

// Package bundle checks the OLM bundle: with the validators of operator-framework,
// newer than operator-sdk's, and for what no validator notices.
package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/operator-framework/api/pkg/manifests"
	operatorsv1alpha1 "github.com/operator-framework/api/pkg/operators/v1alpha1"
	"github.com/operator-framework/api/pkg/validation"
	validator "github.com/operator-framework/api/pkg/validation/interfaces"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const (
	directory = "../../bundle"
	// source is what the bundle is made of.
	source  = "../../config/manifests"
	crdName = "extendedjobs.fissile.cloudfoundry.org"
)

// explained are the warnings that docs/releasing.md explains, by a part of each.
var explained = []string{
	"Migrate the API(s) for events:",
}

func TestTheValidatorsFindNothing(t *testing.T) {
	bundle := read(t)
	objects := []any{bundle, bundle.CSV}
	for _, crd := range bundle.V1CRDs {
		objects = append(objects, crd)
	}
	for _, object := range bundle.Objects {
		objects = append(objects, object)
	}
	for name, judge := range map[string]validator.Validator{
		"bundle":            validation.BundleValidator,
		"CSV":               validation.ClusterServiceVersionValidator,
		"CRD":               validation.CustomResourceDefinitionValidator,
		"OperatorHub":       validation.OperatorHubV2Validator,
		"capabilities":      validation.StandardCapabilitiesValidator,
		"categories":        validation.StandardCategoriesValidator,
		"deprecated APIs":   validation.AlphaDeprecatedAPIsValidator,
		"good practices":    validation.GoodPracticesValidator,
		"PDBs and the like": validation.ObjectValidator,
	} {
		t.Run(name, func(t *testing.T) {
			for _, result := range judge.Validate(objects...) {
				for _, err := range result.Errors {
					t.Error(err)
				}
				for _, warning := range result.Warnings {
					if !slices.ContainsFunc(explained, func(part string) bool { return strings.Contains(warning.Error(), part) }) {
						t.Error(warning)
					}
				}
			}
		})
	}
}

func TestWebhooksAreOfTheDeploymentAndTheCRD(t *testing.T) {
	csv := read(t).CSV
	var deployments []string
	for _, deployment := range csv.Spec.InstallStrategy.StrategySpec.DeploymentSpecs {
		deployments = append(deployments, deployment.Name)
	}
	types := map[operatorsv1alpha1.WebhookAdmissionType]int{}
	for _, webhook := range csv.Spec.WebhookDefinitions {
		types[webhook.Type]++
		if !slices.Contains(deployments, webhook.DeploymentName) {
			t.Errorf("%s is served by the deployment %s, and there are %v", webhook.GenerateName, webhook.DeploymentName, deployments)
		}
		if strings.Count(webhook.GenerateName, ".") < 2 {
			t.Errorf("the name %s of a webhook has less than three parts", webhook.GenerateName)
		}
		if webhook.Type == operatorsv1alpha1.ConversionWebhook && !slices.Equal(webhook.ConversionCRDs, []string{crdName}) {
			t.Errorf("%s converts %v", webhook.GenerateName, webhook.ConversionCRDs)
		}
	}
	want := map[operatorsv1alpha1.WebhookAdmissionType]int{
		operatorsv1alpha1.ConversionWebhook:          1,
		operatorsv1alpha1.ValidatingAdmissionWebhook: 2,
	}
	if !reflect.DeepEqual(types, want) {
		t.Errorf("the webhooks are %v, and not %v", types, want)
	}
}

// Without it the API server would, for a moment of each upgrade, give out objects
// in the old version that have lost their spec.
func TestTheCRDHasItsConversion(t *testing.T) {
	for _, crd := range read(t).V1CRDs {
		if crd.Spec.Conversion == nil || crd.Spec.Conversion.Webhook == nil || crd.Spec.Conversion.Webhook.ClientConfig == nil {
			t.Errorf("%s has no conversion webhook", crd.Name)
		}
	}
}

// operator-sdk drops fields that it does not know.
func TestNothingIsLost(t *testing.T) {
	deployment := sourceObject(t, "Deployment")
	csv := manifest(t, "extendedjob-operator.clusterserviceversion.yaml")
	inCSV := find(t, csv, "spec", "install", "spec", "deployments").([]any)
	if len(inCSV) != 1 || !reflect.DeepEqual(inCSV[0].(map[string]any)["spec"], deployment["spec"]) {
		t.Error("the Deployment differs from config/overlays/olm")
	}
	if !reflect.DeepEqual(manifest(t, "fissile.cloudfoundry.org_extendedjobs.yaml"), sourceObject(t, "CustomResourceDefinition")) {
		t.Error("the CRD differs from config/crd")
	}
}

// OLM makes the certificate, and users the configuration.
func TestThereIsNothingToConfigure(t *testing.T) {
	bundle := read(t)
	for _, object := range bundle.Objects {
		switch kind := object.GetKind(); kind {
		case "ClusterServiceVersion", "CustomResourceDefinition", "Service", "PodDisruptionBudget", "ClusterRole":
		default:
			t.Errorf("the bundle has a %s, %s", kind, object.GetName())
		}
	}
	spec := bundle.CSV.Spec.InstallStrategy.StrategySpec.DeploymentSpecs[0].Spec.Template.Spec
	for _, volume := range spec.Volumes {
		if volume.ConfigMap == nil || volume.ConfigMap.Optional == nil || !*volume.ConfigMap.Optional {
			t.Errorf("the volume %s is not an optional ConfigMap", volume.Name)
		}
	}
}

func TestTheImageIsNamedEverywhere(t *testing.T) {
	csv := read(t).CSV
	image := csv.Spec.InstallStrategy.StrategySpec.DeploymentSpecs[0].Spec.Template.Spec.Containers[0].Image
	if annotation := csv.Annotations["containerImage"]; annotation != image {
		t.Errorf("containerImage is %s, and the Deployment has %s", annotation, image)
	}
	if related := csv.Spec.RelatedImages; len(related) != 1 || related[0].Image != image {
		t.Errorf("relatedImages are %v, and the Deployment has %s", related, image)
	}
}

// make test-compat runs the integration tests on the oldest version.
func TestTheOldestKubernetesIsTested(t *testing.T) {
	content, err := os.ReadFile("../../hack/cluster/kubernetes-oldest/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	tested := regexp.MustCompile(`k8s\.io/kubernetes v(\d+\.\d+)\.`).FindSubmatch(content)
	if tested == nil {
		t.Fatal("there is no version of k8s.io/kubernetes")
	}
	if oldest := read(t).CSV.Spec.MinKubeVersion; oldest != string(tested[1])+".0" {
		t.Errorf("minKubeVersion is %s, and %s is tested", oldest, tested[1])
	}
}

// OpenShift 4.N has Kubernetes 1.(N+13).
func TestOpenShiftOffersTheBundleFromTheOldestKubernetesOn(t *testing.T) {
	var minor int
	if _, err := fmt.Sscanf(read(t).CSV.Spec.MinKubeVersion, "1.%d.0", &minor); err != nil {
		t.Fatal(err)
	}
	annotations := find(t, content(t, directory+"/metadata/annotations.yaml"), "annotations").(map[string]any)
	if got, want := annotations["com.redhat.openshift.versions"], fmt.Sprintf("v4.%d", minor-13); got != want {
		t.Errorf("com.redhat.openshift.versions is %v, and not %s", got, want)
	}
}

// Without one of them, catalogs that go by the labels do not have what the annotations say.
func TestTheImageIsLabelledAsTheBundleIsAnnotated(t *testing.T) {
	dockerfile, err := os.ReadFile("../../bundle.Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range find(t, content(t, directory+"/metadata/annotations.yaml"), "annotations").(map[string]any) {
		if label := fmt.Sprintf("LABEL %s=%v\n", key, value); !strings.Contains(string(dockerfile), label) {
			t.Errorf("bundle.Dockerfile has no %s", label)
		}
	}
}

func TestNoRightIsAWildcard(t *testing.T) {
	spec := read(t).CSV.Spec.InstallStrategy.StrategySpec
	for _, permission := range append(spec.ClusterPermissions, spec.Permissions...) {
		for _, rule := range permission.Rules {
			for _, part := range slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs) {
				if slices.Contains([]string{"*", "escalate", "bind", "impersonate"}, part) {
					t.Errorf("the operator gets %v", rule)
				}
			}
		}
	}
}

func read(t *testing.T) *manifests.Bundle {
	t.Helper()
	bundle, err := manifests.GetBundleFromDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	if bundle.CSV == nil || len(bundle.V1CRDs) == 0 {
		t.Fatal("the bundle has no ClusterServiceVersion or no CRD")
	}
	return bundle
}

// manifest returns an object of the bundle.
func manifest(t *testing.T, name string) map[string]any {
	t.Helper()
	return content(t, filepath.Join(directory, "manifests", name))
}

// content returns what a YAML file holds.
func content(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := yaml.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// sourceObject returns the object of a kind that the bundle is made of.
func sourceObject(t *testing.T, kind string) map[string]any {
	t.Helper()
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), source)
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range objects.Resources() {
		if resource.GetKind() != kind {
			continue
		}
		content, err := resource.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(content, &object); err != nil {
			t.Fatal(err)
		}
		return object
	}
	t.Fatalf("%s has no %s", source, kind)
	return nil
}

func find(t *testing.T, object map[string]any, path ...string) any {
	t.Helper()
	var value any = object
	for _, key := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("there is no %v", path)
		}
		value = fields[key]
	}
	return value
}
