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
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/config"
)

const (
	deployment = "Deployment/extendedjob-system/extendedjob-controller-manager"
	crd        = "CustomResourceDefinition/extendedjobs.fissile.cloudfoundry.org"
	webhooks   = "ValidatingWebhookConfiguration/extendedjob-validating-webhook-configuration"
	policy     = "NetworkPolicy/extendedjob-system/extendedjob-controller-manager"
	monitor    = "ServiceMonitor/extendedjob-system/extendedjob-controller-manager"
	authority  = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
)

func pod(path ...any) []any { return append([]any{"spec", "template", "spec"}, path...) }

func manager(path ...any) []any { return pod(append([]any{"containers", 0}, path...)...) }

func TestValuesGovernFields(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	for values, test := range map[string]struct {
		object string
		path   []any
		want   string // as YAML
	}{
		`image: {tag: edge}`: {deployment, manager("image"), `ghcr.io/cloudfoundry-incubator/extendedjob-operator:edge`},
		`image: {repository: mirror/ejob, digest: "` + digest + `", tag: edge}`: {deployment, manager("image"), `mirror/ejob@` + digest},
		`image: {pullPolicy: Always}`:                                           {deployment, manager("imagePullPolicy"), `Always`},
		`image: {pullSecrets: [{name: registry}]}`:                              {deployment, pod("imagePullSecrets"), `[{name: registry}]`},
		`replicas: 3`: {deployment, []any{"spec", "replicas"}, `3`},
		`resources: {limits: {memory: 1Gi}, requests: null}`:          {deployment, manager("resources", "limits", "memory"), `1Gi`},
		`priorityClassName: ours`:                                     {deployment, pod("priorityClassName"), `ours`},
		`priorityClassName: ""`:                                       {deployment, pod("priorityClassName"), `null`},
		`topologySpreadConstraints: [{maxSkew: 2}]`:                   {deployment, pod("topologySpreadConstraints"), `[{maxSkew: 2}]`},
		`nodeSelector: {disk: ssd}`:                                   {deployment, pod("nodeSelector"), `{disk: ssd}`},
		`affinity: {podAffinity: {}}`:                                 {deployment, pod("affinity"), `{podAffinity: {}}`},
		`tolerations: [{operator: Exists}]`:                           {deployment, pod("tolerations"), `[{operator: Exists}]`},
		`podLabels: {team: a}`:                                        {deployment, []any{"spec", "template", "metadata", "labels", "team"}, `a`},
		`podAnnotations: {note: a}`:                                   {deployment, []any{"spec", "template", "metadata", "annotations", "note"}, `a`},
		`commonLabels: {team: b}`:                                     {webhooks, []any{"metadata", "labels", "team"}, `b`},
		`commonAnnotations: {note: b}`:                                {webhooks, []any{"metadata", "annotations"}, `{note: b}`},
		`crds: {keep: true}`:                                          {crd, []any{"metadata", "annotations", "helm.sh/resource-policy"}, `keep`},
		`crds: {keep: false}`:                                         {crd, []any{"metadata", "annotations", "helm.sh/resource-policy"}, `null`},
		`configuration: {webhook: {port: 10250}}`:                     {deployment, manager("ports", 0, "containerPort"), `10250`},
		`configuration: {metrics: {bindAddress: ":9000"}}`:            {deployment, manager("ports", 1, "containerPort"), `9000`},
		`configuration: {health: {bindAddress: ":9001"}}`:             {deployment, manager("ports", 2, "containerPort"), `9001`},
		`configuration: { metrics: {bindAddress: "0"}}`:               {deployment, manager("ports", 1, "name"), `health`},
		`podDisruptionBudget: {maxUnavailable: 50%}`:                  {"PodDisruptionBudget/extendedjob-system/extendedjob-controller-manager", []any{"spec", "maxUnavailable"}, `50%`},
		`priorityClassName: system-node-critical`:                     {"ResourceQuota/extendedjob-system/extendedjob-critical-pods", []any{"spec", "scopeSelector", "matchExpressions", 0, "values"}, `[system-node-critical]`},
		`serviceMonitor: {enabled: true, labels: {release: a}}`:       {monitor, []any{"metadata", "labels", "release"}, `a`},
		`prometheusRule: {enabled: true, labels: {release: a}}`:       {"PrometheusRule/extendedjob-system/extendedjob-operator", []any{"metadata", "labels", "release"}, `a`},
		`watchNamespaces: [a, b]`:                                     {webhooks, []any{"webhooks", 1, "namespaceSelector", "matchExpressions", 0, "values"}, `[a, b]`},
		`{watchNamespaces: [a], certificates: {source: certManager}}`: {"Role/a/extendedjob-manager-role", []any{"metadata", "namespace"}, `a`},
		`dashboard: {enabled: true, labels: {folder: a}}`:             {"ConfigMap/extendedjob-system/extendedjob-dashboard", []any{"metadata", "labels", "folder"}, `a`},
	} {
		t.Run(values, func(t *testing.T) {
			var want any
			if err := yaml.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			o, ok := mustRender(t, values)[test.object]
			if !ok {
				t.Fatalf("there is no %s", test.object)
			}
			if diff := cmp.Diff(want, at(o, test.path...)); diff != "" {
				t.Errorf("%s %v (-want +got):\n%s", test.object, test.path, diff)
			}
		})
	}
}

