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

package index

import (
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

func controllerUID(job client.Object) []string {
	owner := metav1.GetControllerOf(job)
	if owner == nil {
		return nil
	}
	return []string{string(owner.UID)}
}

func uidLabel(pod client.Object) []string {
	return []string{pod.GetLabels()[fissilev1.LabelUID]}
}

func outputsOfJob(obj client.Object) []string {
	job := obj.(*batchv1.Job)
	output, err := runjob.OutputSettings(job)
	if err != nil || output == nil {
		return nil // If the settings cannot be read, the run says so.
	}
	return targetNames(runjob.TargetsOfJob(job, output))
}

func ownerAnnotation(secret client.Object) []string {
	if uid, ok := secret.GetAnnotations()[fissilev1.AnnotationOwnerUID]; ok {
		return []string{uid}
	}
	return nil
}

func versionedBase(secret client.Object) []string {
	base, _, ok := versionedsecret.ParseName(secret.GetName())
	if !ok {
		return nil
	}
	return []string{base}
}

func targetNames(targets []runjob.Target) []string {
	var names []string
	for _, target := range targets {
		names = append(names, target.Name())
	}
	return names
}
