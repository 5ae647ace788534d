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

// Pki makes the keys, certificates and kubeconfigs of a single-node cluster, with the subjects that kubeadm gives
// them, so that the roles and bindings that come with Kubernetes fit.
package main

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/keyutil"
)

// cluster is what certificates and kubeconfigs have to say about a cluster.
type cluster struct {
	// name is the name of the context in the kubeconfigs.
	name string
	// server is the URL of the API server.
	server string
	// node is the name of the node.
	node string
	// nodeIP is the address of the node and of the API server on it.
	nodeIP net.IP
	// serviceIP is the ClusterIP of the API server's own Service.
	serviceIP net.IP
}

func main() {
	var c cluster
	var dir string
	flag.StringVar(&dir, "dir", "", "directory for the files")
	flag.StringVar(&c.name, "name", "", "name of the context in the kubeconfigs")
	flag.StringVar(&c.server, "server", "", "URL of the API server")
	flag.StringVar(&c.node, "node", "", "name of the node")
	flag.TextVar(&c.nodeIP, "node-ip", net.IP{}, "address of the node and of the API server on it")
	flag.TextVar(&c.serviceIP, "service-ip", net.IP{}, "ClusterIP of the API server's Service")
	flag.Parse()

	files, err := c.files()
	if err == nil {
		err = write(dir, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pki:", err)
		os.Exit(1)
	}
}

// files returns the contents of all files by name.
func (c cluster) files() (map[string][]byte, error) {
	ca, err := newAuthority("kubernetes")
	if err != nil {
		return nil, err
	}
	// The front proxy's authority is its own: whoever has its certificate may claim to be any user.
	frontProxyCA, err := newAuthority("front-proxy-ca")
	if err != nil {
		return nil, err
	}

	files := map[string][]byte{}
	loopback := net.IPv4(127, 0, 0, 1)
	pairs := map[string]func() (pair, error){
		"ca":             ca.pair,
		"front-proxy-ca": frontProxyCA.pair,
		"apiserver": func() (pair, error) {
			return ca.server(pkix.Name{CommonName: "kube-apiserver"},
				[]string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
				[]net.IP{loopback, c.nodeIP, c.serviceIP})
		},
		"apiserver-kubelet-client": func() (pair, error) {
			return ca.client("kube-apiserver-kubelet-client", "system:masters")
		},
		"front-proxy-client": func() (pair, error) {
			return frontProxyCA.client("front-proxy-client")
		},
		"kubelet": func() (pair, error) {
			return ca.server(pkix.Name{CommonName: "system:node:" + c.node, Organization: []string{"system:nodes"}},
				[]string{c.node}, []net.IP{loopback, c.nodeIP})
		},
	}
	for name, issue := range pairs {
		issued, err := issue()
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", name, err)
		}
		files[name+".crt"], files[name+".key"] = issued.certificate, issued.key
	}

	clients := []struct {
		file, user string
		groups     []string
	}{
		{file: "admin", user: "admin", groups: []string{"system:masters"}},
		{file: "controller-manager", user: "system:kube-controller-manager"},
		{file: "scheduler", user: "system:kube-scheduler"},
		{file: "kube-proxy", user: "system:kube-proxy"},
		{file: "kubelet", user: "system:node:" + c.node, groups: []string{"system:nodes"}},
	}
	for _, client := range clients {
		issued, err := ca.client(client.user, client.groups...)
		if err != nil {
			return nil, fmt.Errorf("certificate of %s: %w", client.user, err)
		}
		file := client.file + ".kubeconfig"
		if files[file], err = kubeconfig(c.name, c.server, files["ca.crt"], issued); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}

	if files["service-account.key"], files["service-account.pub"], err = serviceAccountKey(); err != nil {
		return nil, fmt.Errorf("service account key: %w", err)
	}
	return files, nil
}

// serviceAccountKey returns, in PEM, a key that signs service account tokens, and its public half.
func serviceAccountKey() (private, public []byte, err error) {
	key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	if private, err = keyutil.MarshalPrivateKeyToPEM(key); err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, err
	}
	return private, pem.EncodeToMemory(&pem.Block{Type: keyutil.PublicKeyBlockType, Bytes: der}), nil
}

// kubeconfig gives the holder of the client certificate access to the API server at the URL. Its one context,
// cluster and user all have the given name.
func kubeconfig(name, server string, ca []byte, client pair) ([]byte, error) {
	return clientcmd.Write(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: server, CertificateAuthorityData: ca}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: {ClientCertificateData: client.certificate, ClientKeyData: client.key}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	})
}

// write puts the files into dir, readable by the owner only: half of them are keys.
func write(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
