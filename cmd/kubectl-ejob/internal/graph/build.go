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

package graph

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/runjob"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/versionedsecret"
)

// Objects are the objects of a graph.
type Objects struct {
	ExtendedJobs []fissilev1.ExtendedJob
	Workloads    []Workload
	ConfigMaps   Metadata
	Secrets      Metadata
}

// Metadata is the metadata of all ConfigMaps or of all Secrets.
type Metadata struct {
	// Unknown is true if the user may not see them: then nothing is missing.
	Unknown bool
	Items   []metav1.PartialObjectMetadata
}

// Workload is an object that runs pods and is not an ExtendedJob.
type Workload struct {
	Kind      Kind
	Namespace string
	Name      string
	Pod       *corev1.PodSpec
	State     State
	Detail    string
}

// Build returns the graph of objects. It contains only workloads that use the output
// of an ExtendedJob.
func Build(objects Objects) *Graph {
	b := &builder{graph: &Graph{}, nodes: map[nodeKey]*Node{}, exists: objects.existing(), perKey: map[nodeKey]runjob.Target{}}
	b.addVersions(objects.Secrets.Items)
	for i := range objects.ExtendedJobs {
		b.addExtendedJob(&objects.ExtendedJobs[i])
	}
	for i := range objects.ExtendedJobs {
		b.addInputs(&objects.ExtendedJobs[i])
	}
	for i := range objects.Workloads {
		b.addWorkload(&objects.Workloads[i])
	}
	b.describeData(objects)
	b.graph.sort()
	return b.graph
}

type nodeKey struct {
	namespace string
	kind      Kind
	name      string
}

type builder struct {
	graph *Graph
	nodes map[nodeKey]*Node
	// versions are the versioned Secrets of a base name, under the key of the node
	// that stands for them all.
	versions map[nodeKey][]*metav1.PartialObjectMetadata
	// written are the nodes that an ExtendedJob writes, and needed those that some
	// reader requires.
	written, needed map[*Node]bool
	exists          map[nodeKey]bool
	// perKey are the files of which each key is a Secret; one node stands for these.
	perKey map[nodeKey]runjob.Target
}

func (o *Objects) existing() map[nodeKey]bool {
	exists := map[nodeKey]bool{}
	for i := range o.ConfigMaps.Items {
		exists[nodeKey{o.ConfigMaps.Items[i].Namespace, ConfigMap, o.ConfigMaps.Items[i].Name}] = true
	}
	for i := range o.Secrets.Items {
		exists[nodeKey{o.Secrets.Items[i].Namespace, Secret, o.Secrets.Items[i].Name}] = true
	}
	return exists
}

// seriesKey is the key of the node for all versions of a Secret.
func seriesKey(namespace, base string) nodeKey {
	return nodeKey{namespace, Secret, base + "-v*"}
}

func (b *builder) addVersions(secrets []metav1.PartialObjectMetadata) {
	b.versions = map[nodeKey][]*metav1.PartialObjectMetadata{}
	b.written, b.needed = map[*Node]bool{}, map[*Node]bool{}
	for i := range secrets {
		if base, _, ok := versionedsecret.Parse(&secrets[i]); ok {
			key := seriesKey(secrets[i].Namespace, base)
			b.versions[key] = append(b.versions[key], &secrets[i])
		}
	}
}

func (b *builder) node(key nodeKey) *Node {
	if node, ok := b.nodes[key]; ok {
		return node
	}
	node := &Node{Namespace: key.namespace, Kind: key.kind, Name: key.name}
	b.nodes[key] = node
	b.graph.Nodes = append(b.graph.Nodes, node)
	return node
}

func (b *builder) connect(from, to *Node, version string) {
	b.graph.Edges = append(b.graph.Edges, Edge{From: from, To: to, Version: version})
}

// addExtendedJob adds an ExtendedJob and the Secrets that it writes.
func (b *builder) addExtendedJob(ej *fissilev1.ExtendedJob) {
	node := b.node(nodeKey{ej.Namespace, ExtendedJob, ej.Name})
	node.State, node.Detail = stateOf(ej)
	write := func(key nodeKey) {
		output := b.node(key)
		b.written[output] = true
		b.connect(node, output, "")
	}
	targets := runjob.Targets(&ej.Spec)
	for _, target := range targets {
		key := keyOfTarget(ej.Namespace, target)
		if target.PerKey {
			b.perKey[key] = target
		}
		write(key)
	}
	for _, output := range ej.Status.Outputs { // that hold the output now, whatever the spec says
		named := slices.ContainsFunc(targets, func(target runjob.Target) bool { return target.Has(output.SecretName) })
		base, _, ok := versionedsecret.ParseName(output.SecretName)
		switch {
		case named:
		case ok && output.Version > 0:
			write(seriesKey(ej.Namespace, base))
		default:
			write(nodeKey{ej.Namespace, Secret, output.SecretName})
		}
	}
}

