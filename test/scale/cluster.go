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
	// nodes is how many nodes are played.
	nodes = 10
	// Users, by which the audit log tells the programs apart.
	benchUser = "bench"
	kwokUser  = "kwok"
	// v1Only is the component that takes v1alpha1 away.
	v1Only = "v1-only"
	// printed is what every container prints.
	printed = `{"user":"bench","password":"correct horse battery staple"}`
)

//go:embed kwok.yaml
var kwokConfiguration string

// cluster is a control plane with the controllers that a Job needs, and nodes
// whose pods end at once and have logs.
type cluster struct {
	*controlplane.Plane
	repository string
	directory  string
	components []string
	// The client's own, with no limit on its side.
	client    client.Client
	clientset *kubernetes.Clientset

	// programs are those that run besides the API server and etcd; the first few are
	// the cluster's own.
	programs []*program
	own      int
}

// startCluster starts everything but the operator, deployed with components of
// config. It has to be stopped, also after an error.
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

// connect makes the clients. They belong to an ordinary user: the requests of
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

// startControllers starts those that Jobs, and the deletion of namespaces, need.
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

// startNodes starts kwok, which plays the nodes, and waits for them.
func (c *cluster) startNodes(ctx context.Context) error {
	kubeconfig, err := c.Kubeconfig(kwokUser, "system:nodes")
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	// As a container runtime writes it.
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

// nodeName is the node of the i-th pod. There is no scheduler.
func nodeName(i int) string { return "bench-" + strconv.Itoa(i%nodes) }

// newNamespace makes a namespace in which pods can be created.
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

// deleteNamespace deletes a namespace with everything in it, so that its end is
// in nobody's figures.
func (c *cluster) deleteNamespace(ctx context.Context, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := c.client.Delete(ctx, namespace); err != nil {
		return err
	}
	return waitFor(ctx, "the end of a namespace", 10*time.Minute, func(ctx context.Context) (bool, error) {
		err := c.client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}

// stop stops everything, the last started first.
func (c *cluster) stop() {
	c.stopFrom(0)
	if c.Plane != nil {
		_ = c.Stop() // the directory is removed anyway
	}
	_ = os.RemoveAll(c.directory) // what stays is in the directory for temporary files
}

// stopFrom stops the programs but the first n, the last started first.
func (c *cluster) stopFrom(n int) {
	for _, p := range slices.Backward(c.programs[n:]) {
		p.stop()
	}
	c.programs = c.programs[:n]
}

// versions are those in which the API server serves ExtendedJobs.
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
		_ = command.Wait() // how it ended is in its state
		close(p.ended)
	}()
	c.programs = append(c.programs, p)
	return p, nil
}

func (p *program) stop() {
	p.stopped = true
	_ = p.command.Process.Signal(syscall.SIGTERM) // fails if it has ended
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

// diagnosis is what the programs that ended by themselves said last.
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

// waitFor asks until the answer is yes.
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
