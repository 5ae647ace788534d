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

package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/kustomize"
)

// kustomization is a kustomization of users, who have taken what is in the
// directory kustomize in one of two ways.
const kustomization = `
resources: [v1.yaml, v1alpha1.yaml, others.yaml]
configMapGenerator: [{name: same, literals: [a=b]}]
secretGenerator: [{name: same, literals: [a=b]}]
namePrefix: blue-
namespace: team
images: [{name: same, newName: mirror/same, newTag: "2"}]
labels: [{pairs: {color: blue}, includeTemplates: true}]
commonAnnotations: {note: blue}
`

var waysToTakeIt = map[string]string{
	"component":      "components: [kustomize]\n",
	"configurations": "configurations: [kustomize/extendedjob.yaml]\n",
}

// All objects that a pod refers to have the same name here, which reveals fields
// that kustomize leaves alone or takes for another's.
func TestKustomizeRenamesWhatExtendedJobsReferTo(t *testing.T) {
	generated := map[configrefs.Kind]*regexp.Regexp{
		configrefs.ConfigMap: regexp.MustCompile(`^blue-same-[a-z0-9]{10}$`),
		configrefs.Secret:    regexp.MustCompile(`^blue-same-[a-z0-9]{10}$`),
	}
	for way, line := range waysToTakeIt {
		t.Run(way, func(t *testing.T) {
			v1, v1alpha1 := buildExtendedJobs(t, kustomization+line)
			for version, template := range map[string]*corev1.PodTemplateSpec{"v1": &v1.Spec.JobTemplate.Spec.Template, "v1alpha1": &v1alpha1.Spec.Template} {
				references := configrefs.Of(&template.Spec)
				if len(references) != len(generated) {
					t.Errorf("%s refers to %+v, want one ConfigMap and one Secret", version, references)
				}
				for _, reference := range references {
					if !generated[reference.Kind].MatchString(reference.Name) {
						t.Errorf("%s refers to the %s %s", version, reference.Kind, reference.Name)
					}
				}
				if name, deprecated := template.Spec.ServiceAccountName, template.Spec.DeprecatedServiceAccount; name != "blue-same" || deprecated != name {
					t.Errorf("%s has the service accounts %s and %s", version, name, deprecated)
				}
				if got := template.Spec.Volumes[0].PersistentVolumeClaim.ClaimName; got != "blue-same" {
					t.Errorf("%s has the claim %s", version, got)
				}
			}
			variable := v1.Spec.Trigger.Env[0].ValueFrom
			if !generated[configrefs.ConfigMap].MatchString(variable.ConfigMapKeyRef.Name) || !generated[configrefs.Secret].MatchString(variable.SecretKeyRef.Name) {
				t.Errorf("the environment of a request refers to %+v and %+v", variable.ConfigMapKeyRef, variable.SecretKeyRef)
			}
		})
	}
}

func TestKustomizeFindsImagesLabelsAndAnnotations(t *testing.T) {
	for way, line := range waysToTakeIt {
		t.Run(way, func(t *testing.T) {
			v1, v1alpha1 := buildExtendedJobs(t, kustomization+line)
			for version, template := range map[string]*corev1.PodTemplateSpec{"v1": &v1.Spec.JobTemplate.Spec.Template, "v1alpha1": &v1alpha1.Spec.Template} {
				for field, image := range map[string]string{
					"container":      template.Spec.Containers[0].Image,
					"init container": template.Spec.InitContainers[0].Image,
					"volume":         template.Spec.Volumes[0].Image.Reference,
				} {
					if image != "mirror/same:2" {
						t.Errorf("%s has the image %s of a %s", version, image, field)
					}
				}
				requireBlue(t, version+" pods", template.ObjectMeta)
			}
			requireBlue(t, "v1 Jobs", v1.Spec.JobTemplate.ObjectMeta)
			for version, metadata := range map[string]metav1.ObjectMeta{"v1": v1.ObjectMeta, "v1alpha1": v1alpha1.ObjectMeta} {
				requireBlue(t, version, metadata)
				if metadata.Namespace != "team" {
					t.Errorf("%s is in the namespace %s", version, metadata.Namespace)
				}
			}
		})
	}
}

