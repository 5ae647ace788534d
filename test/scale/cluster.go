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
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
)

const (
	// nodes is how many nodes kwok simulates.
	nodes = 10
	// These users identify the programs in the audit log.
	benchUser = "bench"
	kwokUser  = "kwok"
	// v1Only is the component that removes v1alpha1.
	v1Only = "v1-only"
	// printed is what every container prints.
	printed = `{"user":"bench","password":"correct horse battery staple"}`
)

//go:embed kwok.yaml
var kwokConfiguration string

// cluster is a control plane with the controllers that Jobs need, and simulated
// nodes whose pods end immediately and have logs.
type cluster struct {
	*controlplane.Plane
	repository string
	directory  string
	components []string
	// These are the bare client's. They have no rate limit of their own.
	client    client.Client
	clientset *kubernetes.Clientset

	// programs run beside the API server and etcd: first those of the cluster, whose
	// number is own, then those that a scenario starts.
	programs []*program
	own      int
}

// startCluster starts everything except the program of the operator, whose
// manifests it deploys with components of config. The caller must stop the cluster,
// even after an error.
func startCluster(ctx context.Context, repository string, components []string) (*cluster, error) {
	c := &cluster{repository: repository, components: components}
	var err error
	if c.directory, err = os.MkdirTemp("", "extendedjob-scale-"); err != nil {
		return c, err
	}
	assets, err := controlplane.FindAssets(repository)
	if err != nil {
		return c, err
	}
	c.Plane, err = controlplane.Start(controlplane.Options{
		Repository: repository,
		Directory:  c.directory,
		Assets:     assets,
		Components: components,
		Audited:    []auditv1.PolicyRule{{Level: auditv1.LevelMetadata}},
		Configure: func(e *envtest.Environment) {
			api := e.ControlPlane.GetAPIServer()
			api.Configure().
				Disable("disable-admission-plugins"). // ServiceAccount is on, as in any cluster
				Set("audit-log-maxsize", "100000")    // never rotated
			e.ControlPlane.Etcd.Configure().Set("quota-backend-bytes", strconv.Itoa(8<<30))
		},
	})
	if err != nil {
		return c, err
	}
	if err := c.connect(); err != nil {
		return c, err
	}
	if err := c.startControllers(assets); err != nil {
		return c, err
	}
	if err := c.startNodes(ctx); err != nil {
		return c, err
	}
	c.own = len(c.programs)
	return c, nil
}

// connect creates the clients. Their user is an ordinary one, because requests of
// system:masters would not queue with those of others.
func (c *cluster) connect() error {
	kubeconfig, err := c.Kubeconfig(benchUser)
	if err != nil {
		return err
	}
	if err := c.Client.Create(context.Background(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "bench"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: benchUser}, {Kind: rbacv1.UserKind, Name: kwokUser}},
	}); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1
	if c.client, err = client.New(config, client.Options{Scheme: c.Scheme}); err != nil {
		return err
	}
	config = rest.CopyConfig(config)
	config.AcceptContentTypes, config.ContentType = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf
	c.clientset, err = kubernetes.NewForConfig(config)
	return err
}

// startControllers starts the controllers that run Jobs and delete namespaces.
func (c *cluster) startControllers(assets string) error {
	kubeconfig, err := c.Kubeconfig("system:kube-controller-manager")
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	_, err = c.start(exec.Command(filepath.Join(assets, "kube-controller-manager"),
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address=127.0.0.1",
		"--secure-port="+port,
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--service-account-private-key-file="+filepath.Join(c.ControlPlane.GetAPIServer().CertDir, "sa-signer.key"),
		"--controllers=job-controller,cronjob-controller,garbage-collector-controller,ttl-after-finished-controller,namespace-controller,serviceaccount-controller",
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	))
	return err
}

