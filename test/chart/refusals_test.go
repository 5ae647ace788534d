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

package chart_test

import (
	"strings"
	"testing"
)

func TestValuesThatCannotWorkAreRefused(t *testing.T) {
	for values, want := range map[string]string{
		// By the schema.
		`replicaCount: 3`:                                     "additional properties 'replicaCount' not allowed",
		`replicas: 0`:                                         "at '/replicas': minimum: got 0, want 1",
		`replicas: two`:                                       "at '/replicas': got string, want integer",
		`image: {digest: latest}`:                             "at '/image/digest'",
		`image: {pullSecrets: [registry]}`:                    "at '/image/pullSecrets/0'",
		`resources: {limits: null}`:                           "at '/resources': missing property 'limits'",
		`certificates: {source: letsEncrypt}`:                 "at '/certificates/source': value must be one of 'selfSigned', 'certManager', 'serviceCA', 'secret'",
		`certificates: {source: secret}`:                      "at '/certificates/secret/name': minLength: got 0, want 1",
		`watchNamespaces: [A]`:                                "at '/watchNamespaces/0'",
		`watchNamespaces: [a, a]`:                             "at '/watchNamespaces': items at 0 and 1 are equal",
		`configuration: {watchNamespaces: [a]}`:               "at '/configuration': additional properties 'watchNamespaces' not allowed",
		`configuration: {webhook: {reviewRequesters: false}}`: "at '/configuration/webhook': additional properties 'reviewRequesters' not allowed",
		`configuration: {health: {bindAddress: "0"}}`:         "at '/configuration/health/bindAddress'",
		`configuration: {concurrency: 0}`:                     "at '/configuration/concurrency': minimum: got 0, want 1",
		`commonLabels: {app.kubernetes.io/name: mine}`:        "invalid propertyName 'app.kubernetes.io/name'",
		`podDisruptionBudget: {maxUnavailable: 0}`:            "at '/podDisruptionBudget/maxUnavailable': minimum: got 0, want 1",
		// By the chart, with the cure.
		`configuration: {leaderElection: {enabled: false}}`:                                   "Set replicas to 1",
		`{serviceMonitor: {enabled: true}, configuration: {metrics: {bindAddress: "0"}}}`:     "Set serviceMonitor.enabled to false",
		`{serviceMonitor: {enabled: true}, configuration: {metrics: {secureServing: false}}}`: "Remove configuration.metrics.secureServing",
		`certificates: {source: secret, secret: {name: ours}}`:                                "Set certificates.secret.caBundle to the authority as PEM",
		`certificates: {secret: {name: ours}}`:                                                `Set certificates.source to "secret"`,
		`networkPolicy: {enabled: false, metricsFrom: [{podSelector: {}}]}`:                   "Set networkPolicy.enabled to true",
	} {
		t.Run(values, func(t *testing.T) {
			_, err := render(namespace, values)
			if err == nil {
				t.Fatal("the chart is rendered")
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %q, want %q", err, want)
			}
		})
	}
}

func TestValuesThatCanWorkTogetherAreAccepted(t *testing.T) {
	for _, values := range []string{
		`{replicas: 1, configuration: {leaderElection: {enabled: false}}}`,
		`{image: {digest: "sha256:` + strings.Repeat("0", 64) + `"}, global: {region: a}, enabled: true}`,
		`certificates: {source: secret, secret: {name: ours, annotations: {cert-manager.io/inject-ca-from: a/b}}}`,
		`podDisruptionBudget: {maxUnavailable: 2}`,
	} {
		t.Run(values, func(t *testing.T) {
			if _, err := render(namespace, values); err != nil {
				t.Error(err)
			}
		})
	}
}
