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

package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/lint"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
)

type lintOptions struct {
	*cli.Options
	recursive bool
	format    string
}

func newLintCommand(options *cli.Options) *cobra.Command {
	o := &lintOptions{Options: options}
	command := &cobra.Command{
		Use:   "lint FILE...",
		Short: "Check manifests without a cluster",
		Long: `Check the ExtendedJobs in manifests, of v1 and v1alpha1, without a cluster.

They are checked against the schema of the CustomResourceDefinition, unknown fields
included, and against the rules of the operator's webhooks, warnings included. Inside
the pod template, only the names and types of fields are checked; for the rest, use a
cluster: kubectl apply --dry-run=server.

Objects of other kinds are ignored. The exit code is 1 if anything would be refused,
and 0 if there are only warnings.`,
		Example: `  # Check two files.
  kubectl ejob lint errand.yaml one-off.yaml

  # Check what a chart makes.
  helm template chart | kubectl ejob lint -

  # Check all manifests below a directory, for a program to read.
  kubectl ejob lint -R manifests -o json`,
		RunE: func(command *cobra.Command, args []string) error { return o.run(command.Context(), args) },
	}
	flags := command.Flags()
	flags.BoolVarP(&o.recursive, "recursive", "R", false, "Search directories recursively.")
	flags.StringVarP(&o.format, "output", "o", "", "Output format: json. If not set, one line of text for each finding.")
	return command
}

func (o *lintOptions) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("nothing to check: give the path of a manifest or a directory, or - for standard input")
	}
	if o.format != "" && o.format != "json" {
		return fmt.Errorf("unknown output format %q: use json, or omit -o", o.format)
	}
	files, err := manifest.ReadFiles(args, o.recursive, o.In)
	if err != nil {
		return err
	}
	linter, err := lint.New()
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := linter.Add(ctx, file.Name, file.Content); err != nil {
			return err
		}
	}
	findings := linter.Findings(ctx)
	if linter.Seen() == 0 && len(findings) == 0 {
		return errors.New("the manifests contain no ExtendedJob: give at least one that does")
	}
	if err := o.print(findings); err != nil {
		return err
	}
	if slices.ContainsFunc(findings, isError) {
		return &cli.ExitError{Code: cli.ExitFindings}
	}
	return nil
}

func (o *lintOptions) print(findings []lint.Finding) error {
	if o.format == "json" {
		encoder := json.NewEncoder(o.Out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(append([]lint.Finding{}, findings...)) // never null
	}
	for _, finding := range findings {
		if _, err := fmt.Fprintln(o.Out, finding); err != nil {
			return err
		}
	}
	return nil
}

func isError(finding lint.Finding) bool {
	return finding.Severity == lint.Error
}
