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

// Package cli is what all commands of kubectl ejob share: the usual flags, the
// clients, the exit code, and what is known of the terminal.
package cli

import (
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/ptr"
)

// Options are the streams of a command and the flags that all commands have.
type Options struct {
	genericiooptions.IOStreams

	// Flags are kubectl's own: --namespace, --context, --as and so on.
	Flags *genericclioptions.ConfigFlags
}

// NewOptions returns options with the defaults of kubectl.
func NewOptions(streams genericiooptions.IOStreams) *Options {
	return &Options{IOStreams: streams, Flags: genericclioptions.NewConfigFlags(true)}
}

// AddFlags adds the flags that all commands have.
func (o *Options) AddFlags(flags *pflag.FlagSet) {
	o.Flags.AddFlags(flags)
}

// Namespace returns the namespace of the flags, of the context, or "default".
func (o *Options) Namespace() (string, error) {
	namespace, _, err := o.Flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// Command returns a command of the plugin, to be copied from a message: for the same
// namespace and context.
func (o *Options) Command(arguments ...string) string {
	command := append([]string{"kubectl", "ejob"}, arguments...)
	if namespace := ptr.Deref(o.Flags.Namespace, ""); namespace != "" {
		command = append(command, "--namespace="+namespace)
	}
	if kubeContext := ptr.Deref(o.Flags.Context, ""); kubeContext != "" {
		command = append(command, "--context="+kubeContext)
	}
	return strings.Join(command, " ")
}
