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
	"slices"
	"testing"
)

func TestTargetHas(t *testing.T) {
	plain, versioned, perKey := Target{SecretName: "link"}, Target{SecretName: "link", Versioned: true}, Target{SecretName: "link", PerKey: true}
	for name, want := range map[string][3]bool{
		"link":      {true, false, false},
		"link-v1":   {false, true, true},
		"link-v01":  {false, false, true},
		"link-nats": {false, false, true},
		"link-":     {false, false, false},
		"linked":    {false, false, false},
	} {
		if got := [3]bool{plain.Has(name), versioned.Has(name), perKey.Has(name)}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
		for _, target := range []Target{plain, versioned, perKey} {
			if target.Has(name) && !slices.Contains(TargetNames(name), target.Name()) {
				t.Errorf("%s is not found by the names %v", name, TargetNames(name))
			}
		}
	}
}
