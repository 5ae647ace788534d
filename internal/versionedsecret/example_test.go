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

package versionedsecret_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// A writer adds a version to those that it has listed.
func Example_writer() {
	var listed []*metav1.PartialObjectMetadata
	ordinal, err := versionedsecret.Next(listed, "db-password", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	version := versionedsecret.New(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "db-password", Namespace: "default"},
		StringData: map[string]string{"password": "changeme"},
	}, ordinal, "made by example-operator")
	fmt.Println(version.Name, "immutable:", *version.Immutable)
	// Output: db-password-v1 immutable: true
}

// A reader is given the name of some version and uses the latest.
func Example_reader() {
	listed := []*corev1.Secret{
		versionedsecret.New(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "db-password"}}, 9, ""),
		versionedsecret.New(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "db-password"}}, 10, ""),
	}
	for _, reference := range []string{"db-password-v1", "db-password"} {
		name := reference
		if base, _, ok := versionedsecret.ParseName(reference); ok {
			if latest, ok := versionedsecret.Latest(listed, base); ok {
				name = latest.Name
			}
		}
		fmt.Println(reference, "->", name)
	}
	// Output:
	// db-password-v1 -> db-password-v10
	// db-password -> db-password
}
