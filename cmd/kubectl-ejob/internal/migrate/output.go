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
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
)

// directory is where the predecessors' containers write files, and where v1 has
// them.
const directory = "/mnt/quarks"

// writesFiles reports whether the containers write their output to files. They do
// with a Job template; with a pod template, some releases read the log.
func (r *rewriter) writesFiles(spec *yaml.Node) bool {
	template := manifest.Get(spec, "template")
	return r.isJobTemplate(template) || mentions(template, directory)
}

func mentions(node *yaml.Node, text string) bool {
	if node == nil {
		return false
	}
	if node.Kind == yaml.ScalarNode && strings.Contains(node.Value, text) {
		return true
	}
	for _, child := range node.Content {
		if mentions(child, text) {
			return true
		}
	}
	return false
}

// output rewrites what is kept of what the containers print or write.
func (r *rewriter) output(spec *yaml.Node, writesFiles bool) {
	output := manifest.Get(spec, "output")
	if output == nil {
		return
	}
	for _, stream := range []string{"stdout", "stderr"} {
		r.drop(output, "spec.output", stream, "left out: the output of both streams goes to the Secrets that spec.output.namePrefix names")
	}
	files := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	outputMap, prefix := manifest.Get(output, "outputMap"), manifest.Get(output, "namePrefix")
	switch {
	case outputMap != nil:
		r.drop(output, "spec.output", "namePrefix", "left out: outputMap names the Secrets")
		files.Content = r.filesOfMap(spec, outputMap)
		manifest.Remove(output, "outputMap")
	case prefix != nil && writesFiles:
		files.Content = filesOfPrefix(spec, output, manifest.Text(prefix))
		manifest.Remove(output, "namePrefix")
		manifest.Remove(output, "versioned")
	case prefix != nil:
		r.changedNames(spec, prefix)
	}
	if len(files.Content) > 0 {
		manifest.Set(output, "files", files)
	}
	r.dropUnknown(output, "spec.output", "namePrefix", "files", "outputType", "secretLabels", "writeOnFailure", "versioned")
	if !manifest.IsMapping(output) || manifest.Get(output, "files") == nil && manifest.Get(output, "namePrefix") == nil {
		manifest.Remove(spec, "output")
	}
}

// changedNames reports names of Secrets that v1 cannot give: it puts a "-" between
// prefix and container.
func (r *rewriter) changedNames(spec, prefix *yaml.Node) {
	if text := manifest.Text(prefix); text != "" && !strings.HasSuffix(text, "-") && !strings.HasSuffix(text, ".") {
		for _, container := range containers(spec) {
			name := containerName(container)
			r.lose(prefix, "spec.output.namePrefix", "Secret %s%s is named %s-%s in v1", text, name, text, name)
		}
	}
}

// filesOfPrefix is the one file that each container had to write, before there was
// an outputMap.
func filesOfPrefix(spec, output *yaml.Node, prefix string) []*yaml.Node {
	var files []*yaml.Node
	for _, container := range containers(spec) {
		name := containerName(container)
		file := newFile(name, "output.json", prefix+name)
		if manifest.Text(manifest.Get(output, "versioned")) == "true" {
			manifest.Set(file, "versioned", manifest.Literal(true))
		}
		setLabels(file, container, nil)
		files = append(files, file)
	}
	return files
}

// filesOfMap are the files that outputMap names.
func (r *rewriter) filesOfMap(spec, outputMap *yaml.Node) []*yaml.Node {
	var files []*yaml.Node
	for _, name := range manifest.Fields(outputMap) {
		container := findContainer(spec, name)
		if container == nil {
			r.drop(outputMap, "spec.output.outputMap", name, "left out: the template has no such container")
			continue
		}
		ofContainer := manifest.Get(outputMap, name)
		for _, path := range manifest.Fields(ofContainer) {
			file := r.file(container, ofContainer, path)
			if len(files) == 0 && len(file.Content) > 0 {
				file.HeadComment = manifest.Key(outputMap, name).HeadComment
			}
			files = append(files, file)
		}
	}
	return files
}

func (r *rewriter) file(container, files *yaml.Node, path string) *yaml.Node {
	options := manifest.Get(files, path)
	at := "spec.output.outputMap." + containerName(container) + "." + path
	name := manifest.Text(manifest.Get(options, "name"))
	if messages := validation.IsDNS1123Subdomain(name); len(messages) > 0 {
		r.lose(manifest.Key(files, path), at+".name", "quarks-job turned %q into a valid name: set secretName to that name", name)
	}
	file := newFile(containerName(container), path, name)
	comments(file.Content[len(file.Content)-1], manifest.Get(options, "name"))
	switch method := manifest.Get(options, "persistencemethod"); manifest.Text(method) {
	case "", "one-to-one":
	case "fan-out":
		manifest.Set(file, "layout", manifest.Scalar("SecretPerKey"))
		if manifest.Text(manifest.Get(options, "versioned")) == "true" {
			r.drop(options, at, "versioned", "left out: Secrets of a fan-out have no versions in v1")
		}
	default:
		r.drop(options, at, "persistencemethod", "left out: v1 has no %q", manifest.Text(method))
	}
	if versioned := manifest.Get(options, "versioned"); manifest.Text(versioned) == "true" {
		manifest.Set(file, "versioned", manifest.Literal(true))
		comments(file.Content[len(file.Content)-1], versioned)
		manifest.Set(file, "skipUnchanged", manifest.Literal(true)) // as quarks-job did
	}
	setLabels(file, container, manifest.Get(options, "secretLabels"))
	if annotations := manifest.Get(options, "secretAnnotations"); annotations != nil {
		manifest.Set(file, "secretAnnotations", annotations)
	}
	r.dropUnknown(options, at, "name", "versioned", "secretLabels", "secretAnnotations", "persistencemethod")
	return file
}

func newFile(container, path, secretName string) *yaml.Node {
	file := manifest.Mapping()
	manifest.Set(file, "container", manifest.Scalar(container))
	manifest.Set(file, "path", manifest.Scalar(path))
	manifest.Set(file, "secretName", manifest.Scalar(secretName))
	return file
}

// setLabels gives a file the labels that quarks-job gave its Secret beside those of
// the output: those of the file, and one for a variable of the container.
func setLabels(file, container, labels *yaml.Node) {
	if !manifest.IsMapping(labels) {
		labels = manifest.Mapping()
	}
	for _, variable := range manifest.Items(manifest.Get(container, "env")) {
		if id := manifest.Text(manifest.Get(variable, "value")); id != "" && manifest.Text(manifest.Get(variable, "name")) == "REMOTE_ID" {
			manifest.Set(labels, "quarks.cloudfoundry.org/remote-id", manifest.Scalar(id))
		}
	}
	if len(labels.Content) > 0 {
		manifest.Set(file, "secretLabels", labels)
	}
}

// comments gives a node the comments of another one.
func comments(node, from *yaml.Node) {
	if from != nil {
		node.HeadComment, node.LineComment, node.FootComment = from.HeadComment, from.LineComment, from.FootComment
	}
}

func containers(spec *yaml.Node) []*yaml.Node {
	return manifest.Items(manifest.At(podTemplate(spec), "spec", "containers"))
}

func containerName(container *yaml.Node) string {
	return manifest.Text(manifest.Get(container, "name"))
}

func findContainer(spec *yaml.Node, name string) *yaml.Node {
	for _, container := range containers(spec) {
		if containerName(container) == name {
			return container
		}
	}
	return nil
}
