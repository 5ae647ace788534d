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
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
)

func newWhyCommand(options *cli.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "why NAME",
		Short: "Explain why it ran, or why it does not run",
		Long: `Explain why the last run was started, what a run that is due is waiting for and, if none
is due, what would start one.`,
		Example:           `  kubectl ejob why migrate`,
		Args:              oneName,
		ValidArgsFunction: options.CompleteNames(false),
		RunE: func(command *cobra.Command, args []string) error {
			_, ej, err := connectAndRead(command.Context(), options, args[0])
			if err != nil {
				return err
			}
			reports := runs.Reports(ej)
			if len(reports) > 0 {
				fmt.Fprintln(options.Out, printers.EscapeTerminal(runs.Cause(&reports[0])))
			}
			if len(reports) > 0 && reports[0].Result == "" {
				fmt.Fprintln(options.Out, printers.EscapeTerminal(runs.Activity(ej)))
				return nil
			}
			for _, reason := range runs.Standstill(ej) {
				fmt.Fprintln(options.Out, printers.EscapeTerminal(reason))
			}
			return nil
		},
	}
}
