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

package inputs

import (
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

func TestAnObjectIsRememberedForAsLongAsAnExtendedJobRefersToIt(t *testing.T) {
	one := Object{configrefs.Secret, "ns", "one"}
	two := Object{configrefs.Secret, "ns", "two"}
	inputs := &Reader{}
	read := func(keys ...Object) []Object {
		for _, key := range keys {
			inputs.versions.of(key)
		}
		return keys
	}
	remembered := func(step string, want ...Object) {
		t.Helper()
		if len(inputs.versions.entries) != len(want) {
			t.Errorf("%s: %d objects are remembered, want %v", step, len(inputs.versions.entries), want)
		}
		for _, key := range want {
			if inputs.versions.entries[key] == nil {
				t.Errorf("%s: %v is not remembered", step, key)
			}
		}
	}

	a := inputs.Hold(nil, read(one, two))
	b := inputs.Hold(nil, read(one))
	remembered("two refer to them", one, two)
	a = inputs.Hold(a, read(two))
	remembered("one of them refers to another one now", one, two)
	a = inputs.Hold(a, read(two))
	remembered("nothing changes", one, two)
	inputs.Hold(b, nil)
	remembered("one is gone", two)
	inputs.Hold(a, nil)
	remembered("both are gone")
}
