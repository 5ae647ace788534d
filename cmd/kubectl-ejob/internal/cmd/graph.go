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
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/graph"
)

type graphOptions struct {
	*cli.Options
	all    bool
	format string
}

func newGraphCommand(options *cli.Options) *cobra.Command {
	o := &graphOptions{Options: options}
	command := &cobra.Command{
		Use:   "graph",
		Short: "Draw the data flow between ExtendedJobs",
		Long: `Draw the ExtendedJobs of a namespace, the ConfigMaps and Secrets that they read, the
Secrets that they write, and the Deployments, StatefulSets, DaemonSets, Jobs and
CronJobs that use these.

A box is an ExtendedJob, with the result of its last run or the reason why the next
one waits; a round box is a workload. All versions of a Secret are one node:
ExtendedJobs use the newest version, workloads the one that they name. The data of
ConfigMaps and Secrets is not read.

  ✓ succeeded, ready    ● running    … waiting    ✗ failed, missing    ○ not yet

Parts that are too wide for the terminal are listed instead.`,
		Example: `  # Draw the ExtendedJobs of the namespace.
  kubectl ejob graph

  # Make a picture of all namespaces, with Graphviz.
  kubectl ejob graph -A -o dot | dot -Tsvg > graph.svg

  # Make one for a README on GitHub.
  kubectl ejob graph -o mermaid`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return o.run(command.Context()) },
	}
	flags := command.Flags()
	flags.BoolVarP(&o.all, "all-namespaces", "A", false, "Draw all namespaces.")
	flags.StringVarP(&o.format, "output", "o", "text", "Output format: text, dot or mermaid.")
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]cobra.Completion{"text", "dot", "mermaid"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (o *graphOptions) run(ctx context.Context) error {
	draw := o.drawing()
	if draw == nil {
		return fmt.Errorf("unknown output format %q: use text, dot or mermaid", o.format)
	}
	namespace, err := o.namespace()
	if err != nil {
		return err
	}
	objects, err := o.collect(ctx, namespace)
	if err != nil {
		return err
	}
	if len(objects.ExtendedJobs) == 0 {
		where := "namespace " + namespace + ": choose another one with -n, or all with -A"
		if o.all {
			where = "any namespace"
		}
		_, err := fmt.Fprintf(o.ErrOut, "No ExtendedJobs found in %s\n", where)
		return err
	}
	_, err = fmt.Fprint(o.Out, draw(graph.Build(*objects)))
	return err
}

// drawing returns the function that draws in the requested format, or nil if there is
// no such format.
func (o *graphOptions) drawing() func(*graph.Graph) string {
	switch o.format {
	case "text":
		return o.text
	case "dot":
		return (*graph.Graph).Dot
	case "mermaid":
		return (*graph.Graph).Mermaid
	default:
		return nil
	}
}

// stateColours are the colours of states on a terminal.
var stateColours = map[graph.State]cli.Colour{
	graph.Ready: cli.Green, graph.Idle: cli.Dim, graph.Running: cli.Blue, graph.Waiting: cli.Yellow, graph.Failed: cli.Red,
}

func (o *graphOptions) text(g *graph.Graph) string {
	const width = 100 // where it is not a terminal
	terminal := cli.TerminalOf(o.Out)
	columns := terminal.Width()
	if columns == 0 {
		columns = width
	}
	return g.Text(columns, func(state graph.State, text string) string { return terminal.Paint(stateColours[state], text) })
}

// namespace is empty for all.
func (o *graphOptions) namespace() (string, error) {
	if o.all {
		return "", nil
	}
	return o.Namespace()
}

// collect reads the objects, and reports those that the user may not see.
func (o *graphOptions) collect(ctx context.Context, namespace string) (*graph.Objects, error) {
	extendedJobs, err := o.ExtendedJobs(namespace)
	if err != nil {
		return nil, err
	}
	list, err := extendedJobs.List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, cli.Explain(err, "list", cli.Resource, namespace)
	}
	collector := graph.Collector{Namespace: namespace}
	if collector.Kubernetes, err = o.Kubernetes(); err != nil {
		return nil, err
	}
	if collector.Metadata, err = o.Metadata(); err != nil {
		return nil, err
	}
	objects := &graph.Objects{ExtendedJobs: list.Items}
	unseen, err := collector.Collect(ctx, objects)
	if len(unseen) > 0 {
		fmt.Fprintf(o.ErrOut, "Left out of the graph, because you may not list them: %s\n", strings.Join(unseen, ", "))
	}
	return objects, err
}
