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

package faultproxy

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// StartLocal starts a proxy for programs on this machine. It forwards to the API
// server of a kubeconfig, with that kubeconfig's user. A kubeconfig that leads
// through the proxy is written to a file.
func StartLocal(kubeconfig, through string, decide func(*http.Request) Fault) (*Proxy, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, fmt.Errorf("address of the API server: %w", err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	proxy := New(target, transport, decide)
	server, certificatePEM, err := proxy.Listen(context.Background(), net.IPv4(127, 0, 0, 1))
	if err != nil {
		return nil, err
	}
	written := clientcmdapi.NewConfig()
	written.Clusters["proxy"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: certificatePEM}
	written.Contexts["proxy"] = &clientcmdapi.Context{Cluster: "proxy"}
	written.CurrentContext = "proxy"
	if err := clientcmd.WriteToFile(*written, through); err != nil {
		_ = proxy.Close() // nobody uses it
		return nil, err
	}
	return proxy, nil
}
