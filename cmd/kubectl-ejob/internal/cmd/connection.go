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

	"k8s.io/client-go/kubernetes"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob/internal/cli"
)

// connection holds everything that a command about one ExtendedJob needs.
type connection struct {
	*cli.Options

	name, namespace string
	client          cli.ExtendedJobs
	kubernetes      kubernetes.Interface
}

// connect creates the clients for an ExtendedJob.
func (c *connection) connect(name string) (err error) {
	c.name = name
	if c.namespace, err = c.Namespace(); err != nil {
		return err
	}
	if c.client, err = c.ExtendedJobs(c.namespace); err != nil {
		return err
	}
	c.kubernetes, err = c.Kubernetes()
	return err
}

func (c *connection) read(ctx context.Context) (*fissilev1.ExtendedJob, error) {
	return c.ExtendedJob(ctx, c.client, c.namespace, c.name)
}

// connectAndRead creates the clients, and reads the ExtendedJob.
func connectAndRead(ctx context.Context, options *cli.Options, name string) (*connection, *fissilev1.ExtendedJob, error) {
	c := &connection{Options: options}
	if err := c.connect(name); err != nil {
		return nil, nil, err
	}
	ej, err := c.read(ctx)
	return c, ej, err
}
