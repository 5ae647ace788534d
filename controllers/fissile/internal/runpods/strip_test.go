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

package runpods

import (
	"maps"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func TestTheCacheKeepsTheLabelsThatIdentifyTheOwnerOfAPod(t *testing.T) {
	want := map[string]string{batchv1.JobNameLabel: "ej-1", fissilev1.LabelUID: "uid"}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: maps.Clone(want)}}
	pod.Labels["team"], pod.Labels[batchv1.ControllerUidLabel] = "a", "job"
	if _, err := Strip(pod); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(pod.Labels, want) {
		t.Errorf("got the labels %v, want %v", pod.Labels, want)
	}
}
