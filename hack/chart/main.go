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

// Command chart makes the Helm chart of what kustomize makes, so that there is one
// source for both:
//
//	chart VERSION CHART
//
// run at the root of the repository, writes all of the directory CHART. Its
// templates are the objects of the overlays and of the component prometheus. Where
// overlays differ, a template has a condition (variants.go); where a value governs,
// an expression (edits.go). Everything else is as kustomize has it. The
// directory files has the rest: values, their schema, helpers, notes.
package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed all:files
var embedded embed.FS

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "chart: %v\n", err)
		os.Exit(1)
	}
}

func run(version, chart string) error {
	files, err := fs.Sub(embedded, "files")
	if err != nil {
		return err
	}
	templates, err := makeTemplates("config")
	if err != nil {
		return err
	}
	values, err := fs.ReadFile(files, "values.yaml")
	if err != nil {
		return err
	}
	table, err := valuesTable(values)
	if err != nil {
		return err
	}
	examples, err := readExamples("config/samples")
	if err != nil {
		return err
	}
	placeholders := strings.NewReplacer("@VERSION@", version, "@VALUES@", table, "@EXAMPLES@", examples)

	if err := os.RemoveAll(chart); err != nil {
		return err
	}
	return errors.Join(copyFiles(files, chart, placeholders), writeTemplates(templates, chart))
}

func copyFiles(files fs.FS, chart string, placeholders *strings.Replacer) error {
	return fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return write(filepath.Join(chart, path), placeholders.Replace(string(content)))
	})
}

func writeTemplates(templates map[string]string, chart string) error {
	var errs []error
	for name, content := range templates {
		errs = append(errs, write(filepath.Join(chart, "templates", name), content))
	}
	return errors.Join(errs...)
}

func write(file, content string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(content), 0o644)
}
