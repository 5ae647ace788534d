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

package seal_test

import (
	"testing"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/seal"
)

func TestProves(t *testing.T) {
	key, statement := []byte("key"), []string{"Job", "ns", "1"}
	sealed := seal.Of(key, statement...)
	for name, test := range map[string]struct {
		seal      string
		key       []byte
		statement []string
		want      bool
	}{
		"its own statement":                   {sealed, key, statement, true},
		"with another key":                    {sealed, []byte("other"), statement, false},
		"of another statement":                {sealed, key, []string{"Job", "ns", "2"}, false},
		"of parts that are divided otherwise": {sealed, key, []string{"Job", "n", "s1"}, false},
		"of fewer parts":                      {sealed, key, []string{"Job", "ns"}, false},
		"none":                                {"", key, statement, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := seal.Proves(test.seal, test.key, test.statement...); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
