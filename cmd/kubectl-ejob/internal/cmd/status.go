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
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
)

func newStatusCommand(options *cli.Options) *cobra.Command {
	command := &cobra.Command{
		Use:   "status NAME",
		Short: "Show the state, and what to do next",
		Long: `Show the kind and the state of an ExtendedJob, why a run that is due is waiting, the inputs
and which of them changed, the outputs, what to do next, and the last runs and events.`,
		Example:           `  kubectl ejob status migrate`,
		Args:              oneName,
		ValidArgsFunction: options.CompleteNames(false),
	}
	format := cli.AddFormat(command, cli.FormatJSON, cli.FormatYAML, cli.FormatName, cli.FormatWide)
	command.RunE = func(command *cobra.Command, args []string) error {
		c, ej, err := connectAndRead(command.Context(), options, args[0])
		if err != nil {
			return err
		}
		switch {
		case format.Is(cli.FormatJSON, cli.FormatYAML):
			return format.PrintData(c.Out, ej.Status)
		case format.Is(cli.FormatName):
			_, err := fmt.Fprintf(c.Out, "extendedjob.%s/%s\n", fissilev1.GroupVersion.Group, ej.Name)
			return err
		default:
			return c.printStatus(command.Context(), ej, format.Is(cli.FormatWide))
		}
	}
	return command
}

// printStatus prints sections, and leaves out those with nothing to say.
func (c *connection) printStatus(ctx context.Context, ej *fissilev1.ExtendedJob, wide bool) error {
	terminal := cli.TerminalOf(c.Out)
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(c.Out, "%s %s\n", terminal.Paint(cli.Bold, fmt.Sprintf("%-9s", title+":")), text)
		}
	}
	kind := fmt.Sprintf("%s, strategy %s", runs.Kind(ej), ej.Spec.Trigger.Strategy)
	if ptr.Deref(ej.Spec.Suspend, false) {
		kind += terminal.Paint(cli.Yellow, ", suspended")
	}
	section("Name", fmt.Sprintf("%s in namespace %s", ej.Name, ej.Namespace))
	section("Kind", kind)
	section("State", terminal.Paint(colourOf(ej), printers.EscapeTerminal(runs.Activity(ej))))
	section("Inputs", inputs(ej))
	section("Outputs", outputs(ej))
	section("Next", runs.Next(ej, c.Command))
	if reports := runs.Reports(ej); len(reports) > 0 {
		fmt.Fprintln(c.Out)
		if err := printRuns(c.Out, reports[:min(len(reports), 5)], wide); err != nil {
			return err
		}
	}
	return c.printEvents(ctx, ej)
}

func colourOf(ej *fissilev1.ExtendedJob) cli.Colour {
	run := ej.Status.LastRun
	switch {
	case ej.Status.Due != nil || run != nil && run.Result == "" && run.Reason != "":
		return cli.Yellow
	case run == nil:
		return cli.Dim
	case run.Result == fissilev1.ResultFailed || run.Result == fissilev1.ResultAborted:
		return cli.Red
	default:
		return cli.Green
	}
}

// inputs names the inputs, with the versions of versioned ones, and those that the
// last run was started for.
func inputs(ej *fissilev1.ExtendedJob) string {
	if ej.Status.Inputs == nil {
		return ""
	}
	var names []string
	for _, object := range ej.Status.Inputs.Objects {
		name := fmt.Sprintf("%s %s", object.Kind, object.Name)
		if object.ResolvedName != "" && object.ResolvedName != object.Name {
			name += " (" + object.ResolvedName + ")"
		}
		names = append(names, name)
	}
	text := strings.Join(names, ", ")
	if run := ej.Status.LastRun; run != nil && len(run.ChangedInputs) > 0 {
		text += fmt.Sprintf("; changed before run %d: %s", run.Number, runs.Objects(run.ChangedInputs))
	}
	if run := ej.Status.LastRun; run != nil && run.InputsChanged {
		text += fmt.Sprintf("; changed during run %d", run.Number)
	}
	return text
}

func outputs(ej *fissilev1.ExtendedJob) string {
	var texts []string
	for i := range ej.Status.Outputs {
		output := &ej.Status.Outputs[i]
		text := "Secret " + output.SecretName
		if output.Keys != nil && output.Bytes != nil {
			text += fmt.Sprintf(" (%d keys, %d bytes)", *output.Keys, *output.Bytes)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// printEvents prints the last events, if the user may see them.
func (c *connection) printEvents(ctx context.Context, ej *fissilev1.ExtendedJob) error {
	list, err := c.kubernetes.CoreV1().Events(ej.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.Set{"involvedObject.uid": string(ej.UID)}.String(),
	})
	if err != nil || len(list.Items) == 0 {
		return nil //nolint:nilerr // The role to run ExtendedJobs does not show events.
	}
	newestFirst := func(a, b corev1.Event) int { return lastSeen(&b).Compare(lastSeen(&a).Time) }
	slices.SortStableFunc(list.Items, newestFirst)
	fmt.Fprintln(c.Out)
	return printEvents(c.Out, list.Items[:min(len(list.Items), 5)])
}

func printEvents(out io.Writer, events []corev1.Event) error {
	table := printers.GetNewTabWriter(out)
	fmt.Fprintln(table, "EVENT\tAGE\tMESSAGE")
	for i := range events {
		at := lastSeen(&events[i])
		fmt.Fprintf(table, "%s\t%s\t%s\n", events[i].Reason, duration.HumanDuration(metav1.Now().Sub(at.Time)), printers.EscapeTerminal(events[i].Message))
	}
	return table.Flush()
}

func lastSeen(event *corev1.Event) metav1.Time {
	switch {
	case event.Series != nil:
		return metav1.NewTime(event.Series.LastObservedTime.Time)
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp
	default:
		return metav1.NewTime(event.EventTime.Time)
	}
}
