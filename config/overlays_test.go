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

// Package config_test asks of what kustomize builds whether its parts fit
// together, where names are written out.
package config_test

import (
	"slices"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/kustomize/api/resmap"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/memorylimit"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/kustomize"
)

var overlays = []string{"default", "overlays/namespaced", "overlays/openshift", "overlays/selfsigned"}

func TestTheAPIServerCallsAServiceOfTheDeployment(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay)
			webhook := kustomize.Get[corev1.Service](t, resources, "Service", "extendedjob-webhook-service")
			port := webhook.Spec.Ports[0].Port

			conversion := kustomize.Get[apiextensionsv1.CustomResourceDefinition](t, resources, "CustomResourceDefinition", "extendedjobs.fissile.cloudfoundry.org").
				Spec.Conversion.Webhook.ClientConfig.Service
			if conversion.Namespace != webhook.Namespace || conversion.Name != webhook.Name || *conversion.Port != port {
				t.Errorf("conversion calls %s/%s:%d, and the Service is %s/%s:%d",
					conversion.Namespace, conversion.Name, *conversion.Port, webhook.Namespace, webhook.Name, port)
			}
			for _, validation := range validating(t, resources).Webhooks {
				if service := validation.ClientConfig.Service; service.Namespace != webhook.Namespace || service.Name != webhook.Name {
					t.Errorf("%s calls %s/%s, and the Service is %s/%s",
						validation.Name, service.Namespace, service.Name, webhook.Namespace, webhook.Name)
				}
			}
			pods := kustomize.Get[appsv1.Deployment](t, resources, "Deployment", "extendedjob-controller-manager").Spec.Template
			for key, value := range webhook.Spec.Selector {
				if pods.Labels[key] != value {
					t.Errorf("the Service selects pods with %s=%s, and the manager's have %s", key, value, pods.Labels[key])
				}
			}
		})
	}
}

func TestV1AloneIsNeitherConvertedNorValidatedAsAnother(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay, "components/v1-only")
			definition := kustomize.Get[apiextensionsv1.CustomResourceDefinition](t, resources, "CustomResourceDefinition", "extendedjobs.fissile.cloudfoundry.org")
			if versions := definition.Spec.Versions; len(versions) != 1 || versions[0].Name != "v1" || !versions[0].Storage || definition.Spec.Conversion != nil {
				t.Errorf("got %d versions and conversion %+v, want v1 alone", len(versions), definition.Spec.Conversion)
			}
			if webhooks := validating(t, resources).Webhooks; len(webhooks) != 1 || webhooks[0].Rules[0].APIVersions[0] != "v1" {
				t.Errorf("got %d webhooks, want that of v1", len(webhooks))
			}
		})
	}
}

func TestTheOperatorHasAShareOfTheAPIServer(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay)
			pods := kustomize.Get[appsv1.Deployment](t, resources, "Deployment", "extendedjob-controller-manager")
			level := kustomize.Get[flowcontrolv1.PriorityLevelConfiguration](t, resources, "PriorityLevelConfiguration", "extendedjob-operator")

			for name, wantLevel := range map[string]string{
				"extendedjob-operator":        level.Name,
				"extendedjob-leader-election": "leader-election", // Kubernetes' own
			} {
				schema := kustomize.Get[flowcontrolv1.FlowSchema](t, resources, "FlowSchema", name)
				if got := schema.Spec.PriorityLevelConfiguration.Name; got != wantLevel {
					t.Errorf("%s gives the level %s, want %s", name, got, wantLevel)
				}
				account := schema.Spec.Rules[0].Subjects[0].ServiceAccount
				if account.Namespace != pods.Namespace || account.Name != pods.Spec.Template.Spec.ServiceAccountName {
					t.Errorf("%s is about %s/%s, and the manager is %s/%s",
						name, account.Namespace, account.Name, pods.Namespace, pods.Spec.Template.Spec.ServiceAccountName)
				}
			}
		})
	}
}

