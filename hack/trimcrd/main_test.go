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
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
                type: boolean
              template:
                description: ours
                properties:
                  description:
                    default: a
                    description: a field that is named like this
                    enum: [a]
                    maxLength: 5
                    type: string
                  labels:
                    additionalProperties:
                      description: theirs
                      type: string
                    type: object
                    x-kubernetes-map-type: atomic
                  containers:
                    items:
                      properties:
                        image:
                          type: string
                        name:
                          type: string
                        restartPolicy:
                          type: string
                      required: [image, name]
                      type: object
                    minItems: 1
                    type: array
                    x-kubernetes-list-map-keys: [name]
                    x-kubernetes-list-type: map
                  ports:
                    items:
                      description: theirs
                      properties:
                        containerPort:
                          format: int32
                          minimum: 1
                          type: integer
                        protocol:
                          default: TCP
                          type: string
                      required: [containerPort]
                      type: object
                      x-kubernetes-validations:
                      - rule: theirs
                    type: array
                    x-kubernetes-list-map-keys: [containerPort, protocol]
                    x-kubernetes-list-type: map
                  restartPolicy:
                    type: string
                required: [description]
                type: object
                x-kubernetes-validations:
                - rule: theirs
              time:
                format: date-time
                type: string
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
                type: boolean
              template:
                description: ours
                properties:
                  containers:
                    items:
                      properties:
                        image:
                          nullable: true
                          type: string
                        name:
                          type: string
                        restartPolicy:
                          nullable: true
                          type: string
                      required:
                      - name
                      type: object
                    nullable: true
                    type: array
                    x-kubernetes-list-map-keys:
                    - name
                    x-kubernetes-list-type: map
                  description:
                    nullable: true
                    type: string
                  labels:
                    additionalProperties:
                      nullable: true
                      type: string
                    nullable: true
                    type: object
                    x-kubernetes-map-type: atomic
                  ports:
                    items:
                      nullable: true
                      properties:
                        containerPort:
                          format: int32
                          nullable: true
                          type: integer
                        protocol:
                          nullable: true
                          type: string
                      type: object
                    nullable: true
                    type: array
                  restartPolicy:
                    enum:
                    - Never
                    - OnFailure
                    nullable: true
                    type: string
                type: object
              time:
                format: date-time
                maxItems: 0
                minItems: 1
                pattern: ^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.,][0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$
                type: string
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

func TestTheMetadataOfATemplateHasAllFields(t *testing.T) {
	fields := shapeOfFields(map[string]any{"metadata": map[string]any{"properties": map[string]any{
		"annotations": nil, "finalizers": nil, "labels": nil, "name": nil, "namespace": nil, // controller-gen writes these
	}}})
	var want []string
	for field := range reflect.TypeFor[metav1.ObjectMeta]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		want = append(want, name)
	}
	slices.Sort(want)
	got := find(fields, "metadata", "properties")
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The parser takes longer for quantities with exponents of more than three
// digits: the pattern refuses these, and they are not tried here.
func TestTheSchemaTakesTheQuantitiesThatGoParses(t *testing.T) {
	pattern := regexp.MustCompile(quantityPattern)
	check := func(text string) {
		_, err := resource.ParseQuantity(strings.TrimSpace(text))
		if got, want := pattern.MatchString(text), err == nil; got != want {
			t.Errorf("%q: the pattern takes it: %t, Go parses it: %t", text, got, want)
		}
	}
	const alphabet = " +-.019numkMGTPEeKix"
	var all func(string, int)
	all = func(text string, length int) {
		check(text)
		if length == 0 {
			return
		}
		for _, character := range alphabet {
			all(text+string(character), length-1)
		}
	}
	all("", 4)

	random := rand.New(rand.NewPCG(1, 2))
	number := func(digits int) string {
		var text strings.Builder
		for range random.IntN(digits + 1) {
			text.WriteByte("0019"[random.IntN(4)])
		}
		return text.String()
	}
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	for range 200_000 {
		suffix := one("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "K", "mi", "EE", "e", "e+", "e-")
		if random.IntN(3) == 0 {
			suffix = one("e", "E") + one("", "+", "-", "+-") + number(2) // and one that may follow
		}
		check(one("", " ") + one("", "+", "-", "--") + number(25) + one("", ".", "..") + number(25) + suffix + one("", " ", "i", "0"))
	}
}

func TestTheSchemaRefusesQuantitiesThatTakeLongToParse(t *testing.T) {
	for _, text := range []string{"1e-10000000", "1e1000", "1e00000000001000", "e99999999999999999999"} {
		if regexp.MustCompile(quantityPattern).MatchString(text) {
			t.Errorf("it takes %q", text)
		}
	}
}