// startNodes starts kwok, which simulates the nodes, and waits for them.
func (c *cluster) startNodes(ctx context.Context) error {
	kubeconfig, err := c.Kubeconfig(kwokUser, "system:nodes")
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	// Container runtimes write this format.
	log := filepath.Join(c.directory, "container.log")
	if err := os.WriteFile(log, fmt.Appendf(nil, "%s stdout F %s\n", time.Now().UTC().Format(time.RFC3339Nano), printed), 0o600); err != nil {
		return err
	}
	configuration := filepath.Join(c.directory, "kwok.yaml")
	if err := os.WriteFile(configuration, fmt.Appendf(nil, kwokConfiguration, port, port, log), 0o600); err != nil {
		return err
	}
	if _, err := c.start(exec.Command(filepath.Join(c.repository, "bin", "tools", "kwok"),
		"--config="+configuration, "--kubeconfig="+kubeconfig)); err != nil {
		return err
	}
	for i := range nodes {
		if err := c.client.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName(i)}}); err != nil {
			return err
		}
	}
	return waitFor(ctx, "the nodes", time.Minute, func(ctx context.Context) (bool, error) {
		var list corev1.NodeList
		if err := c.client.List(ctx, &list); err != nil {
			return false, err
		}
		ready := 0
		for _, node := range list.Items {
			for _, condition := range node.Status.Conditions {
				if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
					ready++
				}
			}
		}
		return ready == nodes, nil
	})
}

// nodeName returns the node of the i-th pod. The cluster has no scheduler.
func nodeName(i int) string { return "bench-" + strconv.Itoa(i%nodes) }

// newNamespace creates a namespace, and waits until pods can be created in it.
func (c *cluster) newNamespace(ctx context.Context, prefix string) (string, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix + "-"}}
	if err := c.client.Create(ctx, namespace); err != nil {
		return "", err
	}
	return namespace.Name, waitFor(ctx, "the service account of a namespace", time.Minute, func(ctx context.Context) (bool, error) {
		err := c.client.Get(ctx, client.ObjectKey{Namespace: namespace.Name, Name: "default"}, &corev1.ServiceAccount{})
		return err == nil, client.IgnoreNotFound(err)
	})
}

// deleteNamespace deletes a namespace and waits until it is gone, so that the
// deletion does not distort the next measurement.
func (c *cluster) deleteNamespace(ctx context.Context, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := c.client.Delete(ctx, namespace); err != nil {
		return err
	}
	return waitFor(ctx, "a namespace to be deleted", 10*time.Minute, func(ctx context.Context) (bool, error) {
		err := c.client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}

// stop stops everything in reverse order.
func (c *cluster) stop() {
	c.stopFrom(0)
	if c.Plane != nil {
		_ = c.Stop() // the directory is removed in any case
	}
	_ = os.RemoveAll(c.directory) // leftovers are in the directory for temporary files
}

// stopFrom stops all programs except the first n, in reverse order.
func (c *cluster) stopFrom(n int) {
	for _, p := range slices.Backward(c.programs[n:]) {
		p.stop()
	}
	c.programs = c.programs[:n]
}

// versions returns the versions in which the API server serves ExtendedJobs.
func (c *cluster) versions() []schema.GroupVersion {
	if slices.Contains(c.components, v1Only) {
		return []schema.GroupVersion{fissilev1.GroupVersion}
	}
	return []schema.GroupVersion{fissilev1.GroupVersion, fissilev1alpha1.GroupVersion}
}

// program is a process that the bench has started.
type program struct {
	command *exec.Cmd
	ended   chan struct{}
	output  *bytes.Buffer
	stopped bool
}

func (c *cluster) start(command *exec.Cmd) (*program, error) {
	p := &program{command: command, ended: make(chan struct{}), output: &bytes.Buffer{}}
	command.Stdout, command.Stderr = p.output, p.output
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = command.Wait() // the result is in its ProcessState
		close(p.ended)
	}()
	c.programs = append(c.programs, p)
	return p, nil
}

func (p *program) stop() {
	p.stopped = true
	_ = p.command.Process.Signal(syscall.SIGTERM) // fails if it has exited
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

func (p *program) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// diagnosis returns the last output of the programs that exited unexpectedly.
func (c *cluster) diagnosis() error {
	var errs []error
	for _, p := range c.programs {
		if !p.running() && !p.stopped {
			output := p.output.Bytes()
			errs = append(errs, fmt.Errorf("%s: %s", p.command, output[max(0, len(output)-2000):]))
		}
	}
	return errors.Join(errs...)
}

func freePort() (string, error) {
	address, err := controlplane.FreeAddress()
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(address)
	return port, err
}

// waitFor polls until done returns true.
func waitFor(ctx context.Context, what string, most time.Duration, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		ok, err := done(ctx)
		if err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		if ok {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
}