// The user is written out in the policies that restrict the operator.
func TestThePoliciesRestrictTheOperator(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay)
			deployment := kustomize.Get[appsv1.Deployment](t, resources, "Deployment", "extendedjob-controller-manager")
			user := "system:serviceaccount:" + deployment.Namespace + ":" + deployment.Spec.Template.Spec.ServiceAccountName
			for _, name := range []string{"extendedjob-operator-secrets", "extendedjob-operator-jobs", "extendedjob-operator-extendedjobs"} {
				policy := kustomize.Get[admissionregistrationv1.ValidatingAdmissionPolicy](t, resources, "ValidatingAdmissionPolicy", name)
				if condition := policy.Spec.MatchConditions[0].Expression; condition != "request.userInfo.username == '"+user+"'" {
					t.Errorf("%s is for %s, and the operator is %s", name, condition, user)
				}
				binding := kustomize.Get[admissionregistrationv1.ValidatingAdmissionPolicyBinding](t, resources, "ValidatingAdmissionPolicyBinding", name)
				if binding.Spec.PolicyName != name || !slices.Contains(binding.Spec.ValidationActions, admissionregistrationv1.Deny) {
					t.Errorf("the binding %s has %s do %v", name, binding.Spec.PolicyName, binding.Spec.ValidationActions)
				}
			}
		})
	}
}

func TestGoKnowsTheMemoryLimitOfTheManager(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			manager := kustomize.Get[appsv1.Deployment](t, build(t, overlay), "Deployment", "extendedjob-controller-manager").Spec.Template.Spec.Containers[0]
			if manager.Resources.Limits.Memory().IsZero() {
				t.Error("the manager has no limit")
			}
			i := slices.IndexFunc(manager.Env, func(v corev1.EnvVar) bool { return v.Name == memorylimit.Variable })
			if i < 0 || manager.Env[i].ValueFrom == nil || manager.Env[i].ValueFrom.ResourceFieldRef.Resource != "limits.memory" {
				t.Errorf("the environment does not have the limit: it is %+v", manager.Env)
			}
		})
	}
}

func TestTheNetworkPolicyFitsThePods(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay)
			policy := kustomize.Get[networkingv1.NetworkPolicy](t, resources, "NetworkPolicy", "extendedjob-controller-manager")
			deployment := kustomize.Get[appsv1.Deployment](t, resources, "Deployment", "extendedjob-controller-manager")
			pods := deployment.Spec.Template
			if selector := labels.SelectorFromSet(policy.Spec.PodSelector.MatchLabels); policy.Namespace != deployment.Namespace || !selector.Matches(labels.Set(pods.Labels)) {
				t.Errorf("it is for pods with %s in %s, and the manager's have %v in %s", selector, policy.Namespace, pods.Labels, deployment.Namespace)
			}
			for _, port := range pods.Spec.Containers[0].Ports {
				if got, want := letIn(policy, port.Name), port.Name != "health"; got != want {
					t.Errorf("everyone reaches the port %s: %t, want %t", port.Name, got, want)
				}
			}
			if !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
				t.Error("the manager reaches everything")
			}
			for _, rule := range policy.Spec.Egress {
				if len(rule.Ports) == 0 {
					t.Error("the manager reaches every port")
				}
			}
		})
	}
}

func TestTheComponentLetsInWhoScrapes(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			policy := kustomize.Get[networkingv1.NetworkPolicy](t, build(t, overlay, "components/network-policy"), "NetworkPolicy", "extendedjob-controller-manager")
			if letIn(policy, "metrics") {
				t.Error("everyone reaches the metrics")
			}
			if !letIn(policy, "webhook") {
				t.Error("the API server does not reach the webhooks")
			}
		})
	}
}

// letIn reports whether a policy lets everyone in to a port.
func letIn(policy networkingv1.NetworkPolicy, port string) bool {
	return slices.ContainsFunc(policy.Spec.Ingress, func(rule networkingv1.NetworkPolicyIngressRule) bool {
		return len(rule.From) == 0 && slices.ContainsFunc(rule.Ports, func(p networkingv1.NetworkPolicyPort) bool { return p.Port.String() == port })
	})
}

