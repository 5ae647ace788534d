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

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// present are the conditions on which the objects of a kind, or with a name, are
// there.
// A quota of critical pods would count those of others in kube-system.
var present = map[string]string{
	"CustomResourceDefinition":                    "$.Values.crds.enabled",
	"FlowSchema":                                  "$.Values.flowControl.enabled",
	"PriorityLevelConfiguration":                  "$.Values.flowControl.enabled",
	"NetworkPolicy":                               "$.Values.networkPolicy.enabled",
	"PodDisruptionBudget":                         "$.Values.podDisruptionBudget.enabled",
	"PrometheusRule":                              "$.Values.prometheusRule.enabled",
	"ResourceQuota":                               `and (hasPrefix "system-" $.Values.priorityClassName) (ne $.Release.Namespace "kube-system")`,
	"ServiceMonitor":                              "$.Values.serviceMonitor.enabled",
	"ValidatingAdmissionPolicy":                   "$.Values.admissionPolicies.enabled",
	"ValidatingAdmissionPolicyBinding":            "$.Values.admissionPolicies.enabled",
	"ConfigMap/extendedjob-dashboard":             "$.Values.dashboard.enabled",
	"ClusterRole/extendedjob-edit-role":           "$.Values.userRoles.aggregate",
	"ClusterRole/extendedjob-view-role":           "$.Values.userRoles.aggregate",
	"Service/extendedjob-metrics-service":         servesMetrics,
	"ClusterRole/extendedjob-metrics-reader-role": servesMetrics,
}

const servesMetrics = `include "extendedjob-operator.servesMetrics" $`

// edit puts what a value governs in its place in an object.
type edit struct {
	path string
	// value returns what is to be there in place of what is, or nil if that is not
	// as expected.
	value func(old any) any
}

// replace replaces what the overlays have.
func replace(path string, value any) edit {
	return edit{path, func(old any) any {
		if old == absent {
			return nil
		}
		return value
	}}
}

// add adds what the overlays do not have.
func add(path string, value any) edit {
	return edit{path, func(old any) any {
		if old != absent {
			return nil
		}
		return value
	}}
}

// change makes something of what the overlays have.
func change(path string, value func(old any) any) edit {
	return edit{path, func(old any) any {
		if old == absent {
			return nil
		}
		return value(old)
	}}
}

// addSet adds a field if its value is set.
func addSet(path, value string) edit {
	return add(path, when(value, toYAML(value)))
}

// addEntries adds the entries of a value to a map.
func addEntries(path, value string) edit {
	return add(path+"/~"+value, when(value, splice("{{- toYaml "+value+" | nindent INDENT }}")))
}

func toYAML(value string) expression {
	return expression(" {{- toYaml " + value + " | nindent INDENT }}")
}

const (
	pod       = "spec/template/spec/"
	container = pod + "containers/0/"
)

// edits are what values govern in the objects of a kind, or with a name.
var edits = map[string][]edit{
	"CustomResourceDefinition": {
		add("metadata/annotations/helm.sh~1resource-policy", when("$.Values.crds.keep", "keep")),
		change("spec/versions/1", onlyWithV1alpha1),
		change("spec/conversion", onlyWithV1alpha1),
	},
	"ConfigMap/extendedjob-operator-config": {
		replace("data/operator.yaml", expression(` |{{- include "extendedjob-operator.configuration" $ | nindent INDENT }}`)),
	},
	"ConfigMap/extendedjob-dashboard": {
		addEntries("metadata/labels", "$.Values.dashboard.labels"),
	},
	"Deployment": {
		replace("spec/replicas", expression(" {{ $.Values.replicas }}")),
		add("spec/template/metadata/annotations/checksum~1configuration",
			expression(` {{ include "extendedjob-operator.configuration" $ | sha256sum }}`)),
		addEntries("spec/template/metadata/annotations", "$.Values.podAnnotations"),
		addEntries("spec/template/metadata/labels", "$.Values.podLabels"),
		addSet(pod+"affinity", "$.Values.affinity"),
		addSet(pod+"imagePullSecrets", "$.Values.image.pullSecrets"),
		addSet(pod+"nodeSelector", "$.Values.nodeSelector"),
		addSet(pod+"tolerations", "$.Values.tolerations"),
		replace(pod+"priorityClassName", when("$.Values.priorityClassName", expression(" {{ $.Values.priorityClassName | quote }}"))),
		change(pod+"topologySpreadConstraints", func(spread any) any {
			const own = "$.Values.topologySpreadConstraints"
			return choice{[]alternative{{own, toYAML(own)}}, spread}
		}),
		replace(container+"image", expression(` {{ include "extendedjob-operator.image" $ | quote }}`)),
		add(container+"imagePullPolicy", when("$.Values.image.pullPolicy", expression(" {{ $.Values.image.pullPolicy }}"))),
		replace(container+"resources", toYAML("$.Values.resources")),
		change(container+"ports", makePorts),
	},
	"NetworkPolicy": {
		addSet("spec/ingress/1/from", "$.Values.networkPolicy.metricsFrom"),
	},
	"PodDisruptionBudget": {
		replace("spec/maxUnavailable", expression(" {{ $.Values.podDisruptionBudget.maxUnavailable }}")),
	},
	"PrometheusRule": {
		addEntries("metadata/labels", "$.Values.prometheusRule.labels"),
	},
	"ResourceQuota": {
		replace("spec/scopeSelector/matchExpressions/0/values/0", expression(" {{ $.Values.priorityClassName | quote }}")),
	},
	"ServiceMonitor": {
		addEntries("metadata/labels", "$.Values.serviceMonitor.labels"),
	},
	"ValidatingWebhookConfiguration": {
		change("webhooks/1", onlyWithV1alpha1),
	},
}

