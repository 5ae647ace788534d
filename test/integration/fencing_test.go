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
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest/komega"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/ejob"
)

var _ = Describe("A status written as the operator writes it", compat, func() {
	It("is refused as a conflict if the ExtendedJob has changed since it was read", func(ctx SpecContext) {
		errand := create(ejob.New(namespace, "errand").Strategy(fissilev1.StrategyManual))
		Eventually(komega.Object(errand)).Should(ejob.BeIdle())
		read := errand.DeepCopy()
		edit(errand, func() { errand.Spec.UpdateOnConfigChange = new(true) })

		patch := client.RawPatch(types.JSONPatchType, fmt.Appendf(nil,
			`[{"op":"replace","path":"/metadata/resourceVersion","value":%q},{"op":"add","path":"/status","value":{"runs":7}}]`, read.ResourceVersion))
		err := plane.client.Status().Patch(ctx, read, patch)
		Expect(apierrors.IsConflict(err)).To(BeTrue(), "got %v", err)
		Expect(komega.Object(errand)()).To(HaveField("Status.Runs", BeZero()))
	})
})
