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

package plan

import (
	"path"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// ReservedSecret returns the name that a container's output Secret would have, and
// the pattern by which the operator's configuration reserves it; empty if none
// does. The patterns are those of path.Match.
func ReservedSecret(patterns []string, output *fissilev1.Output, container string) (name, pattern string) {
	name = SecretName(output.NamePrefix, container)
	if value(output.Versioned) {
		name = versionedsecret.Name(name, 1)
	}
	for _, pattern := range patterns {
		if matched, err := path.Match(pattern, name); matched && err == nil {
			return name, pattern
		}
	}
	return name, ""
}
