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

package runjob

import (
	"maps"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/labels"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func TestTheLabelsOfAJob(t *testing.T) {
	tests := map[string]struct{ job, pod, want map[string]string }{
		"are the template's":                             {job: map[string]string{"of": "job"}, pod: map[string]string{"of": "pod"}, want: map[string]string{"of": "job"}},
		"are those of the pods if the template has none": {pod: map[string]string{"of": "pod"}, want: map[string]string{"of": "pod"}},
		"are the operator's own if nobody has any":       {want: map[string]string{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ej := &fissilev1.ExtendedJob{}
			ej.Name, ej.UID = "myjob", "uid"
			ej.Spec.JobTemplate = batchv1.JobTemplateSpec{}
			ej.Spec.JobTemplate.Labels, ej.Spec.JobTemplate.Spec.Template.Labels = test.job, test.pod
			job, err := New(ej, &fissilev1.Run{Number: 1, JobName: JobName(ej, 1)})
			if err != nil {
				t.Fatal(err)
			}
			if want := labels.Merge(test.want, Labels(ej)); !maps.Equal(job.Labels, want) {
				t.Errorf("got %v, want %v", job.Labels, want)
			}
		})
	}
}

// The operator believes only annotations on a Job that it has written itself.
func TestATemplateHasNoSayInTheAnnotationsOfTheOperator(t *testing.T) {
	ej := &fissilev1.ExtendedJob{}
	ej.Name, ej.UID = "myjob", "uid"
	ej.Spec.JobTemplate.Annotations = map[string]string{
		"example.com/mine":               "mine",
		fissilev1.AnnotationOutput:       `{"namePrefix":"other"}`,
		fissilev1.AnnotationRequestID:    "other",
		fissilev1.AnnotationInputsDigest: "other",
	}
	job, err := New(ej, &fissilev1.Run{Number: 1, JobName: JobName(ej, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if job.Annotations["example.com/mine"] != "mine" {
		t.Error("the user's annotation is lost")
	}
	if settings, err := OutputSettings(job); settings != nil || err != nil {
		t.Errorf("got the output settings %v, %v", settings, err)
	}
	for key, value := range job.Annotations {
		if value == "other" {
			t.Errorf("the annotation %s is the template's", key)
		}
	}
}
