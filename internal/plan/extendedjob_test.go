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

package plan_test

import (
	"reflect"
	"testing"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestAllOfTheSpecButTheTemplateIsThere(t *testing.T) {
	whole := &fissilev1.ExtendedJob{}
	spec := reflect.ValueOf(&whole.Spec).Elem()
	for _, value := range spec.Fields() {
		if value.Kind() == reflect.Pointer {
			value.Set(reflect.New(value.Type().Elem()))
		}
	}
	whole.Spec.Trigger.RequestID = "request"
	got := reflect.ValueOf(plan.WithoutTemplate(whole).Spec)
	for field, value := range spec.Fields() {
		if field.Name == "JobTemplate" {
			continue
		}
		held := got.FieldByName(field.Name)
		if !held.IsValid() || !reflect.DeepEqual(held.Interface(), value.Interface()) {
			t.Errorf("spec.%s is not there", field.Name)
		}
	}
}
