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
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/feed"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/logs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/watching"
)

const runHelp = `Run an ExtendedJob and see how it ends.

Without --wait, the command returns when the run has started. With --wait, it returns
when the run is over; with --logs, it also shows what the containers print, from the
first line on. Standard output then has only the log or, with --output, only what that
option asks for.

The exit code is
  0    if the run has started or, with --wait or --logs, succeeded,
  that of the container that made it fail, or 1 if no container did,
  124  if --timeout has passed or the run can no longer be followed; the run goes on,
  125  if the run could not start.
Ctrl-C ends the command, but not the run.`

const runExamples = `  # Run it, show its log, and exit with its result
  kubectl ejob run migrate --logs

  # With variables for this run
  kubectl ejob run migrate --env=LEVEL=debug --env=DRY_RUN=1 --wait --timeout=10m

  # Once for each commit: the same value again runs nothing and has the same result
  kubectl ejob run migrate --request-id="$COMMIT" --wait

  # Once the run that is under way has ended
  kubectl ejob run migrate --queue --wait`

// runner is one invocation of kubectl ejob run.
type runner struct {
	env       []string
	requestID string
	wait      bool
	logs      bool
	queue     bool
	timeout   time.Duration
	format    *cli.Format

	connection
	printer *logs.Printer
	// asked is true once the run may have been requested.
	asked bool
}

func newRunCommand(options *cli.Options) *cobra.Command {
	r := &runner{connection: connection{Options: options}}
	command := &cobra.Command{
		Use:               "run NAME",
		Short:             "Start a run, show its log and wait for its end",
		Long:              runHelp,
		Example:           runExamples,
		Args:              oneName,
		ValidArgsFunction: options.CompleteNames(false),
		RunE: func(command *cobra.Command, args []string) error {
			return r.run(command.Context(), args[0])
		},
	}
	flags := command.Flags()
	flags.StringArrayVarP(&r.env, "env", "e", nil, "Environment variable for this run, NAME=VALUE; can be repeated")
	flags.StringVar(&r.requestID, "request-id", "", "Request the run by this requestID; a value that was already served starts no run")
	flags.BoolVar(&r.wait, "wait", false, "Wait until the run is over")
	flags.BoolVar(&r.logs, "logs", false, "Show the logs of all containers, and wait until the run is over")
	flags.BoolVar(&r.queue, "queue", false, "If a run is under way, wait for it to end first")
	flags.DurationVar(&r.timeout, "timeout", 0, "Maximum time to wait, such as 10m; 0 means no limit")
	r.format = cli.AddFormat(command, cli.FormatJSON, cli.FormatYAML, cli.FormatName, cli.FormatWide)
	return command
}

func (r *runner) run(ctx context.Context, name string) error {
	request, err := r.request()
	if err != nil {
		return err
	}
	if err := r.prepare(ctx, name); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if r.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	return r.explain(ctx, r.start(ctx, request))
}

// request returns the request that the flags describe.
func (r *runner) request() (runs.Request, error) {
	request := runs.Request{ID: r.requestID}
	seen := map[string]bool{}
	for _, variable := range r.env {
		name, value, found := strings.Cut(variable, "=")
		switch {
		case !found || name == "":
			return request, fmt.Errorf("--env=%s is not a variable: write NAME=VALUE", variable)
		case seen[name]:
			return request, fmt.Errorf("--env sets %s twice: remove one of them", name)
		}
		seen[name] = true
		request.Env = append(request.Env, fissilev1.TriggerEnvVar{Name: name, Value: new(value)})
	}
	return request, nil
}

// prepare creates the clients, and checks that the user has all rights that are
// needed later.
func (r *runner) prepare(ctx context.Context, name string) error {
	if err := r.connect(name); err != nil {
		return err
	}
	r.wait = r.wait || r.logs
	log, messages := r.Out, r.ErrOut
	switch {
	case r.format.String() != "":
		log = r.ErrOut // Standard output is for what --output asks for.
	case !r.logs:
		messages = r.Out
	}
	r.printer = logs.NewPrinter(log, messages, cli.SameTerminal(log, messages))
	var rights []cli.Right
	for _, verb := range []string{"get", "watch", "patch"} {
		rights = append(rights, cli.Right{Verb: verb, Group: fissilev1.GroupVersion.Group, Resource: cli.Resource})
	}
	if r.wait {
		rights = append(rights, cli.Right{Verb: "list", Resource: "pods"}, cli.Right{Verb: "watch", Resource: "pods"})
	}
	if r.logs {
		rights = append(rights, cli.Right{Verb: "get", Resource: "pods", Subresource: "log"})
	}
	return cli.CheckRights(ctx, r.kubernetes, r.namespace, rights...)
}

