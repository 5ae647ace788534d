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
	"math"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

func TestJobName(t *testing.T) {
	const uid = "0d3b3a0c-6f1f-4f8c-9c7e-3f0f4e1c9d11"
	tests := map[string]struct {
		name   string
		number int64
		want   string
	}{
		"of a short name":            {"myjob", 1, "myjob-96998da0-1"},
		"of a name that just fits":   {strings.Repeat("n", 41), 1, strings.Repeat("n", 41) + "-96998da0-1"},
		"of a name that is too long": {strings.Repeat("n", 42), 1, strings.Repeat("n", 41) + "-96998da0-1"},
		"of a later run":             {strings.Repeat("n", 42), 100, strings.Repeat("n", 39) + "-96998da0-100"},
		"ends in no separators":      {strings.Repeat("n", 40) + ".-n", 1, strings.Repeat("n", 40) + "-96998da0-1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: test.name, UID: uid}}
			if got := JobName(ej, test.number); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The host names of an Indexed Job's pods consist of its name and an index. The API
// server demands that they are DNS labels.
func TestThePodsOfAnIndexedJobCanBeNamed(t *testing.T) {
	for length := 1; length <= validation.DNS1123SubdomainMaxLength; length++ {
		ej := &fissilev1.ExtendedJob{ObjectMeta: metav1.ObjectMeta{Name: strings.Repeat("n", length)}}
		for _, number := range []int64{1, 999_999, math.MaxInt64} {
			host := JobName(ej, number) + "-2147483646"
			if problems := validation.IsDNS1123Label(host); len(problems) > 0 {
				t.Fatalf("a name of %d characters gives a pod the host name %s: %s", length, host, problems)
			}
		}
	}
}