func TestOnlyTheManagersPodsHaveItsToken(t *testing.T) {
	for _, overlay := range append(overlays, "overlays/olm") {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay)
			account := kustomize.Get[corev1.ServiceAccount](t, resources, "ServiceAccount", "extendedjob-controller-manager")
			if ptr.Deref(account.AutomountServiceAccountToken, true) {
				t.Error("every pod with the service account has the token")
			}
			if !ptr.Deref(kustomize.Get[appsv1.Deployment](t, resources, "Deployment", "extendedjob-controller-manager").Spec.Template.Spec.AutomountServiceAccountToken, false) {
				t.Error("the manager does not have the token")
			}
		})
	}
}

// Where critical pods need a quota, they are admitted within one that names their
// class.
func TestTheManagersPriorityIsWithinAQuota(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay)
			class := kustomize.Get[appsv1.Deployment](t, resources, "Deployment", "extendedjob-controller-manager").Spec.Template.Spec.PriorityClassName
			quota := kustomize.Get[corev1.ResourceQuota](t, resources, "ResourceQuota", "extendedjob-critical-pods")
			if scope := quota.Spec.ScopeSelector.MatchExpressions[0]; scope.ScopeName != corev1.ResourceQuotaScopePriorityClass || !slices.Equal(scope.Values, []string{class}) {
				t.Errorf("the quota is for %s %v, and the manager has %s", scope.ScopeName, scope.Values, class)
			}
		})
	}
}

func TestCertManagerMakesTheCertificateThatIsServed(t *testing.T) {
	resources := build(t, "default")
	serving := kustomize.Get[certificate](t, resources, "Certificate", "extendedjob-serving-certificate")

	if mounted := mountedSecret(t, resources); mounted != serving.Spec.SecretName {
		t.Errorf("the Secret %s is mounted, and the certificate is in %s", mounted, serving.Spec.SecretName)
	}
	for _, name := range []string{"extendedjob-webhook-service", "extendedjob-metrics-service"} {
		service := kustomize.Get[corev1.Service](t, resources, "Service", name)
		if host := service.Name + "." + service.Namespace + ".svc"; !slices.Contains(serving.Spec.DNSNames, host) {
			t.Errorf("the certificate is for %v and not for %s", serving.Spec.DNSNames, host)
		}
	}
	requireAnnotation(t, resources, "cert-manager.io/inject-ca-from", serving.Metadata.Namespace+"/"+serving.Metadata.Name)

	authority := kustomize.Get[certificate](t, resources, "Certificate", "extendedjob-certificate-authority")
	signer := kustomize.Get[issuer](t, resources, "Issuer", serving.Spec.IssuerRef.Name)
	if signer.Spec.CA.SecretName != authority.Spec.SecretName {
		t.Errorf("the Issuer signs with the Secret %s, and the authority is in %s", signer.Spec.CA.SecretName, authority.Spec.SecretName)
	}
	kustomize.Get[issuer](t, resources, "Issuer", authority.Spec.IssuerRef.Name)
}

func TestOpenShiftMakesTheCertificateThatIsServed(t *testing.T) {
	resources := build(t, "overlays/openshift")
	service := kustomize.Get[corev1.Service](t, resources, "Service", "extendedjob-webhook-service")
	if made, mounted := service.Annotations["service.beta.openshift.io/serving-cert-secret-name"], mountedSecret(t, resources); made != mounted {
		t.Errorf("the Secret %q is mounted, and the certificate is in %q", mounted, made)
	}
	requireAnnotation(t, resources, "service.beta.openshift.io/inject-cabundle", "true")
}

