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

package ejcache

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	kjson "sigs.k8s.io/json"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/plan"
)

// Indexes are functions that return the keys of an ExtendedJob, by index.
type Indexes map[string]func(*plan.ExtendedJob) []string

// Transform returns the function that the cache applies to ExtendedJobs before it
// holds them.
func Transform(indexes Indexes) func(any) (any, error) {
	return func(obj any) (any, error) {
		e, ok := obj.(*ExtendedJob)
		if !ok || e.packed {
			return obj, nil
		}
		return obj, e.pack(indexes)
	}
}

// pack reduces the content to what decisions need.
func (e *ExtendedJob) pack(indexes Indexes) error {
	e.TypeMeta, e.Annotations = metav1.TypeMeta{}, nil
	e.packed = true
	whole := &fissilev1.ExtendedJob{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(e.content, whole); err != nil {
		// Decode returns the error to whoever reads it.
		e.undecodable = true
		e.content, err = compress(e.content)
		return err
	}
	ej := plan.WithoutTemplate(whole)
	for index, keysOf := range indexes {
		if keys := keysOf(ej); len(keys) > 0 {
			e.keys = append(e.keys, indexKeys{index, keys})
		}
	}
	if !atRest(ej) {
		e.content, e.decoded = nil, ej
		return nil
	}
	content, err := json.Marshal(ej)
	if err != nil {
		return fmt.Errorf("encode ExtendedJob %s/%s: %w", e.Namespace, e.Name, err)
	}
	e.content, err = compress(content)
	return err
}

// atRest reports whether an ExtendedJob has nothing to be done.
func atRest(ej *plan.ExtendedJob) bool {
	s := &ej.Status
	return s.Active == "" && s.Due == nil && s.ObservedGeneration != nil && *s.ObservedGeneration == ej.Generation
}

// KeysOf returns the function that the cache calls for the keys of an index.
func KeysOf(index string) client.IndexerFunc {
	return func(obj client.Object) []string {
		for _, k := range obj.(*ExtendedJob).keys {
			if k.index == index {
				return k.keys
			}
		}
		return nil
	}
}

// Decode returns the part of the ExtendedJob that decisions need. The caller must not
// modify it. Decode returns an *UndecodableError if the stored ExtendedJob does not
// fit the type.
func (e *ExtendedJob) Decode() (*plan.ExtendedJob, error) {
	if e.decoded != nil {
		return e.decoded, nil
	}
	content, err := decompress(e.content)
	if err != nil {
		return nil, fmt.Errorf("decompress ExtendedJob %s/%s: %w", e.Namespace, e.Name, err)
	}
	if e.undecodable {
		return nil, newUndecodableError(content)
	}
	ej := &plan.ExtendedJob{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(content, ej); err != nil {
		return nil, fmt.Errorf("decode ExtendedJob %s/%s: %w", e.Namespace, e.Name, err)
	}
	return ej, nil
}

// dictionary contains much of what ExtendedJobs at rest have in common. It reduces their
// size by a third.
//
//go:embed dictionary.json
var dictionary []byte

// level is the fastest level that uses the dictionary.
const level = flate.BestSpeed + 1

// Writers and readers are large compared with what they process.
var (
	writers = sync.Pool{New: func() any {
		w, _ := flate.NewWriterDict(nil, level, dictionary) // fails for unknown levels only
		return w
	}}
	readers = sync.Pool{New: func() any { return flate.NewReaderDict(nil, dictionary) }}
)

func compress(content []byte) ([]byte, error) {
	w := writers.Get().(*flate.Writer)
	defer writers.Put(w)
	var compressed bytes.Buffer
	w.Reset(&compressed)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(compressed.Bytes()), nil
}

func decompress(compressed []byte) ([]byte, error) {
	r := readers.Get().(io.ReadCloser)
	defer readers.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(compressed), dictionary); err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
