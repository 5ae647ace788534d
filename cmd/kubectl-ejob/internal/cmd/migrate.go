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
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/lint"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/manifest"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/migrate"
)

func newMigrateCommand(options *cli.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate FILE",
		Short: "Rewrite manifests of cf-operator and quarks-job in v1",
		Long: `Rewrite manifests of cf-operator (ExtendedJob, fissile.cloudfoundry.org/v1alpha1)
and of quarks-job (QuarksJob or ExtendedJob, quarks.cloudfoundry.org/v1alpha1) as
ExtendedJobs of fissile.cloudfoundry.org/v1, and print them.

Comments and the order of fields stay; other documents of the file stay as they are.
The files that an outputMap names become spec.output.files.

Fields that cannot be carried over are left out. They are reported on standard error, one
line each, as is anything else that would keep the result from being accepted. The exit
code is then 1.`,
		Example: `  # Rewrite a file.
  kubectl ejob migrate qjob.yaml > ejob.yaml

  # Rewrite what is in a cluster.
  kubectl get quarksjobs -o yaml | kubectl ejob migrate - > ejobs.yaml`,
		RunE: func(command *cobra.Command, args []string) error { return runMigrate(command.Context(), options, args) },
	}
}

func runMigrate(ctx context.Context, options *cli.Options, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("got %d files: give one, or - for standard input", len(args))
	}
	files, err := manifest.ReadFiles(args, false, options.In)
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return fmt.Errorf("%s is a directory: give one file, or - for standard input", args[0])
	}
	file := files[0]
	result, err := migrate.Rewrite(file.Content)
	if syntax, ok := errors.AsType[*manifest.SyntaxError](err); ok {
		return fmt.Errorf("%s:%d is not valid YAML: %s", file.Name, syntax.Line, syntax.Message)
	}
	if err != nil {
		return err
	}
	if _, err := options.Out.Write(result.File); err != nil {
		return err
	}
	if result.Rewritten == 0 {
		fmt.Fprintf(options.ErrOut, "%s has nothing to rewrite: it has neither an ExtendedJob of v1alpha1 nor a QuarksJob\n", file.Name)
		return nil
	}
	return reportLosses(ctx, options, file.Name, result)
}

// reportLosses reports what was left out, and what the webhooks will say about the
// result.
func reportLosses(ctx context.Context, options *cli.Options, name string, result *migrate.Result) error {
	for _, loss := range result.Losses {
		fmt.Fprintf(options.ErrOut, "%s:%s\n", name, loss)
	}
	linter, err := lint.New()
	if err != nil {
		return err
	}
	if err := linter.Add(ctx, "result", result.File); err != nil {
		return err
	}
	refused := 0
	for _, finding := range linter.Findings(ctx) {
		if isError(finding) {
			fmt.Fprintln(options.ErrOut, finding)
			refused++
		}
	}
	if len(result.Losses)+refused > 0 {
		return &cli.ExitError{Code: cli.ExitFindings}
	}
	return nil
}
