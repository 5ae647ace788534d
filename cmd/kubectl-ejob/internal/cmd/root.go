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
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
)

// A command belongs to one of these groups in the help.
const (
	runsGroup      = "runs"
	manifestsGroup = "manifests"
)

// NewRootCommand returns kubectl ejob with all of its commands.
func NewRootCommand(streams genericiooptions.IOStreams) *cobra.Command {
	options := cli.NewOptions(streams)
	root := &cobra.Command{
		Use:   "kubectl-ejob",
		Short: "Run ExtendedJobs and see how they end",
		Annotations: map[string]string{
			cobra.CommandDisplayNameAnnotation: "kubectl ejob",
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	options.AddFlags(root.PersistentFlags())
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.AddGroup(
		&cobra.Group{ID: runsGroup, Title: "Runs:"},
		&cobra.Group{ID: manifestsGroup, Title: "Manifests:"},
	)
	addTo(root, runsGroup, runCommands(options))
	addTo(root, manifestsGroup, manifestCommands(options))
	root.AddCommand(newVersionCommand(options))
	return root
}

func addTo(root *cobra.Command, group string, commands []*cobra.Command) {
	for _, command := range commands {
		command.GroupID = group
		root.AddCommand(command)
	}
}
