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

package integration

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// since is the minor version of Kubernetes 1 that introduced what specs rely on. The
// suite also runs on the oldest version that the operator supports.
type since uint

const (
	// endsAreAnnounced: a Job gets SuccessCriteriaMet or FailureTarget before it
	// gets Complete or Failed. Before, SuccessCriteriaMet needs a success policy.
	endsAreAnnounced since = 31
	// jobsAreManaged: a Job keeps spec.managedBy. Before, it is dropped.
	jobsAreManaged since = 32
)

// there reports whether the API server does it.
func (s since) there() bool { return plane.version.Minor() >= uint(s) }

// required skips a spec about something that the API server cannot do.
func (s since) required() {
	GinkgoHelper()
	if !s.there() {
		Skip(fmt.Sprintf("Kubernetes 1.%d is the first that does this; here is %s", s, plane.version))
	}
}

func kubernetesVersion(config *rest.Config) (*version.Version, error) {
	c, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	info, err := c.ServerVersion()
	if err != nil {
		return nil, err
	}
	return version.ParseGeneric(info.GitVersion)
}
