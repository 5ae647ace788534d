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
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
)

// rewriter rewrites one object.
type rewriter struct {
	result *Result
	// quarks is true for quarks-job's API group.
	quarks bool
	// name is the kind and name of the object.
	name string
}

func (r *rewriter) rewrite(object *yaml.Node) {
	setText(object, "apiVersion", "fissile.cloudfoundry.org/v1")
	setText(object, "kind", "ExtendedJob")
	manifest.Remove(object, "status")
	r.metadata(manifest.Get(object, "metadata"))
	spec := manifest.Get(object, "spec")
	if !manifest.IsMapping(spec) {
		return
	}
	writesFiles := r.writesFiles(spec)
	r.trigger(spec)
	r.template(spec)
	r.output(spec, writesFiles)
	r.dropUnknown(spec, "spec", "trigger", "jobTemplate", "updateOnConfigChange", "output")
}

// serverFields are what an API server writes into metadata.
var serverFields = []string{"uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "managedFields"}

func (r *rewriter) metadata(metadata *yaml.Node) {
	for _, field := range serverFields {
		manifest.Remove(metadata, field)
	}
	r.drop(metadata, "metadata", "ownerReferences", "left out: the ExtendedJob would be deleted with its owner")
	annotations := manifest.Get(metadata, "annotations")
	manifest.Remove(annotations, "kubectl.kubernetes.io/last-applied-configuration")
	r.drop(annotations, "metadata.annotations", "fissile.cloudfoundry.org/conversion-data",
		"left out, with the v1 fields that it holds: start from the v1 object instead, kubectl get extendedjobs.v1.fissile.cloudfoundry.org")
	if annotations != nil && len(annotations.Content) == 0 {
		manifest.Remove(metadata, "annotations")
	}
}

// drop removes a field, if it is there, and reports it.
func (r *rewriter) drop(mapping *yaml.Node, path, field, format string, args ...any) {
	key := manifest.Key(mapping, field)
	if key == nil {
		return
	}
	r.lose(key, path+"."+field, format, args...)
	manifest.Remove(mapping, field)
}

// dropUnknown removes all fields but some.
func (r *rewriter) dropUnknown(mapping *yaml.Node, path string, known ...string) {
	for _, field := range manifest.Fields(mapping) {
		if !slices.Contains(known, field) {
			r.drop(mapping, path, field, "left out: v1 has no such field")
		}
	}
}

func (r *rewriter) lose(at *yaml.Node, path, format string, args ...any) {
	r.result.Losses = append(r.result.Losses, Loss{Line: at.Line, Object: r.name, Path: path, Message: fmt.Sprintf(format, args...)})
}

// rename gives a field another name, in its place.
func rename(mapping *yaml.Node, field, name string) {
	if key := manifest.Key(mapping, field); key != nil {
		key.Value = name
	}
}

// setText changes the text of a field, and leaves its comments.
func setText(mapping *yaml.Node, field, text string) {
	if value := manifest.Get(mapping, field); value != nil && value.Kind == yaml.ScalarNode {
		value.Value, value.Tag, value.Style = text, "!!str", 0
		return
	}
	manifest.Set(mapping, field, manifest.Scalar(text))
}
