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
	"encoding/base64"
	"text/template"
)

var kubeconfigTemplate = template.Must(template.New("kubeconfig").
	Funcs(template.FuncMap{"base64": base64.StdEncoding.EncodeToString}).
	Parse(`apiVersion: v1
kind: Config
clusters:
- name: {{ .Name }}
  cluster:
    server: {{ .Server }}
    certificate-authority-data: {{ base64 .CA }}
users:
- name: {{ .Name }}
  user:
    client-certificate-data: {{ base64 .Certificate }}
    client-key-data: {{ base64 .Key }}
contexts:
- name: {{ .Name }}
  context:
    cluster: {{ .Name }}
    user: {{ .Name }}
current-context: {{ .Name }}
`))

// kubeconfig gives the holder of the client certificate access to the API server at the URL. Its one context,
// cluster and user all have the given name.
func kubeconfig(name, server string, ca []byte, client pair) ([]byte, error) {
	var out bytes.Buffer
	err := kubeconfigTemplate.Execute(&out, map[string]any{
		"Name":        name,
		"Server":      server,
		"CA":          ca,
		"Certificate": client.certificate,
		"Key":         client.key,
	})
	return out.Bytes(), err
}
