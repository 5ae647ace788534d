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

// Package controlplane starts a kube-apiserver with etcd in which the operator
// is deployed as kustomize builds it, but does not run: who starts it runs the
// operator's program as a process of his own.
package controlplane

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/audit"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/cluster"
)

const (
	// overlay is the overlay that is installed, except for the operator's pods.
	overlay = "config/overlays/selfsigned"
	// OperatorNamespace is the operator's namespace in that overlay.
	OperatorNamespace = cluster.OperatorNamespace
	// OperatorUser is the operator's user in that overlay.
	OperatorUser = "system:serviceaccount:" + OperatorNamespace + ":" + cluster.OperatorDeployment
)

// Options configure a control plane.
type Options struct {
	// Repository is the root of the repository. Files are written to Directory.
	Repository, Directory string
	// Assets is the directory with the programs.
	Assets string
	// Components are the additional components of config/components to deploy.
	Components []string
	// Audited are the rules of the audit log.
	Audited []auditv1.PolicyRule
	// Configure changes the flags of kube-apiserver and etcd, if set.
	Configure func(*envtest.Environment)
}

// Plane is a running kube-apiserver with etcd, without controllers and nodes.
type Plane struct {
	*envtest.Environment
	// Client has the permissions of an administrator.
	Client   client.WithWatch
	AuditLog audit.Log

	directory string
}

// Start starts a control plane, which must be stopped, even after an error.
func Start(options Options) (*Plane, error) {
	p := &Plane{
		Environment: &envtest.Environment{BinaryAssetsDirectory: options.Assets},
		AuditLog:    audit.Log(filepath.Join(options.Directory, "audit.log")),
		directory:   options.Directory,
	}
	var err error
	if p.Scheme, err = cluster.Scheme(); err != nil {
		return p, err
	}
	d, err := buildDeployment(options)
	if err != nil {
		return p, err
	}
	p.CRDs = d.definitions
	p.CRDInstallOptions.MaxTime = time.Minute // API servers that start at the same time delay each other
	p.WebhookInstallOptions = envtest.WebhookInstallOptions{ValidatingWebhooks: d.webhooks, IgnoreSchemeConvertible: true}

	p.ControlPlane.Etcd = &envtest.Etcd{}
	policy := filepath.Join(options.Directory, "audit-policy.yaml")
	if err := WriteYAML(policy, &auditv1.Policy{
		TypeMeta:   metav1.TypeMeta{APIVersion: auditv1.SchemeGroupVersion.String(), Kind: "Policy"},
		OmitStages: []auditv1.Stage{auditv1.StageRequestReceived, auditv1.StageResponseStarted},
		Rules:      options.Audited,
	}); err != nil {
		return p, err
	}
	p.ControlPlane.GetAPIServer().Configure().
		Set("audit-log-path", string(p.AuditLog)).
		Set("audit-policy-file", policy).
		// As on OpenShift.
		Set("enable-admission-plugins", "OwnerReferencesPermissionEnforcement")
	if options.Configure != nil {
		options.Configure(p.Environment)
	}

	config, err := p.Start()
	if err != nil {
		return p, fmt.Errorf("start the control plane: %w", err)
	}
	if p.Client, err = client.NewWithWatch(config, client.Options{Scheme: p.Scheme}); err != nil {
		return p, err
	}
	// Otherwise, fields that this version of Kubernetes does not know are dropped.
	strict := client.FieldValidation(metav1.FieldValidationStrict)
	for _, object := range d.others {
		if err := p.Client.Create(context.Background(), object, strict); err != nil {
			return p, fmt.Errorf("create %T %s: %w", object, object.GetName(), err)
		}
	}
	// The caller runs the operator.
	if err := p.Client.Create(context.Background(), d.manager, strict, client.DryRunAll); err != nil {
		return p, fmt.Errorf("create the Deployment as a dry run: %w", err)
	}
	return p, nil
}

// Stop stops those parts of the control plane that were started.
func (p *Plane) Stop() error { return p.Environment.Stop() }

// Kubeconfig creates a user, writes a kubeconfig for it, and returns the name of the
// file.
func (p *Plane) Kubeconfig(user string, groups ...string) (string, error) {
	u, err := p.AddUser(envtest.User{Name: user, Groups: groups}, &rest.Config{})
	if err != nil {
		return "", err
	}
	kubeconfig, err := u.KubeConfig()
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(p.directory, "*.kubeconfig")
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, err = file.Write(kubeconfig)
	return file.Name(), err
}

// OperatorKubeconfig writes a kubeconfig with the operator's own identity.
func (p *Plane) OperatorKubeconfig() (string, error) {
	return p.Kubeconfig(OperatorUser, "system:serviceaccounts", "system:serviceaccounts:"+OperatorNamespace)
}

// OperatorConfiguration returns the configuration of an operator whose webhooks this
// API server calls, with addresses that are currently free.
func (p *Plane) OperatorConfiguration() (*configv1alpha1.OperatorConfiguration, error) {
	metrics, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	health, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	webhook := p.WebhookInstallOptions
	return &configv1alpha1.OperatorConfiguration{
		TypeMeta:  metav1.TypeMeta{APIVersion: configv1alpha1.GroupVersion.String(), Kind: "OperatorConfiguration"},
		Namespace: OperatorNamespace,
		Metrics:   configv1alpha1.Metrics{BindAddress: metrics, SecureServing: new(false)},
		Health:    configv1alpha1.Health{BindAddress: health},
		Webhook:   configv1alpha1.Webhook{Port: new(int32(webhook.LocalServingPort)), ReviewRequesters: new(false)},
		Certificates: configv1alpha1.Certificates{
			Source:    configv1alpha1.CertificatesFromDirectory,
			Directory: &configv1alpha1.DirectoryCertificates{Path: webhook.LocalServingCertDir},
		},
	}, nil
}

// By default, Linux gives ports from 32768 to clients' connections, and Kubernetes those
// from 30000 to Services.
const (
	firstPort = 20000
	ports     = 10000
)

// port counts the ports that FreeAddress has tried, from a random one.
var port atomic.Uint32

func init() { port.Store(rand.Uint32N(ports)) }

// FreeAddress returns an address that nobody is listening on. Until the caller's
// program listens on it, no connection is given its port, and further calls in this
// process return other addresses.
func FreeAddress() (string, error) {
	var err error
	for range ports {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+port.Add(1)%ports)
		var listener net.Listener
		if listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", address); err == nil {
			return address, listener.Close()
		}
	}
	return "", err
}

// WriteYAML writes a file that only its user can read.
func WriteYAML(file string, object any) error {
	data, err := yaml.Marshal(object)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}
