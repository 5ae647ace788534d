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
	"slices"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// maxFormerOutputs is how many Secrets the status lists that no run writes any
// longer.
const maxFormerOutputs = 16

// formerOutputs returns the Secrets that no run writes any longer, now that the
// output is in others.
func formerOutputs(s *fissilev1.ExtendedJobStatus, output Output) []string {
	names := slices.Clone(s.FormerOutputs)
	for _, output := range s.Outputs {
		names = append(names, output.SecretName)
	}
	var former []string
	for _, name := range names {
		replaced := slices.ContainsFunc(output.Secrets, func(secret fissilev1.OutputSecret) bool { return replaces(secret, name) })
		if !replaced && !slices.Contains(output.Deleted, name) && !slices.Contains(former, name) {
			former = append(former, name)
		}
	}
	return former[max(0, len(former)-maxFormerOutputs):]
}

// replaces reports whether an output is in the Secret of that name, or in a later
// version of it.
func replaces(output fissilev1.OutputSecret, name string) bool {
	if output.Version == 0 {
		return output.SecretName == name
	}
	base, _, ok := versionedsecret.ParseName(name)
	newest, _, _ := versionedsecret.ParseName(output.SecretName)
	return ok && base == newest
}
