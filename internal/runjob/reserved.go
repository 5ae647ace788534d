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
	"path"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// ReservedSecret returns the name that an output Secret would have, and the pattern
// in the operator's configuration that reserves it, or "" if none does. The patterns
// are those of path.Match. The Secret of one key stands for those of all keys.
func ReservedSecret(patterns []string, target Target) (name, pattern string) {
	name = target.SecretName
	switch {
	case target.PerKey:
		return ReservedSecret(patterns, target.OfKey("key"))
	case target.Versioned:
		name = versionedsecret.Name(name, 1)
	}
	for _, pattern := range patterns {
		if matched, err := path.Match(pattern, name); matched && err == nil {
			return name, pattern
		}
	}
	return name, ""
}