// start requests the run, and follows it.
func (r *runner) start(ctx context.Context, request runs.Request) error {
	ej, err := r.read(ctx)
	if err != nil {
		return err
	}
	var pods <-chan feed.Pod
	if r.wait {
		pods = feed.Pods(ctx, r.kubernetes, ej)
	}
	for {
		standing := request.Standing(ej)
		if standing == runs.Served {
			return r.served(ctx, ej)
		}
		if err := request.Refusal(ej, r.Command); err != nil {
			return err
		}
		switch standing {
		case runs.Asked:
			return r.follow(ctx, ej, pods, runs.Join(ej, r.requestID))
		case runs.Busy:
			ej, err = r.waitForTurn(ctx, request, ej)
		default:
			ej, err = r.ask(ctx, request, ej)
			if err == nil {
				return r.follow(ctx, ej, pods, runs.Track(ej, r.requestID))
			}
			if apierrors.IsConflict(err) {
				r.asked = false
				ej, err = r.read(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
}

// ask requests the run, if nothing has changed since the ExtendedJob was read.
func (r *runner) ask(ctx context.Context, request runs.Request, ej *fissilev1.ExtendedJob) (*fissilev1.ExtendedJob, error) {
	patch, err := request.Patch(ej)
	if err != nil {
		return nil, err
	}
	r.asked = true // If no answer comes, nobody knows.
	asked, err := r.client.Patch(ctx, r.name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: cli.FieldManager})
	return asked, cli.Explain(err, "patch", cli.Resource, r.namespace)
}

// waitForTurn waits until no run is due or active.
func (r *runner) waitForTurn(ctx context.Context, request runs.Request, ej *fissilev1.ExtendedJob) (*fissilev1.ExtendedJob, error) {
	underway := runs.Underway(ej)
	if !r.queue {
		return nil, fmt.Errorf("%s is under way: add --queue to wait for it, or watch it with %s", underway, r.Command("logs", r.name, "--follow"))
	}
	r.printer.Message(fmt.Sprintf("Waiting for %s, which is under way.", underway))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for change := range feed.ExtendedJob(ctx, r.client, ej) {
		switch {
		case change.Err != nil:
			return nil, change.Err
		case change.ExtendedJob == nil:
			return nil, fmt.Errorf("%s was deleted", r.name)
		case request.Standing(change.ExtendedJob) != runs.Busy || request.Refusal(change.ExtendedJob, r.Command) != nil:
			return change.ExtendedJob, nil
		}
	}
	return nil, context.Cause(ctx)
}

// served reports the run of a requestID that is over.
func (r *runner) served(ctx context.Context, ej *fissilev1.ExtendedJob) error {
	number, found := runs.ServedBy(ej, r.requestID)
	if !found {
		return fmt.Errorf("the run for request %s is no longer in the history, so its result is unknown: choose a new value to run again", r.requestID)
	}
	r.printer.Message(fmt.Sprintf("Request %s was already served by run %d: choose a new value to run again.", r.requestID, number))
	state := runs.TrackRun(ej, number).See(ej)
	pods, _ := r.podsOf(ctx, state.Run.JobName) // The result is known without them.
	if r.logs {
		follower := logs.NewFollower(openLogs(r.kubernetes, r.namespace), r.printer, parallel(ej))
		for _, pod := range pods {
			if err := follower.Print(ctx, pod); err != nil {
				return err
			}
		}
	}
	return r.report(&state, pods)
}

// follow follows the requested run.
func (r *runner) follow(ctx context.Context, ej *fissilev1.ExtendedJob, pods <-chan feed.Pod, tracker *runs.Tracker) error {
	r.asked = true
	run := &watching.Run{
		Tracker:    tracker,
		Changes:    feed.ExtendedJob(ctx, r.client, ej),
		Pods:       pods,
		UntilStart: !r.wait,
		Say:        func(text string) { r.printer.Message(printers.EscapeTerminal(text)) },
	}
	if r.logs {
		run.Logs = logs.NewFollower(openLogs(r.kubernetes, r.namespace), r.printer, parallel(ej))
	}
	state, err := run.Follow(ctx, tracker.See(ej))
	if err != nil {
		return err
	}
	return r.report(&state, run.OwnPods())
}

// report prints what --output asks for, and how the run ended. The error has the
// exit code.
func (r *runner) report(state *runs.State, pods []*corev1.Pod) error {
	code := state.ExitCode(pods)
	report := runs.NewReport(r.namespace, r.name, state)
	if state.Phase == runs.Over {
		report.ExitCode = &code
		r.printer.Message(printers.EscapeTerminal(state.Summary()))
	}
	if err := printReport(r.Out, r.format, report); err != nil {
		return err
	}
	switch {
	case state.Phase != runs.Over || state.Run.Result == fissilev1.ResultSucceeded:
		return nil
	case state.Run.Result == fissilev1.ResultCancelled:
		return &cli.ExitError{Code: cli.ExitCannot}
	default:
		return &cli.ExitError{Code: code}
	}
}

// explain says what happens to the run if the command ends before it.
func (r *runner) explain(ctx context.Context, err error) error {
	goesOn := "No run was requested."
	if r.asked {
		goesOn = "The run goes on; to cancel it: " + r.Command("cancel", r.name)
	}
	var held *watching.HeldError
	var over *cli.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &over):
		return err // The run is over, whatever the time.
	case errors.As(err, &held):
		return fmt.Errorf("the run of %s cannot start: %s It starts by itself once that is fixed; to withdraw it: %s",
			r.name, held.Error(), r.Command("cancel", r.name))
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &cli.ExitError{Code: cli.ExitTimeout, Err: fmt.Errorf("timed out after %s. %s", r.timeout, goesOn)}
	case ctx.Err() != nil:
		return &cli.ExitError{Code: cli.ExitInterrupted, Err: fmt.Errorf("interrupted. %s", goesOn)}
	case r.asked && apierrors.IsUnauthorized(err): // The token has expired.
		return &cli.ExitError{Code: cli.ExitTimeout, Err: fmt.Errorf("%w. %s", err, goesOn)}
	default:
		return err
	}
}

// openLogs opens the logs of pods in a namespace.
func openLogs(client kubernetes.Interface, namespace string) logs.Open {
	return func(ctx context.Context, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
		return client.CoreV1().Pods(namespace).GetLogs(pod, options).Stream(ctx)
	}
}

// parallel reports whether pods of one run can run at the same time.
func parallel(ej *fissilev1.ExtendedJob) bool {
	spec := &ej.Spec.JobTemplate.Spec
	return ptr.Deref(spec.Parallelism, 1) > 1 && ptr.Deref(spec.Completions, 2) > 1
}