// everywhere are the edits of all objects.
var everywhere = []edit{
	change("metadata/labels", func(old any) any {
		labels := old.(map[string]any)
		delete(labels, "app.kubernetes.io/name")
		labels["~labels"] = splice(`{{- include "extendedjob-operator.labels" $ | nindent INDENT }}`)
		return labels
	}),
	{"metadata/annotations", func(old any) any {
		annotations, ok := old.(map[string]any)
		if !ok {
			annotations = map[string]any{}
		}
		annotations["~annotations"] = when("$.Values.commonAnnotations", splice("{{- toYaml $.Values.commonAnnotations | nindent INDENT }}"))
		return annotations
	}},
}

// onlyWithV1alpha1 leaves out what the component v1-only does.
func onlyWithV1alpha1(old any) any { return when("$.Values.crds.v1alpha1", old) }

// makePorts has the container's ports be those of the configuration.
func makePorts(old any) any {
	ports := old.([]any)
	for i, p := range ports {
		port := p.(map[string]any)
		port["containerPort"] = expression(fmt.Sprintf(` {{ include "extendedjob-operator.%sPort" $ }}`, port["name"]))
		if port["name"] == "metrics" {
			ports[i] = when(servesMetrics, port)
		}
	}
	return ports
}

// useSecret has the operator's pods mount a Secret that somebody else has made,
// in place of cert-manager.
func useSecret(v variant) error {
	const (
		secret    = "$.Values.certificates.secret" //nolint:gosec // It is the name of a value.
		injection = "metadata/annotations/cert-manager.io~1inject-ca-from"
	)
	name := expression(" {{ " + secret + ".name | quote }}")
	authority := when(secret+".caBundle", expression(" {{ "+secret+".caBundle | b64enc }}"))
	for key, object := range v.objects {
		if strings.HasPrefix(object["apiVersion"].(string), "cert-manager.io/") {
			delete(v.objects, key)
		}
	}
	const (
		crd      = "CustomResourceDefinition/extendedjobs.fissile.cloudfoundry.org"
		webhooks = "ValidatingWebhookConfiguration/extendedjob-validating-webhook-configuration"
	)
	return errors.Join(
		apply(v.objects["Deployment/extendedjob-controller-manager"], change(pod+"volumes", func(old any) any {
			for _, volume := range old.([]any) {
				if mounted, ok := volume.(map[string]any)["secret"]; ok {
					mounted.(map[string]any)["secretName"] = name
				}
			}
			return old
		})),
		apply(v.objects["ServiceMonitor/extendedjob-controller-manager"],
			replace("spec/endpoints/0/tlsConfig/ca/secret/name", name)),
		apply(v.objects[crd], replace(injection, absent)),
		apply(v.objects[crd], addEntries("metadata/annotations", secret+".annotations")),
		apply(v.objects[crd], add("spec/conversion/webhook/clientConfig/caBundle", authority)),
		apply(v.objects[webhooks], replace(injection, absent)),
		apply(v.objects[webhooks], addEntries("metadata/annotations", secret+".annotations")),
		apply(v.objects[webhooks], add("webhooks/0/clientConfig/caBundle", authority)),
		apply(v.objects[webhooks], add("webhooks/1/clientConfig/caBundle", authority)),
	)
}

// useNamespaces gives the operator the rights of the overlay namespaced in each
// namespace of the values.
func useNamespaces(v variant) error {
	const webhooks = "ValidatingWebhookConfiguration/extendedjob-validating-webhook-configuration"
	const values = "/namespaceSelector/matchExpressions/0/values"
	errs := []error{
		apply(v.objects[webhooks], replace("webhooks/0"+values, toYAML(watchedNamespaces))),
		apply(v.objects[webhooks], replace("webhooks/1"+values, toYAML(watchedNamespaces))),
	}
	for _, object := range v.objects {
		if isInWatchedNamespace(object) {
			errs = append(errs, apply(object, replace("metadata/namespace", namespaceOfRange)))
		}
	}
	return errors.Join(errs...)
}

// namespaceOfRange is one of the namespaces that are watched.
const namespaceOfRange = expression(" {{ $namespace | quote }}")

func isInWatchedNamespace(object map[string]any) bool {
	namespace, ok := object["metadata"].(map[string]any)["namespace"]
	return ok && namespace != operatorNamespace
}

// apply makes an edit. It returns an error if an object is not as the edit
// expects it to be.
func apply(object map[string]any, e edit) error {
	steps := strings.Split(e.path, "/")
	var parent any = object
	for _, step := range steps[:len(steps)-1] {
		parent = get(parent, unescape(step))
	}
	last := unescape(steps[len(steps)-1])
	value := e.value(get(parent, last))
	if value == nil {
		return fmt.Errorf("%s has changed since the chart was written", e.path)
	}
	switch parent := parent.(type) {
	case map[string]any:
		parent[last] = value
		if value == absent {
			delete(parent, last)
		}
	case []any:
		index, _ := strconv.Atoi(last)
		parent[index] = value
	default:
		return fmt.Errorf("%s is not in a map or a list", e.path)
	}
	return nil
}

// get returns what is in a map or list, or absent.
func get(parent any, step string) any {
	switch parent := parent.(type) {
	case map[string]any:
		return valueOf(parent, step)
	case []any:
		if index, err := strconv.Atoi(step); err == nil && index < len(parent) {
			return parent[index]
		}
	}
	return absent
}

func unescape(step string) string {
	return strings.ReplaceAll(step, "~1", "/")
}