func keyOfTarget(namespace string, target runjob.Target) nodeKey {
	if target.Versioned {
		return seriesKey(namespace, target.SecretName)
	}
	return nodeKey{namespace, Secret, target.Name()}
}

// addInputs connects an ExtendedJob with what it reads.
func (b *builder) addInputs(ej *fissilev1.ExtendedJob) {
	node := b.node(nodeKey{ej.Namespace, ExtendedJob, ej.Name})
	references := configrefs.Of(&ej.Spec.JobTemplate.Spec.Template.Spec)
	for _, reference := range append(references, runjob.EnvReferences(ej.Spec.Trigger.Env)...) {
		input := b.node(b.keyOf(ej.Namespace, reference))
		b.needed[input] = b.needed[input] || !reference.Optional
		b.connect(input, node, "")
	}
}

// keyOf returns the key of the node that a reference stands for. The name of a version
// stands for all versions, if any exist or an ExtendedJob makes them.
func (b *builder) keyOf(namespace string, reference configrefs.Reference) nodeKey {
	for key, target := range b.perKey {
		if reference.Kind == configrefs.Secret && key.namespace == namespace && target.Has(reference.Name) {
			return key
		}
	}
	if base, _, ok := versionedsecret.ParseName(reference.Name); ok && reference.Kind == configrefs.Secret {
		series := seriesKey(namespace, base)
		if _, known := b.nodes[series]; known || len(b.versions[series]) > 0 {
			return series
		}
	}
	return nodeKey{namespace, Kind(reference.Kind), reference.Name}
}

// addWorkload adds a workload that uses what an ExtendedJob writes. Versions are
// not resolved there: it is bound to the one that it names.
func (b *builder) addWorkload(workload *Workload) {
	for _, reference := range configrefs.Of(workload.Pod) {
		key := b.keyOf(workload.Namespace, reference)
		used, known := b.nodes[key]
		if !known || !b.written[used] {
			continue
		}
		node := b.node(nodeKey{workload.Namespace, workload.Kind, workload.Name})
		node.State, node.Detail = workload.State, workload.Detail
		version := ""
		if _, ordinal, ok := versionedsecret.ParseName(reference.Name); ok && key.name != reference.Name {
			version = fmt.Sprintf("v%d", ordinal)
		}
		b.connect(used, node, version)
	}
}

// describeData says whether ConfigMaps and Secrets exist, and which version is the
// newest.
func (b *builder) describeData(objects Objects) {
	for key, node := range b.nodes {
		unknown := key.kind == ConfigMap && objects.ConfigMaps.Unknown || key.kind == Secret && objects.Secrets.Unknown
		versions := b.versions[key]
		switch {
		case !node.isData() || unknown || b.exists[key]:
		case len(versions) > 0:
			node.Detail = newestOf(versions)
		case b.countOf(key, objects.Secrets.Items) > 0:
			node.Detail = fmt.Sprintf("%d Secrets", b.countOf(key, objects.Secrets.Items))
		case b.written[node]:
			node.State, node.Detail = Idle, "not written yet"
		case b.needed[node]:
			node.State, node.Detail = Failed, "missing"
		default:
			node.State, node.Detail = Idle, "missing, but optional"
		}
	}
}

// countOf is how many Secrets a node stands for, if each is a key of a file.
func (b *builder) countOf(key nodeKey, secrets []metav1.PartialObjectMetadata) int {
	target, ok := b.perKey[key]
	if !ok {
		return 0
	}
	count := 0
	for i := range secrets {
		if secrets[i].Namespace == key.namespace && target.Has(secrets[i].Name) {
			count++
		}
	}
	return count
}

// newestOf names the newest version. Like the operator, it considers only versions by
// the ExtendedJob that made the first one.
func newestOf(versions []*metav1.PartialObjectMetadata) string {
	base, _, _ := versionedsecret.ParseName(versions[0].Name)
	owner := ""
	for _, version := range versionedsecret.Versions(versions, base) {
		if owner = version.Annotations[fissilev1.AnnotationOwnerName]; owner != "" {
			break
		}
	}
	series := slices.DeleteFunc(slices.Clone(versions), func(version *metav1.PartialObjectMetadata) bool {
		return version.Annotations[fissilev1.AnnotationOwnerName] != owner
	})
	latest, _ := versionedsecret.Latest(series, base)
	_, ordinal, _ := versionedsecret.ParseName(latest.Name)
	if len(series) == 1 {
		return fmt.Sprintf("v%d", ordinal)
	}
	return fmt.Sprintf("v%d, the newest of %d", ordinal, len(series))
}
