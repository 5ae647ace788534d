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

package configrefs_test

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

var (
	// suspicious matches the names and types on the path to a field that may name a
	// ConfigMap or Secret.
	suspicious  = regexp.MustCompile(`(?i)secret|config_?map|objectref`)
	ofConfigMap = regexp.MustCompile(`(?i)config_?map`)

	// innocent matches paths that look suspicious, but lead to fields that name
	//   - what Kubernetes refuses in templates,
	//   - a volume claim, or an object of some other API group,
	//   - a key of an object, or a file made of it,
	//   - a file of the node.
	innocent = regexp.MustCompile(`^EphemeralContainers\.|\.DataSource(Ref)?\.|KeyRef\.Key$|\.Items\.(Key|Path)$|\.SecretFile$`)
)

// A field that a later Kubernetes adds stands out by its looks: either walk has to
// visit it, or it is innocent.
func TestEveryFieldThatCanNameAnObjectIsAReference(t *testing.T) {
	t.Parallel()
	spec := &corev1.PodSpec{}
	places := 0
	eachString(reflect.ValueOf(spec).Elem(), "", "", func(path, looks string, field reflect.Value) {
		named := suspicious.MatchString(looks) && !innocent.MatchString(path)
		if !field.IsValid() {
			if named {
				t.Errorf("%s is a map that may name ConfigMaps or Secrets", path)
			}
			return
		}
		var want []configrefs.Reference
		renamed := "canary"
		switch {
		case named && ofConfigMap.MatchString(looks):
			want = []configrefs.Reference{{Kind: configrefs.ConfigMap, Name: "canary"}}
		case named:
			want = []configrefs.Reference{{Kind: configrefs.Secret, Name: "canary"}}
			renamed = "renamed"
		}
		places += len(want)

		field.SetString("canary")
		got := configrefs.Of(spec)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(configrefs.Reference{}, "Keys", "Optional")); diff != "" {
			t.Errorf("references by %s (-want +got):\n%s", path, diff)
		}
		configrefs.Rename(spec, map[string]string{"canary": "renamed"})
		if got := field.String(); got != renamed {
			t.Errorf("%s is %q once the Secret is renamed, want %q", path, got, renamed)
		}
		field.SetString("")
	})
	if places == 0 {
		t.Error("no field looks as if it could name a ConfigMap or Secret")
	}
}

// eachString visits every field of a struct that is, or contains, a string. Nothing is
// set but the way to the field. It visits no value of a map.
func eachString(value reflect.Value, path, looks string, visit func(path, looks string, field reflect.Value)) {
	looks += " " + value.Type().String()
	switch value.Kind() {
	case reflect.String:
		visit(path, looks, value)
	case reflect.Map:
		visit(path, looks, reflect.Value{})
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		eachString(value.Elem(), path, looks, visit)
		value.SetZero()
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		eachString(value.Index(0), path, looks, visit)
		value.SetZero()
	case reflect.Struct:
		for field, value := range value.Fields() {
			if !field.IsExported() {
				continue
			}
			below := path
			if !field.Anonymous {
				if below != "" {
					below += "."
				}
				below += field.Name
			}
			eachString(value, below, looks+" "+field.Name, visit)
		}
	}
}
