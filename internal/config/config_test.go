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
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/config"
)

func TestLoadFillsInDefaults(t *testing.T) {
	defaults := &configv1alpha1.OperatorConfiguration{
		Namespace:         "pod-namespace",
		Concurrency:       new(int32(10)),
		RunInOwnNamespace: new(false),
		Output:            configv1alpha1.Output{LogReadTimeoutSeconds: new(int32(120)), MaxLogSize: new(resource.MustParse("64Mi")), ReservedSecretNames: []string{"sh.helm.release.v1.*", "bootstrap-token-*"}},
		ConfigChange:      configv1alpha1.ConfigChange{DebounceMilliseconds: new(int32(1000))},
		Metrics:           configv1alpha1.Metrics{BindAddress: ":8443", SecureServing: new(true)},
		Health:            configv1alpha1.Health{BindAddress: ":8081"},
		Profiling:         configv1alpha1.Profiling{BindAddress: "0"},
		Webhook:           configv1alpha1.Webhook{Port: new(int32(9443)), ReviewRequesters: new(true)},
		Certificates: configv1alpha1.Certificates{
			Source:    configv1alpha1.CertificatesFromDirectory,
			Directory: &configv1alpha1.DirectoryCertificates{Path: "/tmp/k8s-webhook-server/serving-certs"},
		},
		LeaderElection: configv1alpha1.LeaderElection{
			Enabled:              new(true),
			LeaseDurationSeconds: new(int32(15)),
			RenewDeadlineSeconds: new(int32(10)),
			RetryPeriodSeconds:   new(int32(2)),
		},
	}
	for name, tc := range map[string]struct {
		file   string
		expect func(*configv1alpha1.OperatorConfiguration)
	}{
		"a file that sets nothing": {
			expect: func(*configv1alpha1.OperatorConfiguration) {},
		},
		"what the file sets stays": {
			file: `
namespace: elsewhere
watchNamespaces: [one, two]
concurrency: 3
output:
  logReadTimeoutSeconds: 30
  maxLogSize: 1Gi
  reservedSecretNames: []
metrics:
  bindAddress: "0"
  secureServing: false
leaderElection:
  enabled: false
`,
			expect: func(c *configv1alpha1.OperatorConfiguration) {
				c.Namespace = "elsewhere"
				c.WatchNamespaces = []string{"one", "two"}
				c.Concurrency = new(int32(3))
				c.Output.LogReadTimeoutSeconds = new(int32(30))
				c.Output.MaxLogSize = new(resource.MustParse("1Gi"))
				c.Output.ReservedSecretNames = []string{}
				c.Metrics = configv1alpha1.Metrics{BindAddress: "0", SecureServing: new(false)}
				c.LeaderElection.Enabled = new(false)
			},
		},
		"self-signed certificates": {
			file: `
certificates:
  source: SelfSigned
`,
			expect: func(c *configv1alpha1.OperatorConfiguration) {
				c.Certificates = configv1alpha1.Certificates{
					Source: configv1alpha1.CertificatesSelfSigned,
					SelfSigned: &configv1alpha1.SelfSignedCertificates{
						SecretName:   "extendedjob-serving-certificate",
						ServiceNames: []string{"extendedjob-webhook-service", "extendedjob-metrics-service"},
					},
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := defaults.DeepCopy()
			want.APIVersion, want.Kind = "config.fissile.cloudfoundry.org/v1alpha1", "OperatorConfiguration"
			tc.expect(want)

			got, err := config.Load(write(t, header+tc.file), "pod-namespace")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
		})
	}

	t.Run("no file", func(t *testing.T) {
		got, err := config.Load("", "pod-namespace")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(defaults, got); diff != "" {
			t.Errorf("configuration (-want +got):\n%s", diff)
		}
	})
}

func TestLoadRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		want []string
	}{
		"a file of another kind": {
			file: "apiVersion: v1\nkind: ConfigMap\n",
			want: []string{`"ConfigMap"`, `"v1"`},
		},
		"a file without a kind": {
			file: "concurrency: 1\n",
			want: []string{"'Kind' is missing"},
		},
		"a version that does not exist": {
			file: "apiVersion: config.fissile.cloudfoundry.org/v9\nkind: OperatorConfiguration\n",
			want: []string{`"config.fissile.cloudfoundry.org/v9"`},
		},
		"unknown fields, all of them": {
			file: header + "concurency: 1\noutput:\n  timeout: 1\n",
			want: []string{`unknown field "concurency"`, `unknown field "output.timeout"`},
		},
		"a field in another case": {
			file: header + "Concurrency: 1\n",
			want: []string{`unknown field "Concurrency"`},
		},
		"a field that is set twice": {
			file: header + "concurrency: 1\nconcurrency: 2\n",
			want: []string{`"concurrency" already set`},
		},
		"a value of the wrong type": {
			file: header + "output:\n  logReadTimeoutSeconds: 2m\n",
			want: []string{"output.logReadTimeoutSeconds", "string", "int32"},
		},
		"wrong values, all of them": {
			file: header + `
namespace: Not_A_Namespace
watchNamespaces: [one, one, ""]
concurrency: 0
output:
  logReadTimeoutSeconds: -1
  maxLogSize: "0"
  reservedSecretNames: ["a[", "a*"]
configChange:
  debounceMilliseconds: -1
metrics:
  bindAddress: "8443"
health:
  bindAddress: ":http-alt"
webhook:
  port: 65536
certificates:
  source: CertManager
leaderElection:
  leaseDurationSeconds: 0
`,
			want: []string{
				`namespace: Invalid value: "Not_A_Namespace"`,
				`watchNamespaces[1]: Duplicate value: "one"`,
				`watchNamespaces[2]: Invalid value: ""`,
				`concurrency: Invalid value: 0: must be at least 1`,
				`output.logReadTimeoutSeconds: Invalid value: -1: must be at least 1`,
				`output.maxLogSize: Invalid value: "0": must be at least 1`,
				`output.reservedSecretNames[0]: Invalid value: "a[": must be a valid pattern`,
				`configChange.debounceMilliseconds: Invalid value: -1: must be at least 0`,
				`metrics.bindAddress: Invalid value: "8443": must be "host:port" or ":port"`,
				`health.bindAddress: Invalid value: ":http-alt": must be "host:port" or ":port"`,
				`webhook.port: Invalid value: 65536`,
				`certificates.source: Unsupported value: "CertManager": supported values: "Directory", "SelfSigned"`,
				`leaderElection.leaseDurationSeconds: Invalid value: 0: must be at least 1`,
			},
		},
		"a lease that ends before its leader gives up": {
			file: header + "leaderElection:\n  leaseDurationSeconds: 10\n",
			want: []string{"leaderElection.leaseDurationSeconds: Invalid value: 10: must be more than renewDeadlineSeconds, 10"},
		},
		"a leader that gives up after one try": {
			file: header + "leaderElection:\n  retryPeriodSeconds: 9\n",
			want: []string{"leaderElection.renewDeadlineSeconds: Invalid value: 10: must be more than 1.2 times retryPeriodSeconds, 9"},
		},
		"settings of the certificate source that is not used": {
			file: header + "certificates:\n  source: SelfSigned\n  directory:\n    path: /certs\n",
			want: []string{"certificates.directory: Forbidden: remove it, or set source to Directory"},
		},
		"self-signed settings without the source that uses them": {
			file: header + "certificates:\n  selfSigned:\n    secretName: mine\n",
			want: []string{"certificates.selfSigned: Forbidden: remove it, or set source to SelfSigned"},
		},
		"a self-signed certificate with bad names": {
			file: header + "certificates:\n  source: SelfSigned\n  selfSigned:\n    secretName: Mine\n    serviceNames: [a.b]\n",
			want: []string{
				`certificates.selfSigned.secretName: Invalid value: "Mine"`,
				`certificates.selfSigned.serviceNames[0]: Invalid value: "a.b"`,
			},
		},
		"a self-signed certificate for no Service": {
			file: header + "certificates:\n  source: SelfSigned\n  selfSigned:\n    serviceNames: []\n",
			want: []string{"certificates.selfSigned.serviceNames: Required value"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, tc.file)
			_, err := config.Load(file, "pod-namespace")
			wantError(t, err, append(tc.want, file)...)
		})
	}

	t.Run("a file that is not there", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "absent.yaml")
		_, err := config.Load(file, "pod-namespace")
		wantError(t, err, file, "no such file")
	})

	t.Run("no namespace outside of a cluster", func(t *testing.T) {
		_, err := config.Load("", "")
		wantError(t, err, "namespace: Required value: outside a cluster")
	})
}

const header = "apiVersion: config.fissile.cloudfoundry.org/v1alpha1\nkind: OperatorConfiguration\n"

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "operator.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q\nlacks %q", err, part)
		}
	}
}

func TestIsMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "operator.yaml")
	if !config.IsMissing(file) {
		t.Error("a file that does not exist is not missing")
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if config.IsMissing(file) {
		t.Error("an empty file, which Load refuses, is missing")
	}
}
