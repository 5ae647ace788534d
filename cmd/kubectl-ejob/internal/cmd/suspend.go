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

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
)

// suspension is kubectl ejob suspend, or resume.
type suspension struct {
	*cli.Options

	suspend  bool
	all      bool
	selector string
	format   *cli.Format
}

func newSuspendCommand(options *cli.Options) *cobra.Command {
	return newSuspensionCommand(options, true, &cobra.Command{
		Use:   "suspend NAME...",
		Short: "Hold back runs until the ExtendedJob is resumed",
		Long: `Hold back runs: while an ExtendedJob is suspended, no run starts. A run that is under
way goes on. A run that is due starts after kubectl ejob resume.`,
		Example: `  # One of them
  kubectl ejob suspend migrate

  # Those of a team, in all namespaces
  kubectl ejob suspend --all-namespaces --selector=team=payments`,
	})
}

func newResumeCommand(options *cli.Options) *cobra.Command {
	return newSuspensionCommand(options, false, &cobra.Command{
		Use:   "resume NAME...",
		Short: "End a suspension: a run that is due starts",
		Long:  `End a suspension. A run that is due, or became due meanwhile, starts.`,
		Example: `  # One of them
  kubectl ejob resume migrate

  # All, after a maintenance window
  kubectl ejob resume --all-namespaces`,
	})
}

func newSuspensionCommand(options *cli.Options, suspend bool, command *cobra.Command) *cobra.Command {
	s := &suspension{Options: options, suspend: suspend}
	command.ValidArgsFunction = options.CompleteNames(true)
	command.Flags().BoolVarP(&s.all, "all-namespaces", "A", false, "All ExtendedJobs in all namespaces")
	command.Flags().StringVarP(&s.selector, "selector", "l", "", "All ExtendedJobs with these labels, such as team=payments")
	s.format = cli.AddFormat(command, cli.FormatName)
	command.RunE = func(command *cobra.Command, args []string) error {
		return s.run(command.Context(), args)
	}
	return command
}

func (s *suspension) run(ctx context.Context, names []string) error {
	switch chosen := s.all || s.selector != ""; {
	case len(names) > 0 && chosen:
		return errors.New("name ExtendedJobs, or choose them with --selector or --all-namespaces, but not both")
	case len(names) == 0 && !chosen:
		return errors.New("name ExtendedJobs, or choose them with --selector or --all-namespaces")
	case chosen:
		return s.chosen(ctx)
	default:
		return s.named(ctx, names)
	}
}

// named handles all names, and fails if any of them fails.
func (s *suspension) named(ctx context.Context, names []string) error {
	var failed []error
	for _, name := range names {
		_, ej, err := connectAndRead(ctx, s.Options, name)
		if err == nil {
			err = s.set(ctx, ej)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (s *suspension) chosen(ctx context.Context) error {
	namespace, err := s.Namespace()
	if err != nil {
		return err
	}
	if s.all {
		namespace = ""
	}
	client, err := s.ExtendedJobs(namespace)
	if err != nil {
		return err
	}
	list, err := client.List(ctx, metav1.ListOptions{LabelSelector: s.selector})
	if err != nil {
		return cli.Explain(err, "list", cli.Resource, namespace)
	}
	if len(list.Items) == 0 {
		fmt.Fprintln(s.ErrOut, "No ExtendedJobs found.")
	}
	var failed []error
	for i := range list.Items {
		failed = append(failed, s.set(ctx, &list.Items[i]))
	}
	return errors.Join(failed...)
}

// set sets spec.suspend, unless it already has that value.
func (s *suspension) set(ctx context.Context, ej *fissilev1.ExtendedJob) error {
	word := "suspended"
	if !s.suspend {
		word = "resumed"
	}
	if is := ej.Spec.Suspend != nil && *ej.Spec.Suspend; is == s.suspend {
		return s.tell(ej, map[bool]string{true: "already suspended", false: "not suspended"}[is])
	}
	client, err := s.ExtendedJobs(ej.Namespace)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"suspend": s.suspend}})
	if err != nil {
		return err
	}
	_, err = client.Patch(ctx, ej.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: cli.FieldManager})
	if apierrors.IsNotFound(err) {
		return nil // It was deleted meanwhile.
	}
	if err != nil {
		return cli.Explain(err, "patch", cli.Resource, ej.Namespace)
	}
	return s.tell(ej, word)
}

func (s *suspension) tell(ej *fissilev1.ExtendedJob, word string) error {
	text := fmt.Sprintf("%s.%s/%s", "extendedjob", fissilev1.GroupVersion.Group, ej.Name)
	if !s.format.Is(cli.FormatName) {
		text += " " + word
	}
	if s.all {
		text = ej.Namespace + " " + text
	}
	_, err := fmt.Fprintln(s.Out, text)
	return err
}
