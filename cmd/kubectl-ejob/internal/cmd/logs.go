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
	"slices"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/feed"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/logs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/watching"
)

const logsExamples = `  # The log of the last run, or of the one that is under way
  kubectl ejob logs migrate

  # Until the run is over
  kubectl ejob logs migrate --follow

  # Of an earlier run, if its Job is still there
  kubectl ejob logs migrate --run=7`

func newLogsCommand(options *cli.Options) *cobra.Command {
	var number int64
	var follow bool
	command := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show the log of a run, from all containers of all its pods",
		Long: `Show the log of a run, from all containers of all its pods, init containers and restarts
included. If there are several containers, each line begins with the name of its own.

When a run has succeeded, its Job, its pods and their logs are deleted. To keep some, set
spec.successfulJobsHistoryLimit.`,
		Example:           logsExamples,
		Args:              oneName,
		ValidArgsFunction: options.CompleteNames(false),
		RunE: func(command *cobra.Command, args []string) error {
			return showLogs(command.Context(), options, args[0], number, follow)
		},
	}
	command.Flags().Int64Var(&number, "run", 0, "Number of the run; if not set, the last one")
	command.Flags().BoolVarP(&follow, "follow", "f", false, "Follow the log until the run is over")
	return command
}

func showLogs(ctx context.Context, options *cli.Options, name string, number int64, follow bool) error {
	c, ej, err := connectAndRead(ctx, options, name)
	if err != nil {
		return err
	}
	report, err := c.choose(ej, number)
	if err != nil {
		return err
	}
	printer := logs.NewPrinter(c.Out, c.ErrOut, cli.SameTerminal(c.Out, c.ErrOut))
	follower := logs.NewFollower(openLogs(c.kubernetes, c.namespace), printer, parallel(ej))
	if follow && report.Result == "" {
		return c.followRun(ctx, ej, report.Run, follower, printer)
	}
	return c.printLogs(ctx, report, follower)
}

// choose returns the run with a number, or the last one.
func (c *connection) choose(ej *fissilev1.ExtendedJob, number int64) (*runs.Report, error) {
	reports := runs.Reports(ej)
	if len(reports) == 0 {
		return nil, fmt.Errorf("%s has not run yet: run it with %s", c.name, c.Command("run", c.name))
	}
	if number == 0 {
		return &reports[0], nil
	}
	at := slices.IndexFunc(reports, func(report runs.Report) bool { return report.Run == number })
	if at < 0 {
		return nil, fmt.Errorf("run %d of %s is not in the history: choose one from %d to %d", number, c.name, reports[len(reports)-1].Run, reports[0].Run)
	}
	return &reports[at], nil
}

// followRun shows the log of a run that is under way until its end.
func (c *connection) followRun(ctx context.Context, ej *fissilev1.ExtendedJob, number int64, follower *logs.Follower, printer *logs.Printer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tracker := runs.TrackRun(ej, number)
	run := &watching.Run{
		Tracker: tracker,
		Changes: feed.ExtendedJob(ctx, c.client, ej),
		Pods:    feed.Pods(ctx, c.kubernetes, ej),
		Logs:    follower,
		Say:     printer.Message,
	}
	state, err := run.Follow(ctx, tracker.See(ej))
	if err != nil {
		return err
	}
	printer.Message(state.Summary())
	return nil
}

// printLogs prints the available part of the log of a run.
func (c *connection) printLogs(ctx context.Context, report *runs.Report, follower *logs.Follower) error {
	pods, err := c.podsOf(ctx, report.Job)
	if err != nil {
		return err
	}
	if len(pods) == 0 {
		return fmt.Errorf("run %d has no pods, so there is no log: %s", report.Run, howToKeep(report))
	}
	for _, pod := range pods {
		if err := follower.Print(ctx, pod); err != nil {
			return cli.Explain(err, "get", "pods/log", c.namespace)
		}
	}
	return nil
}

// podsOf lists the pods of a Job, the oldest first.
func (c *connection) podsOf(ctx context.Context, job string) ([]*corev1.Pod, error) {
	list, err := c.kubernetes.CoreV1().Pods(c.namespace).List(ctx, metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + job})
	if err != nil {
		return nil, cli.Explain(err, "list", "pods", c.namespace)
	}
	var pods []*corev1.Pod
	for i := range list.Items {
		pods = append(pods, &list.Items[i])
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return pods, nil
}

// howToKeep says how to keep the log of the next run that ends like this one.
func howToKeep(report *runs.Report) string {
	switch report.Result {
	case fissilev1.ResultSucceeded:
		return "set spec.successfulJobsHistoryLimit to keep the pods of runs that succeed"
	case "":
		return "if they have yet to start, wait for them with --follow"
	default:
		return "set spec.failedJobsHistoryLimit to keep the pods of more runs that fail"
	}
}