func TestKustomizeSetsCommonLabelsOfPods(t *testing.T) {
	v1, v1alpha1 := buildExtendedJobs(t, `
resources: [v1.yaml, v1alpha1.yaml, others.yaml]
commonLabels: {color: blue}
commonAnnotations: {note: blue}
components: [kustomize]
`)
	requireBlue(t, "v1 Jobs", v1.Spec.JobTemplate.ObjectMeta)
	requireBlue(t, "v1 pods", v1.Spec.JobTemplate.Spec.Template.ObjectMeta)
	requireBlue(t, "v1alpha1 pods", v1alpha1.Spec.Template.ObjectMeta)
}

func requireBlue(t *testing.T, what string, metadata metav1.ObjectMeta) {
	t.Helper()
	if metadata.Labels["color"] != "blue" || metadata.Annotations["note"] != "blue" {
		t.Errorf("%s: got the labels %v and the annotations %v", what, metadata.Labels, metadata.Annotations)
	}
}

// buildExtendedJobs builds a kustomization with an ExtendedJob in each version,
// in which every string of the pod's specification is "same".
func buildExtendedJobs(t *testing.T, kustomization string) (v1 fissilev1.ExtendedJob, v1alpha1 fissilev1alpha1.ExtendedJob) {
	t.Helper()
	directory := t.TempDir()
	if err := os.CopyFS(filepath.Join(directory, "kustomize"), os.DirFS("kustomize")); err != nil {
		t.Fatal(err)
	}
	write := func(name string, objects ...any) {
		t.Helper()
		var content []byte
		for _, object := range objects {
			document, err := yaml.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			content = append(append(content, "---\n"...), document...)
		}
		if err := os.WriteFile(filepath.Join(directory, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var template corev1.PodTemplateSpec
	fill(reflect.ValueOf(&template.Spec).Elem())
	template.Spec.EphemeralContainers = nil // Kubernetes refuses them in templates
	same := metav1.ObjectMeta{Name: "same"}

	v1.TypeMeta = metav1.TypeMeta{APIVersion: fissilev1.GroupVersion.String(), Kind: "ExtendedJob"}
	v1.Name = "v1"
	v1.Spec.JobTemplate = batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: template}}
	fill(reflect.ValueOf(&v1.Spec.Trigger.Env).Elem())
	v1.Spec.Trigger.Env[0].Containers = nil // are names; kustomize looks for images in them, and fails
	write("v1.yaml", v1)
	v1alpha1.TypeMeta = metav1.TypeMeta{APIVersion: fissilev1alpha1.GroupVersion.String(), Kind: "ExtendedJob"}
	v1alpha1.Name = "v1alpha1"
	v1alpha1.Spec.Template = template
	write("v1alpha1.yaml", v1alpha1)
	write("others.yaml",
		corev1.ServiceAccount{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: same},
		corev1.PersistentVolumeClaim{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}, ObjectMeta: same})
	if err := os.WriteFile(filepath.Join(directory, "kustomization.yaml"), []byte(kustomization), 0o600); err != nil {
		t.Fatal(err)
	}

	resources := kustomize.Build(t, directory)
	prefix := ""
	if len(resources.Resources()) > 4 { // with generated ones, and a prefix
		prefix = "blue-"
	}
	return kustomize.Get[fissilev1.ExtendedJob](t, resources, "ExtendedJob", prefix+"v1"),
		kustomize.Get[fissilev1alpha1.ExtendedJob](t, resources, "ExtendedJob", prefix+"v1alpha1")
}

// fill sets every string to "same", in one item of each list.
func fill(value reflect.Value) {
	switch value.Kind() {
	case reflect.String:
		value.SetString("same")
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem())
	case reflect.Slice:
		if value.Type().Elem().Kind() != reflect.Uint8 {
			value.Set(reflect.MakeSlice(value.Type(), 1, 1))
			fill(value.Index(0))
		}
	case reflect.Struct:
		for field, below := range value.Fields() {
			if field.IsExported() {
				fill(below)
			}
		}
	}
}
