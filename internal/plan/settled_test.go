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
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

func TestReadSettled(t *testing.T) {
	for name, test := range map[string]struct {
		annotation string
		want       plan.Settled
	}{
		"no run if it is missing":                        {"", plan.Settled{}},
		"the first run":                                  {"uid/1/Succeeded/false", plan.Settled{Number: 1, Result: fissilev1.ResultSucceeded}},
		"a failed run of a one-off":                      {"uid/2/Failed/true", plan.Settled{Number: 2, Result: fissilev1.ResultFailed, OneOffDone: true}},
		"a run that was aborted":                         {"uid/3/Aborted/false", plan.Settled{Number: 3, Result: fissilev1.ResultAborted}},
		"a run that was called off":                      {"uid/4/Cancelled/false", plan.Settled{Number: 4, Result: fissilev1.ResultCancelled}},
		"a run whose result is lost":                     {"uid/5//true", plan.Settled{Number: 5, OneOffDone: true}},
		"the greatest number that counts":                {"uid/1099511627776/Failed/false", plan.Settled{Number: 1 << 40, Result: fissilev1.ResultFailed}},
		"no run if the number is greater":                {"uid/1099511627777/Failed/false", plan.Settled{}},
		"no run if the number is greater than any":       {"uid/9223372036854775808/Failed/false", plan.Settled{}},
		"no run if the number is 0":                      {"uid/0/Succeeded/false", plan.Settled{}},
		"no run if the number is negative":               {"uid/-1/Succeeded/false", plan.Settled{}},
		"no run if the number is none":                   {"uid/one/Succeeded/false", plan.Settled{}},
		"no run if it is for another UID":                {"another-uid/1/Succeeded/true", plan.Settled{}},
		"no run if a part is missing":                    {"uid/1/Succeeded", plan.Settled{}},
		"no run if there is a part too many":             {"uid/1/Succeeded/true/", plan.Settled{}},
		"no run if the result is unknown":                {"uid/1/Exploded/true", plan.Settled{}},
		"no run if it does not say if a one-off is done": {"uid/1/Succeeded/", plan.Settled{}},
	} {
		t.Run(name, func(t *testing.T) {
			ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{UID: "uid", Annotations: map[string]string{fissilev1.AnnotationSettledRun: test.annotation}}}
			got := plan.ReadSettled(ej)
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if written := got.Annotation(ej); got.Number > 0 && written != test.annotation {
				t.Errorf("%q is written as %q", test.annotation, written)
			}
		})
	}
}
