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

package certs

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// directory serves files that are mounted and renewed from outside.
type directory struct {
	*certwatcher.CertWatcher
}

func newDirectory(path string) (*directory, error) {
	watcher, err := certwatcher.New(filepath.Join(path, corev1.TLSCertKey), filepath.Join(path, corev1.TLSPrivateKeyKey))
	if err != nil {
		return nil, fmt.Errorf("read serving certificate: %w", err)
	}
	return &directory{watcher}, nil
}

// Ready is nil as long as the certificate is valid. Only its issuer knows whether the
// API server trusts it.
func (d *directory) Ready(*http.Request) error {
	certificate, err := d.GetCertificate(nil)
	if err != nil {
		return err
	}
	if now := time.Now(); now.Before(certificate.Leaf.NotBefore) || now.After(certificate.Leaf.NotAfter) {
		return fmt.Errorf("the serving certificate is valid only from %s to %s", certificate.Leaf.NotBefore, certificate.Leaf.NotAfter)
	}
	return nil
}

func (d *directory) NotAfter(context.Context) (time.Time, error) {
	certificate, err := d.GetCertificate(nil)
	if err != nil {
		return time.Time{}, err
	}
	return certificate.Leaf.NotAfter, nil
}

func (d *directory) SetupWithManager(mgr ctrl.Manager) error {
	return mgr.Add(d.CertWatcher)
}
