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

package lint

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	sigsyaml "sigs.k8s.io/yaml"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
	"github.com/cloudfoundry-incubator/extendedjob-operator/webhooks/fissile"
)

// Linter checks files. ExtendedJobs in different files can conflict with each other, so
// findings are complete only when all files were added.
type Linter struct {
	schemas  map[string]schema
	reviews  *fissile.Reviews
	objects  []*object
	findings []Finding
	seen     int
}

// object is an ExtendedJob that is reviewed when all are known.
type object struct {
	file string
	name string
	node *yaml.Node
	// refused are the errors of the schema.
	refused field.ErrorList
}

// New returns a linter that has seen no file.
func New() (*Linter, error) {
	schemas, err := schemas()
	if err != nil {
		return nil, fmt.Errorf("read the CustomResourceDefinition: %w", err)
	}
	return &Linter{schemas: schemas, reviews: fissile.NewReviews()}, nil
}

// Seen returns the number of ExtendedJobs, of any version.
func (l *Linter) Seen() int {
	return l.seen
}

// Add checks a file.
func (l *Linter) Add(ctx context.Context, file string, content []byte) error {
	for _, document := range manifest.Split(content) {
		root, err := document.Parse()
		var syntax *manifest.SyntaxError
		switch {
		case errors.As(err, &syntax):
			l.findings = append(l.findings, Finding{File: file, Line: syntax.Line, Severity: Error, Message: syntax.Message})
		case root != nil:
			err = l.addObject(ctx, file, manifest.Root(root))
		}
		if err != nil && syntax == nil {
			return err
		}
	}
	return nil
}

func (l *Linter) addObject(ctx context.Context, file string, node *yaml.Node) error {
	apiVersion, kind := manifest.Text(manifest.Get(node, "apiVersion")), manifest.Text(manifest.Get(node, "kind"))
	group, version, _ := strings.Cut(apiVersion, "/")
	switch {
	case strings.HasSuffix(kind, "List"):
		for _, item := range manifest.Items(manifest.Get(node, "items")) {
			if err := l.addObject(ctx, file, manifest.Resolve(item)); err != nil {
				return err
			}
		}
		return nil
	case group == "quarks.cloudfoundry.org" && (kind == "QuarksJob" || kind == "ExtendedJob"):
		l.seen++
		l.report(file, node, objectName(node), "apiVersion", "belongs to quarks-job and is not served: rewrite the manifest with kubectl ejob migrate")
		return nil
	case group != fissilev1.GroupVersion.Group || kind != "ExtendedJob":
		return nil
	}
	l.seen++
	schema, served := l.schemas[version]
	if !served {
		l.report(file, node, objectName(node), "apiVersion", fmt.Sprintf("version %q does not exist: use %s", version, fissilev1.GroupVersion))
		return nil
	}
	return l.addExtendedJob(ctx, schema, version, &object{file: file, name: objectName(node), node: node})
}

func (l *Linter) addExtendedJob(ctx context.Context, schema schema, version string, o *object) error {
	if twice := duplicate(o.node); twice != nil {
		l.findings = append(l.findings, Finding{File: o.file, Line: twice.Line, Severity: Error, Object: o.name, Message: fmt.Sprintf("%q occurs twice: remove one", twice.Value)})
		return nil
	}
	content, err := contentOf(o.node)
	if err != nil {
		l.report(o.file, o.node, o.name, "", err.Error())
		return nil
	}
	o.refused = schema.store(ctx, content)
	ej, err := decode(content, version)
	if err == nil {
		err = l.reviews.Add(ctx, ej)
	}
	if err != nil { // The schema says why.
		if len(o.refused) == 0 {
			l.report(o.file, o.node, o.name, "", err.Error())
		}
		l.addErrors(o, o.refused)
		return nil
	}
	l.objects = append(l.objects, o)
	return nil
}

// contentOf returns an object as kubectl reads it.
func contentOf(node *yaml.Node) (map[string]any, error) {
	text, err := yaml.Marshal(node)
	if err != nil {
		return nil, err
	}
	content, err := sigsyaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	return fields, kjson.UnmarshalCaseSensitivePreserveInts(content, &fields)
}

func decode(content map[string]any, version string) (runtime.Object, error) {
	var ej runtime.Object = &fissilev1.ExtendedJob{}
	if version == fissilev1alpha1.GroupVersion.Version {
		ej = &fissilev1alpha1.ExtendedJob{}
	}
	text, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return ej, kjson.UnmarshalCaseSensitivePreserveInts(text, ej)
}

// Findings returns what was found in all files, by file in the order that they were
// added, and by line.
func (l *Linter) Findings(ctx context.Context) []Finding {
	for i, review := range l.reviews.All(ctx) {
		o := l.objects[i]
		l.addErrors(o, o.refused)
		l.addErrors(o, slices.DeleteFunc(review.Errors, func(err *field.Error) bool {
			return slices.ContainsFunc(o.refused, func(refused *field.Error) bool { return refused.Field == err.Field })
		}))
		for _, warning := range review.Warnings {
			path := mentionedField(warning)
			l.findings = append(l.findings, Finding{File: o.file, Line: lineOf(o.node, path), Severity: Warning, Object: o.name, Message: warning})
		}
	}
	var files []string
	for _, finding := range l.findings {
		if !slices.Contains(files, finding.File) {
			files = append(files, finding.File)
		}
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(slices.Index(files, a.File)-slices.Index(files, b.File), a.Line-b.Line)
	})
	return l.findings
}

func (l *Linter) addErrors(o *object, errs field.ErrorList) {
	for _, err := range errs {
		l.report(o.file, o.node, o.name, err.Field, message(err))
	}
}

func (l *Linter) report(file string, node *yaml.Node, name, path, message string) {
	l.findings = append(l.findings, Finding{File: file, Line: lineOf(node, path), Severity: Error, Object: name, Field: path, Message: message})
}

func objectName(node *yaml.Node) string {
	kind, name := manifest.Text(manifest.Get(node, "kind")), manifest.Text(manifest.At(node, "metadata", "name"))
	return strings.TrimSpace(kind + " " + name)
}
