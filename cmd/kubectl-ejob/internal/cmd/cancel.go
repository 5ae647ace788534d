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

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/runs"
)

func newCancelCommand(options *cli.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel NAME",
		Short: "Cancel the run that is under way, or withdraw the request for one",
		Long: `Cancel the run that is under way, or withdraw the request for one.

A run is cancelled by deleting its Job, and is not repeated. The request for a run that
has not started is withdrawn. A run for a change to the inputs or the template cannot
be withdrawn: suspend the ExtendedJob.`,
		Example:           `  kubectl ejob cancel migrate`,
		Args:              oneName,
		ValidArgsFunction: options.CompleteNames(false),
		RunE: func(command *cobra.Command, args []string) error {
			return cancel(command.Context(), options, args[0])
		},
	}
}

func cancel(ctx context.Context, options *cli.Options, name string) error {
	c, ej, err := connectAndRead(ctx, options, name)
	if err != nil {
		return err
	}
	for {
		if run := ej.Status.LastRun; run != nil && run.Result == "" {
			deleted, err := c.deleteJob(ctx, ej, run)
			if err != nil || deleted {
				return err
			}
		}
		err := c.takeBack(ctx, ej)
		if !apierrors.IsConflict(err) {
			return err
		}
		if ej, err = c.read(ctx); err != nil {
			return err
		}
	}
}

// deleteJob deletes the Job of a run; false if there is none.
func (c *connection) deleteJob(ctx context.Context, ej *fissilev1.ExtendedJob, run *fissilev1.Run) (bool, error) {
	jobs := c.kubernetes.BatchV1().Jobs(c.namespace)
	job, err := jobs.Get(ctx, run.JobName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, cli.Explain(err, "get", "jobs", c.namespace)
	case !metav1.IsControlledBy(job, ej):
		return false, fmt.Errorf("the Job %s does not belong to this ExtendedJob: nothing was deleted", job.Name)
	}
	background := metav1.DeletePropagationBackground
	err = jobs.Delete(ctx, job.Name, metav1.DeleteOptions{
		Preconditions:     metav1.NewUIDPreconditions(string(job.UID)),
		PropagationPolicy: &background,
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return false, cli.Explain(err, "delete", "jobs", c.namespace)
	}
	_, err = fmt.Fprintf(c.Out, "Run %d was cancelled: Job %s was deleted.\n", run.Number, job.Name)
	return true, err
}

// takeBack withdraws the request for a run that has no Job yet.
func (c *connection) takeBack(ctx context.Context, ej *fissilev1.ExtendedJob) error {
	patch, err := runs.TakeBack(ej, c.Command)
	if err != nil {
		return err
	}
	_, err = c.client.Patch(ctx, c.name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: cli.FieldManager})
	if err != nil {
		return cli.Explain(err, "patch", cli.Resource, c.namespace)
	}
	_, err = fmt.Fprintf(c.Out, "The request for a run of %s was withdrawn.\n", c.name)
	return err
}
