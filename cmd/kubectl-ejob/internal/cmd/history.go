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
	"github.com/spf13/cobra"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
)

func newHistoryCommand(options *cli.Options) *cobra.Command {
	command := &cobra.Command{
		Use:   "history NAME",
		Short: "List the last runs: cause, result, duration, output",
		Long: `List the last runs, the newest first: why each was started, how it ended and why, how
long it took, its request, its Job and its output. Up to eleven runs are known.`,
		Example: `  # The last runs, newest first
  kubectl ejob history migrate --output=wide

  # Which runs failed
  kubectl ejob history migrate --output=json | jq '.[] | select(.result == "Failed")'`,
		Args:              oneName,
		ValidArgsFunction: options.CompleteNames(false),
	}
	format := cli.AddFormat(command, cli.FormatJSON, cli.FormatYAML, cli.FormatName, cli.FormatWide)
	command.RunE = func(command *cobra.Command, args []string) error {
		_, ej, err := connectAndRead(command.Context(), options, args[0])
		if err != nil {
			return err
		}
		return printHistory(options, format, runs.Reports(ej))
	}
	return command
}

func printHistory(options *cli.Options, format *cli.Format, reports []runs.Report) error {
	switch {
	case format.Is(cli.FormatJSON, cli.FormatYAML):
		return format.PrintData(options.Out, reports)
	case format.Is(cli.FormatName):
		for i := range reports {
			if err := printReport(options.Out, format, &reports[i]); err != nil {
				return err
			}
		}
		return nil
	default:
		return printRuns(options.Out, reports, format.Is(cli.FormatWide))
	}
}
