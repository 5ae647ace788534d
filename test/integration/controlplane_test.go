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
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/version"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

const (
	repository        = "../.."
	operatorNamespace = controlplane.OperatorNamespace
)

// controlPlane is a kube-apiserver with etcd in which the operator is deployed but
// not running. There are no other controllers and no nodes.
type controlPlane struct {
	*controlplane.Plane
	client client.WithWatch
	// operatorKubeconfig is a file with the operator's own identity.
	operatorKubeconfig string
	kubeconfig         string
	audit              auditLog
	version            *version.Version
}

// startControlPlane installs the output of kustomize for the deployment, so that its
// CustomResourceDefinition and roles are tested, too.
func startControlPlane(assets, directory string) *controlPlane {
	plane, err := controlplane.Start(controlplane.Options{
		Repository: repository,
		Directory:  directory,
		Assets:     assets,
		// The operator's requests.
		Audited: []auditv1.PolicyRule{{Level: auditv1.LevelMetadata, Users: []string{controlplane.OperatorUser}}},
	})
	DeferCleanup(plane.Stop)
	Expect(err).NotTo(HaveOccurred())
	c := &controlPlane{
		Plane:      plane,
		client:     plane.Client,
		kubeconfig: filepath.Join(directory, "kubeconfig"),
		audit:      auditLog{plane.AuditLog},
	}
	Expect(os.WriteFile(c.kubeconfig, c.KubeConfig, 0o600)).To(Succeed())
	c.operatorKubeconfig, err = plane.OperatorKubeconfig()
	Expect(err).NotTo(HaveOccurred())
	c.version, err = kubernetesVersion(plane.Config)
	Expect(err).NotTo(HaveOccurred())
	return c
}
