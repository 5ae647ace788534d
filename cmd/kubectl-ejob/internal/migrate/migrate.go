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

package migrate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
)

// Result is a file that was rewritten.
type Result struct {
	// File has the rewritten documents, and all others as they were.
	File []byte
	// Rewritten is how many objects were rewritten.
	Rewritten int
	// Losses are what could not be carried over, in the order of the file.
	Losses []Loss
}

// Loss is a field that v1 has no place for.
type Loss struct {
	// Line is the line of the original file.
	Line int
	// Object is the kind and the name of the object.
	Object string
	// Path is the field in the original.
	Path string
	// Message says what became of it, or what to do.
	Message string
}

// String returns the loss in a line.
func (l Loss) String() string {
	return fmt.Sprintf("%d: %s: %s: %s", l.Line, l.Object, l.Path, l.Message)
}

// Rewrite rewrites the predecessors' objects in a file.
func Rewrite(file []byte) (*Result, error) {
	result := &Result{}
	for _, document := range manifest.Split(file) {
		text, err := result.rewriteDocument(document)
		if err != nil {
			return nil, err
		}
		result.File = append(result.File, text...)
	}
	slices.SortStableFunc(result.Losses, func(a, b Loss) int { return a.Line - b.Line })
	return result, nil
}

func (r *Result) rewriteDocument(document manifest.Document) ([]byte, error) {
	root, err := document.Parse()
	if err != nil || root == nil {
		return document.Text, err
	}
	before := r.Rewritten
	r.rewriteObject(manifest.Root(root))
	if r.Rewritten == before {
		return document.Text, nil
	}
	if json.Valid(document.Text) {
		return manifest.EncodeJSON(root)
	}
	text, err := manifest.Encode(root)
	if bytes.HasPrefix(document.Text, []byte("---")) {
		text = append([]byte("---\n"), text...)
	}
	return text, err
}

// rewriteObject rewrites an object, or those in a list.
func (r *Result) rewriteObject(object *yaml.Node) {
	apiVersion, kind := manifest.Text(manifest.Get(object, "apiVersion")), manifest.Text(manifest.Get(object, "kind"))
	switch {
	case isList(apiVersion, kind):
		for _, item := range manifest.Items(manifest.Get(object, "items")) {
			r.rewriteObject(manifest.Resolve(item))
		}
		if apiVersion != "v1" { // as of lists of the predecessors' kinds
			manifest.Set(object, "apiVersion", manifest.Scalar("v1"))
			manifest.Set(object, "kind", manifest.Scalar("List"))
		}
	case isPredecessor(apiVersion, kind):
		rewriter := &rewriter{result: r, quarks: apiVersion == quarksVersion, name: objectName(kind, object)}
		rewriter.rewrite(object)
		r.Rewritten++
	}
}

const (
	fissileVersion = "fissile.cloudfoundry.org/v1alpha1"
	quarksVersion  = "quarks.cloudfoundry.org/v1alpha1"
)

func isPredecessor(apiVersion, kind string) bool {
	return kind == "ExtendedJob" && (apiVersion == fissileVersion || apiVersion == quarksVersion) ||
		kind == "QuarksJob" && apiVersion == quarksVersion
}

func isList(apiVersion, kind string) bool {
	return apiVersion == "v1" && kind == "List" ||
		kind == "ExtendedJobList" && (apiVersion == fissileVersion || apiVersion == quarksVersion) ||
		kind == "QuarksJobList" && apiVersion == quarksVersion
}

func objectName(kind string, object *yaml.Node) string {
	name := manifest.Text(manifest.At(object, "metadata", "name"))
	if name == "" {
		return kind
	}
	return kind + " " + name
}
