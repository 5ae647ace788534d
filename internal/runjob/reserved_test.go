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

package runjob_test

import (
	"testing"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
)

func TestReservedSecret(t *testing.T) {
	patterns := []string{"sh.helm.release.v1.*", "ca-main-v1"}
	for name, test := range map[string]struct {
		output      fissilev1.Output
		container   string
		wantName    string
		wantPattern string
	}{
		"a release of Helm":                   {fissilev1.Output{NamePrefix: "sh.helm.release.v1.app."}, "v2", "sh.helm.release.v1.app.v2", "sh.helm.release.v1.*"},
		"the beginning of the name alone":     {fissilev1.Output{NamePrefix: "sh.helm"}, "main", "sh.helm-main", ""},
		"the pattern in the middle of a name": {fissilev1.Output{NamePrefix: "my.sh.helm.release.v1.app"}, "v2", "my.sh.helm.release.v1.app-v2", ""},
		"a version":                           {fissilev1.Output{NamePrefix: "ca", Versioned: new(true)}, "main", "ca-main-v1", "ca-main-v1"},
		"the same without versions":           {fissilev1.Output{NamePrefix: "ca"}, "main", "ca-main", ""},
	} {
		gotName, gotPattern := runjob.ReservedSecret(patterns, runjob.PrintedTarget(&test.output, test.container))
		if gotName != test.wantName || gotPattern != test.wantPattern {
			t.Errorf("%s: got %q, %q, want %q, %q", name, gotName, gotPattern, test.wantName, test.wantPattern)
		}
	}
}
