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

package fissile

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/schema"
)

func TestTheSchemaRefusesTheSameFields(t *testing.T) {
	schemas := schema.Of(t, schema.ExtendedJobs(t))
	for _, example := range refused {
		for version, path := range example.versions() {
			t.Run(example.input+" in "+version, func(t *testing.T) {
				for _, err := range refuse(t, schemas[version], example.written(t, version)) {
					if err.Field != path {
						t.Errorf("got a refusal of %s, want one of %s", err.Field, path)
					}
				}
			})
		}
	}
}

// refuse returns what the API server refuses without asking the operator.
func refuse(t *testing.T, s schema.Schema, ej any) field.ErrorList {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ej)
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(content)
}
