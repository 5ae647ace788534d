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

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrim(t *testing.T) {
	const crd = `---
spec:
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              suspend:
                default: false
                description: ours
              template:
                description: ours
                properties:
                  description:
                    default: a
                    description: a field that is named like this
                    type: string
                  labels:
                    additionalProperties:
                      description: theirs
                      type: string
                  ports:
                    items:
                      description: theirs
                      properties:
                        name:
                          default: b
                        protocol:
                          default: TCP
                    x-kubernetes-list-map-keys:
                    - protocol
                x-kubernetes-validations:
                - rule: ours
`
	const want = `---
spec:
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              suspend:
                default: false
                description: ours
              template:
                description: ours
                properties:
                  description:
                    type: string
                  labels:
                    additionalProperties:
                      type: string
                  ports:
                    items:
                      properties:
                        name: {}
                        protocol:
                          default: TCP
                    x-kubernetes-list-map-keys:
                    - protocol
                x-kubernetes-validations:
                - rule: ours
`
	got, err := trim([]byte(crd))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTrimRefusesWhatHasNoTemplate(t *testing.T) {
	for name, content := range map[string]string{
		"another object":                   "kind: Service\nspec: {ports: []}",
		"a version whose field has moved":  "spec: {versions: [{schema: {openAPIV3Schema: {properties: {spec: {properties: {podTemplate: {}}}}}}}]}",
		"a version that lacks the schema":  "spec: {versions: [{name: v1}]}",
		"something that cannot be decoded": "\t",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := trim([]byte(content)); err == nil {
				t.Errorf("got no error, but\n%s", strings.TrimSpace(string(got)))
			}
		})
	}
}
