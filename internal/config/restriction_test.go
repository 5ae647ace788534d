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

package config_test

import (
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/config"
)

func TestAConfigurationThatLimitsTheOperatorIsMissed(t *testing.T) {
	for name, test := range map[string]struct {
		recorded [][]string
		missed   bool
	}{
		"there never was one":                    {},
		"the last one was for some namespaces":   {recorded: [][]string{{"team-a", "team-b"}}, missed: true},
		"the last one was for all namespaces":    {recorded: [][]string{nil}},
		"one for all came after one for some":    {recorded: [][]string{{"team-a"}, nil}},
		"one for others came after one for some": {recorded: [][]string{{"team-a"}, {"team-b"}}, missed: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := restriction(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "operator", Name: "lease"}})
			for _, namespaces := range test.recorded {
				if err := r.Record(t.Context(), namespaces); err != nil {
					t.Fatal(err)
				}
			}
			err := r.Check(t.Context())
			if (err != nil) != test.missed {
				t.Fatalf("got error %v, want one: %t", err, test.missed)
			}
			if err == nil {
				return
			}
			for _, namespace := range test.recorded[len(test.recorded)-1] {
				if !strings.Contains(err.Error(), namespace) {
					t.Errorf("%v does not name %s", err, namespace)
				}
			}
		})
	}
}

func TestWithoutALeaseNothingIsMissed(t *testing.T) {
	r := restriction()
	if err := r.Record(t.Context(), []string{"team-a"}); err != nil {
		t.Error(err)
	}
	if err := r.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func restriction(objects ...client.Object) config.Restriction {
	api := fake.NewClientBuilder().WithObjects(objects...).Build()
	return config.Restriction{Reader: api, Writer: api, Lease: types.NamespacedName{Namespace: "operator", Name: "lease"}}
}
