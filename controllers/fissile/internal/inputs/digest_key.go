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

package inputs

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// digestKeySecret is the Secret that holds the key of the digests, in the
	// operator's namespace.
	digestKeySecret = "extendedjob-digest-key"
	// digestKeyName is the key of that Secret's data.
	digestKeyName = "key"
	// digestKeySize is the number of bytes of a new key.
	digestKeySize = 32
)

// DigestKey is the key of the digests of inputs, which the operator also seals with.
// Readers of ExtendedJobs cannot read it, so a digest reveals nothing about the
// contents of a Secret.
type DigestKey struct {
	// Writer writes to the API server.
	Writer client.Writer
	// APIReader reads from the API server.
	APIReader client.Reader
	// Namespace is the operator's own namespace, which has the Secret of the key.
	Namespace string

	mu  sync.Mutex
	key []byte
}

// Get returns the key. It reads it once, and makes one if there is none.
func (k *DigestKey) Get(ctx context.Context) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		key, err := k.read(ctx)
		if apierrors.IsNotFound(err) {
			key, err = k.create(ctx)
			if apierrors.IsAlreadyExists(err) {
				// Another replica was faster.
				key, err = k.read(ctx)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("get the digest key from Secret %s/%s: %w", k.Namespace, digestKeySecret, err)
		}
		k.key = key
	}
	return k.key, nil
}

func (k *DigestKey) read(ctx context.Context) ([]byte, error) {
	secret := &corev1.Secret{}
	if err := k.APIReader.Get(ctx, client.ObjectKey{Namespace: k.Namespace, Name: digestKeySecret}, secret); err != nil {
		return nil, err
	}
	key := secret.Data[digestKeyName]
	if len(key) < digestKeySize {
		return nil, fmt.Errorf("the key %s has fewer than %d bytes: delete the Secret, and the operator creates a new one", digestKeyName, digestKeySize)
	}
	return key, nil
}

func (k *DigestKey) create(ctx context.Context) ([]byte, error) {
	key := make([]byte, digestKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, k.Writer.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.Namespace, Name: digestKeySecret},
		Data:       map[string][]byte{digestKeyName: key},
	})
}