func TestPrometheusTrustsTheCertificateThatIsServed(t *testing.T) {
	for overlay, component := range map[string]string{
		"default":             "prometheus",
		"overlays/selfsigned": "prometheus",
		"overlays/openshift":  "prometheus-openshift",
	} {
		t.Run(overlay, func(t *testing.T) {
			resources := build(t, overlay, "components/"+component)
			monitor := kustomize.Get[serviceMonitor](t, resources, "ServiceMonitor", "extendedjob-controller-manager")
			endpoint := monitor.Spec.Endpoints[0]
			service := kustomize.Get[corev1.Service](t, resources, "Service", "extendedjob-metrics-service")
			if endpoint.Port != service.Spec.Ports[0].Name {
				t.Errorf("the port %s is scraped, and the Service has %s", endpoint.Port, service.Spec.Ports[0].Name)
			}
			for key, value := range monitor.Spec.Selector.MatchLabels {
				if service.Labels[key] != value {
					t.Errorf("Services with %s=%s are scraped, and that of the metrics has %q", key, value, service.Labels[key])
				}
			}

			trust := endpoint.TLSConfig
			if overlay == "overlays/openshift" {
				if trust.CA.ConfigMap.Name != "openshift-service-ca.crt" || trust.ServerName != "extendedjob-webhook-service.extendedjob-system.svc" {
					t.Errorf("got %+v, want the authority of the service CA, and the Service that it makes a certificate for", trust)
				}
				return
			}
			if trust.CA.Secret.Name != "extendedjob-serving-certificate" || trust.ServerName != "extendedjob-metrics-service.extendedjob-system.svc" {
				t.Errorf("got %+v, want the authority of the certificate, and the Service of the metrics", trust)
			}
		})
	}
}

// serviceMonitor is what the tests read of the Prometheus operator's kind.
type serviceMonitor struct {
	Spec struct {
		Selector  struct{ MatchLabels map[string]string }
		Endpoints []struct {
			Port      string
			TLSConfig struct {
				CA struct {
					Secret, ConfigMap struct{ Name, Key string }
				}
				ServerName string
			}
		}
	}
}

// certificate and issuer are what the tests read of cert-manager's kinds.
type certificate struct {
	Metadata struct{ Name, Namespace string }
	Spec     struct {
		SecretName string
		DNSNames   []string
		IssuerRef  struct{ Name string }
	}
}

type issuer struct {
	Spec struct{ CA struct{ SecretName string } }
}

// requireAnnotation requires an annotation where the API server is told what
// authority to trust.
func requireAnnotation(t *testing.T, resources resmap.ResMap, key, want string) {
	t.Helper()
	crd := kustomize.Get[apiextensionsv1.CustomResourceDefinition](t, resources, "CustomResourceDefinition", "extendedjobs.fissile.cloudfoundry.org")
	if got := crd.Annotations[key]; got != want {
		t.Errorf("the CustomResourceDefinition has %s: %q, want %q", key, got, want)
	}
	if got := validating(t, resources).Annotations[key]; got != want {
		t.Errorf("the ValidatingWebhookConfiguration has %s: %q, want %q", key, got, want)
	}
}

func validating(t *testing.T, resources resmap.ResMap) admissionregistrationv1.ValidatingWebhookConfiguration {
	t.Helper()
	return kustomize.Get[admissionregistrationv1.ValidatingWebhookConfiguration](t, resources,
		"ValidatingWebhookConfiguration", "extendedjob-validating-webhook-configuration")
}

// mountedSecret is the Secret that the manager has where it looks for its
// certificate.
func mountedSecret(t *testing.T, resources resmap.ResMap) string {
	t.Helper()
	pod := kustomize.Get[appsv1.Deployment](t, resources, "Deployment", "extendedjob-controller-manager").Spec.Template.Spec
	for _, mount := range pod.Containers[0].VolumeMounts {
		if mount.MountPath != "/tmp/k8s-webhook-server/serving-certs" {
			continue
		}
		for _, volume := range pod.Volumes {
			if volume.Name == mount.Name {
				return volume.Secret.SecretName
			}
		}
	}
	t.Fatal("no Secret is mounted where the manager looks for its certificate")
	return ""
}

// build builds an overlay with components.
func build(t *testing.T, overlay string, components ...string) resmap.ResMap {
	t.Helper()
	if len(components) == 0 {
		return kustomize.Build(t, overlay)
	}
	directory := t.TempDir()
	if err := kustomize.Combine(directory, overlay, components...); err != nil {
		t.Fatal(err)
	}
	return kustomize.Build(t, directory)
}