func TestAllObjectsHaveTheCommonLabelsAndAnnotations(t *testing.T) {
	for _, source := range []string{"selfSigned", "certManager", "serviceCA"} {
		objects := mustRender(t, `{commonLabels: {team: a}, commonAnnotations: {note: b}, watchNamespaces: [c],
			dashboard: {enabled: true}, serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}, certificates: {source: `+source+`}}`)
		for key, o := range objects {
			if label, note := at(o, "metadata", "labels", "team"), at(o, "metadata", "annotations", "note"); label != "a" || note != "b" {
				t.Errorf("%s has the label %v and the annotation %v", key, label, note)
			}
			if name := at(o, "metadata", "labels", "app.kubernetes.io/name"); name != "extendedjob-operator" {
				t.Errorf("%s has the name %v", key, name)
			}
		}
	}
}

func TestValuesLeaveObjectsOut(t *testing.T) {
	all := mustRender(t, `{serviceMonitor: {enabled: true}, prometheusRule: {enabled: true}}`)
	for values, want := range map[string][]string{
		`crds: {enabled: false}`:                       {crd},
		`userRoles: {aggregate: false}`:                {"ClusterRole/extendedjob-edit-role", "ClusterRole/extendedjob-view-role"},
		`networkPolicy: {enabled: false}`:              {policy},
		`podDisruptionBudget: {enabled: false}`:        {"PodDisruptionBudget/extendedjob-system/extendedjob-controller-manager"},
		`priorityClassName: ours`:                      {"ResourceQuota/extendedjob-system/extendedjob-critical-pods"},
		`flowControl: {enabled: false}`:                {"FlowSchema/extendedjob-leader-election", "FlowSchema/extendedjob-operator", "PriorityLevelConfiguration/extendedjob-operator"},
		`configuration: {metrics: {bindAddress: "0"}}`: {"ClusterRole/extendedjob-metrics-reader-role", "Service/extendedjob-system/extendedjob-metrics-service"},
		`admissionPolicies: {enabled: false}`: {
			"ValidatingAdmissionPolicy/extendedjob-operator-extendedjobs", "ValidatingAdmissionPolicy/extendedjob-operator-jobs",
			"ValidatingAdmissionPolicy/extendedjob-operator-secrets", "ValidatingAdmissionPolicy/extendedjob-requester-rights",
			"ValidatingAdmissionPolicyBinding/extendedjob-operator-extendedjobs", "ValidatingAdmissionPolicyBinding/extendedjob-operator-jobs",
			"ValidatingAdmissionPolicyBinding/extendedjob-operator-secrets", "ValidatingAdmissionPolicyBinding/extendedjob-requester-rights",
		},
	} {
		t.Run(values, func(t *testing.T) {
			left := all
			rendered := mustRender(t, values)
			left = maps.Clone(left)
			for key := range rendered {
				delete(left, key)
			}
			delete(left, monitor)
			delete(left, "PrometheusRule/extendedjob-system/extendedjob-operator")
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(left))); diff != "" {
				t.Errorf("what is left out (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheAPIServerTrustsTheAuthorityOfASecret(t *testing.T) {
	objects := mustRender(t, `
certificates:
  source: secret
  secret:
    name: ours
    caBundle: "`+strings.ReplaceAll(authority, "\n", `\n`)+`"
    annotations: {cert-manager.io/inject-ca-from: a/b}
serviceMonitor: {enabled: true}
`)
	bundle := base64.StdEncoding.EncodeToString([]byte(authority))
	for _, trusting := range []struct {
		object string
		path   []any
	}{
		{crd, []any{"spec", "conversion", "webhook", "clientConfig", "caBundle"}},
		{webhooks, []any{"webhooks", 0, "clientConfig", "caBundle"}},
		{webhooks, []any{"webhooks", 1, "clientConfig", "caBundle"}},
	} {
		if got := at(objects[trusting.object], trusting.path...); got != bundle {
			t.Errorf("%s %v trusts %v", trusting.object, trusting.path, got)
		}
		if got := at(objects[trusting.object], "metadata", "annotations", "cert-manager.io/inject-ca-from"); got != "a/b" {
			t.Errorf("%s has the annotation %v", trusting.object, got)
		}
	}
	if got := at(objects[deployment], pod("volumes", 0, "secret", "secretName")...); got != "ours" {
		t.Errorf("the Secret %v is mounted", got)
	}
	if got := at(objects[monitor], "spec", "endpoints", 0, "tlsConfig", "ca", "secret", "name"); got != "ours" {
		t.Errorf("Prometheus trusts the Secret %v", got)
	}
	for key := range objects {
		if strings.HasPrefix(key, "Certificate/") || strings.HasPrefix(key, "Issuer/") || strings.HasSuffix(key, "certificate-role") {
			t.Errorf("there is the %s", key)
		}
	}
}

// The operator reads what the chart writes for it.
func TestTheOperatorReadsItsConfiguration(t *testing.T) {
	objects := mustRender(t, `
watchNamespaces: [a, b]
admissionPolicies: {enabled: false}
configuration:
  concurrency: 20
  runInOwnNamespace: true
  output: {logReadTimeoutSeconds: 60, maxLogSize: 1Mi, reservedSecretNames: ["mine-*"], collectorImage: mirror/ejob}
  configChange: {debounceMilliseconds: 0}
  metrics: {bindAddress: ":9443", secureServing: false}
  health: {bindAddress: ":9081"}
  profiling: {bindAddress: "localhost:6060"}
  webhook: {port: 10250}
  leaderElection: {enabled: true, leaseDurationSeconds: 30, renewDeadlineSeconds: 20, retryPeriodSeconds: 5}
`)
	file := filepath.Join(t.TempDir(), "operator.yaml")
	content := at(objects["ConfigMap/extendedjob-system/extendedjob-operator-config"], "data", "operator.yaml").(string)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := config.Load(file, namespace)
	if err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
	if !slices.Equal(read.WatchNamespaces, []string{"a", "b"}) || !*read.Webhook.ReviewRequesters || *read.Webhook.Port != 10250 ||
		*read.Concurrency != 20 || *read.LeaderElection.LeaseDurationSeconds != 30 || read.Certificates.SelfSigned == nil {
		t.Errorf("it reads %+v", read)
	}
}

func TestPodsAreReplacedWhenTheConfigurationChanges(t *testing.T) {
	checksum := func(values string) any {
		return at(mustRender(t, values)[deployment], "spec", "template", "metadata", "annotations", "checksum/configuration")
	}
	if before, after := checksum(``), checksum(`configuration: {concurrency: 20}`); before == after {
		t.Error("the pods stay as they are")
	}
}
